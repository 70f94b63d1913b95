// FLAC, native or in Ogg, decoded exactly and checked against the MD5 that the encoder left in the file.
// Layout of STREAMINFO: RFC 9639 section 8.2.

import crypto from 'node:crypto';
import { Problem } from '../problem.js';
import { afterId3 } from './detect.js';
import { splitFlac } from './flac-frames.js';
import { decodeSlices, slicesOf, type Decoded, type Decoder } from './library.js';
import { channelsText, checkRate, Samples, toPcmExact, type Pcm } from './pcm.js';
import { checkFrames, type Bounds } from './room.js';

const BLOCK_HEADER = 4;
const STREAMINFO_BYTES = 34;
/** Depths that the library decodes, and exactly: its samples are 32-bit floats. */
const EXACT_BITS = [8, 16, 24];
/** Frames that are decoded at once. */
const BATCH = 64;

/** Bytes of a page before its table of segments. */
const OGG_HEADER = 27;
const BEFORE = 'what comes before is played';
const KEEP = 'flac -d -F keeps what is whole';

interface StreamInfo {
  native: boolean;
  /** Offset of the first frame of a native stream. */
  firstFrame: number;
  rateHz: number;
  /** Where the rate stands. */
  rateOffset: number;
  channels: number;
  bits: number;
  /** 0: not told. */
  frames: number;
  md5: string;
}

function streamInfo(bytes: Buffer, file: string): StreamInfo {
  const native = bytes.toString('latin1', 0, 4) !== 'OggS';
  const magic = native ? afterId3(bytes) : OGG_HEADER + (bytes[26] ?? 0) + 9;
  const at = magic + 4 + BLOCK_HEADER;
  if (bytes.toString('latin1', magic, magic + 4) !== 'fLaC' || at + STREAMINFO_BYTES > bytes.length)
    throw new Problem('bad-media', 'is cut off in the FLAC header', { file, offset: Math.min(at, bytes.length) });
  const packed = bytes.readBigUInt64BE(at + 10);
  return {
    native,
    firstFrame: native ? afterBlocks(bytes, magic + 4) : 0,
    rateHz: Number(packed >> 44n),
    rateOffset: at + 10,
    channels: Number((packed >> 41n) & 7n) + 1,
    bits: Number((packed >> 36n) & 31n) + 1,
    frames: Number(packed & 0xfffffffffn),
    md5: bytes.toString('hex', at + 18, at + 34),
  };
}

function afterBlocks(bytes: Buffer, start: number): number {
  for (let at = start; at + BLOCK_HEADER <= bytes.length;) {
    const last = ((bytes[at] as number) & 0x80) !== 0;
    at += BLOCK_HEADER + bytes.readUIntBE(at + 1, 3);
    if (last) return at;
  }
  return bytes.length;
}

/**
 * Of a file that is cut off or damaged, what comes before is in the samples and `flaw` tells the rest. Throws Problem:
 * more than two channels, another depth than 8, 16 or 24 bits, too long, nothing whole, another MD5.
 */
export async function decodeFlac(bytes: Buffer, file: string, bounds: Bounds = {}): Promise<Pcm> {
  const info = streamInfo(bytes, file);
  const { channels } = info;
  if (channels !== 1 && channels !== 2) throw new Problem('unsupported-media', channelsText(channels), { file });
  if (!EXACT_BITS.includes(info.bits))
    throw new Problem('unsupported-media', `is FLAC with ${info.bits} bits`, {
      file,
      hint: 'give it as WAV (flac -d), which is played at every depth',
    });
  checkRate(info.rateHz, file, info.rateOffset);
  checkFrames(info.frames, channels, info.bits, bounds.room, file);
  const { FLACDecoder } = await import('@wasm-audio-decoders/flac');
  const hash = crypto.createHash('md5');
  const samples = new Samples(info.bits, bounds.take);
  let broken = false;
  const take = (decoded: Decoded): void => {
    if (broken) return;
    const error = decoded.errors[0];
    broken = error !== undefined;
    // The library leaves out what is broken: what follows is not where it belongs.
    const whole = error ? Math.max(0, error.outputSamples - samples.count / channels) : undefined;
    const planes = decoded.channelData.map((plane) => plane.subarray(0, whole));
    const piece = toPcmExact(planes, info.rateHz, channels, info.bits);
    hash.update(littleEndian(piece));
    samples.add(piece);
    checkFrames(samples.count / channels, channels, info.bits, bounds.room, file);
  };
  const pcm = (): Pcm => ({ rateHz: info.rateHz, channels, bits: info.bits, samples: samples.join() });
  const flawed = (message: string, offset: number, hint: string): Pcm => {
    if (samples.count === 0) throw new Problem('bad-media', message, { file, offset });
    return { ...pcm(), flaw: new Problem('bad-media', message, { file, offset, hint }) };
  };
  const library = new FLACDecoder();
  if (info.native) {
    const decoder: Decoder<Buffer[]> = {
      ready: library.ready,
      decode: (frames) => library.decodeFrames(frames),
      free: () => library.free(),
    };
    const flaw = await decodeSlices(decoder, batches(splitFlac(bytes, info.firstFrame)), take, bounds.signal);
    if (flaw?.cut) return flawed('is cut off in the FLAC frame', flaw.offset, BEFORE);
    if (flaw) return flawed('is damaged in the FLAC frame', flaw.offset, `${BEFORE}, and ${KEEP} behind it`);
  } else await decodeSlices(library, slicesOf(bytes), take, bounds.signal);
  const frames = samples.count / channels;
  if (broken && !info.native) return flawed('is cut off or damaged in the Ogg page', oggPage(bytes, frames), BEFORE);
  if (frames < info.frames) return flawed(`ends after ${frames} of ${info.frames} frames,`, bytes.length, BEFORE);
  if (!/^0+$/.test(info.md5) && hash.digest('hex') !== info.md5)
    throw new Problem('bad-media', 'does not decode to what its MD5 promises', { file, hint: KEEP });
  return pcm();
}

/** Where the Ogg page begins that ends behind this frame. RFC 3533 section 6. */
function oggPage(bytes: Buffer, frame: number): number {
  let at = 0;
  while (at + OGG_HEADER <= bytes.length && bytes.toString('latin1', at, at + 4) === 'OggS') {
    if (bytes.readBigInt64LE(at + 6) > frame) return at;
    const segments = bytes.subarray(at + OGG_HEADER, at + OGG_HEADER + (bytes[at + 26] as number));
    at += OGG_HEADER + segments.reduce((sum, length) => sum + length, segments.length);
  }
  return Math.min(at, bytes.length);
}

/** Frames in slices of some 100 ms of work. */
function* batches<Frame, End>(frames: Generator<Frame, End>): Generator<Frame[], End> {
  let batch: Frame[] = [];
  for (;;) {
    const { done, value } = frames.next();
    if (!done) batch.push(value);
    if (batch.length === (done ? batch.length : BATCH) && batch.length > 0) {
      yield batch;
      batch = [];
    }
    if (done) return value;
  }
}

/** Samples as the MD5 has them: in whole bytes, little-endian. */
function littleEndian({ samples, bits }: Pcm): Uint8Array {
  const bytes = bits / 8;
  if (bytes === 2) return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  const packed = Buffer.alloc(samples.length * bytes);
  for (let i = 0, at = 0; i < samples.length; i++) {
    const value = samples[i] as number;
    for (let byte = 0; byte < bytes; byte++) packed[at++] = value >> (8 * byte);
  }
  return packed;
}
