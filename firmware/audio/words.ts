// Frames to duty words, the last stage before the jack. A word is how many clocks of a period the output is high:
// 0 to `range`, silence in the middle. The FIFO takes words in pairs; below a carrier of 32 kHz a frame is repeated.

import { RIGHT_FIRST } from '../../drivers/jack-keys';

/** Where the two words of a pair stand. */
const RIGHT: usize = RIGHT_FIRST ? 0 : 4;
const LEFT: usize = 4 - RIGHT;

/** round((frame / 2^32 + 1 / 2) * range), halves up: (frame * range + range * 2^31 + 2^31) >> 32. */
@inline
function word(frame: i64, range: i64, middle: i64): i64 {
  return (frame * range + middle) >>> 32;
}

/**
 * Writes `count` frames as words to `words`: `count * repeat` pairs. Mono goes to both sides. `words` may be the same
 * address as `frames` where a frame is as large as its words: stereo with a repeat of 1. Returns how many pairs.
 */
export function framesToWords(frames: usize, count: i32, channels: i32, range: i32, repeat: i32, words: usize): i32 {
  if (channels === 2 && repeat === 1) stereo(frames, count, range, words);
  else repeated(frames, count, channels, range, repeat, words);
  return count * repeat;
}

function stereo(frames: usize, count: i32, wide: i32, words: usize): void {
  const range = <i64>wide;
  const middle = (range << 31) + ((<i64>1) << 31);
  let left: i64; // loaded before anything is stored: the words may take the frames' place
  for (const end = frames + ((count & ~3) << 3); frames !== end; frames += 32) {
    left = i64.load32_s(frames);
    i64.store32(words, word(i64.load32_s(frames, 4), range, middle), RIGHT);
    i64.store32(words, word(left, range, middle), LEFT);
    left = i64.load32_s(frames, 8);
    i64.store32(words, word(i64.load32_s(frames, 12), range, middle), 8 + RIGHT);
    i64.store32(words, word(left, range, middle), 8 + LEFT);
    left = i64.load32_s(frames, 16);
    i64.store32(words, word(i64.load32_s(frames, 20), range, middle), 16 + RIGHT);
    i64.store32(words, word(left, range, middle), 16 + LEFT);
    left = i64.load32_s(frames, 24);
    i64.store32(words, word(i64.load32_s(frames, 28), range, middle), 24 + RIGHT);
    i64.store32(words, word(left, range, middle), 24 + LEFT);
    words += 32;
  }
  for (const end = frames + ((count & 3) << 3); frames !== end; frames += 8) {
    left = i64.load32_s(frames);
    i64.store32(words, word(i64.load32_s(frames, 4), range, middle), RIGHT);
    i64.store32(words, word(left, range, middle), LEFT);
    words += 8;
  }
}

function repeated(frames: usize, count: i32, channels: i32, wide: i32, repeat: i32, words: usize): void {
  const range = <i64>wide;
  const middle = (range << 31) + ((<i64>1) << 31);
  const other: usize = channels === 2 ? 4 : 0;
  const step: usize = (<usize>channels) << 2;
  for (const end = frames + <usize>count * step; frames !== end; frames += step) {
    const left = word(i64.load32_s(frames), range, middle);
    const right = word(i64.load32_s(frames + other), range, middle);
    const both = (left << (LEFT * 8)) | (right << (RIGHT * 8));
    for (const last = words + ((<usize>repeat) << 3); words !== last; words += 8) store<i64>(words, both);
  }
}
