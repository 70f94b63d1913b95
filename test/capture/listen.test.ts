import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Listener, type PlayerProgram } from '../../host-tools/capture/listen.js';
import { testFolder } from '../media/sounds.js';

const folder = testFolder();
const STATE = { range: 2834, repeat: 1 };

/** A program that plays by writing down what it gets, slowly. */
function player(name: string, script: string, kind = 'aplay'): PlayerProgram {
  const file = path.join(folder, name);
  fs.writeFileSync(file, `#!/bin/sh\ncd ${JSON.stringify(folder)}\n${script}\n`, { mode: 0o755 });
  return { name: kind, path: file };
}

describe('listening', () => {
  it('keeps sounds of different rates apart and in order, and never stays full', async () => {
    let full = false;
    const problems: string[] = [];
    const listener = new Listener(
      [player('slow', 'sleep 0.1; rate=$(echo "$*" | sed "s/.*-r //; s/ .*//"); cat >>all.raw; echo $rate >>rates')],
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
    const listener = new Listener([player('early', 'head -c 1000 >/dev/null'), player('never', 'touch heard-never')], {
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
    assert.ok(!fs.existsSync(path.join(folder, 'heard-never')), 'whoever ended it does not want to hear the next one');
  });

  it('takes the next program where one fails at once, with all of the sound, and stays with it', async () => {
    let full = false;
    const problems: string[] = [];
    const listener = new Listener(
      [
        player('none', 'echo none >>tried; head -c 5000 >/dev/null; exit 1'),
        { name: 'ffplay', path: path.join(folder, 'not-there') },
        // Its status tells nothing.
        player('mute', 'head -c 5000 >/dev/null; echo "No more combinations to try, audio open failed" >&2', 'ffplay'),
        player('good', 'sleep 0.1; echo good >>tried; cat >>next.raw', 'play'),
      ],
      { full: (is) => (full = is), failed: (problem) => problems.push(problem.line()) },
    );
    const sent: Int16Array[] = [];
    for (const rateHz of [44100, 8000]) {
      listener.open(0, { ...STATE, rateHz });
      for (let i = 0; i < 120; i++) {
        const samples = new Int16Array(2048).fill(i + rateHz);
        sent.push(samples);
        listener.frames(samples);
        if (rateHz === 44100 && i % 40 === 0) await new Promise((resolve) => setTimeout(resolve, 30));
      }
    }
    await listener.finish();
    assert.deepEqual([problems, full], [[], false]);
    assert.deepEqual(
      fs.readFileSync(path.join(folder, 'next.raw')),
      Buffer.concat(sent.map((samples) => new Uint8Array(samples.buffer))),
    );
    assert.equal(fs.readFileSync(path.join(folder, 'tried'), 'utf8'), 'none\ngood\ngood\n');
  });

  it('says once that nothing can be heard when all of them fail', async () => {
    let full = false;
    const problems: string[] = [];
    const broken = (name: string): PlayerProgram => player(`broken-${name}`, 'echo inner noise >&2; exit 2', name);
    const listener = new Listener([broken('aplay'), broken('ffplay')], {
      full: (is) => (full = is),
      failed: (problem) => problems.push(problem.line()),
    });
    listener.open(0, { ...STATE, rateHz: 44100 });
    for (let i = 0; i < 300; i++) listener.frames(new Int16Array(2048));
    listener.open(1, { ...STATE, rateHz: 48000 });
    await listener.finish();
    assert.equal(full, false);
    assert.deepEqual(problems, [
      'no sound can be played here (tried aplay, ffplay); is there a sound card? the capture goes on without being heard',
    ]);
  });

  it('does not begin again with what has played for a while', async () => {
    const problems: string[] = [];
    const late = player('late', 'head -c 500000 >/dev/null; exit 1');
    const listener = new Listener([late, player('again', 'touch heard-again', 'play')], {
      full: () => undefined,
      failed: (problem) => problems.push(problem.line()),
    });
    listener.open(0, { ...STATE, rateHz: 44100 });
    for (let i = 0; problems.length === 0; i++) {
      assert.ok(i < 1000);
      listener.frames(new Int16Array(2048));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await listener.finish();
    assert.deepEqual(problems, ['aplay: has ended; the capture goes on without being heard']);
    assert.ok(!fs.existsSync(path.join(folder, 'heard-again')));
  });
});
