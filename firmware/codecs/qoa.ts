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
import { big16, FRAME_HEADER, FRAME_SAMPLES, QoaFrame, qoaFrameBytes } from './qoa-frame';

const FILE_HEADER: i64 = 8;

export const QOA_MAGIC: u32 = 0x66616f71; // "qoaf", read little-endian


@inline
function big32(ptr: usize): u32 {
  return bswap<u32>(load<u32>(ptr));
}

/** Decodes QOA, mono and stereo. */
export class QoaSource extends Source {
  private file: Bytes | null = null;
  /** Bytes of a frame with all its slices. */
  private fullFrame: i32 = 0;
  /** The frame that is being decoded. */
  private frame: QoaFrame = new QoaFrame();
  /** Where the next frame begins in the file. */
  private next: i64 = 0;

  open(file: Bytes): bool {
    this.reset();
    this.file = file;
    this.rewind(FILE_HEADER);
    const head = this.frame.bytes;
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
      if (file.read(last, this.frame.bytes, FRAME_HEADER) === FRAME_HEADER) {
        const count = big16(this.frame.bytes + 4);
        if (ends && this.stored(count) === this.fullFrame) this.frames += <i64>(count - FRAME_SAMPLES);
        else if (!ends && last + <i64>this.stored(count) <= file.size) this.frames += <i64>count;
      }
    }
    return this.frames > 0 || this.fail(SourceError.Truncated, file.size);
  }

  /** Bytes of a frame of so many samples a channel. */
  private stored(samples: i32): i32 {
    return qoaFrameBytes(samples, this.channels);
  }

  private rewind(offset: i64): void {
    this.next = offset;
    this.frame.clear();
  }

  read(ptr: usize, maxFrames: i32): i32 {
    if (this.error !== SourceError.None) return -1;
    const left = this.frames - this.position;
    const wanted = left < <i64>maxFrames ? <i32>left : maxFrames;
    const frameBytes = this.channels << 2;
    let done = 0;
    while (done < wanted) {
      const count = this.frame.read(ptr + done * frameBytes, wanted - done);
      if (count === 0 && !this.loadFrame()) break;
      done += count;
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
    const skip = <i32>(frame - this.position);
    if (!skip) return true;
    if (!this.loadFrame()) return false;
    this.frame.skip(skip);
    this.position = frame;
    return true;
  }

  /** Reads and checks the frame at `next`. */
  private loadFrame(): bool {
    const file = this.file;
    if (!file) return false;
    const frame = this.frame.bytes;
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
    this.frame.begin(channels, samples);
    this.next = at + <i64>bytes;
    return true;
  }
}
