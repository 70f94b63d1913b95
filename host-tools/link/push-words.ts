// What a push says to people, in a terminal as in a page.

import { AudioFormat } from '../../firmware/link/protocol.js';
import { clock, grouped, plural } from '../words.js';
import { whatFits } from './line-choice.js';
import type { PushEvent, PushReport } from './push-events.js';

type Progress = Extract<PushEvent, { event: 'progress' }>;
type Stream = Extract<PushEvent, { event: 'stream' }>;

export const FALLBACK_TEXT = 'the line is slower than it says: from here on packed as QOA, which is lossy';

/** What is sent, how, and how much of the line that takes. */
export function streamText({ rateHz, channels, choice }: Stream): string {
  const { format, soundBytes, lineBytes } = choice;
  const what = `${grouped(rateHz)} Hz ${channels === 1 ? 'mono' : 'stereo'}`;
  const line = lineBytes === undefined ? '' : ` of ${grouped(lineBytes)}`;
  const how =
    format === AudioFormat.Pcm16
      ? 'as it is'
      : 'packed as QOA, which is lossy: the line is too slow for the samples themselves';
  return `${what}, ${how} (${grouped(soundBytes)}${line} bytes a second)`;
}

/** Where the sound has to wait for the line; undefined where it does not. */
export function slowText({ rateHz, channels, choice: { slow, lineBytes = 0 } }: Stream): string | undefined {
  if (!slow) return undefined;
  const seconds = slow.fillSeconds.toFixed(1);
  if (!slow.repeats) return `the line is slower than the sound: it begins in ${seconds} s`;
  const fits = whatFits(rateHz, channels, lineBytes);
  const hint = fits === undefined ? '' : `; mirleft push ${fits} is carried without`;
  return `the line is much slower than the sound: it begins in ${seconds} s and stops again and again to fill${hint}`;
}

/** `0:07/3:45`: heard, and of how much. */
export const timesText = ({ seconds, of }: Progress): string =>
  `${clock(seconds)}${of === undefined ? '' : `/${clock(of)}`}`;

/** Whether it sounds, what waits on the device, and how far a live source is followed. */
export const progressFacts = ({ isPaused, isWaiting, fillMs, ppm }: Progress): string[] =>
  [
    isPaused ? 'paused' : isWaiting ? 'filling' : '',
    `${grouped(fillMs)} ms`,
    ppm === undefined ? '' : `${ppm >= 0 ? '+' : '−'}${Math.abs(ppm)} ppm`,
  ].filter(Boolean);

/** The summary; `mark` colours what went wrong. */
export function doneText(report: PushReport, mark: (text: string) => string = (text) => text): string {
  const { tracks, failed, underruns, dry, lowestFillMs, interrupted } = report;
  const words = [plural(tracks, 'track')];
  if (tracks > 0) {
    words.push(plural(underruns, 'underrun'));
    if (dry > 0) words.push(`ran dry ${plural(dry, 'time')}`);
    // At its end a track runs out, which is meant: what waits then does not count.
    const lowest = lowestFillMs === null ? undefined : `lowest fill ${grouped(lowestFillMs)} ms while more was to come`;
    words.push(lowest ?? 'no lowest fill, as the board never had 350 ms waiting');
  }
  if (failed > 0) words.push(mark(plural(failed, 'error')));
  return `${interrupted ? 'ended early' : 'done'}: ${words.join(', ')}`;
}
