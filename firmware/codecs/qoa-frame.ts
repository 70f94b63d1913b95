// One frame of QOA in memory, decoded as it is asked for: the file format is told in qoa.ts.

import { Rest } from './rest';
import { decodeMono, decodeStereo, PREDICTOR_BYTES, prepareResiduals, SLICE_BYTES, SLICE_SAMPLES } from './qoa-slices';

export const FRAME_HEADER: i32 = 8;
/** Of one channel, as it stands in the file. */
const STORED_PREDICTOR: i32 = 16;
const FRAME_SLICES: i32 = 256;
/** Samples of a channel in all frames but the last. */
export const FRAME_SAMPLES: i32 = FRAME_SLICES * SLICE_SAMPLES;
export const MAX_FRAME_BYTES: i32 = FRAME_HEADER + 2 * (STORED_PREDICTOR + FRAME_SLICES * SLICE_BYTES);

let prepared = false;

/** 16 bits, big-endian, unsigned. */
@inline
export function big16(ptr: usize): i32 {
  return ((<i32>load<u8>(ptr)) << 8) | (<i32>load<u8>(ptr, 1));
}

/** Bytes of a frame of so many samples a channel. */
export function qoaFrameBytes(samples: i32, channels: i32): i32 {
  const slices = (samples + (SLICE_SAMPLES - 1)) / SLICE_SAMPLES;
  return FRAME_HEADER + channels * (STORED_PREDICTOR + slices * SLICE_BYTES);
}

export class QoaFrame {
  /** The frame as it is stored, MAX_FRAME_BYTES of room: filled in before `begin`, not changed until it is read. */
  readonly bytes: usize = heap.alloc(MAX_FRAME_BYTES);
  private predictors: usize = heap.alloc(2 * PREDICTOR_BYTES);
  /** One decoded slice of each channel. */
  private rest: Rest = new Rest(SLICE_SAMPLES);
  private channels: i32 = 0;
  /** Samples of a channel that are not decoded yet, and where their slices begin. */
  private coded: i32 = 0;
  private slices: usize = 0;

  constructor() {
    if (!prepared) prepareResiduals();
    prepared = true;
  }

  /** Samples of a channel that were not read yet. */
  get left(): i32 {
    return this.coded + this.rest.left;
  }

  /** Forgets what was not read. */
  clear(): void {
    this.coded = 0;
    this.rest.fill(0);
  }

  /** Starts with the frame in `bytes`, which holds `samples` samples a channel; its header is the caller's to check. */
  begin(channels: i32, samples: i32): void {
    const stored = this.bytes + FRAME_HEADER;
    for (let c = 0; c < channels; c++) {
      const from = stored + c * STORED_PREDICTOR;
      const to = this.predictors + c * PREDICTOR_BYTES;
      for (let i = 0; i < 8; i++) store<i32>(to + (i << 2), (big16(from + (i << 1)) << 16) >> 16);
    }
    this.channels = channels;
    this.slices = stored + channels * STORED_PREDICTOR;
    this.coded = samples;
    this.rest.fill(0);
  }

  /** Writes up to `wanted` frames of sound to `ptr`; how many. */
  read(ptr: usize, wanted: i32): i32 {
    const frameBytes = this.channels << 2;
    const rest = this.rest;
    let done = 0;
    while (done < wanted) {
      if (rest.left > 0) {
        done += rest.take(ptr + done * frameBytes, wanted - done, frameBytes);
      } else if (this.coded === 0) {
        break;
      } else {
        const whole = min(this.coded, wanted - done) / SLICE_SAMPLES;
        if (whole > 0) {
          this.decode(ptr + done * frameBytes, whole);
          this.coded -= whole * SLICE_SAMPLES;
          done += whole * SLICE_SAMPLES;
        } else {
          this.decodeRest();
        }
      }
    }
    return done;
  }

  /** Leaves out `count` samples of each channel, of those that are left, right after `begin`. */
  skip(count: i32): void {
    // Whole slices go nowhere: each overwrites the one before.
    for (; count >= SLICE_SAMPLES; count -= SLICE_SAMPLES) {
      this.decode(this.rest.frames, 1);
      this.coded -= SLICE_SAMPLES;
    }
    if (!count) return;
    this.decodeRest();
    this.rest.skip(count);
  }

  /** Decodes the next `count` slices of every channel to `out`. */
  private decode(out: usize, count: i32): void {
    const slices = this.slices;
    if (this.channels === 2) {
      decodeStereo(slices, count, this.predictors, out);
      decodeStereo(slices + SLICE_BYTES, count, this.predictors + PREDICTOR_BYTES, out + 4);
      this.slices = slices + 2 * count * SLICE_BYTES;
    } else {
      decodeMono(slices, count, this.predictors, out);
      this.slices = slices + count * SLICE_BYTES;
    }
  }

  /** Decodes the next slice of every channel into the rest. */
  private decodeRest(): void {
    const rest = this.rest;
    this.decode(rest.frames, 1);
    rest.fill(min(this.coded, SLICE_SAMPLES));
    this.coded -= rest.left;
  }
}
