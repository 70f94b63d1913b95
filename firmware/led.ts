// Patterns on the activity LED. A pattern is 16 bits, shown one after the other, lowest first, an eighth of a second
// each, again every two seconds.

import { ticks } from '../drivers/board';
import { setLed, startLed } from '../drivers/gpio';
import { tickRate } from '../drivers/timer';

/** What programs show; any other 16 bits will do as well. */
export const enum Led {
  Off = 0,
  On = 0xffff,
  /** Half a second on, half a second off: 1 Hz. */
  Blink = 0x0f0f,
  /** A second on, a second off. */
  Playing = 0x00ff,
  /** One short flash. */
  Paused = 0x0001,
  /** Two short flashes: all is played. */
  Idle = 0x0005,
  /** Four short flashes, and no two seconds without them. */
  Error = 0x0055,
}

const SLOTS: i64 = 16;
const SLOTS_A_SECOND: i64 = 8;

let pattern: i32 = Led.Off;
let since: i64 = -1;
let lit = false;

/** Shows a pattern (`Led`) from its beginning, unless it is being shown. */
export function showLed(bits: i32): void {
  if (since >= 0 && bits === pattern) return;
  if (since < 0) startLed();
  pattern = bits;
  since = ticks();
  light(since);
}

/** Switches the LED when it is time. Call it in every step; returns the tick by which to call it again. */
export function serviceLed(): i64 {
  if (since < 0 || pattern === Led.Off || pattern === Led.On) return i64.MAX_VALUE;
  const now = ticks();
  const slot = light(now);
  // The next slot that looks different, so that a step is not taken for nothing.
  let next = slot + 1;
  while (isLit(next) === lit) next++;
  return since + (next * tickRate() + SLOTS_A_SECOND - 1) / SLOTS_A_SECOND;
}

function isLit(slot: i64): bool {
  return ((pattern >> (<i32>(slot % SLOTS))) & 1) !== 0;
}

function light(now: i64): i64 {
  const slot = ((now - since) * SLOTS_A_SECOND) / tickRate();
  const on = isLit(slot);
  if (on !== lit || !slot) setLed(on);
  lit = on;
  return slot;
}
