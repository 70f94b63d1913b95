// WAV: a RIFF file of chunks, each an id of four letters, a u32 size and as many bytes, padded to an even number;
// "fmt " says what "data" holds, everything else may stand anywhere (Microsoft and IBM, Multimedia Programming
// Interface 1.0; WAVEFORMATEX and WAVEFORMATEXTENSIBLE as in mmreg.h). Played are PCM of 8, 16, 24 and 32 bits, float
// of 32 and 64, and IMA ADPCM, mono and stereo. Sizes are believed only as far as the file reaches.

import { MAX_RATE_HZ, MIN_RATE_HZ } from '../../drivers/jack';
import { Bytes } from '../storage/bytes';
import { Source, SourceError } from '../audio/source';
import { from16, from24, fromFloat32, fromFloat64, fromU8 } from './pcm';
import { imaBlockFrames, ImaBlocks } from './ima-adpcm';

const RIFF: u32 = 0x46464952;
const RF64: u32 = 0x34364652;
const BW64: u32 = 0x34365742;
const WAVE: u32 = 0x45564157;
const FMT: u32 = 0x20746d66;
const DATA: u32 = 0x61746164;
const FACT: u32 = 0x74636166;

const TAG_PCM: i32 = 1;
const TAG_FLOAT: i32 = 3;
const TAG_IMA: i32 = 0x11;
const TAG_EXTENSIBLE: i32 = 0xfffe;

/** Chunks before the data that are walked over before the file is refused. */
const MAX_CHUNKS: i32 = 1000;
/** A data size that no file reaches: the writer streamed into a pipe and did not know it. */
const ENDLESS: i64 = 0x7fff0000;

const CHUNK: i32 = 4096;
/** What was read from the file; the byte before it belongs to it (see from24). */
const chunk = memory.data(4096 + 16) + 16;

/** Decodes WAV files. */
export class WavSource extends Source {
  private file: Bytes | null = null;
  private ima: ImaBlocks = new ImaBlocks();
  private tag: i32 = 0;
  /** Bits of one stored sample. */
  private width: i32 = 0;
  /** Bytes and frames of a block; PCM has one frame in it. */
  private blockBytes: i32 = 0;
  private blockFrames: i32 = 0;
  private factFrames: i64 = 0;
  private dataStart: i64 = 0;

  open(file: Bytes): bool {
    this.reset();
    this.file = file;
    this.blockBytes = 0;
    this.factFrames = 0;
    const got = file.read(0, chunk, 12);
    if (got < 0) return this.fail(SourceError.ReadFailed, 0);
    const id = got >= 4 ? load<u32>(chunk) : 0;
    if (id === RF64 || id === BW64) return this.fail(SourceError.Rf64, 0);
    if (id !== RIFF) return this.fail(SourceError.NotAudio, 0);
    if (got < 12) return this.fail(SourceError.Truncated, <i64>got);
    if (load<u32>(chunk, 8) !== WAVE) return this.fail(SourceError.NotAudio, 8);
    const riffEnd = <i64>load<u32>(chunk, 4) + 8;

    let at: i64 = 12;
    let last: i64 = 4;
    for (let count = 0; count < MAX_CHUNKS; count++) {
      const head = file.read(at, chunk, 8);
      if (head < 0) return this.fail(SourceError.ReadFailed, at);
      if (head < 8) return this.fail(SourceError.Truncated, last);
      const name = load<u32>(chunk);
      const size = <i64>load<u32>(chunk, 4);
      if (name === DATA) return this.openData(file, at, size, riffEnd);
      if (name === FMT && !this.openFormat(file, at, size)) return false;
      if (name === FACT && size >= 4 && file.read(at + 8, chunk, 4) === 4) this.factFrames = <i64>load<u32>(chunk);
      last = at;
      at += 8 + size + (size & 1);
    }
    return this.fail(SourceError.BadHeader, at);
  }

