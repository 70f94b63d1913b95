// Level words between two levels: a smoothstep (3t² - 2t³), so that speed is 0 at both ends. Its length is in
// proportion to the way: 64 ms for half the range, which is the bias ramp at start. So none of them is steeper.

/** The bias ramp's length in milliseconds: from 0 to the middle. */
const RAMP_MS: i64 = 64;

/** Pairs of a bridge that goes `way` words up or down at `carrierHz` pairs a second; 0 only for no way. */
export function bridgePairs(way: i32, range: i32, carrierHz: i32): i32 {
  const half = (<i64>(range + 1)) >> 1;
  const pairs = (<i64>abs(way) * RAMP_MS * carrierHz + 1000 * half - 1) / (1000 * half);
  return <i32>pairs;
}

/** The word at step `i` of `length` (1 to `length`; the last is `to`). */
function level(from: i32, to: i32, i: i64, length: i64): i32 {
  const cube = length * length * length;
  const part = i * i * (3 * length - 2 * i);
  const way = <i64>(to - from);
  return from + <i32>((2 * way * part + (way < 0 ? -cube : cube)) / (2 * cube));
}

/** Writes `pairs` pairs of a bridge of `length` pairs, beginning after its first `done`, to `words`. */
export function writeBridge(
  words: usize,
  first: i32,
  firstTo: i32,
  second: i32,
  secondTo: i32,
  length: i32,
  done: i32,
  pairs: i32,
): void {
  for (let i = 0; i < pairs; i++) {
    const step = <i64>(done + i + 1);
    const at = words + ((<usize>i) << 3);
    const word = level(first, firstTo, step, length);
    store<u32>(at, word);
    // Both channels mostly go the same way, and the division is what costs.
    store<u32>(at, first === second && firstTo === secondTo ? word : level(second, secondTo, step, length), 4);
  }
}
