// The numbers of the jack that both sides need: this file is compiled into the firmware by asc and imported by the
// host, which rebuilds the sound from the words. docs/board.md tells how the emulator's stand-in works.

/** The PWM's clock: PLLD / 6 on a BCM2711. A carrier's true rate is this divided by the range. */
export const PWM_CLOCK_HZ = 125000000;

/** The order of the two words of a pair: the first goes to GPIO 40, which is the right channel (circle found it so). */
export const RIGHT_FIRST = true;

/** What a block of words carries. */
export const enum BlockKind {
  /** A ramp, a bridge or the held level. */
  Level = 0,
  Track = 1,
}

/** Registers of PWM1 by offset, and those that only the emulator's stand-in has, in its place. */
export const enum JackRegister {
  /** RNG1 and RNG2: clocks in a period of the two channels. */
  Range1 = 0x10,
  /** FIF1: a word. */
  Fifo = 0x18,
  Range2 = 0x20,
  /** Stand-in: closes the words before it as a block of kind 0; the next kind's register is 4 above. */
  Stamps = 0x40,
  /** Stand-in: notes, written before the first block that they concern: rate in Hz, repeat, index of the track. */
  NoteRate = 0x60,
  NoteRepeat = 0x64,
  NoteTrack = 0x68,
}

/**
 * A capture through memory. The host offers it by a *descriptor* in the DMA window before the start; the driver then
 * copies blocks into a ring in memory that both see. Offsets in the descriptor; 32-bit words, little endian.
 */
export const enum Descriptor {
  /** "MIRLEFTJ", as two words. */
  Magic0 = 0,
  Magic1 = 4,
  /** Physical address of the ring, and its bytes: a power of two, at least 2 MiB. */
  Base = 8,
  Bytes = 12,
  /** Bytes that may be unread before the firmware waits: at most the ring's less RESERVE_BYTES. */
  Ahead = 16,
  /** Bytes written so far, modulo 2^32: the guest's. */
  Written = 20,
  /** Bytes read so far, and their complement, which tells a half-written number: the host's. */
  Read = 24,
  NotRead = 28,
}
export const DESCRIPTOR_BYTES = 32;
/** The descriptor begins so far before the end of the window: clear of what boot/ uses there. */
export const DESCRIPTOR_FROM_END = 1024;
export const DESCRIPTOR_MAGIC_0 = 0x4c52494d;
export const DESCRIPTOR_MAGIC_1 = 0x4a544645;
/** Of the ring, kept for what comes while the firmware waits: bridges and held level. */
export const RESERVE_BYTES = 0x100000;
export const LEAST_RING_BYTES = 0x200000;

/** Offsets in the header of a block, which its words follow in its slot and in a capture's ring. As in the notes. */
export const enum BlockHeader {
  /** BLOCK_MAGIC, with the BlockKind in the lowest byte. */
  Kind = 0,
  Pairs = 4,
  RateHz = 8,
  Repeat = 12,
  Range = 16,
  /** Index of the track that was noted since the jack was opened; NO_TRACK (as 32 bits) before. */
  Track = 20,
  /** Counts from 1 with each opening of the jack. */
  Number = 24,
  /** The system timer at the end of the block. */
  Stamp = 28,
}
export const BLOCK_MAGIC = 0x4b434200;
export const NO_TRACK = -1;

/** Byte offsets in the header of the ring in the DMA window (jack-header.ts). */
export const enum RingHeader {
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
  /** The track that was noted last (NO_TRACK before), and underruns so far. */
  Track = 56,
  Underruns = 60,
  /** Not 0 while the driver changes the ring: the board (boot/hold.S) leaves it alone then. */
  Busy = 64,
  /** Physical address of the DMA channel's registers; bus addresses as given to JackRing.start. */
  Engine = 68,
  Fifo = 72,
  Stamps = 76,
  /** In a capture: the tick at which all that was appended will have been played; i64.MAX_VALUE when it runs free. */
  EmptyTick = 80,
  /** In a capture through memory: bytes appended, modulo 2^32. */
  Appended = 88,
  /** A block of held level: its pairs, and the ticks that they take. */
  HoldPairs = 92,
  HoldTicks = 96,
  /** Blocks of held level that the board has appended since the jack was opened. */
  Held = 100,
  /** Of them, those that the driver knows of and has counted. */
  HeldKnown = 104,
}
