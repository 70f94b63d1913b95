import { DemoSource } from '../../../firmware/player/demo';

const source = new DemoSource();
const buffer = memory.data(4096 * 8);

export function begin(): void {
  source.begin();
}
export function frames(): i64 {
  return source.frames;
}
export function seek(frame: i64): bool {
  return source.seek(frame);
}
export function read(maxFrames: i32): i32 {
  return source.read(buffer, maxFrames);
}
export function bufferAt(): usize {
  return buffer;
}
