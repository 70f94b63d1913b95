// What the jack's pins have to do, from the words of the track (assembly/player.ts) and the shape of the bridges.

import assert from 'node:assert/strict';

const FIRST = 0x9e3779b1;
const SECOND = 0x85ebca6b;
const wordOf = (frame: number, factor: number, range: number): number =>
  (Math.imul(frame + 1, factor) >>> 9) % (range + 1);

/** Words of `frames` frames of the track from frame `from`, `repeat` pairs each. */
export function trackWords(range: number, repeat: number, frames: number, from = 0): number[] {
  const words: number[] = [];
  for (let i = from; i < from + frames; i++)
    for (let j = 0; j < repeat; j++) words.push(wordOf(i, FIRST, range), wordOf(i, SECOND, range));
  return words;
}

/** Pairs of a bridge: 64 ms for half the range. */
export function bridgePairs(way: number, range: number, carrierHz: number): number {
  const half = (range + 1) >> 1;
  return Math.ceil((way * 64 * carrierHz) / (1000 * half));
}

/** A bridge from a pair to another: 3t² - 2t³, rounded, halves away from where it began. */
export function bridge(from: readonly number[], to: readonly number[], range: number, carrierHz: number): number[] {
  const [first = 0, second = 0] = from;
  const [firstTo = 0, secondTo = 0] = to;
  const way = Math.max(Math.abs(firstTo - first), Math.abs(secondTo - second));
  const length = bridgePairs(way, range, carrierHz);
  const level = (begin: number, end: number, i: number): number => {
    const cube = BigInt(length) ** 3n;
    const part = BigInt(i) ** 2n * (3n * BigInt(length) - 2n * BigInt(i));
    const distance = BigInt(Math.abs(end - begin));
    return begin + Math.sign(end - begin) * Number((2n * distance * part + cube) / (2n * cube));
  };
  return Array.from({ length }, (_, i) => [level(first, firstTo, i + 1), level(second, secondTo, i + 1)]).flat();
}

/** Compares long lists, and shows where they differ. */
export function same(actual: readonly number[], expected: readonly number[], what: string): void {
  const length = Math.max(actual.length, expected.length);
  for (let i = 0; i < length; i++)
    if (actual[i] !== expected[i])
      assert.fail(
        `${what}: word ${i} of ${actual.length} and ${expected.length}: ` +
          `${actual.slice(i, i + 6).join(' ')}, not ${expected.slice(i, i + 6).join(' ')}`,
      );
}

/** Without the pairs of 0 at its beginning and end. */
export function trimmed(words: readonly number[]): number[] {
  let from = 0;
  let to = words.length;
  while (from < to && words[from] === 0 && words[from + 1] === 0) from += 2;
  while (to > from && words[to - 1] === 0 && words[to - 2] === 0) to -= 2;
  return words.slice(from, to);
}

/** The largest step from a pair to the next on either pin. */
export function largestStep(words: readonly number[]): number {
  let most = 0;
  for (let i = 2; i < words.length; i++) most = Math.max(most, Math.abs((words[i] ?? 0) - (words[i - 2] ?? 0)));
  return most;
}
