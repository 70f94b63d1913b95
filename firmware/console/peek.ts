// The commands `peek` and `poke`: words of device registers and of the DMA window, and of nothing else. Where nothing
// answers they say so: a look at a wrong address must not end the program.

import { Info, info, probe32, write32 } from '../../drivers/board';
import { nextWord, noMore, NO_NUMBER, wordNumber } from './arguments';
import { Outcome } from './command-set';
import { endLine, print, printByte, printHex, printLine } from './console';

/** Device registers as the ARM sees them: BCM2711 ARM Peripherals, 1.2.4 ("low peripheral" mode). */
const DEVICES: i64 = 0xfc000000;
const DEVICES_END: i64 = 0x100000000;
const MOST_WORDS: i64 = 64;
const MOST_VALUE: i64 = 0xffffffff;
const ROW_WORDS: i64 = 4;

/** Whether `words` words at an address may be looked at; says why not. */
function isAllowed(address: i64, words: i64): bool {
  const end = address + words * 4;
  const window = info(Info.DmaBase);
  const isDevice = address >= DEVICES && end <= DEVICES_END;
  const isWindow = address >= window && end <= window + info(Info.DmaBytes);
  if (!(address & 3) && (isDevice || isWindow)) return true;
  print('not an address of a register: a multiple of 4 from 0xfc000000, or in the DMA window from 0x');
  printHex(window, 8);
  endLine();
  return false;
}

function silent(address: i64): void {
  printHex(address, 8);
  printLine(': nothing answers');
}

/** Runs `peek address [words]`. */
export function runPeek(): Outcome {
  if (!nextWord()) return Outcome.Usage;
  const address = wordNumber();
  const words: i64 = nextWord() ? wordNumber() : 1;
  if (address === NO_NUMBER || words < 1 || words > MOST_WORDS || !noMore()) return Outcome.Usage;
  if (!isAllowed(address, words)) return Outcome.Done;
  for (let i: i64 = 0; i < words; i++) {
    const at = address + i * 4;
    const value = probe32(<u32>at);
    if (value < 0) {
      if (i % ROW_WORDS) endLine();
      silent(at);
      return Outcome.Done;
    }
    if (i % ROW_WORDS === 0) {
      printHex(at, 8);
      printByte(0x3a);
    }
    printByte(0x20);
    printHex(value, 8);
    if (i + 1 === words || (i + 1) % ROW_WORDS === 0) endLine();
  }
  return Outcome.Done;
}

/** Runs `poke address value`. */
export function runPoke(): Outcome {
  if (!nextWord()) return Outcome.Usage;
  const address = wordNumber();
  if (!nextWord() || !noMore()) return Outcome.Usage;
  const value = wordNumber();
  if (address === NO_NUMBER || value < 0 || value > MOST_VALUE) return Outcome.Usage;
  if (!isAllowed(address, 1)) return Outcome.Done;
  // What no device answers for would end in an abort that nobody catches.
  if (probe32(<u32>address) < 0) silent(address);
  else write32(<u32>address, <u32>value);
  return Outcome.Done;
}
