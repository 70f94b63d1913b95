// The parser of player.ini on a text that the test writes into the buffer.
import { Settings } from '../../firmware/settings';

const settings = new Settings();
export const buffer: usize = heap.alloc(1 << 18);

export function parse(offset: i32, length: i32): i32 {
  settings.parse(buffer + offset, length);
  return settings.problems;
}
export function jack(): i32 {
  return settings.jack;
}
export function free(): bool {
  return settings.free;
}
export function volumeTenths(): i32 {
  return settings.volumeTenths;
}
export function records(): bool {
  return settings.records;
}
export function crc(): bool {
  return settings.crc;
}
export function exitAtEnd(): bool {
  return settings.exitAtEnd;
}
export function demo(): bool {
  return settings.demo;
}
export function problemLine(index: i32): i32 {
  return settings.problemLine(index);
}
export function problem(index: i32): i32 {
  return settings.problem(index);
}
export function problemStart(index: i32): usize {
  return settings.problemStart(index);
}
export function problemBytes(index: i32): i32 {
  return settings.problemBytes(index);
}
