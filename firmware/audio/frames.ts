// What can be said of frames: their CRC, by which a decoder is compared with a reference.

import { crc32 } from '../../drivers/board';

const HALVES: i32 = 1024;
const halves = memory.data(2 * 1024);

/** Writes the upper 16 bits of `samples` samples to `out`, little-endian. */
function packHalves(frames: usize, samples: i32, out: usize): void {
  for (const end = frames + ((samples & ~7) << 2); frames !== end; frames += 32) {
    store<u16>(out, load<u16>(frames, 2));
    store<u16>(out, load<u16>(frames, 6), 2);
    store<u16>(out, load<u16>(frames, 10), 4);
    store<u16>(out, load<u16>(frames, 14), 6);
    store<u16>(out, load<u16>(frames, 18), 8);
    store<u16>(out, load<u16>(frames, 22), 10);
    store<u16>(out, load<u16>(frames, 26), 12);
    store<u16>(out, load<u16>(frames, 30), 14);
    out += 16;
  }
  for (const end = frames + ((samples & 7) << 2); frames !== end; frames += 4) {
    store<u16>(out, load<u16>(frames, 2));
    out += 2;
  }
}

/**
 * CRC-32 of frames, little-endian and interleaved, as they left the decoder: 16-bit samples where the source has
 * `bits` 16, else all 32 bits.
 */
export class PcmCrc {
  /** Of everything added since `reset`. */
  value: u32 = 0;

  reset(): void {
    this.value = 0;
  }

  /** Adds `frames` frames at `ptr`, which are only read. */
  add(ptr: usize, frames: i32, channels: i32, bits: i32): void {
    let samples = frames * channels;
    if (bits !== 16) {
      this.value = crc32(ptr, samples << 2, this.value);
      return;
    }
    while (samples > 0) {
      const count = min(samples, HALVES);
      packHalves(ptr, count, halves);
      this.value = crc32(halves, count << 1, this.value);
      ptr += count << 2;
      samples -= count;
    }
  }
}
