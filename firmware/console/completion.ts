// What Tab makes of a word: candidates are offered one by one, and what all that fit have in common takes its place.
// Where that is no more than what was typed, a second Tab lists them.

import { endLine, print, printByte } from './console';
import { lineCursor, lineText, replaceBefore, ringBell } from './editor';
import { printName, steers } from './names';
import { decodePoint, pointBytes } from './utf8';

const SLASH: u8 = 0x2f;
/** So many are listed at most. */
const MOST_LISTED: i32 = 32;
const common = memory.data(768);
const MOST_BYTES: i32 = 767;

/** Where the word begins in the line, and its bytes. */
let from: i32 = 0;
let typed: i32 = 0;
let commonBytes: i32 = 0;
let count: i32 = 0;
let isListing = false;
/** A Tab has changed nothing, and no other key came since: the next one lists. */
let isArmed = false;

/** Begins with the bytes from `start` to the cursor. */
export function beginCompletion(start: i32): void {
  from = start;
  typed = lineCursor() - start;
  commonBytes = 0;
  count = 0;
  isListing = isArmed;
  isArmed = false;
}

/** Another key than Tab was pressed. */
export function forgetCompletion(): void {
  isArmed = false;
}

function folded(byte: u8): u8 {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}

/** Bytes that two texts have in common at their beginning, but for capital letters of ASCII. */
function commonWith(a: usize, b: usize, bytes: i32): i32 {
  let i = 0;
  while (i < bytes && folded(load<u8>(a + i)) === folded(load<u8>(b + i))) i++;
  return i;
}

function isPlain(ptr: usize, bytes: i32): bool {
  for (let at = 0; at < bytes; at += pointBytes) if (steers(decodePoint(ptr + at, bytes - at))) return false;
  return true;
}

/** Offers a candidate. A folder gets a slash behind its name, something else a `tail` (0: none) when it is the only one. */
export function offer(ptr: usize, bytes: i32, isFolder: bool, tail: u8): void {
  if (bytes < typed || bytes > MOST_BYTES - 1 || commonWith(ptr, lineText() + from, typed) < typed) return;
  if (!isPlain(ptr, bytes)) return;
  if (isListing && count < MOST_LISTED) {
    printName(ptr, bytes);
    if (isFolder) printByte(SLASH);
    print('  ');
  }
  if (count++) {
    commonBytes = commonWith(common, ptr, min(commonBytes, bytes));
    while (commonBytes > 0 && (load<u8>(common + commonBytes) & 0xc0) === 0x80) commonBytes--;
    return;
  }
  memory.copy(common, ptr, bytes);
  store<u8>(common + bytes, 0);
  commonBytes = bytes;
  if (isFolder) store<u8>(common + commonBytes++, SLASH);
  else if (tail) store<u8>(common + commonBytes++, tail);
}

/** All were offered. */
export function endCompletion(): void {
  if (isListing && count) {
    if (count > MOST_LISTED) print('...');
    endLine();
    return;
  }
  if (!count || (commonBytes <= typed && count > 1)) {
    isArmed = count > 1;
    ringBell();
    return;
  }
  replaceBefore(from, common, commonBytes);
}
