// Bytes from outside (file names, setting lines) on their way to a terminal or into JSON. They may hold anything:
// control characters that would steer the terminal, quotes, broken UTF-8, thousands of bytes.

import { printByte, printCodePoint, printHex, print } from './console';
import { decodePoint, pointBytes, REPLACEMENT } from './utf8';

/** What a name is shown with at most, in bytes of it; an ellipsis stands for the rest. */
const SHOWN_BYTES: i32 = 96;

/** True for what a terminal obeys rather than shows: C0, DEL, C1, and the marks that turn the writing direction. */
export function steers(point: i32): bool {
  return (
    point < 0x20 ||
    (point >= 0x7f && point < 0xa0) ||
    (point >= 0x200e && point <= 0x200f) ||
    (point >= 0x2028 && point <= 0x202e) ||
    (point >= 0x2066 && point <= 0x2069)
  );
}

/** Prints text from outside for people: steering characters and what is no UTF-8 as U+FFFD. */
export function printWhole(ptr: usize, length: i32): void {
  printUntil(ptr, length, length);
}

/** The same for a name, at most SHOWN_BYTES of it. */
export function printName(ptr: usize, length: i32): void {
  printUntil(ptr, length, SHOWN_BYTES);
  if (length > SHOWN_BYTES) print('...');
}

/** Prints the code points that begin before `most`. */
function printUntil(ptr: usize, length: i32, most: i32): void {
  const end = min(length, most);
  let at = 0;
  while (at < end) {
    const point = decodePoint(ptr + at, length - at);
    printCodePoint(steers(point) ? REPLACEMENT : point);
    at += pointBytes;
  }
}

/** Prints the inside of a JSON string: escaped, broken UTF-8 replaced. Up to 6 bytes a byte. */
export function printJson(ptr: usize, length: i32): void {
  let at = 0;
  while (at < length) {
    const point = decodePoint(ptr + at, length - at);
    at += pointBytes;
    if (point === 0x22 || point === 0x5c) {
      printByte(0x5c);
      printByte(point);
    } else if (steers(point)) {
      print('\\u');
      printHex(point, 4);
    } else {
      printCodePoint(point);
    }
  }
}
