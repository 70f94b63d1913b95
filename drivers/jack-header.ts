// The state of the ring in the DMA window, written with each block: what a module that starts while the jack plays
// needs to go on with it, and what is left to read after a fault. 32-bit words, little endian; the slots' own state is
// in their control blocks (length, stamp) and in JACK_PROGRESS.

import { copyIn } from './board';
import { NO_TRACK, RingHeader as Header } from './jack-keys';
import { JACK_HEADER, JACK_HEADER_BYTES, SLOT_PAIRS, windowAddress } from './window';

export { RingHeader as Header } from './jack-keys';

/** "JACK". */
const HEADER_MAGIC: u32 = 0x4b43414a;
const HEADER_VERSION: u32 = 2;

/** The header as it goes to the window. */
export const header = memory.data(128, 16);

/** A block of held level takes so long, in milliseconds; it fits a slot at the fastest carrier. */
const HOLD_MS: i64 = 10;

/** Fills what does not change while the jack is open: as the header has it, with a carrier in Hz and a tick rate. */
export function beginHeader(mode: i32, rateHz: i32, range: i32, repeat: i32, rate: i64): void {
  memory.fill(header, 0, JACK_HEADER_BYTES);
  store<u32>(header, HEADER_MAGIC, Header.Magic);
  store<u32>(header, HEADER_VERSION, Header.Version);
  store<i32>(header, mode, Header.Mode);
  store<i32>(header, rateHz, Header.RateHz);
  store<i32>(header, range, Header.Range);
  store<i32>(header, repeat, Header.Repeat);
  store<i32>(header, NO_TRACK, Header.Track);
  const carrier = <i64>rateHz * repeat;
  const pairs = min<i64>(SLOT_PAIRS, (carrier * HOLD_MS) / 1000);
  store<i32>(header, <i32>pairs, Header.HoldPairs);
  store<i32>(header, <i32>((pairs * rate) / carrier), Header.HoldTicks);
  store<i32>(header, 1, Header.Busy);
}

/** Whether there is the header of a jack that an earlier module has opened: it is copied to `header` then. */
export function findHeader(): bool {
  copyIn(windowAddress(JACK_HEADER), header, JACK_HEADER_BYTES);
  return load<u32>(header, Header.Magic) === HEADER_MAGIC && load<u32>(header, Header.Version) === HEADER_VERSION;
}
