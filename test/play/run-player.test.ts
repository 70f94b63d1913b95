// A run with a capture when something goes wrong, or waits, on the host's side.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { DESCRIPTOR_MAGIC_0 } from '../../drivers/jack-keys.js';
import { JackCapture, type WordSink } from '../../host-tools/capture/jack.js';
import { DESCRIPTOR, makeMemory, MEMORY_BYTES } from '../../host-tools/emulator/memory.js';
import { makeScratch } from '../../host-tools/emulator/scratch.js';
import { startRun, type Run } from '../../host-tools/play/run-player.js';
import { Problem } from '../../host-tools/problem.js';
import { tinyImage } from '../emulator/tiny.js';

interface Watched {
  run: Run;
  capture: JackCapture;
  problems: Problem[];
  text(): string;
}

/** The tiny guest with these keys; it is ahead of its reader by less than one `w` makes. */
async function watched(
  keys: AsyncIterable<Uint8Array>,
  sink: WordSink = { append: () => undefined },
  silentSeconds?: number,
): Promise<Watched> {
  const capture = new JackCapture([], [sink], false);
  const problems: Problem[] = [];
  let text = '';
  const run = await startRun(
    {
      ...{ scratch: makeScratch(), image: fs.readFileSync(tinyImage()), capture, ahead: 8192, keys },
      ...{ limitSeconds: 30, records: false, silentSeconds },
    },
    {
      text: (more) => void (text += more),
      record: () => undefined,
      tick: () => undefined,
      problem: (problem) => void problems.push(problem),
    },
  );
  return { run, capture, problems, text: () => text };
}

async function* typed(...keys: string[]): AsyncGenerator<Uint8Array> {
  for (const key of keys) yield Buffer.from(key);
}

describe('a run with a capture', () => {
  it('waits while it is paused, and loses nothing, also of what comes just before the end', async () => {
    const { run, capture, problems, text } = await watched(typed('www0'));
    run.pause();
    await new Promise((resolve) => setTimeout(resolve, 600));
    assert.deepEqual([text(), capture.allWords], ['>', 0]);
    run.resume();
    const { emulator } = await run.ended;
    assert.deepEqual([emulator.status, text(), problems], [0, '>...', []]);
    assert.equal(capture.totals().words, 3 * 4096);
  });

  it('is ended when words cannot be kept, or the guest writes over the ring', async () => {
    const full = new Problem('write-failed', 'on purpose');
    const cases: [string, WordSink | undefined, RegExp][] = [
      ['wwww', { append: () => assert.fail(full) }, /on purpose/],
      ['b', undefined, /the words of the jack can no longer be read: .* are said to wait/],
    ];
    for (const [keys, sink, wanted] of cases) {
      const { run, problems } = await watched(typed(keys), sink);
      const { interrupted } = await run.ended;
      assert.deepEqual([problems.length, interrupted], [1, false]);
      assert.match(problems[0]?.message ?? '', wanted);
    }
  });

  it('is ended when the emulator says nothing for too long, be it waiting for keys or hanging', async () => {
    for (const keys of ['h', 'c']) {
      const begun = Date.now();
      const { run, problems } = await watched(typed(keys), undefined, 1.5);
      const { emulator, interrupted } = await run.ended;
      assert.deepEqual(
        problems.map((problem) => [problem.code, problem.message]),
        [['emulator-silent', 'QEMU has said nothing for 1.5 s and was ended']],
      );
      assert.deepEqual([interrupted, emulator.overtime], [false, false]);
      assert.ok(Date.now() - begun >= 1500);
    }
  });

  it('is not taken to hang while words or text come, or while the host lets it wait', async () => {
    async function* slowly(): AsyncGenerator<Uint8Array> {
      for (const key of 'hwhw0') {
        await new Promise((resolve) => setTimeout(resolve, 700));
        yield Buffer.from(key);
      }
    }
    const talking = await watched(slowly(), undefined, 1.5);
    const waiting = await watched(typed('w'), undefined, 0.8);
    waiting.run.pause();
    await new Promise((resolve) => setTimeout(resolve, 1300));
    assert.deepEqual(waiting.problems, []);
    waiting.run.stop();
    await waiting.run.ended;
    const { emulator } = await talking.run.ended;
    assert.deepEqual([emulator.status, talking.problems], [0, []]);
  });

  it('ends, and throws, when the host has a fault of its own', async () => {
    const { run } = await watched(typed('w'), {
      append() {
        throw new TypeError('on purpose');
      },
    });
    await assert.rejects(run.ended, /on purpose/);
  });
});

describe('the memory of the emulator', () => {
  it('is a file without a name that holds the descriptor, where there is room for it', () => {
    const scratch = makeScratch();
    const disk = scratch.file('disk');
    const roomOf = (folder: string): number => {
      const { bavail, bsize } = fs.statfsSync(folder);
      return bavail * bsize;
    };
    const [shared, local] = [roomOf('/dev/shm'), roomOf(scratch.folder)];
    // A RAM disk that does not fit into shared memory goes to the disk; one that fits nowhere is told.
    for (const bytes of [0, Math.min(shared, 2 ** 42), 2 ** 43]) {
      fs.writeFileSync(disk, '');
      fs.truncateSync(disk, bytes);
      if (bytes > 0 && bytes + 2 ** 28 > local) {
        assert.throws(() => makeMemory(scratch, disk, {}), /has no room for the emulator's memory/);
        continue;
      }
      const memory = makeMemory(scratch, disk, {});
      const word = Buffer.alloc(4);
      fs.readSync(memory.file, word, 0, 4, DESCRIPTOR);
      assert.equal(word.readUInt32LE(), DESCRIPTOR_MAGIC_0);
      const { size, nlink, blocks } = fs.fstatSync(memory.file);
      assert.deepEqual([size, nlink, blocks < 100], [MEMORY_BYTES, 0, true]);
      assert.deepEqual(fs.readdirSync(scratch.folder), ['disk']);
      memory.close();
      memory.close();
    }
    scratch.remove();
  });
});
