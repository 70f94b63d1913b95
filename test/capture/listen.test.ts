import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Listener } from '../../host-tools/capture/listen.js';
import { testFolder } from '../media/sounds.js';

const folder = testFolder();
const STATE = { range: 2834, repeat: 1 };

/** A program that plays by writing down what it gets, slowly. */
function player(name: string, script: string): { name: string; path: string } {
  const file = path.join(folder, name);
  fs.writeFileSync(file, `#!/bin/sh\ncd ${JSON.stringify(folder)}\n${script}\n`, { mode: 0o755 });
  return { name: 'aplay', path: file };
}

describe('listening', () => {
  it('keeps sounds of different rates apart and in order, and never stays full', async () => {
    let full = false;
    const problems: string[] = [];
    const listener = new Listener(
      player('slow', 'sleep 0.1; rate=$(echo "$*" | sed "s/.*-r //; s/ .*//"); cat >>all.raw; echo $rate >>rates'),
      {
        full: (is) => (full = is),
        failed: (problem) => problems.push(problem.line()),
      },
    );
    const sent: Int16Array[] = [];
    for (const [index, rateHz] of [8000, 44100, 8000, 48000, 22050].entries()) {
      listener.open(index, { ...STATE, rateHz });
      for (let i = 0; i < (index === 1 ? 300 : 3); i++) {
        const samples = new Int16Array(2048).fill(1000 * index + i);
        sent.push(samples);
        listener.frames(samples);
      }
      if (index === 1) assert.equal(full, true);
    }
    await listener.finish();
    assert.equal(full, false);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      fs.readFileSync(path.join(folder, 'all.raw')),
      Buffer.concat(sent.map((samples) => new Uint8Array(samples.buffer))),
    );
    assert.equal(fs.readFileSync(path.join(folder, 'rates'), 'utf8'), '8000\n44100\n8000\n48000\n22050\n');
  });

  it('says when the program ends early, and holds nothing up', async () => {
    let full = false;
    const problems: string[] = [];
    const listener = new Listener(player('early', 'head -c 1000 >/dev/null'), {
      full: (is) => (full = is),
      failed: (problem) => problems.push(problem.line()),
    });
    listener.open(0, { ...STATE, rateHz: 44100 });
    for (let i = 0; problems.length === 0; i++) {
      assert.ok(i < 500);
      listener.frames(new Int16Array(2048));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.equal(full, false);
    listener.frames(new Int16Array(1 << 20));
    assert.equal(full, false);
    await listener.finish();
    assert.deepEqual(problems, ['aplay: has ended; the capture goes on without being heard']);
  });
});
