// Registers of the stand-in that the jack driver writes to in the emulator, by offset (docs/board.md).

export const enum Stand {
  /** PWM RNG1 and RNG2: the period of the two channels. */
  Range1 = 0x10,
  Range2 = 0x20,
  /** PWM FIF1: a word of the jack. */
  Fifo = 0x18,
  /** Stamps: 0x40 + 4 * kind. */
  StampLevel = 0x40,
  /** Notes, written before the first block that they concern. */
  NoteRate = 0x60,
  NoteRepeat = 0x64,
  NoteTrack = 0x68,
}

/** Kinds of blocks. */
export const enum Kind {
  /** Ramps, bridges and held level. */
  Level = 0,
  /** Words that carry a track. */
  Track = 1,
}

/** The PWM's clock. */
export const PWM_CLOCK_HZ = 125_000_000;

/** Which channel of a pair comes first: the jack's tip is PWM channel 1 and gets the right channel (facts of the board). */
export const RIGHT_FIRST = true;
