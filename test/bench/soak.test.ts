import assert from 'node:assert/strict';
import { soak, type SoakOptions, type SoakReport } from '../../host-tools/bench/soak.js';
import { Memory } from '../../host-tools/virtual-pi/memory.js';
import { playerOf } from '../virtual-pi/pi-rig.js';

async function run(options: SoakOptions): Promise<SoakReport> {
  const running = soak(options);
  for (;;) {
    const { done, value } = await running.next();
    if (done) return value;
  }
}

describe('the soak', () => {
  it('plays in faults of chance, late at times, and loses no word', async () => {
    const program = await playerOf();
    const report = await run({ minutes: 0.3, seed: 4, program });
    assert.deepEqual(report.wrong, []);
    assert.equal(report.words, report.wordsExpected);
    assert.ok(report.words >= 0.3 * 60 * 88_200, String(report.words));
    assert.ok(report.faults > 10, String(report.faults));
    assert.ok(report.underruns > 0 && report.hardwareUnderruns > 0, JSON.stringify(report));
  });

  it('finds a word that is another', async () => {
    const program = await playerOf();
    // The first run is without faults, and the last word that is bent comes long after it.
    const { store } = Memory.prototype;
    let stores = 0;
    Memory.prototype.store = function (physical, bytes) {
      if (bytes.length >= 4096 && ++stores === 3400) bytes[2000] = (bytes[2000] ?? 0) ^ 1;
      store.call(this, physical, bytes);
    };
    try {
      const { wrong } = await run({ minutes: 0.3, seed: 4, program });
      assert.deepEqual(wrong.length, 1, wrong.join('\n'));
      assert.match(wrong[0] ?? '', /^track 1, cd\.qoa: \d+ of \d+ words, or others$/);
    } finally {
      Memory.prototype.store = store;
    }
  });
});
