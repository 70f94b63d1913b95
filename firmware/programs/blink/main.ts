// The smallest program: the activity LED at 1 Hz, a line on the console for each second, and one for each key.
// `start` is called once, `step` whenever something has happened or its deadline has come.

import { ticks } from '../../../drivers/board';
import { tickRate } from '../../../drivers/timer';
import { printBanner, requireBoard } from '../../banner';
import { endLine, print, printNumber, serviceConsole } from '../../console/console';
import { nextKey } from '../../console/keys';
import { Led, serviceLed, showLed } from '../../led';

let seconds: i64 = 0;
let next: i64 = 0; // the tick of the next line

export function start(_generation: i32): void {
  requireBoard();
  showLed(Led.Blink);
  printBanner('blink');
  next = ticks() + tickRate();
}

export function step(_events: i32): i64 {
  // Bytes that nobody takes would keep the board calling `step`.
  for (let key = nextKey(); key; key = nextKey()) say('key ', key);
  if (ticks() >= next) {
    next += tickRate();
    say('seconds: ', ++seconds);
  }
  return min(next, min(serviceLed(), serviceConsole()));
}

function say(text: string, number: i64): void {
  print(text);
  printNumber(number);
  endLine();
}
