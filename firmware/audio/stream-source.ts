// Sound that comes in pieces from outside while it plays: a ring of its bytes, and the frames that are made of them.
//
// Its `read` gives 0 where nothing is there yet (`waits` says that more may come); it does not know its length, and
// cannot go back: a seek is a `flush` and other bytes.

import { MAX_RATE_HZ, MIN_RATE_HZ } from '../../drivers/jack';
import { big16, FRAME_HEADER, FRAME_SAMPLES, MAX_FRAME_BYTES, QoaFrame, qoaFrameBytes } from '../codecs/qoa-frame';
import { from16 } from '../codecs/pcm';
import { AudioFormat } from '../link/protocol';
import { Bytes } from '../storage/bytes';
import { Source, SourceError } from './source';

/** What may wait, in bytes: 1.3 s of 16-bit stereo at 48 kHz. A whole number of frames of any width. */
export const STREAM_BYTES: i32 = 256 * 1024;

const ring = memory.data(STREAM_BYTES, 16);

export class StreamSource extends Source {
  /** Nothing is read: too little has come. The stream's owner says when. */
  isHeld: bool = true;
  /** Bytes that wait for the decoder, and those that it has taken or that were thrown away, since `begin`. */
  waiting: i32 = 0;
  taken: i64 = 0;
  /** Where the first one that waits stands in the ring. */
  private at: i32 = 0;
  private isQoa: bool = false;
  private frame: QoaFrame = new QoaFrame();

  /** Starts another stream, held. False: no such format, rate or number of channels. */
  begin(format: i32, rateHz: i32, channels: i32): bool {
    this.reset();
    if (format !== AudioFormat.Pcm16 && format !== AudioFormat.Qoa) return this.fail(SourceError.UnsupportedFormat, 0);
    if (channels < 1 || channels > 2) return this.fail(SourceError.BadChannels, 0);
    if (rateHz < MIN_RATE_HZ || rateHz > MAX_RATE_HZ) return this.fail(SourceError.AbsurdRate, 0);
    this.isQoa = format === AudioFormat.Qoa;
    this.rateHz = rateHz;
    this.channels = channels;
    this.bits = 16;
    this.frames = i64.MAX_VALUE;
    this.at = 0;
    this.waiting = 0;
    this.taken = 0;
    this.isHeld = true;
    this.waits = true;
    this.frame.clear();
    return true;
  }

  /** Takes bytes; false, and nothing was taken, when there is no room for them. */
  put(ptr: usize, bytes: i32): bool {
    if (this.waiting + bytes > STREAM_BYTES) return false;
    const to = (this.at + this.waiting) % STREAM_BYTES;
    const first = min(bytes, STREAM_BYTES - to);
    memory.copy(ring + to, ptr, first);
    memory.copy(ring, ptr + first, bytes - first);
    this.waiting += bytes;
    return true;
  }

  /** No more bytes come. */
  end(): void {
    this.waits = false;
  }

  /** Throws away what waits: what comes next begins at this frame. */
  flush(frame: i64): void {
    this.drop(this.waiting);
    // Frames of PCM do not lie across the ring's end, whatever came before.
    this.at = 0;
    this.position = frame;
    this.error = SourceError.None;
    this.isHeld = true;
    this.waits = true;
    this.frame.clear();
  }

  private drop(bytes: i32): void {
    this.at = (this.at + bytes) % STREAM_BYTES;
    this.waiting -= bytes;
    this.taken += <i64>bytes;
  }

  /** Milliseconds of sound that wait, as if all frames of QOA were full. */
  get waitingMs(): i32 {
    return this.millisecondsOf(this.waiting) + <i32>((<i64>this.frame.left * 1000) / this.rateHz);
  }

  /** Milliseconds that the ring has room for. */
  get mostMs(): i32 {
    return this.millisecondsOf(STREAM_BYTES);
  }

  private millisecondsOf(bytes: i32): i32 {
    const frames = this.isQoa
      ? (<i64>bytes * FRAME_SAMPLES) / qoaFrameBytes(FRAME_SAMPLES, this.channels)
      : <i64>bytes / (this.channels << 1);
    return <i32>((frames * 1000) / this.rateHz);
  }

  /** Whether `read` would give a frame or fail: what to wait for is there. */
  get isReady(): bool {
    if (!this.isQoa) return this.waiting >= this.channels << 1;
    if (this.frame.left > 0) return true;
    if (this.waiting < FRAME_HEADER) return false;
    this.copyOut(FRAME_HEADER);
    return this.waiting >= min(big16(this.frame.bytes + 6), MAX_FRAME_BYTES);
  }

  open(_file: Bytes): bool {
    return this.fail(SourceError.UnsupportedFormat, 0);
  }

  seek(_frame: i64): bool {
    return false;
  }

  read(ptr: usize, maxFrames: i32): i32 {
    if (this.isHeld) return 0;
    if (this.error !== SourceError.None) return -1;
    const done = this.isQoa ? this.readQoa(ptr, maxFrames) : this.readPcm(ptr, maxFrames);
    this.position += <i64>done;
    return done > 0 || this.error === SourceError.None ? done : -1;
  }

  private readPcm(ptr: usize, maxFrames: i32): i32 {
    const shift = this.channels;
    const at = this.at;
    const count = min(maxFrames, this.waiting >> shift);
    const first = min(count, (STREAM_BYTES - at) >> shift);
    const samples = first * this.channels;
    from16(ring + at, samples, ptr);
    from16(ring, (count - first) * this.channels, ptr + (samples << 2));
    this.drop(count << shift);
    return count;
  }

  private readQoa(ptr: usize, maxFrames: i32): i32 {
    const frameBytes = this.channels << 2;
    let done = 0;
    while (done < maxFrames) {
      const count = this.frame.read(ptr + done * frameBytes, maxFrames - done);
      if (count === 0 && !this.loadFrame()) break;
      done += count;
    }
    return done;
  }

  /** Copies the next bytes, of those that wait, to the frame. */
  private copyOut(bytes: i32): void {
    const at = this.at;
    const first = min(bytes, STREAM_BYTES - at);
    memory.copy(this.frame.bytes, ring + at, first);
    memory.copy(this.frame.bytes + first, ring, bytes - first);
  }

  /** Takes the next frame when all of it is there. */
  private loadFrame(): bool {
    if (this.waiting < FRAME_HEADER) return this.waits || this.waiting === 0 ? false : this.broken(0);
    this.copyOut(FRAME_HEADER);
    const bytes = this.frame.bytes;
    const channels = this.channels;
    const samples = big16(bytes + 4);
    const length = qoaFrameBytes(samples, channels);
    if (<i32>load<u8>(bytes) !== channels) return this.broken(0);
    if (<i32>(bswap<u32>(load<u32>(bytes)) & 0xffffff) !== this.rateHz) return this.broken(1);
    if (samples === 0 || samples > FRAME_SAMPLES) return this.broken(4);
    if (big16(bytes + 6) !== length) return this.broken(6);
    if (this.waiting < length) return this.waits ? false : this.broken(0);
    this.copyOut(length);
    this.drop(length);
    this.frame.begin(channels, samples);
    return true;
  }

  private broken(offset: i64): bool {
    return this.fail(SourceError.BrokenFrame, this.taken + offset);
  }
}
