// The words of test/programs/ramp.ts: nothing is left out, doubled or moved, and the level never jumps.

import assert from 'node:assert/strict';
import { BlockKind } from '../../drivers/jack-keys.js';
import type { WordEvents } from '../../host-tools/capture/ring.js';

const LOW = 1417;
const HEIGHT = 400;
const RATE = 44_100;
/** The steepest that a level may go: a bridge's slope at this carrier (jack-rig.ts), and a track's steps. */
const STEEPEST = 1;

export interface WordBlock {
  kind: BlockKind;
  words: readonly number[];
}

/** A capture that keeps its blocks. */
export const keeping = (blocks: WordBlock[]): WordEvents => ({
  block: (words, kind) => void blocks.push({ kind, words: [...words] }),
  register: () => undefined,
});

export interface Heard {
  /** Pairs of the track. */
  track: number;
  /** Milliseconds of level between the track's first and last pair, and the longest of them in one piece. */
  heldMs: number;
  longestMs: number;
}

const wordOf = (pair: number): number => {
  const phase = pair % (2 * HEIGHT);
  return LOW + (phase < HEIGHT ? phase : 2 * HEIGHT - phase);
};

/** Fails when a word of the track is not the one that is due, or the level jumps. */
export function hear(blocks: readonly WordBlock[]): Heard {
  let [track, held, gap, longest] = [0, 0, 0, 0];
  let level = 0;
  for (const { kind, words } of blocks) {
    for (let i = 0; i < words.length; i += 2) {
      const [right = NaN, left = NaN] = [words[i], words[i + 1]];
      const at = `pair ${i / 2} behind ${track} of the track`;
      if (right !== left || Math.abs(right - level) > STEEPEST)
        assert.fail(`from ${level} to ${right}, ${left}: ${at}`);
      if (kind === BlockKind.Track && right !== wordOf(track + i / 2)) assert.fail(`${right}: ${at}`);
      level = right;
    }
    const pairs = words.length / 2;
    if (kind === BlockKind.Track) {
      if (track > 0) [held, longest] = [held + gap, Math.max(longest, gap)];
      [track, gap] = [track + pairs, 0];
    } else gap += pairs;
  }
  const ms = (pairs: number): number => (pairs * 1000) / RATE;
  return { track, heldMs: ms(held), longestMs: ms(longest) };
}

/** The last number that the program has told as `name=`. */
export const lastTold = (console: string, name: string): number =>
  Number([...console.matchAll(new RegExp(`^${name}=(-?\\d+)$`, 'gm'))].at(-1)?.[1]);
