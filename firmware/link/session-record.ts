// What a session needs to go on in the module that takes this one's place, planned or not: numbers, kept in the DMA
// window whenever they change. A frame that is acknowledged by these numbers does not come again, so they are kept
// before the Ack goes out.

import { copyIn, copyOut, crc32, Info, info } from '../../drivers/board';
import { LINK_STATE, LINK_STATE_BYTES, windowAddress } from '../../drivers/window';

const MAGIC: u32 = 0x4b4e494c; // "LINK"

/** Offsets of the record. The sum is of all behind it. */
export const enum Kept {
  Magic = 0,
  Sum = 4,
  Session = 8,
  Boot = 12,
  Baud = 16,
  Unpaced = 20,
  /** Of what has come: the first that is missing, and which behind it are not. */
  Next = 24,
  Mask = 28,
  /** Of what was sent: the first that is not acknowledged, and the first that is not there yet. */
  Base = 32,
  Top = 36,
  /** The tick at which a swap was begun. */
  SwapAt = 40,
}

const BYTES: i32 = LINK_STATE_BYTES;
/** What is to be kept; the numbers are the link's. */
export const kept: usize = memory.data(LINK_STATE_BYTES, 8);
/** What is in the window. */
const there = memory.data(LINK_STATE_BYTES, 8);

/** Writes `kept` where the next module finds it, if it has changed. */
export function keepSession(): void {
  if (!memory.compare(kept, there, BYTES)) return;
  memory.copy(there, kept, BYTES);
  store<u32>(there, MAGIC, Kept.Magic);
  store<u32>(there, crc32(there + Kept.Session, BYTES - Kept.Session, 0), Kept.Sum);
  copyOut(windowAddress(LINK_STATE), there, BYTES);
  store<u32>(there, 0, Kept.Magic);
  store<u32>(there, 0, Kept.Sum);
}

/** Reads what an earlier module has kept into `kept`; whether a session lasted. */
export function findSession(): bool {
  // Memory may hold one from before a restart.
  if (info(Info.Generation) < 2 || copyIn(windowAddress(LINK_STATE), kept, BYTES)) return false;
  const isWhole =
    load<u32>(kept, Kept.Magic) === MAGIC &&
    load<u32>(kept, Kept.Sum) === crc32(kept + Kept.Session, BYTES - Kept.Session, 0);
  store<u32>(kept, 0, Kept.Magic);
  store<u32>(kept, 0, Kept.Sum);
  if (!isWhole) memory.fill(kept, 0, BYTES);
  return load<i32>(kept, Kept.Session) !== 0;
}
