// The player's console in a real terminal, as `mirleft run` gives it.

import assert from 'node:assert/strict';
import { testFolder } from '../media/sounds.js';
import { Screen } from '../support/screen.js';
import { startInTerminal } from './mirleft.js';

const folder = testFolder();

describe('the console in the terminal of mirleft run', () => {
  it('edits a line, answers, and goes through what was typed', async () => {
    const terminal = startInTerminal(folder, (mirleft) => `${mirleft} run player --on virtual`);
    const { stdin } = terminal.child;
    /** What the terminal shows from the first track's line on. */
    const screen = (): Screen => {
      const screen = new Screen(200);
      const text = terminal.text();
      const from = text.indexOf('demo  44100');
      if (from >= 0) screen.write(Buffer.from(text.slice(from)));
      return screen;
    };
    const shows = (row: string): Promise<void> => terminal.until(() => screen().lines.includes(row), row);
    const type = async (keys: string, row: string): Promise<void> => {
      stdin.write(keys);
      await shows(row);
    };
    await terminal.until((text) => text.includes('demo  44100'), 'the demo');
    await type('-', 'volume -22.0 dB');
    await type('pou', '> pou');
    await type('\x1b[D\x7fa\x1b[Cse', '> pause');
    stdin.write('\r');
    await terminal.until(() => screen().lines.some((row) => row.startsWith('paused at ')), 'the pause');
    await type('vo\t', '> vol');
    await type('-31.5\r', 'volume -31.5 dB');
    await type('\x1b[A\x1b[A', '> pause');
    await type('\x1b[B', '> vol -31.5');
    stdin.write('\x03');
    await terminal.ended;
    assert.ok(screen().lines.every((row) => !row.includes('\ufffd')));
  });
});
