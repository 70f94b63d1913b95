// The status line of `mirleft console`: what plays, how the line is, and what the board keeps.

import type { Snapshot } from '../link/telemetry.js';
import { printable } from '../problem.js';
import { clock, grouped } from './render-text.js';

export interface ConsoleState {
  /** The port, and what its session is like. */
  readonly port: string;
  readonly line: string;
  readonly damagedFrames: number;
  readonly snapshot: Snapshot | undefined;
  /** Whether the board keeps the report of a fault. */
  readonly hasCrash: boolean;
}

/** One line; what matters most comes first, as the end may be cut off. */
export function statusText({ port, line, damagedFrames, snapshot, hasCrash }: ConsoleState): string {
  return [
    ...(hasCrash ? ['fault kept: mirleft crash'] : []),
    ...(snapshot ? [playText(snapshot)] : []),
    ...(damagedFrames > 0 ? [`${grouped(damagedFrames)} damaged frames`] : []),
    port,
    line,
    'Ctrl-] ends',
  ].join('  ');
}

/** What plays, and how far: `2/12 Evening/1.wav  1:23 of 4:56`. */
export function playText({ state, track, tracks, name, positionSeconds, lengthSeconds }: Snapshot): string {
  const words = state === 'playing' && track !== undefined ? [] : [state ?? 'running'];
  if (track !== undefined)
    words.push([`${track + 1}${tracks ? `/${tracks}` : ''}`, printable(name ?? '')].join(' ').trim());
  if (positionSeconds !== undefined)
    words.push(`${clock(positionSeconds)}${lengthSeconds === undefined ? '' : ` of ${clock(lengthSeconds)}`}`);
  return words.join('  ');
}
