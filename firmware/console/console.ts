// Text to the console. Nothing here ever waits: what the board's transmit queue has no room for stays in a buffer,
// and `serviceConsole` in a later step hands it on. A program that prints much asks `consoleRoom` first; text beyond
// the buffer is dropped, counted, and the next flush says how much was lost.
//
// There are no strings to build: a line is printed piece by piece, so nothing is allocated.
//
// A line that a person is typing (editor.ts) stands below what was printed. The first byte that is printed wipes it, and
// the editor draws it again later; so text never gets into the middle of it.

import { ticks } from '../../drivers/board';
import { milliseconds } from '../../drivers/timer';
import { sendText } from './line';
import { logByte, logEnd, loggedAt, logStart } from './log';

const BUFFER_BYTES: i32 = 16384;
/** At 115200 baud this empties 23 bytes of the board's queue. */
const RETRY_MS: i64 = 2;
const buffer = memory.data(BUFFER_BYTES);
const digits = memory.data(24);

let head: i32 = 0; // the first byte not sent
let tail: i32 = 0; // the end of what was printed
let lost: i32 = 0;

/** Whether the line that is typed stands where the terminal's cursor is. */
let isDrawn = false;
/** Whether the cursor, but for that line, is at the beginning of one. */
let isLineStart = true;

/** Bytes that can be printed now without losing any. */
export function consoleRoom(): i32 {
  return BUFFER_BYTES - (tail - head);
}

/** Hands text on to the board. Call it in every step; returns the tick by which to call it again. */
export function serviceConsole(): i64 {
  return flushConsole() ? i64.MAX_VALUE : ticks() + milliseconds(RETRY_MS);
}

/** Hands text on to the board. True when none is left, as it should be before the program ends. */
export function flushConsole(): bool {
  if (head < tail) head += sendText(buffer + head, tail - head);
  if (head < tail) return false;
  head = 0;
  tail = 0;
  if (lost) {
    const bytes = lost;
    lost = 0;
    print('[');
    printNumber(bytes);
    print(' bytes lost]');
    endLine();
    return flushConsole();
  }
  return true;
}

/** Whether everything was handed on to the board. */
export function isFlushed(): bool {
  return head === tail;
}

/** Prints one byte as it is. */
export function printByte(byte: i32): void {
  if (isDrawn) wipeLine();
  isLineStart = byte === 0x0a;
  logByte(byte);
  drawByte(byte);
}

/** For the editor: a byte of the line that is typed. */
export function drawByte(byte: i32): void {
  if (tail === BUFFER_BYTES) {
    flushConsole();
    if (head) {
      memory.copy(buffer, buffer + head, tail - head);
      tail -= head;
      head = 0;
    }
    if (tail === BUFFER_BYTES) {
      lost++;
      return;
    }
  }
  store<u8>(buffer + tail, byte);
  tail++;
}

/** For the editor: whether its line stands at the cursor, where nothing else may then be. */
export function isLineDrawn(): bool {
  return isDrawn;
}

/** For the editor: whether its line could be drawn now, at the beginning of a line and with nothing still to be sent. */
export function mayDrawLine(): bool {
  return isLineStart && head === tail;
}

/** For the editor: its line was drawn, or has ended. */
export function setLineDrawn(drawn: bool): void {
  isDrawn = drawn;
}

function wipeLine(): void {
  isDrawn = false;
  drawByte(0x0d);
  drawByte(0x1b);
  drawByte(0x5b);
  drawByte(0x4b);
}

/** Prints the last lines that were kept, up to `lines`. */
export function printLog(lines: i32): void {
  const end = logEnd;
  for (let at = logStart(lines); at < end; at++) printByte(loggedAt(at));
}

/** Prints a string, as UTF-8. Half a surrogate pair becomes '?'. */
export function print(text: string): void {
  const length = text.length;
  for (let i = 0; i < length; i++) {
    const point = text.codePointAt(i);
    if (point > 0xffff) i++;
    printCodePoint(point >= 0xd800 && point < 0xe000 ? 0x3f : point);
  }
}

/** Prints one Unicode code point as UTF-8. */
export function printCodePoint(point: i32): void {
  if (point < 0x80) {
    printByte(point);
    return;
  }
  if (point < 0x800) {
    printByte(0xc0 | (point >> 6));
  } else {
    if (point < 0x10000) {
      printByte(0xe0 | (point >> 12));
    } else {
      printByte(0xf0 | (point >> 18));
      printByte(0x80 | ((point >> 12) & 0x3f));
    }
    printByte(0x80 | ((point >> 6) & 0x3f));
  }
  printByte(0x80 | (point & 0x3f));
}

/** Ends a line and hands it on: what was printed before a fault is then read. A terminal wants the carriage return. */
export function endLine(): void {
  printByte(0x0d);
  printByte(0x0a);
  flushConsole();
}

/** Prints a whole line. */
export function printLine(text: string): void {
  print(text);
  endLine();
}

/** Prints a decimal number. */
export function printNumber(value: i64): void {
  printFixed(value, 0);
}

/** Prints `value` / 10^`decimals` with that many digits after the point: (-1234, 2) is -12.34. */
export function printFixed(value: i64, decimals: i32): void {
  let rest: u64 = value;
  if (value < 0) {
    printByte(0x2d);
    rest = 0 - rest;
  }
  let at = digits + 24;
  let written = 0;
  do {
    if (written && written === decimals) store<u8>(--at, 0x2e);
    store<u8>(--at, 0x30 + <i32>(rest % 10));
    rest /= 10;
    written++;
  } while (rest || written <= decimals);
  for (; at < digits + 24; at++) printByte(load<u8>(at));
}

/** Prints the lowest `count` hexadecimal digits of `value`. */
export function printHex(value: u64, count: i32): void {
  for (let shift = (count - 1) * 4; shift >= 0; shift -= 4) {
    const digit = (<i32>(value >> shift)) & 15;
    printByte(digit < 10 ? 0x30 + digit : 0x57 + digit);
  }
}

/** Minutes and seconds, as 3:07. */
export function printTime(seconds: i64): void {
  printNumber(seconds / 60);
  printByte(0x3a);
  const rest = seconds % 60;
  if (rest < 10) printByte(0x30);
  printNumber(rest);
}
