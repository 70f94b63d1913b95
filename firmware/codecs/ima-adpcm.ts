// IMA ADPCM in Microsoft's blocks (WAV format 0x11). A block stands alone: for each channel a header of four bytes
// (i16 first sample, u8 index of the step, one spare), then groups of four bytes, eight samples each, channels in turn.
// So a block is seekable, and the last one may be cut short.

import { Bytes } from '../storage/bytes';
import { SourceError } from '../audio/source';
import { Rest } from './rest';
import {
  decodeImaMono,
  decodeImaStereo,
  GROUP_BYTES,
  GROUP_SAMPLES,
  IMA_STATE_BYTES,
  imaRow,
  prepareIma,
  STEPS,
} from './ima-decode';

const HEADER_BYTES: i32 = 4;
/** Bytes that are read at once. */
const CHUNK: i32 = 2048;
const chunk = memory.data(2048);

let prepared = false;

/** The frames that a block of `bytes` bytes can hold, the header's included; 0 when not even that fits. */
export function imaBlockFrames(bytes: i32, channels: i32): i32 {
  const codes = bytes - channels * HEADER_BYTES;
  if (codes < 0) return 0;
  return 1 + (channels === 1 ? codes * 2 : (codes / (2 * GROUP_BYTES)) * GROUP_SAMPLES);
}

/** The data chunk of an IMA ADPCM file; the caller keeps count of the frames and asks for no more than there are. */
export class ImaBlocks {
  error: SourceError = SourceError.None;
  errorOffset: i64 = 0;

  private file: Bytes | null = null;
  private channels: i32 = 1;
  private start: i64 = 0;
  private blockBytes: i32 = 0;
  private blockFrames: i32 = 1;
  private states: usize = heap.alloc(2 * IMA_STATE_BYTES);
  /** A decoded group of each channel, or the frame of a header. */
  private rest: Rest = new Rest(GROUP_SAMPLES);
  /** Frames of the current block that are not decoded yet, and where their groups stand. */
  private blockLeft: i32 = 0;
  private groups: i64 = 0;
  /** The next block's number. */
  private next: i64 = 0;

  /** Starts with the data of a file that begins at byte `start`, in blocks of `blockBytes` and `blockFrames`. */
  open(file: Bytes, start: i64, channels: i32, blockBytes: i32, blockFrames: i32): void {
    if (!prepared) {
      prepareIma();
      prepared = true;
    }
    this.file = file;
    this.start = start;
    this.channels = channels;
    this.blockBytes = blockBytes;
    this.blockFrames = blockFrames;
    this.rewind(0);
  }

  /** Writes `wanted` frames to `ptr`; returns fewer after an error only. */
  read(ptr: usize, wanted: i32): i32 {
    const frameBytes = this.channels << 2;
    const rest = this.rest;
    let done = 0;
    while (done < wanted) {
      const to = ptr + done * frameBytes;
      if (rest.left > 0) {
        done += rest.take(to, wanted - done, frameBytes);
      } else if (this.blockLeft === 0) {
        if (!this.begin()) break;
      } else {
        const whole = min(this.blockLeft, wanted - done) / GROUP_SAMPLES;
        const count = whole > 0 ? this.decode(to, whole) : this.decodeRest();
        if (count < 0) break;
        done += count;
      }
    }
    return done;
  }

  /** Goes to a frame; false after an error. */
  seek(frame: i64): bool {
    this.rewind(frame / this.blockFrames);
    let skip = <i32>(frame % this.blockFrames);
    const rest = this.rest;
    while (skip > 0) {
      if (rest.left > 0) {
        skip -= rest.skip(skip);
      } else if (this.blockLeft === 0) {
        if (!this.begin()) return false;
      } else if (this.decodeRest() < 0) {
        return false;
      }
    }
    return true;
  }

  private rewind(block: i64): void {
    this.error = SourceError.None;
    this.next = block;
    this.rest.fill(0);
    this.blockLeft = 0;
  }

  private fail(error: SourceError, offset: i64): bool {
    this.error = error;
    this.errorOffset = offset;
    return false;
  }

  /** Reads the next block's header; its frame is the rest. */
  private begin(): bool {
    const channels = this.channels;
    const at = this.start + this.next * this.blockBytes;
    const bytes = channels * HEADER_BYTES;
    const got = this.file!.read(at, chunk, bytes);
    if (got !== bytes) return this.fail(got < 0 ? SourceError.ReadFailed : SourceError.Truncated, at);
    for (let c = 0; c < channels; c++) {
      const header = chunk + c * HEADER_BYTES;
      const index = <i32>load<u8>(header, 2);
      if (index >= STEPS) return this.fail(SourceError.BrokenFrame, at + c * HEADER_BYTES + 2);
      const sample = <i32>load<i16>(header);
      store<i32>(this.states + c * IMA_STATE_BYTES, sample);
      store<usize>(this.states + c * IMA_STATE_BYTES, imaRow(index), 4);
      store<i32>(this.rest.frames + (c << 2), sample << 16);
    }
    this.next++;
    this.groups = at + bytes;
    this.rest.fill(1);
    this.blockLeft = this.blockFrames - 1;
    return true;
  }

  /** Decodes up to `groups` groups to `out`: the frames, -1 after an error. Bytes beyond the end count as zero. */
  private decode(out: usize, groups: i32): i32 {
    const channels = this.channels;
    const groupBytes = channels * GROUP_BYTES;
    const count = min(groups, CHUNK / groupBytes);
    const bytes = count * groupBytes;
    const got = this.file!.read(this.groups, chunk, bytes);
    if (got < 0) {
      this.fail(SourceError.ReadFailed, this.groups);
      return -1;
    }
    if (got < bytes) memory.fill(chunk + got, 0, bytes - got);
    if (channels === 2) {
      decodeImaStereo(chunk, count, this.states, out);
      decodeImaStereo(chunk + GROUP_BYTES, count, this.states + IMA_STATE_BYTES, out + 4);
    } else {
      decodeImaMono(chunk, count, this.states, out);
    }
    this.groups += bytes;
    const frames = min(count * GROUP_SAMPLES, this.blockLeft);
    this.blockLeft -= frames;
    return frames;
  }

  /** Decodes one group into the rest: 0, or -1 after an error. */
  private decodeRest(): i32 {
    const frames = this.decode(this.rest.frames, 1);
    if (frames < 0) return -1;
    this.rest.fill(frames);
    return 0;
  }
}
