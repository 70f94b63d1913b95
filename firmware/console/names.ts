// Bytes from outside (file names, setting lines) on their way to a terminal or into JSON. They may hold anything:
// control characters that would steer the terminal, quotes, broken UTF-8, thousands of bytes.

import { printByte, printCodePoint, printHex, print } from './console';

/** What a name is shown with at most, in bytes of it; an ellipsis stands for the rest. */
export const SHOWN_BYTES: i32 = 96;

/** What stands for bytes that are no UTF-8. */
const REPLACEMENT = 0xfffd;

let width: i32 = 0; // bytes that the last code point took

/**
 * The code point at `ptr`, at most `left` bytes long; U+FFFD where there is none. Sets `width`: like every browser,
 * it takes the bytes that could have begun a code point as one.
 */
function decode(ptr: usize, left: i32): i32 {
  const first = <i32>load<u8>(ptr);
  width = 1;
  if (first < 0x80) return first;
  if (first < 0xc2 || first > 0xf4) return REPLACEMENT;
  const bytes = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  // The second byte's range keeps out overlong forms, surrogates and what lies beyond U+10FFFF.
  let least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  let most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  let point = first & (0x7f >> bytes);
  while (width < bytes) {
    if (width === left) return REPLACEMENT;
    const byte = <i32>load<u8>(ptr + width);
    if (byte < least || byte > most) return REPLACEMENT;
    point = (point << 6) | (byte & 0x3f);
    least = 0x80;
    most = 0xbf;
    width++;
  }
  return point;
}

/** True for what a terminal obeys rather than shows: C0, DEL, C1, and the marks that turn the writing direction. */
function steers(point: i32): bool {
  return (
    point < 0x20 ||
    (point >= 0x7f && point < 0xa0) ||
    (point >= 0x200e && point <= 0x200f) ||
    (point >= 0x2028 && point <= 0x202e) ||
    (point >= 0x2066 && point <= 0x2069)
  );
}

/** Prints a name for people: steering characters as U+FFFD, at most SHOWN_BYTES of it. */
export function printName(ptr: usize, length: i32): void {
  const end = min(length, SHOWN_BYTES);
  let at = 0;
  while (at < end) {
    const point = decode(ptr + at, length - at);
    printCodePoint(steers(point) ? REPLACEMENT : point);
    at += width;
  }
  if (at < length) print('...');
}

/** Prints the inside of a JSON string: escaped, broken UTF-8 replaced. Up to 6 bytes a byte. */
export function printJson(ptr: usize, length: i32): void {
  let at = 0;
  while (at < length) {
    const point = decode(ptr + at, length - at);
    at += width;
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
