// The state of the ring in the DMA window, written with each block: what a module that starts while the jack plays
// needs to go on with it, and what is left to read after a fault. 32-bit words, little endian; the slots' own state is
// in their control blocks (length, stamp) and in JACK_PROGRESS.

import { JACK_HEADER_BYTES } from './window';

/** "JACK". */
export const HEADER_MAGIC: u32 = 0x4b43414a;
export const HEADER_VERSION: u32 = 1;

/** Byte offsets in the header. */
export const enum Header {
  Magic = 0,
  Version = 4,
  /** JackMode and JackState. */
  Mode = 8,
  State = 12,
  /** Of the open track, in Hz; word range; pairs a frame. */
  RateHz = 16,
  Range = 20,
  Repeat = 24,
  /** Number of the last block appended. */
  Last = 28,
  /** Pairs appended, and pairs of tracks, as 64-bit numbers. */
  Pairs = 32,
  TrackPairs = 40,
  /** The last pair of words. */
  FirstWord = 48,
  SecondWord = 52,
  /** The track that was noted last, and underruns so far. */
  Track = 56,
  Underruns = 60,
  /** 1 when the next words do not continue the last ones. */
  Broken = 64,
}

/** The header as it goes to the window. */
export const header = memory.data(128, 16);

/** Fills what does not change while the jack is open. */
export function beginHeader(mode: i32, rateHz: i32, range: i32, repeat: i32): void {
  memory.fill(header, 0, JACK_HEADER_BYTES);
  store<u32>(header, HEADER_MAGIC, Header.Magic);
  store<u32>(header, HEADER_VERSION, Header.Version);
  store<i32>(header, mode, Header.Mode);
  store<i32>(header, rateHz, Header.RateHz);
  store<i32>(header, range, Header.Range);
  store<i32>(header, repeat, Header.Repeat);
}
