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
