// How soon a click changes the sound: the page's own machine, run in Node.

import type { ProgramSource } from '../virtual-pi/board/program.js';
import { MILLISECOND } from '../virtual-pi/time.js';
import { archiveOf, settingsMember } from '../media/archive.js';
import { Session } from './page/session.js';
import { settingsFor } from './page/settings.js';

const PAUSE = Uint8Array.of(0x20);
const CLICKS = 20;
/** Long enough for the way down to a held level, and for music to be there again. */
const SETTLED = 300 * MILLISECOND;

/** The player pauses and goes on again and again: virtual milliseconds from the click to the first changed word. */
export function clickLatencies(program: ProgramSource & { buildId: string }): number[] {
  const session = new Session({
    program,
    buildId: program.buildId,
    ramDisk: archiveOf([settingsMember(settingsFor('player') ?? '')]),
    rateHz: 48_000,
    samples: () => undefined,
    console: () => undefined,
  });
  const { pi } = session;
  const run = (time: number): void => {
    const until = pi.now + time;
    while (pi.now < until) session.advance();
  };
  run(2 * SETTLED);
  return Array.from({ length: CLICKS }, (_, i) => {
    session.type(PAUSE);
    run(SETTLED);
    // At another place of the engine's blocks and the program's steps each time.
    session.runTo(pi.now + ((i + 1) * 7 * MILLISECOND) / CLICKS);
    session.type(PAUSE);
    run(SETTLED);
    return session.status().clickMs ?? Infinity;
  });
}
