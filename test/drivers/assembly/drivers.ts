// The drivers as exports, so that tests can call them one by one.

export * from '../../../drivers/clock-manager';
export * from '../../../drivers/gpio';
export * from '../../../drivers/mailbox';
export * from '../../../drivers/pl011';
export * from '../../../drivers/power';
export * from '../../../drivers/timer';
export { boardType, boardMemoryMiB, boardMinor, isSupported } from '../../../drivers/revision';

import { delay } from '../../../drivers/timer';
import { DmaChannel, writeControlBlock } from '../../../drivers/dma';

export { armEngine } from '../../../drivers/dma';
import { boardName } from '../../../drivers/revision';
import { Pwm, PWM1 } from '../../../drivers/pwm';
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

export function controlBlock(channel: i32, transfer: u32, bytes: u32, next: u32): i32 {
  return writeControlBlock(channel, block, transfer, 0xc1000000, 0x7e20c818, bytes, next);
}

const engine = new DmaChannel(5);

export function engineSetUp(channel: i32): i32 {
  return channel === 5 ? engine.setUp() : new DmaChannel(channel).setUp();
}
export function engineStart(address: u32): void {
  engine.start(address);
}
export function engineStop(): i32 {
  return engine.stop();
}
export function engineTearDown(): i32 {
  return engine.tearDown();
}

const pwm = new Pwm(PWM1);

export function pwmStart(range: i32): void {
  pwm.start(range);
}
export function pwmStop(): void {
  pwm.stop();
}
export function pwmFlags(): u32 {
  return pwm.takeFlags();
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
