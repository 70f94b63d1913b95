// A person at the console of the player with a card: lines are typed, and what a terminal shows is read.

import assert from 'node:assert/strict';
import type { ProgramSource } from '../../host-tools/virtual-pi/board/program.js';
import { CardRig, cardImage } from '../player/card-rig.js';
import { tone, wav16 } from '../player/program-rig.js';
import { Screen } from '../support/screen.js';

/** How long an answer may take, in virtual milliseconds. */
const ANSWER_MS = 20_000;
/** The line when nothing is typed in it. */
const PROMPT = '\r> \x1b[K';

export const wav = (seconds: number, seed = 1): Buffer => wav16(tone(seconds * 44_100, 1, seed), 44_100, 1);

export class ConsoleRig extends CardRig {
  readonly screen = new Screen(1000);
  private written = 0;

  /** What a terminal shows now. */
  private update(): Screen {
    this.screen.write(Buffer.from(this.sent.slice(this.written), 'latin1'));
    this.written = this.sent.length;
    return this.screen;
  }

  /** The rows that came since the row `from`, without the one that is being typed. */
  rowsFrom(from: number): string[] {
    return this.update().lines.slice(from, this.screen.row);
  }

  /** The line with the cursor. */
  get prompt(): string {
    return this.update().text();
  }

  /** Types a line and waits for the next prompt; the rows that came between. */
  command(line: string): string[] {
    const from = this.update().row;
    this.pi.type(Buffer.from(`${line}\r`));
    this.run(ANSWER_MS, () => this.update().row > from && this.sent.endsWith(PROMPT));
    assert.equal(this.prompt, '>', this.screen.lines.join('\n'));
    const rows = this.rowsFrom(from);
    const typed = rows.indexOf(`> ${line}`);
    return rows.slice(typed + 1);
  }
}

/** Plays what is on a card with these files, past the ramp. */
export function consoleOf(
  program: ProgramSource,
  files: Readonly<Record<string, Uint8Array | string>>,
  settings = 'volume_db = -6\n',
): ConsoleRig {
  return new ConsoleRig(program, cardImage({ 'player.ini': settings, ...files })).run(300) as ConsoleRig;
}
