// Storage in sectors: what a file system is written against. An SD card is one, a RAM disk another.

/** Bytes of a sector, on every device. */
export const SECTOR_BYTES: i32 = 512;

/** Why sectors could not be read or written; all negative. */
export const enum BlockError {
  None = 0,
  /** There is no card, or nothing that answers as one. */
  NoCard = -1,
  /** A card of a kind that is not supported, such as an MMC. */
  Unsupported = -2,
  /** The card no longer answers: it was pulled, or has hung. Nothing more is tried until it is opened again. */
  Gone = -3,
  /** Another card is in the socket than the one that was opened; nothing was written to it. */
  Changed = -4,
  /** Replies or data came damaged, and again after every retry. */
  Crc = -5,
  /** The card, or the controller, did not come to an end in time. */
  Timeout = -6,
  /** The card refuses to be written. */
  Protected = -7,
  /** Sectors beyond the end of the device, or fewer than one. */
  Range = -8,
  /** The card reported an error of its own. */
  Card = -9,
  /** There is no controller, or it does not do what it is told. */
  Controller = -10,
}

/** What a device calls over and over while it waits for long. It must not use a block device itself. */
export abstract class Waiter {
  abstract whileWaiting(): void;
}

/** Sectors that can be read and written at any place. Every call ends after a bounded time. */
export abstract class BlockDevice {
  /** How many sectors there are; 0 before it is open. */
  sectors: i64 = 0;
  /** False for a device that refuses every `write` with BlockError.Protected. */
  isWritable: bool = false;
  /** Called while a `read`, `write` or `flush` waits; the audio pump. */
  waiter: Waiter | null = null;

  /**
   * Reads `count` sectors (1 or more) from `sector` on to `ptr`, `count * SECTOR_BYTES` bytes of the caller's.
   * 0, or a BlockError: what is at `ptr` is then undefined.
   */
  abstract read(sector: i64, ptr: usize, count: i32): i32;

  /**
   * Writes `count` sectors from `ptr`, which stays the caller's. 0, or a BlockError: each of the sectors then holds the
   * old bytes, the new ones, or, where power was lost meanwhile, neither. Sectors outside the range keep theirs.
   */
  abstract write(sector: i64, ptr: usize, count: i32): i32;

  /** Returns when everything written before is on the medium; a cut of power takes nothing back. 0 or a BlockError. */
  abstract flush(): i32;
}

/** The code in records for programs: `no-card`. */
export function blockErrorCode(error: i32): string {
  if (error === BlockError.NoCard) return 'no-card';
  if (error === BlockError.Unsupported) return 'unsupported-card';
  if (error === BlockError.Gone) return 'card-gone';
  if (error === BlockError.Changed) return 'card-changed';
  if (error === BlockError.Crc) return 'card-crc';
  if (error === BlockError.Timeout) return 'card-timeout';
  if (error === BlockError.Protected) return 'write-protected';
  if (error === BlockError.Range) return 'out-of-range';
  if (error === BlockError.Card) return 'card-failed';
  if (error === BlockError.Controller) return 'no-controller';
  return 'none';
}

/** The same for people. */
export function blockErrorText(error: i32): string {
  if (error === BlockError.NoCard) return 'no card';
  if (error === BlockError.Unsupported) return 'a card of a kind that is not supported';
  if (error === BlockError.Gone) return 'the card no longer answers';
  if (error === BlockError.Changed) return 'another card is in the socket';
  if (error === BlockError.Crc) return 'data from or to the card came damaged again and again';
  if (error === BlockError.Timeout) return 'the card takes too long';
  if (error === BlockError.Protected) return 'the card is write-protected';
  if (error === BlockError.Range) return 'sectors that the card does not have';
  if (error === BlockError.Card) return 'the card reports an error of its own';
  if (error === BlockError.Controller) return 'no card controller, or it does not work';
  return '';
}
