// The crash record that boot/crash.S keeps over a warm reset: the text of the last fault's report.

import { copyIn, crc32, read32, write32 } from '../../drivers/board';
import {
  CRASH,
  CRASH_LENGTH,
  CRASH_MARK,
  CRASH_RESTART,
  CRASH_RULE,
  CRASH_SUM,
  CRASH_TEXT,
  CRASH_TEXT_BYTES,
  CRASH_WHOLE,
  windowAddress,
} from '../../drivers/window';

/** The record's text, after `findCrash` has found one. */
export const crashText = memory.data(4080);

/** Reads the record; how long its text is, 0 where there is none or memory was lost since. */
export function findCrash(): i32 {
  const record = windowAddress(CRASH);
  if (read32(record + CRASH_MARK) !== CRASH_WHOLE) return 0;
  const length = <i32>read32(record + CRASH_LENGTH);
  if (<u32>length > <u32>CRASH_TEXT_BYTES) return 0;
  if (copyIn(record + CRASH_TEXT, crashText, length) < 0) return 0;
  return crc32(crashText, length, 0) === read32(record + CRASH_SUM) ? length : 0;
}

/** There is no record any more. */
export function forgetCrash(): void {
  write32(windowAddress(CRASH) + CRASH_MARK, 0);
}

/** What a fault is followed by on a board: a restart, if the program has run for a minute; else it stops. */
export function restartOnFault(on: bool): void {
  write32(windowAddress(CRASH) + CRASH_RULE, on ? CRASH_RESTART : 0);
}
