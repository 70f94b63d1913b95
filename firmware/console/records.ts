// Records for a program at the other end of the line, beside the text for people: RFC 7464, so one record is the
// byte 0x1E, a JSON object and a newline. Off until `setRecords(true)`; then each call below prints, else nothing.
//
//   if (beginRecord('end')) {
//     recordNumber('index', 3);
//     endRecord();
//   }

import { print, printByte, printHex, printNumber } from './console';
import { printJson } from './names';

/** A name is cut to this many bytes in a record; JSON may make six of each. */
const NAME_BYTES = 255;

let wanted = false;

/** Turns records on or off. */
export function setRecords(on: bool): void {
  wanted = on;
}

/** Begins a record. False, and nothing printed, when records are off. */
export function beginRecord(event: string): bool {
  if (!wanted) return false;
  printByte(0x1e);
  print('{"event":"');
  print(event);
  printByte(0x22);
  return true;
}

/** Ends the record that was begun. */
export function endRecord(): void {
  print('}\n');
}

function key(name: string): void {
  print(',"');
  print(name);
  print('":');
}

/** A field with a number. */
export function recordNumber(name: string, value: i64): void {
  key(name);
  printNumber(value);
}

/** A field with a string of the program's own, without characters that JSON escapes. */
export function recordText(name: string, value: string): void {
  key(name);
  printByte(0x22);
  print(value);
  printByte(0x22);
}

/** A field with `count` hexadecimal digits, as a string. */
export function recordHex(name: string, value: u64, count: i32): void {
  key(name);
  printByte(0x22);
  printHex(value, count);
  printByte(0x22);
}

/** A field with bytes from outside, as a string. */
export function recordName(name: string, ptr: usize, length: i32): void {
  key(name);
  printByte(0x22);
  printJson(ptr, min(length, NAME_BYTES));
  printByte(0x22);
}
