// Decoders on a file that the test offers through copyIn, seen from outside one call at a time.
import { RamDisk } from '../../../firmware/storage/ram-disk';
import { Source } from '../../../firmware/audio/source';
import { Decoders } from '../../../firmware/codecs/decoders';

const decoders = new Decoders();
const disk = new RamDisk();
let source: Source = decoders.wav;

export const buffer: usize = heap.alloc(1 << 19);

/** Opens the RAM disk as a file of `size` bytes: 0, or the error. */
export function open(size: i32): i32 {
  disk.size = size;
  source = decoders.open(disk);
  return source.error;
}
export function read(offset: i32, frames: i32): i32 {
  return source.read(buffer + offset, frames);
}
export function seek(frame: i32): bool {
  return source.seek(frame);
}
export function rateHz(): i32 {
  return source.rateHz;
}
export function channels(): i32 {
  return source.channels;
}
export function bits(): i32 {
  return source.bits;
}
export function frames(): i32 {
  return <i32>source.frames;
}
export function position(): i32 {
  return <i32>source.position;
}
export function error(): i32 {
  return source.error;
}
export function errorOffset(): i32 {
  return <i32>source.errorOffset;
}
export function warning(): i32 {
  return source.warning;
}
export function warningOffset(): i32 {
  return <i32>source.warningOffset;
}
