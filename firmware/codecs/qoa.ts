// QOA, the Quite OK Audio format (qoaformat.org, specification 1.0). Everything is big-endian:
//
//   "qoaf", u32 samples of a channel (0: the writer streamed and did not know), then frames, each
//   u8 channels, u24 rate in Hz, u16 samples of a channel, u16 bytes of the frame with this header,
//   for each channel the predictor: 4 taps, 4 weights, i16, most recent last,
//   slices of 64 bits, channels in turn: 4 bits scale factor, then 20 residuals of 3 bits.
//
// All frames but the last hold 256 slices of 20 samples a channel, so every frame's place is known: seeking goes to
// the frame and decodes forward. A frame's header must say what the file's first one said, or the frame is broken.

import { MAX_RATE_HZ, MIN_RATE_HZ } from '../../drivers/jack';
import { Bytes } from '../storage/bytes';
import { Source, SourceError } from '../audio/source';
import { decodeMono, decodeStereo, PREDICTOR_BYTES, prepareResiduals, SLICE_BYTES, SLICE_SAMPLES } from './qoa-slices';

const FILE_HEADER: i64 = 8;
const FRAME_HEADER: i32 = 8;
/** Of one channel, as it stands in the file. */
const STORED_PREDICTOR: i32 = 16;
const FRAME_SLICES: i32 = 256;
const FRAME_SAMPLES: i32 = FRAME_SLICES * SLICE_SAMPLES;
const MAX_FRAME_BYTES: i32 = FRAME_HEADER + 2 * (STORED_PREDICTOR + FRAME_SLICES * SLICE_BYTES);

export const QOA_MAGIC: u32 = 0x66616f71; // "qoaf", read little-endian

let prepared = false;


@inline
function big16(ptr: usize): i32 {
  return ((<i32>load<u8>(ptr)) << 8) | (<i32>load<u8>(ptr, 1));
}


@inline
function big32(ptr: usize): u32 {
  return bswap<u32>(load<u32>(ptr));
}

/** Decodes QOA, mono and stereo. */
export class QoaSource extends Source {
  private file: Bytes | null = null;
  /** Bytes of a frame with all its slices. */
  private fullFrame: i32 = 0;
  /** The frame that is being decoded, as in the file. */
  private frame: usize = heap.alloc(MAX_FRAME_BYTES);
  private predictors: usize = heap.alloc(2 * PREDICTOR_BYTES);
  /** One decoded slice of each channel, for reads that end inside it. */
  private rest: usize = heap.alloc(2 * SLICE_SAMPLES * 4);
  /** Frames in `rest` that were not read yet stand at its end; how many of its frames there are at all. */
  private restFrames: i32 = 0;
  private restLeft: i32 = 0;
  /** Samples of a channel in the loaded frame that are not decoded yet, and where their slices begin. */
  private frameLeft: i32 = 0;
  private slices: usize = 0;
  /** Where the next frame begins in the file. */
  private next: i64 = 0;

  open(file: Bytes): bool {
    this.reset();
    this.file = file;
    this.rewind(FILE_HEADER);
    if (!prepared) {
      prepareResiduals();
      prepared = true;
    }
    const head = this.frame;
    const got = file.read(0, head, 16);
    if (got < 0) return this.fail(SourceError.ReadFailed, 0);
    if (got < 4 || load<u32>(head) !== QOA_MAGIC) return this.fail(SourceError.NotAudio, 0);
    if (got < 16) return this.fail(got <= 8 ? SourceError.NoFrames : SourceError.Truncated, <i64>got);
    const samples = <i64>big32(head + 4);
    const channels = <i32>load<u8>(head, 8);
    const rate = <i32>(big32(head + 8) & 0xffffff);
    if (channels < 1 || channels > 2) return this.fail(SourceError.BadChannels, 8);
    if (rate < MIN_RATE_HZ || rate > MAX_RATE_HZ) return this.fail(SourceError.AbsurdRate, 9);
    this.channels = channels;
    this.rateHz = rate;
    this.bits = 16;
    this.fullFrame = this.stored(FRAME_SAMPLES);
    return this.measure(file, samples);
  }

  /** Finds how many frames there are; what the header claims beyond the file is cut off with a warning. */
  private measure(file: Bytes, samples: i64): bool {
    const full = <i64>this.fullFrame;
    const bytes = file.size - FILE_HEADER;
    const whole = bytes / full;
    if (samples > 0) {
      const rest = <i32>(samples % FRAME_SAMPLES);
      const wanted = (samples / FRAME_SAMPLES) * full + (rest ? <i64>this.stored(rest) : 0);
      this.frames = wanted <= bytes ? samples : whole * FRAME_SAMPLES;
      if (wanted > bytes) this.warn(SourceError.Truncated, file.size);
    } else {
      this.warn(SourceError.UnknownLength, 4);
      this.frames = whole * FRAME_SAMPLES;
      // The last frame says itself how long it is, even if it has all its slices.
      const ends = bytes === whole * full;
      const last = FILE_HEADER + (ends ? whole - 1 : whole) * full;
      if (file.read(last, this.frame, FRAME_HEADER) === FRAME_HEADER) {
        const count = big16(this.frame + 4);
        if (ends && this.stored(count) === this.fullFrame) this.frames += <i64>(count - FRAME_SAMPLES);
        else if (!ends && last + <i64>this.stored(count) <= file.size) this.frames += <i64>count;
      }
    }
    return this.frames > 0 || this.fail(SourceError.Truncated, file.size);
  }

