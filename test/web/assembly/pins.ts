// Prints each change of GPIO 17 with its time, and shows its level on the activity LED. Key f does what the model finds
// fault with, key t traps.

import { Info, info, Queue, read32, take, ticks } from '../../../drivers/board';
import { setLed, startLed } from '../../../drivers/gpio';
import { tickRate } from '../../../drivers/timer';
import { endLine, print, printLine, printNumber, serviceConsole } from '../../../firmware/console/console';
import { nextKey } from '../../../firmware/console/keys';

const PIN: u32 = 17;
const GPSET0: u32 = 0xfe20001c;
const RECORD_BYTES: i32 = 16;
const MOST_BYTES: i32 = 1024;
const records = memory.data(1024);
let level: u32 = 0;

export function start(_generation: i32): void {
  take(Queue.Gpio, records, 0);
  startLed();
  printLine('ready');
}

export function step(_events: i32): i64 {
  for (let key = nextKey(); key; key = nextKey()) {
    if (key === 0x66) read32(GPSET0);
    if (key === 0x74) unreachable();
  }
  const bytes = take(Queue.Gpio, records, MOST_BYTES);
  for (let at = 0; at < bytes; at += RECORD_BYTES) {
    const now = (load<u32>(records + at) >>> PIN) & 1;
    if (now === level) continue;
    level = now;
    setLed(level !== 0);
    print('gpio17=');
    printNumber(level);
    print(' at ');
    printNumber(((load<u64>(records + at + 8) - info(Info.EntryTicks)) * 1000) / tickRate());
    print(' ms');
    endLine();
  }
  return min(serviceConsole(), ticks() + tickRate());
}
