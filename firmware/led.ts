// Patterns on the activity LED, and on another one where the box has one. A pattern is 16 bits, shown one after the
// other, lowest first, an eighth of a second each, again every two seconds.

import { ticks } from '../drivers/board';
import { PinFunction, setLed, setPin, setPinFunction, startLed } from '../drivers/gpio';
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
  /** Three short flashes: there is no card. */
  NoCard = 0x0015,
  /** Four short flashes, and no two seconds without them: some tracks could not be played. */
  Error = 0x0055,
  /** Five: the card cannot be read, or is no FAT volume. */
  BadCard = 0x0155,
  /** Six: there are no tracks. */
  NoTracks = 0x0555,
  /** Seven: the jack does not open. */
  NoJack = 0x1555,
}

const SLOTS: i64 = 16;
const SLOTS_A_SECOND: i64 = 8;

let pattern: i32 = Led.Off;
let since: i64 = -1;
let lit = false;
/** The other LED's pin, or -1, and the level that lights it. */
let otherPin: i32 = -1;
let otherHigh = true;

/** From now on the LED at a pin, or at none (-1), shows the same; it is lit while the pin is high, or low. */
export function addLed(pin: i32, high: bool): void {
  otherPin = pin;
  otherHigh = high;
  if (pin < 0) return;
  // The level first: an output must not begin with a flash.
  setPin(pin, lit === high);
  setPinFunction(pin, PinFunction.Output);
}

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
  if (on !== lit || !slot) {
    setLed(on);
    if (otherPin >= 0) setPin(otherPin, on === otherHigh);
  }
  lit = on;
  return slot;
}
