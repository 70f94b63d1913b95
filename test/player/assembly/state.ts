// What the player remembers, written down and read again.
import { PlayerState } from '../../../firmware/player/player-state';

export const buffer: usize = heap.alloc(4096);
const state = new PlayerState();

export function decode(bytes: i32): bool {
  return state.decode(buffer, bytes);
}
export function set(volume: i32, seed: i32, seconds: i32, setting: i32, pathBytes: i32): void {
  state.volumeTenths = volume;
  state.seed = seed;
  state.seconds = seconds;
  state.settingTenths = setting;
  state.setTrack(buffer, pathBytes);
}
/** Writes it to the buffer; how long it is. */
export function encode(): i32 {
  memory.copy(buffer, state.encode(), state.encodedBytes);
  return state.encodedBytes;
}
export function volume(): i32 {
  return state.volumeTenths;
}
export function agrees(setting: i32): bool {
  return state.agrees(setting);
}
export function seed(): u32 {
  return state.seed;
}
export function seconds(): i32 {
  return state.seconds;
}
export function path(): usize {
  return state.path;
}
export function pathBytes(): i32 {
  return state.pathBytes;
}
