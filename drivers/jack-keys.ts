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

/** Offsets in the header of a block in the ring; its words follow. Counts and rates as in the notes. */
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
export const BLOCK_HEADER_BYTES = 32;
export const BLOCK_MAGIC = 0x4b434200;
export const NO_TRACK = -1;
/** Pairs in a block at most, and its bytes. Where fewer are left before the ring's end, it goes on at its start. */
export const BLOCK_PAIRS = 512;
export const LARGEST_BLOCK_BYTES = 4128;