  /** The fmt chunk at `at`. */
  private openFormat(file: Bytes, at: i64, size: i64): bool {
    if (size < 16) return this.fail(SourceError.BadHeader, at + 4);
    const wanted = size < 40 ? <i32>size : 40;
    const got = file.read(at + 8, chunk, wanted);
    if (got < 0) return this.fail(SourceError.ReadFailed, at + 8);
    if (got !== wanted) return this.fail(SourceError.Truncated, at);
    let tag = <i32>load<u16>(chunk);
    const channels = <i32>load<u16>(chunk, 2);
    const rate = load<u32>(chunk, 4);
    const blockBytes = <i32>load<u16>(chunk, 12);
    const width = <i32>load<u16>(chunk, 14);
    if (tag === TAG_EXTENSIBLE) {
      // The tag is the beginning of a GUID, the rest of which is the same for all that have one.
      if (wanted < 40) return this.fail(SourceError.BadHeader, at + 4);
      tag = <i32>load<u16>(chunk, 24);
      const isTag = load<u64>(chunk, 26) === 0x0080_0010_0000_0000 && load<u64>(chunk, 32) >> 16 === 0x719b_3800_aa00;
      if (!isTag || tag === TAG_IMA) return this.fail(SourceError.UnsupportedFormat, at + 32);
    }
    if (tag !== TAG_PCM && tag !== TAG_FLOAT && tag !== TAG_IMA)
      return this.fail(SourceError.UnsupportedFormat, at + 8);
    if (channels < 1 || channels > 2) return this.fail(SourceError.BadChannels, at + 10);
    if (rate < <u32>MIN_RATE_HZ || rate > <u32>MAX_RATE_HZ) return this.fail(SourceError.AbsurdRate, at + 12);
    let blockFrames = 1;
    if (tag === TAG_IMA) {
      if (width !== 4) return this.fail(SourceError.UnsupportedFormat, at + 22);
      const room = imaBlockFrames(blockBytes, channels);
      blockFrames = wanted >= 20 ? <i32>load<u16>(chunk, 18) : room;
      if (blockFrames === 0) blockFrames = room;
      if (room === 0) return this.fail(SourceError.BadHeader, at + 20);
      if (blockFrames > room) return this.fail(SourceError.BadHeader, at + 26);
    } else {
      const isPlayed =
        tag === TAG_PCM ? width === 8 || width === 16 || width === 24 || width === 32 : width === 32 || width === 64;
      if (!isPlayed) return this.fail(SourceError.UnsupportedFormat, at + 22);
      if (blockBytes !== (channels * width) >> 3) return this.fail(SourceError.BadHeader, at + 20);
    }
    this.tag = tag;
    this.width = width;
    this.channels = channels;
    this.rateHz = <i32>rate;
    this.bits = width > 16 ? 32 : 16;
    this.blockBytes = blockBytes;
    this.blockFrames = blockFrames;
    return true;
  }

  /** The data chunk at `at`, which claims `size` bytes. */
  private openData(file: Bytes, at: i64, size: i64, riffEnd: i64): bool {
    if (this.blockBytes === 0) return this.fail(SourceError.DataBeforeFmt, at);
    const start = at + 8;
    const there = file.size - start;
    // A size of 0 is an empty file where the RIFF header agrees, else a writer that never came back to fill it in.
    const isUnknown = size === 0 ? riffEnd !== file.size && there > 0 : size > there && size >= ENDLESS;
    const isCut = size > there && !isUnknown;
    if (isUnknown) this.warn(SourceError.UnknownLength, at + 4);
    if (isCut) this.warn(SourceError.Truncated, file.size);
    const bytes = isUnknown || isCut ? there : size;
    const blocks = bytes / this.blockBytes;
    const over = <i32>(bytes - blocks * this.blockBytes);
    this.frames = blocks * this.blockFrames;
    if (this.tag === TAG_IMA) {
      this.frames += min(imaBlockFrames(over, this.channels), this.blockFrames);
      if (this.factFrames > 0 && this.factFrames < this.frames) this.frames = this.factFrames;
      this.ima.open(file, start, this.channels, this.blockBytes, this.blockFrames);
    } else if (over) {
      this.warn(SourceError.Truncated, start + bytes);
    }
    this.dataStart = start;
    if (this.frames === 0) return this.fail(isCut ? SourceError.Truncated : SourceError.NoFrames, at + 4);
    return true;
  }

  read(ptr: usize, maxFrames: i32): i32 {
    if (this.error !== SourceError.None) return -1;
    const left = this.frames - this.position;
    const wanted = left < <i64>maxFrames ? <i32>left : maxFrames;
    if (wanted <= 0) return 0;
    const done = this.tag === TAG_IMA ? this.readIma(ptr, wanted) : this.readPcm(ptr, wanted);
    this.position += <i64>done;
    return done > 0 || this.error === SourceError.None ? done : -1;
  }

  seek(frame: i64): bool {
    if (frame < 0 || frame > this.frames || this.frames === 0) return false;
    this.error = SourceError.None;
    this.position = frame;
    if (this.tag !== TAG_IMA || frame === this.frames || this.ima.seek(frame)) return true;
    return this.fail(this.ima.error, this.ima.errorOffset);
  }

  private readIma(ptr: usize, wanted: i32): i32 {
    const done = this.ima.read(ptr, wanted);
    if (done < wanted) this.fail(this.ima.error, this.ima.errorOffset);
    return done;
  }

  private readPcm(ptr: usize, wanted: i32): i32 {
    const file = this.file!;
    const width = this.width;
    const frameBytes = this.blockBytes;
    const channels = this.channels;
    let at = this.dataStart + this.position * frameBytes;
    let done = 0;
    while (done < wanted) {
      const count = min(wanted - done, CHUNK / frameBytes);
      const bytes = count * frameBytes;
      const to = ptr + ((done * channels) << 2);
      const isPlain = width === 32 && this.tag === TAG_PCM;
      const got = file.read(at, isPlain ? to : chunk, bytes);
      if (got !== bytes) {
        this.fail(got < 0 ? SourceError.ReadFailed : SourceError.Truncated, at);
        break;
      }
      const samples = count * channels;
      if (width === 16) from16(chunk, samples, to);
      else if (width === 24) from24(chunk, samples, to);
      else if (width === 8) fromU8(chunk, samples, to);
      else if (width === 64) fromFloat64(chunk, samples, to);
      else if (!isPlain) fromFloat32(chunk, samples, to);
      at += <i64>bytes;
      done += count;
    }
    return done;
  }
}
