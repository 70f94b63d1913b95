// The stages behind the decoder, one call at a time.
import { PcmCrc } from '../../../firmware/audio/frames';
import { gainOf, Volume } from '../../../firmware/audio/volume';
import { framesToWords } from '../../../firmware/audio/words';

export { framesToWords, gainOf };
export const buffer: usize = heap.alloc(1 << 18);

const volume = new Volume();
const crc = new PcmCrc();

export function setRate(rateHz: i32): void {
  volume.setRate(rateHz);
}
export function setDb(tenths: i32): void {
  volume.setDb(tenths);
}
export function settle(): void {
  volume.settle();
}
export function apply(ptr: usize, frames: i32, channels: i32): void {
  volume.apply(ptr, frames, channels);
}
export function crcReset(): void {
  crc.reset();
}
export function crcAdd(ptr: usize, frames: i32, channels: i32, bits: i32): u32 {
  crc.add(ptr, frames, channels, bits);
  return crc.value;
}
