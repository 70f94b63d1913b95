// `mirleft push` as a process: on an emulator that it starts, from files and from a pipe, and what it refuses.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { PushReport } from '../../host-tools/link/push-events.js';
import { tone, wav16 } from '../player/program-rig.js';
import { run, start } from './mirleft.js';

const RATE = 8000;

describe('mirleft push', () => {
  let folder: string;
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mirleft-push-'));
    fs.writeFileSync(path.join(folder, 'a.wav'), wav16(tone(RATE, 1), RATE, 1));
    fs.writeFileSync(path.join(folder, 'long.wav'), wav16(tone(RATE * 60, 1), RATE, 1));
    fs.writeFileSync(path.join(folder, 'b.txt'), 'no sound');
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  it('plays files in QEMU, and tells those that cannot be', async () => {
    const { status, stdout, stderr } = await run(folder, ['push', '--port', 'qemu', '--json', 'a.wav', 'b.txt']);
    const report = JSON.parse(stdout) as PushReport & { errors: { file: string }[] };
    assert.deepEqual([status, report.tracks, report.failed, report.interrupted], [1, 1, 1, false], stderr);
    assert.deepEqual(
      report.errors.map(({ file }) => file),
      ['b.txt'],
    );
    assert.match(stderr, /error: b\.txt: is not a sound file/);
  });

  it('looks no further for a board when there is nothing but a broken file', async () => {
    // What listens there never answers.
    const silent = net.createServer((socket) => socket.on('error', () => undefined));
    const socket = path.join(folder, 'silent');
    await new Promise<void>((resolve) => silent.listen(socket, resolve));
    try {
      const { status, stderr } = await run(folder, ['push', '--port', socket, 'b.txt']);
      assert.equal(status, 1);
      assert.match(stderr, /^error: b\.txt: is not a sound file[^\n]*\n$/);
    } finally {
      silent.close();
    }
  });

  it('takes raw samples from a pipe', async () => {
    const running = start(folder, ['push', '--port', 'qemu', '--stdin', '--rate', String(RATE), '--channels', '1']);
    const samples = tone(RATE, 1);
    running.child.stdin.end(Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength));
    const { status, stderr } = await running.ended;
    assert.equal(status, 0, stderr);
    assert.match(stderr, /8,000 Hz mono, as it is/);
    assert.match(stderr, /done: 1 track/);
  });

  it('counts what is over before the board tells how far it is', async () => {
    for (const frames of [1, 100]) {
      const running = start(folder, ['push', '--port', 'qemu', '--stdin']);
      running.child.stdin.end(Buffer.alloc(4 * frames));
      const { status, stderr } = await running.ended;
      assert.deepEqual([status, /done: 1 track,/.test(stderr)], [0, true], stderr);
    }
  });

  it('says when nothing comes from a pipe, or less than a frame', async () => {
    for (const [bytes, text] of [
      [0, /^error: stdin: nothing came; raw samples of 16 bits are wanted$/m],
      [3, /^error: stdin: 3 bytes came, a frame has 4;/m],
    ] as const) {
      const running = start(folder, ['push', '--port', 'qemu', '--stdin']);
      running.child.stdin.end(Buffer.alloc(bytes));
      const { status, stderr } = await running.ended;
      assert.equal(status, 1, stderr);
      assert.match(stderr, text);
      assert.doesNotMatch(stderr, /done:/);
    }
  });

  it('closes the stream at a signal, with status 130, and has told of a later file that is missing', async () => {
    const running = start(folder, ['push', '--port', 'qemu', 'long.wav', 'none.wav']);
    await running.until(/0:0[1-9]\/1:00/);
    assert.match(running.text(), /^error: none\.wav: no such file;/m);
    running.child.kill('SIGINT');
    const { status, stderr } = await running.ended;
    assert.equal(status, 130, stderr);
    assert.match(stderr, /ended early: 1 track, .*, 1 error$/m);
  });

  it('refuses what makes no sense', async () => {
    for (const [args, text] of [
      [['push'], /a file is missing/],
      [['push', '--stdin', 'a.wav'], /--stdin and files exclude each other/],
      [['push', '--channels', '2', 'a.wav'], /--channels goes with --stdin/],
      [['push', '--rate', '7000', 'a.wav'], /8000 to 192000/],
    ] as const) {
      const { status, stderr } = await run(folder, [...args]);
      assert.equal(status, 2);
      assert.match(stderr, text);
    }
  });
});
