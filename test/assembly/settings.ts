// The parser of player.ini on a text that the test writes into the buffer.
import { Setting } from '../../firmware/setting-values';
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
export function volumeLimitTenths(): i32 {
  return settings.volumeLimitTenths;
}
export function order(): i32 {
  return settings.order;
}
export function repeat(): i32 {
  return settings.repeat;
}
export function buttonPull(): i32 {
  return settings.buttonPull;
}
export function buttonHigh(): bool {
  return settings.buttonHigh;
}
export function encoderPull(): i32 {
  return settings.encoderPull;
}
export function ledHigh(): bool {
  return settings.ledHigh;
}
export function debounceMs(): i32 {
  return settings.debounceMs;
}
export function holdMs(): i32 {
  return settings.holdMs;
}
export function linkModules(): bool {
  return settings.linkModules;
}
export function linkPeek(): bool {
  return settings.linkPeek;
}
export function restartsOnFault(): bool {
  return settings.restartsOnFault;
}
export function repeatMs(): i32 {
  return settings.repeatMs;
}
export function encoderSteps(): i32 {
  return settings.encoderSteps;
}
export function encoderTenths(): i32 {
  return settings.encoderTenths;
}
/** The pins in the order of their keys. */
export function pin(index: i32): i32 {
  return settings.pin(Setting.PinPlay + index);
}
export function playlist(): usize {
  return settings.playlist;
}
export function playlistBytes(): i32 {
  return settings.playlistBytes;
}
/** Whether the path in the buffer resumes. */
export function resumes(offset: i32, bytes: i32): bool {
  return settings.resumes(buffer + offset, bytes);
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
