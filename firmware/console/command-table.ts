// Reads the table of a CommandSet.

import { printByte } from './console';

const SPACE: i32 = 0x20;
const TAB: i32 = 0x09;
const NEWLINE: i32 = 0x0a;
/** Where the explanations begin in a list. */
const EXPLAIN_COLUMN: i32 = 34;

/** How bytes compare with a command's name. */
export const enum Match {
  None,
  /** The name begins so. */
  Begins,
  Exact,
}

/** The row that begins behind the one at `row`; -1 behind the last. A row is where it begins in the table; the first: 0. */
export function nextRow(table: string, row: i32): i32 {
  while (table.charCodeAt(row) !== NEWLINE) row++;
  return row + 1 < table.length ? row + 1 : -1;
}

/** Whether a row is listed. */
export function isListed(table: string, row: i32): bool {
  while (table.charCodeAt(row) !== TAB) row++;
  return table.charCodeAt(row + 1) !== NEWLINE;
}

/** Compares `bytes` bytes at `ptr` with a row's name; capital letters are small ones. */
export function matchRow(table: string, row: i32, ptr: usize, bytes: i32): Match {
  for (let i = 0; i < bytes; i++) {
    const byte = <i32>load<u8>(ptr + i);
    const letter = byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
    if (letter <= SPACE || table.charCodeAt(row + i) !== letter) return Match.None;
  }
  return table.charCodeAt(row + bytes) <= SPACE ? Match.Exact : Match.Begins;
}

/** Writes a row's name to `ptr`, a byte a letter; returns how many. */
export function copyName(table: string, row: i32, ptr: usize): i32 {
  let bytes = 0;
  for (; table.charCodeAt(row + bytes) > SPACE; bytes++) store<u8>(ptr + bytes, table.charCodeAt(row + bytes));
  return bytes;
}

/** Prints a row's name and arguments; returns how many columns that took. */
export function printUsage(table: string, row: i32): i32 {
  let at = row;
  for (; table.charCodeAt(at) !== TAB; at++) printByte(table.charCodeAt(at));
  return at - row;
}

/** Prints a row's name, arguments and explanation, without ending the line. */
export function printRow(table: string, row: i32): void {
  let column = printUsage(table, row);
  row += column + 1;
  // Two spaces at least.
  printByte(SPACE);
  do printByte(SPACE);
  while (++column < EXPLAIN_COLUMN - 1);
  for (; table.charCodeAt(row) !== NEWLINE; row++) printByte(table.charCodeAt(row));
}
