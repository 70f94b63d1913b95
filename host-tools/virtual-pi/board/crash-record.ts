// The crash record as boot/crash.S leaves it in the DMA window, and whether a fault restarts the board.

import crc32 from 'crc-32';
import { DMA_WINDOW } from '../../../boot/memory-map.js';
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
} from '../../../drivers/window-map.js';
import type { Memory } from '../memory.js';
import { SECOND, type Time } from '../time.js';

const RECORD = DMA_WINDOW + CRASH;
/** A program that fails sooner would do nothing but restart. */
const RESTARTS_AFTER: Time = 60 * SECOND;

/** Keeps a report's text, from `fault kind=` on. */
export function keepReport(memory: Memory, report: Uint8Array): void {
  const text = report.slice(0, CRASH_TEXT_BYTES);
  memory.store(RECORD + CRASH_TEXT, text);
  memory.storeWord(RECORD + CRASH_LENGTH, text.length);
  memory.storeWord(RECORD + CRASH_SUM, crc32.buf(text) >>> 0);
  memory.storeWord(RECORD + CRASH_MARK, CRASH_WHOLE);
}

/** Whether the program has asked for a restart, and has run for long enough. `ran` is the time since power on. */
export const restartsOnFault = (memory: Memory, ran: Time): boolean =>
  memory.loadWord(RECORD + CRASH_RULE) === CRASH_RESTART && ran >= RESTARTS_AFTER;
