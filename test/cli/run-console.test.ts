// The player's console in a real terminal, as `mirleft run` gives it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { testFolder } from '../media/sounds.js';
import { Screen } from '../support/screen.js';
import { when } from './mirleft.js';

const folder = testFolder();
const library = path.resolve(import.meta.dirname, '../..');

describe('the console in the terminal of mirleft run', () => {
  it('edits a line, answers, and goes through what was typed', async () => {
    // `script` lends a terminal.
    const command = `"${process.execPath}" --import "file://${library}/node_modules/tsx/dist/esm/index.mjs" "${library}/host-tools/cli/main.ts"`;
    const shell = spawn('script', ['-qec', `${command} run player --on virtual`, '/dev/null'], { cwd: folder });
    let text = '';
    shell.stdout.setEncoding('utf8').on('data', (more: string) => (text += more));
    let closed = false;
    const ended = new Promise<void>((resolve) => shell.once('close', () => resolve(void (closed = true))));
    /** What the terminal shows from the first track's line on. */
    const screen = (): Screen => {
      const screen = new Screen(200);
      const from = text.indexOf('demo  44100');
      if (from >= 0) screen.write(Buffer.from(text.slice(from)));
      return screen;
    };
    const shows = (row: string): Promise<void> =>
      when(
        () => screen().lines.includes(row),
        row,
        () => closed,
      );
    const type = async (keys: string, row: string): Promise<void> => {
      shell.stdin.write(keys);
      await shows(row);
    };
    await when(
      () => text.includes('demo  44100'),
      'the demo',
      () => closed,
    );
    await type('-', 'volume -22.0 dB');
    await type('pou', '> pou');
    await type('\x1b[D\x7fa\x1b[Cse', '> pause');
    shell.stdin.write('\r');
    await when(() => screen().lines.some((row) => row.startsWith('paused at ')), 'the pause');
    await type('vo\t', '> vol');
    await type('-31.5\r', 'volume -31.5 dB');
    await type('\x1b[A\x1b[A', '> pause');
    await type('\x1b[B', '> vol -31.5');
    shell.stdin.write('\x03');
    await ended;
    assert.ok(screen().lines.every((row) => !row.includes('\ufffd')));
  });
});
