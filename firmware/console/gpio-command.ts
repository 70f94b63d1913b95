// The command `gpio`: what pins are, and setting them by hand.

import {
  pinAllowed,
  PinFunction,
  pinFunction,
  pinLevel,
  pinPull,
  Pull,
  setPin,
  setPinFunction,
  setPinPull,
} from '../../drivers/gpio';
import { isWord, nextWord, noMore, NO_NUMBER, wordNumber } from './arguments';
import { Outcome } from './command-set';
import { endLine, print, printLine, printNumber } from './console';

/** Pins on the header: those that are listed. */
const HEADER_PINS: i32 = 28;
const LAST_PIN: i64 = 57;

/** What is to become of a pin. */
const enum Change {
  None,
  In,
  Out,
  High,
  Low,
  Up,
  Down,
  NoPull,
}

/** Runs `gpio [pin [in|out|high|low|up|down|none]]`. */
export function runGpio(): Outcome {
  if (!nextWord()) {
    for (let pin = 0; pin < HEADER_PINS; pin++) printPin(pin);
    return Outcome.Done;
  }
  const number = wordNumber();
  if (number === NO_NUMBER) return Outcome.Usage;
  if (number < 0 || number > LAST_PIN) {
    printLine('gpio: pins are 0 to 57');
    return Outcome.Done;
  }
  const pin = <i32>number;
  if (nextWord()) {
    const kind = pinFunction(pin);
    if (!pinAllowed(pin) || kind > PinFunction.Output) {
      print('gpio: pin ');
      printNumber(pin);
      printLine(' serves a device: left alone');
      return Outcome.Done;
    }
    const what = pinChange();
    if (what === Change.None || !noMore()) return Outcome.Usage;
    change(pin, what);
  }
  printPin(pin);
  return Outcome.Done;
}

/** What the last word says. */
function pinChange(): Change {
  if (isWord('in')) return Change.In;
  if (isWord('out')) return Change.Out;
  if (isWord('high')) return Change.High;
  if (isWord('low')) return Change.Low;
  if (isWord('up')) return Change.Up;
  if (isWord('down')) return Change.Down;
  return isWord('none') ? Change.NoPull : Change.None;
}

function change(pin: i32, what: Change): void {
  switch (what) {
    case Change.In:
      setPinFunction(pin, PinFunction.Input);
      break;
    case Change.Up:
      setPinPull(pin, Pull.Up);
      break;
    case Change.Down:
      setPinPull(pin, Pull.Down);
      break;
    case Change.NoPull:
      setPinPull(pin, Pull.None);
      break;
    default:
      // The level first: the pin never shows another one.
      if (what !== Change.Out) setPin(pin, what === Change.High);
      setPinFunction(pin, PinFunction.Output);
  }
}

function printPin(pin: i32): void {
  print(pin < 10 ? 'GPIO ' : 'GPIO');
  printNumber(pin);
  print(pinLevel(pin) ? '  high  ' : '  low   ');
  const kind = pinFunction(pin);
  if (kind <= PinFunction.Output) {
    print(kind === PinFunction.Input ? 'in  ' : 'out ');
  } else {
    print('alt');
    printNumber(kind === PinFunction.Alt5 ? 5 : kind === PinFunction.Alt4 ? 4 : kind - PinFunction.Alt0);
  }
  const pull = pinPull(pin);
  if (pull === Pull.Up) print('  pull up');
  else if (pull === Pull.Down) print('  pull down');
  endLine();
}
