// The drivers as exports, so that tests can call them one by one.

export * from '../../../drivers/gpio';
export * from '../../../drivers/timer';
export { boardType, boardMemoryMiB, boardMinor, isSupported } from '../../../drivers/revision';

import { delay } from '../../../drivers/timer';
import { boardName } from '../../../drivers/revision';
import { bridgePairs, writeBridge } from '../../../drivers/jack-bridge';
import { CarrierClock } from '../../../drivers/carrier-clock';

export { bridgePairs, writeBridge };

const block = memory.data(4096, 16);

/** A page of linear memory for a test's own use. */
export function page(): usize {
  return block;
}

/** The length of the model's name, its text goes to the page as UTF-8. */
export function nameOf(code: u32): i32 {
  const text = boardName(code);
  return <i32>String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, block);
}

const clock = new CarrierClock();

export function clockBegin(now: i64, carrier: i64, rate: i64): void {
  clock.begin(now, carrier, rate);
}
export function clockPairs(now: i64): i64 {
  return clock.pairsAt(now);
}
export function clockTick(pairs: i64): i64 {
  return clock.tickOf(pairs);
}

export function pause(us: i64): void {
  delay(us);
}
