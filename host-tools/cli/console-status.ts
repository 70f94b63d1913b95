// The status line of `mirleft console`: what plays, how the line is, and what the board keeps.

import type { Snapshot } from '../link/telemetry.js';
import { printable } from '../problem.js';
import { clock, columnsOf, fit, fitPath, grouped } from './render-text.js';

export interface ConsoleState {
  /** The port, and what its session is like. */
  readonly port: string;
  readonly line: string;
  readonly damagedFrames: number;
  readonly snapshot: Snapshot | undefined;
  /** Whether the board keeps the report of a fault. */
  readonly hasCrash: boolean;
}

const ENDS = 'Ctrl-] ends';
const GAP = '  ';
/** Less of a port's path, or of a track's name, is no use. */
const LEAST_PATH = 8;
const LEAST_NAME = 5;

/** One line of at most `columns`: what matters least gives way first, the port's path to begin with. */
export function statusText({ port, line, damagedFrames, snapshot, hasCrash }: ConsoleState, columns: number): string {
  const count = grouped(damagedFrames);
  const long = [
    hasCrash ? 'fault kept: mirleft crash' : '',
    damagedFrames > 0 ? `${count} damaged frames` : '',
  ] as const;
  const short = [hasCrash ? 'fault kept' : '', damagedFrames > 0 ? `${count} damaged` : ''] as const;
  const play = (nameColumns?: number): string => (snapshot ? playText(snapshot, nameColumns) : '');
  const room = (text: string): number => columns - columnsOf(text);

  const all = joined(long[0], play(), long[1], line, ENDS);
  const path = fitPath(port, room(all) - GAP.length);
  if (columnsOf(path) >= Math.min(LEAST_PATH, columnsOf(port)))
    return joined(long[0], play(), long[1], path, line, ENDS);
  const without = [all, joined(long[0], play(), long[1], ENDS)].find((text) => room(text) >= 0);
  if (without !== undefined) return without;
  for (const [fault, damaged] of [long, short]) {
    const nameless = joined(fault, play(0), damaged, ENDS);
    // A name stands behind one space.
    const name = room(nameless) - 1;
    if (name >= LEAST_NAME) return joined(fault, play(name), damaged, ENDS);
    if (name >= -1) return nameless;
  }
  const least = joined(hasCrash ? 'fault' : '', snapshot ? placeText(snapshot, 0) : '', short[1]);
  return joined(fit(least, Math.max(0, room(GAP + ENDS))), ENDS);
}

const joined = (...words: string[]): string => words.filter(Boolean).join(GAP);

/** What plays, and how far: `2/12 Evening/1.wav  1:23 of 4:56`. Of the name at most so many columns. */
function playText(snapshot: Snapshot, nameColumns?: number): string {
  const { positionSeconds, lengthSeconds } = snapshot;
  const length = lengthSeconds === undefined ? '' : ` of ${clock(lengthSeconds)}`;
  return joined(
    placeText(snapshot, nameColumns),
    positionSeconds === undefined ? '' : `${clock(positionSeconds)}${length}`,
  );
}

/** `paused  2/12 Evening/1.wav`: the state, but of one that plays, and the track. */
function placeText({ state, track, tracks, name }: Snapshot, nameColumns = Infinity): string {
  const shown = fit(printable(name ?? ''), nameColumns);
  const number = track === undefined ? '' : `${track + 1}${tracks ? `/${tracks}` : ''} ${shown}`.trim();
  return joined(state === 'playing' && track !== undefined ? '' : (state ?? 'running'), number);
}
