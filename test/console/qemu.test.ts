// The console on the interpreter itself, in QEMU: what only there is really so, the abort of a register that is not.

import assert from 'node:assert/strict';
import { makeScratch } from '../../host-tools/emulator/scratch.js';
import { startRun } from '../../host-tools/play/run-player.js';
import { EventQueue } from '../../host-tools/play/queue.js';
import { playerBuild } from '../play/player.js';
import { Screen } from '../support/screen.js';

describe('the console in QEMU', () => {
  it('looks at registers that are there and at others, and tells of memory', async () => {
    const scratch = makeScratch();
    const keys = new EventQueue<Uint8Array>();
    const screen = new Screen(1000);
    const steps = ['peek 0xfe200004', 'peek 0xfc000000', 'poke 0xfc000000 1', 'mem', 'clocks', 'stats', 'panic'];
    let fresh = '';
    try {
      const run = await startRun(
        {
          scratch,
          image: (await playerBuild()).image,
          keys,
          limitSeconds: 90,
          records: false,
        },
        {
          text: (text) => {
            screen.write(Buffer.from(text));
            fresh += text;
            const isReady = fresh.endsWith('\r> \x1b[K') || /demo {2}44100 Hz stereo 0:10\r\n$/.test(fresh);
            if (!isReady) return;
            fresh = '';
            keys.push(Buffer.from(`${steps.shift() ?? ''}\r`));
          },
          record: () => undefined,
          tick: () => undefined,
          problem: (problem) => assert.fail(problem.message),
        },
      );
      const { fault } = await run.ended;
      const rows = screen.lines;
      const answer = (line: string): string => rows[rows.indexOf(`> ${line}`) + 1] ?? '';
      assert.match(answer('peek 0xfe200004'), /^fe200004: [0-9a-f]{8}$/, rows.join('\n'));
      assert.equal(answer('peek 0xfc000000'), 'fc000000: nothing answers');
      assert.equal(answer('poke 0xfc000000 1'), 'fc000000: nothing answers');
      assert.match(answer('mem'), /^linear memory {2}\d+ bytes, \d+ in use$/);
      assert.match(
        rows[rows.indexOf('> mem') + 2] ?? '',
        /^arena {10}4194304 bytes, [1-9]\d+ in use, [1-9]\d+ at most/,
      );
      assert.match(answer('clocks'), /^ARM {4}\d+\.\d\d MHz/);
      assert.match(answer('stats'), /^ahead of the jack/);
      assert.match(fault?.lines[0] ?? '', /asked to fail/);
    } finally {
      keys.close();
      scratch.remove();
    }
  });
});