  /** Bytes of a frame of so many samples a channel. */
  private stored(samples: i32): i32 {
    const slices = (samples + (SLICE_SAMPLES - 1)) / SLICE_SAMPLES;
    return FRAME_HEADER + this.channels * (STORED_PREDICTOR + slices * SLICE_BYTES);
  }

  private rewind(offset: i64): void {
    this.next = offset;
    this.restLeft = 0;
    this.frameLeft = 0;
  }

  read(ptr: usize, maxFrames: i32): i32 {
    if (this.error !== SourceError.None) return -1;
    const left = this.frames - this.position;
    const wanted = left < <i64>maxFrames ? <i32>left : maxFrames;
    const frameBytes = this.channels << 2;
    let done = 0;
    while (done < wanted) {
      if (this.restLeft > 0) {
        const count = min(this.restLeft, wanted - done);
        const from = this.rest + (this.restFrames - this.restLeft) * frameBytes;
        memory.copy(ptr + done * frameBytes, from, count * frameBytes);
        this.restLeft -= count;
        done += count;
      } else if (this.frameLeft === 0) {
        if (!this.loadFrame()) break;
      } else {
        const whole = min(this.frameLeft, wanted - done) / SLICE_SAMPLES;
        if (whole > 0) {
          this.decode(ptr + done * frameBytes, whole);
          this.frameLeft -= whole * SLICE_SAMPLES;
          done += whole * SLICE_SAMPLES;
        } else {
          this.decode(this.rest, 1);
          this.restFrames = min(this.frameLeft, SLICE_SAMPLES);
          this.restLeft = this.restFrames;
          this.frameLeft -= this.restFrames;
        }
      }
    }
    this.position += <i64>done;
    return done > 0 || this.error === SourceError.None ? done : -1;
  }

  seek(frame: i64): bool {
    if (frame < 0 || frame > this.frames || this.frames === 0) return false;
    this.error = SourceError.None;
    const index = frame / FRAME_SAMPLES;
    this.rewind(FILE_HEADER + index * this.fullFrame);
    this.position = index * FRAME_SAMPLES;
    if (frame === this.frames) {
      this.position = frame;
      return true;
    }
    let skip = <i32>(frame - this.position);
    if (!skip) return true;
    if (!this.loadFrame()) return false;
    // Whole slices go nowhere: each overwrites the one before.
    for (; skip >= SLICE_SAMPLES; skip -= SLICE_SAMPLES) {
      this.decode(this.rest, 1);
      this.frameLeft -= SLICE_SAMPLES;
    }
    if (skip) {
      this.decode(this.rest, 1);
      this.restFrames = min(this.frameLeft, SLICE_SAMPLES);
      this.restLeft = this.restFrames - skip;
      this.frameLeft -= this.restFrames;
    }
    this.position = frame;
    return true;
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

  /** Reads and checks the frame at `next`. */
  private loadFrame(): bool {
    const file = this.file;
    if (!file) return false;
    const frame = this.frame;
    const channels = this.channels;
    const at = this.next;
    const got = file.read(at, frame, this.fullFrame);
    if (got < 0) return this.fail(SourceError.ReadFailed, at);
    if (got < FRAME_HEADER) return this.fail(SourceError.Truncated, at + <i64>got);
    if (<i32>load<u8>(frame) !== channels) return this.fail(SourceError.BrokenFrame, at);
    if (<i32>(big32(frame) & 0xffffff) !== this.rateHz) return this.fail(SourceError.BrokenFrame, at + 1);
    const samples = big16(frame + 4);
    const bytes = this.stored(samples);
    const before = ((at - FILE_HEADER) / this.fullFrame) * FRAME_SAMPLES;
    const isLast = before + <i64>samples >= this.frames;
    if (samples === 0 || samples > FRAME_SAMPLES || (samples !== FRAME_SAMPLES && !isLast)) {
      return this.fail(SourceError.BrokenFrame, at + 4);
    }
    if (big16(frame + 6) !== bytes) return this.fail(SourceError.BrokenFrame, at + 6);
    if (got < bytes) return this.fail(SourceError.Truncated, at + <i64>got);
    for (let c = 0; c < channels; c++) {
      const from = frame + FRAME_HEADER + c * STORED_PREDICTOR;
      const to = this.predictors + c * PREDICTOR_BYTES;
      for (let i = 0; i < 8; i++) store<i32>(to + (i << 2), (big16(from + (i << 1)) << 16) >> 16);
    }
    this.slices = frame + FRAME_HEADER + channels * STORED_PREDICTOR;
    this.frameLeft = samples;
    this.next = at + <i64>bytes;
    return true;
  }
}
