// Where sound goes: what a player or a program of your own is written against. The jack is one.
//
// A sink pulls. `room()` says how many frames it wants now; the caller makes at most so many, turns each into
// `repeat` pairs of words, and hands them over with `append`. A word is a duty from 0 to `range`.

import { SLOT_PAIRS } from './window-map';

export { RIGHT_FIRST } from './jack-keys';

/** The longest `append`, in pairs; a buffer of words needs 8 bytes for each. */
export const MAX_PAIRS: i32 = SLOT_PAIRS;

export interface Sink {
  /** Frames a second of the open track; 0 when closed. */
  rateHz: i32;
  /** The largest word: full duty. */
  range: i32;
  /** Pairs that each frame becomes, 1 or more. */
  repeat: i32;
  /** The word of silence: (range + 1) >> 1. */
  middle: i32;
  /** Frames of the open track that may be appended now; 0 = later, at the tick that `service` returned. */
  room(): i32;
  /**
   * Appends `pairs` (1 to MAX_PAIRS) pairs of 32-bit words at `words`, in the order of RIGHT_FIRST. They are copied:
   * the buffer is the caller's again at once. Returns 0, or a negative JackError, and then nothing was taken.
   */
  append(words: usize, pairs: i32): i32;
  /**
   * The words that come next do not continue the last ones (end of a track, pause, seek): the next `append` is
   * bridged to from the last word, and when none comes in time the level goes to the middle and is held there.
   */
  breakTrack(): void;
  /** Does what is due, to be called once in each step after the appends. Returns the tick it must be called by. */
  service(): i64;
}
