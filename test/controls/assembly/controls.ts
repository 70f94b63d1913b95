// The controls of a music box, wired by a player.ini that the test writes into the buffer.
import { Controls } from '../../../firmware/controls/controls';
import { Settings } from '../../../firmware/settings';
import { serviceLed, showLed } from '../../../firmware/led';

const settings = new Settings();
const controls = new Controls();
export const buffer: usize = heap.alloc(4096);

export function start(bytes: i32): void {
  settings.parse(buffer, bytes);
  controls.start(settings);
}
export function next(): i32 {
  return controls.next();
}
export function turns(): i32 {
  return controls.turns;
}
export function service(): i64 {
  return controls.service();
}
export function show(bits: i32): void {
  showLed(bits);
}
export function serviceLight(): i64 {
  return serviceLed();
}
