// The terminal that shows the line which is typed: the sequences that steer it, and how wide it is.
//
// It is asked for its width once, when a line is longer than any terminal is sure to show: its cursor is sent to the right,
// and where that has come to is asked for (ESC [ 6 n). The answer comes with the keys; until then the line stays short.

import { drawByte } from './console';
import { forgetColumns, terminalColumns } from './keys';

/** Columns of a terminal that tells nothing, and those that the line leaves free: the prompt, and the right edge. */
const NARROW: i32 = 40;
const FREE_COLUMNS: i32 = 4;
/** Final bytes of sequences that move the cursor. */
export const RIGHT: i32 = 0x43;
export const LEFT: i32 = 0x44;
const BACKSPACE: i32 = 0x08;
const RETURN: i32 = 0x0d;

/** The columns that the line may take. */
export let lineColumns: i32 = NARROW - FREE_COLUMNS;
/** Whether the terminal was asked, or has told, how wide it is. */
let isAsked = false;

/** Takes what the terminal has told; whether that is news. */
export function takeWidth(): bool {
  const wide = terminalColumns - FREE_COLUMNS;
  if (!terminalColumns || wide === lineColumns) return false;
  lineColumns = wide;
  isAsked = true;
  return true;
}

/** Asks how wide the terminal is, if a line of so many columns needs that. The cursor is then at the row's beginning. */
export function askWidth(columns: i32): void {
  if (isAsked || columns <= NARROW - FREE_COLUMNS) return;
  isAsked = true;
  escape(255, RIGHT);
  escape(6, 0x6e);
  drawByte(RETURN);
}

/** The terminal may have another size by now. */
export function forgetWidth(): void {
  forgetColumns();
  lineColumns = NARROW - FREE_COLUMNS;
  isAsked = false;
}

/** Moves the cursor by so many columns, RIGHT or LEFT. */
export function moveCursor(by: i32, direction: i32): void {
  if (by === 1 && direction === LEFT) drawByte(BACKSPACE);
  else if (by > 0) escape(by > 1 ? by : 0, direction);
}

/** ESC [ `number` `letter`, with up to three digits; without a number when that is 0. */
export function escape(number: i32, letter: i32): void {
  drawByte(0x1b);
  drawByte(0x5b);
  if (number >= 100) drawByte(0x30 + number / 100);
  if (number >= 10) drawByte(0x30 + ((number / 10) % 10));
  if (number) drawByte(0x30 + (number % 10));
  drawByte(letter);
}
