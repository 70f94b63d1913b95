import assert from 'node:assert/strict';
import path from 'node:path';
import { libraryRoot } from '../../host-tools/build/library.js';
import { readReport, testFirmware, type TestFirmware } from '../support/firmware.js';
import { runQemu, type QemuRun } from '../support/qemu.js';

const PRELUDES = [path.join(libraryRoot, 'test', 'boot', 'preludes.S')];
const BRANCH = 0x14000000;

describe('the kernel behind another loader', () => {
  /** Runs a case with the kernel's first instruction replaced by a branch to a prelude. */
  async function run(firmware: TestFirmware, prelude: string, word: number): Promise<QemuRun> {
    const address = (name: string): number => firmware.symbols.find((symbol) => symbol.name === name)?.address ?? NaN;
    const image = Uint8Array.from(firmware.image);
    const distance = (address(prelude) - address('entry')) / 4;
    assert.ok(distance > 0);
    new DataView(image.buffer).setUint32(0, BRANCH | distance, true);
    return runQemu({ ...firmware, image }, { words: [word], deterministic: true });
  }

  describe('entered in EL1', () => {
    let firmware: TestFirmware;
    before(async () => {
      firmware = await testFirmware('board', 3, PRELUDES);
    });

    async function lines(word: number): Promise<string[]> {
      const { console, errors, status } = await run(firmware, 'prelude_level_1', word);
      assert.equal(status, 0, console + errors);
      return console.split('\n').filter(Boolean);
    }

    it('knows its level', async () => {
      assert.ok((await lines(1)).includes('info2=1'));
    });

    it('keeps deadlines', async () => {
      const late = (await lines(3)).filter((line) => line.startsWith('late=')).map((line) => Number(line.slice(5)));
      assert.equal(late.length, 10);
      assert.equal(late.filter((ticks) => ticks < 40).length, 6, late.join());
    });

    it('takes interrupts of devices', async () => {
      assert.deepEqual((await lines(8)).slice(0, 3), ['events=512', 'copied=77', 'pending=0']);
    });
  });

  it('keeps its call stacks when EL2 wanted debug exceptions', async () => {
    const firmware = await testFirmware('faults', 0, PRELUDES);
    const { console, status } = await run(firmware, 'prelude_debug', 1);
    assert.equal(status, 1, console);
    assert.equal(readReport(console).frames.length, 4);
  });
});
