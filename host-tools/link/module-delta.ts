// What of a new module the board has already: ranges of a module that it keeps, and the bytes between them that are sent.

import crc32 from 'crc-32';

/** The piece that the board tells a CRC-32 of. */
export const BLOCK_BYTES = 1024;
/** So much must be alike to be worth a range, which takes 12 bytes. */
const LEAST = 24;
/** Places in the base that are looked for are so far apart. */
const GRAIN = 8;
const KEY = 16;

export interface Range {
  readonly to: number;
  readonly from: number;
  readonly bytes: number;
}

export interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface Delta {
  readonly ranges: readonly Range[];
  readonly pieces: readonly Piece[];
}

export const literalBytes = ({ pieces }: Delta): number => pieces.reduce((sum, { bytes }) => sum + bytes.length, 0);

/** Ranges to what they leave of `wasm`. They are in order and do not overlap. */
function deltaOf(wasm: Uint8Array, ranges: readonly Range[]): Delta {
  const pieces: Piece[] = [];
  let at = 0;
  for (const { to, bytes } of [...ranges, { to: wasm.length, bytes: 0 }]) {
    if (to > at) pieces.push({ offset: at, bytes: wasm.subarray(at, to) });
    at = to + bytes;
  }
  return { ranges, pieces };
}

/** By the CRC-32 of each block of a module of `bytes` bytes: blocks at the same place that are the same. */
export function deltaBySums(wasm: Uint8Array, bytes: number, sums: readonly number[]): Delta {
  const ranges: Range[] = [];
  for (let offset = 0; offset < wasm.length; offset += BLOCK_BYTES) {
    const block = wasm.subarray(offset, offset + BLOCK_BYTES);
    const had = Math.min(BLOCK_BYTES, bytes - offset);
    if (had !== block.length || crc32.buf(block) >>> 0 !== sums[offset / BLOCK_BYTES]) continue;
    const last = ranges.at(-1);
    if (last && last.to + last.bytes === offset) ranges[ranges.length - 1] = { ...last, bytes: last.bytes + had };
    else ranges.push({ to: offset, from: offset, bytes: had });
  }
  return deltaOf(wasm, ranges);
}

/** With a base whose bytes are known: also what has moved. */
export function deltaByBytes(wasm: Uint8Array, base: Uint8Array): Delta {
  const [to, from] = [Buffer.from(wasm), Buffer.from(base)];
  const places = new Map<string, number>();
  for (let at = 0; at + KEY <= from.length; at += GRAIN) places.set(from.toString('latin1', at, at + KEY), at);
  const alike = (one: number, other: number): number => {
    let length = 0;
    while (one + length < to.length && other + length < from.length && to[one + length] === from[other + length])
      length++;
    return other < 0 ? 0 : length;
  };
  const ranges: Range[] = [];
  let free = 0; // what comes before belongs to a range
  let shift = 0; // of the last range: what follows has mostly moved as far
  for (let at = 0; at < to.length;) {
    let length = alike(at, at + shift);
    if (length < LEAST) {
      const place = places.get(to.toString('latin1', at, at + KEY));
      if (place !== undefined) {
        length = alike(at, place);
        if (length >= LEAST) shift = place - at;
      }
    }
    if (length < LEAST) {
      at++;
      continue;
    }
    let back = 0;
    while (at - back > free && at + shift - back > 0 && to[at - back - 1] === from[at + shift - back - 1]) back++;
    ranges.push({ to: at - back, from: at + shift - back, bytes: length + back });
    at = free = at + length;
  }
  return deltaOf(wasm, ranges);
}
