// Time: ticks of the generic timer, waits that always end, and the system timer that DMA engines stamp with.
// BCM2711 ARM Peripherals, 10 (System Timer). The generic timer is read through the board.

import { Info, info, read32, ticks, wait } from './board';

/** Free-running microseconds, low word (CLO); as the ARM sees it, and as a DMA control block does. */
const SYSTEM_TIMER_LOW: u32 = 0xfe003004;
export const SYSTEM_TIMER_LOW_BUS: u32 = 0x7e003004;

/** How often a waiting driver looks, in microseconds. */
const POLL_US: i64 = 20;

let rate: i64 = 0;

/** Ticks of `ticks()` in a second. */
export function tickRate(): i64 {
  if (!rate) rate = info(Info.TickRate);
  return rate;
}

/** Microseconds as ticks, rounded up. */
export function microseconds(count: i64): i64 {
  return (count * tickRate() + 999_999) / 1_000_000;
}

/** Milliseconds as ticks, rounded up. */
export function milliseconds(count: i64): i64 {
  return (count * tickRate() + 999) / 1000;
}

/** Ticks as whole microseconds, rounded down. */
export function toMicroseconds(count: i64): i64 {
  const hz = tickRate();
  return (count / hz) * 1_000_000 + ((count % hz) * 1_000_000) / hz;
}

/** The system timer's low word: microseconds since power on, modulo 2^32. */
export function systemMicroseconds(): u32 {
  return read32(SYSTEM_TIMER_LOW);
}

/** Waits at least `us` microseconds. For the pauses that hardware asks for; a longer one belongs into `step`. */
export function delay(us: i64): void {
  const until = ticks() + microseconds(us);
  while (ticks() < until) wait(until, 0);
}

/**
 * Waits until `(read32(address) & mask) === value`, at most `us` microseconds; looks at least twice, once after the
 * whole time has passed. False when it never came true.
 */
export function waitFor(address: u32, mask: u32, value: u32, us: i64): bool {
  const until = ticks() + microseconds(us);
  let late = false;
  while ((read32(address) & mask) !== value) {
    if (late) return false;
    delay(POLL_US);
    late = ticks() >= until;
  }
  return true;
}
