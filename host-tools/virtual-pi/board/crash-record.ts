// The crash record as boot/crash.S leaves it in the DMA window.

import crc32 from 'crc-32';
import { DMA_WINDOW } from '../../../boot/memory-map.js';
import {
  CRASH,
  CRASH_LENGTH,
  CRASH_MARK,
  CRASH_SUM,
  CRASH_TEXT,
  CRASH_TEXT_BYTES,
  CRASH_WHOLE,
} from '../../../drivers/window-map.js';
import type { Memory } from '../memory.js';

const RECORD = DMA_WINDOW + CRASH;

/** Keeps a report's text, from `fault kind=` on. */
export function keepReport(memory: Memory, report: Uint8Array): void {
  const text = report.slice(0, CRASH_TEXT_BYTES);
  memory.store(RECORD + CRASH_TEXT, text);
  memory.storeWord(RECORD + CRASH_LENGTH, text.length);
  memory.storeWord(RECORD + CRASH_SUM, crc32.buf(text) >>> 0);
  memory.storeWord(RECORD + CRASH_MARK, CRASH_WHOLE);
}
