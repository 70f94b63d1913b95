// FLAC, native or in Ogg, decoded exactly and checked against the MD5 that the encoder left in the file.
// Layout of STREAMINFO: RFC 9639 section 8.2.

import crypto from 'node:crypto';
import { Problem } from '../problem.js';
import { afterId3 } from './detect.js';
import { splitFlac } from './flac-frames.js';
import { quietly, type Decoder } from './library.js';
import { framesOf, toPcmExact, type Pcm } from './pcm.js';

const BLOCK_HEADER = 4;
const STREAMINFO_BYTES = 34;
/** Depths that the library decodes, and exactly: its samples are 32-bit floats. */
const EXACT_BITS = [8, 16, 24];

interface StreamInfo {
  native: boolean;
  /** Offset of the first frame of a native stream. */
  firstFrame: number;
  rateHz: number;
  channels: number;
  bits: number;
  /** 0: not told. */
  frames: number;
  md5: string;
}

function streamInfo(bytes: Buffer, file: string): StreamInfo {
  const native = bytes.toString('latin1', 0, 4) !== 'OggS';
  const magic = native ? afterId3(bytes) : 27 + (bytes[26] ?? 0) + 9;
  const at = magic + 4 + BLOCK_HEADER;
  if (bytes.toString('latin1', magic, magic + 4) !== 'fLaC' || at + STREAMINFO_BYTES > bytes.length)
    throw new Problem('bad-media', 'is cut off in the FLAC header', { file, offset: Math.min(at, bytes.length) });
  const packed = bytes.readBigUInt64BE(at + 10);
  return {
    native,
    firstFrame: native ? afterBlocks(bytes, magic + 4) : 0,
    rateHz: Number(packed >> 44n),
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

/** Throws Problem: more than two channels, another depth than 8, 16 or 24 bits, cut off, damaged. */
export async function decodeFlac(bytes: Buffer, file: string): Promise<Pcm> {
  const info = streamInfo(bytes, file);
  const { channels } = info;
  if (channels !== 1 && channels !== 2)
    throw new Problem('unsupported-media', `has ${channels} channels; mono and stereo are played`, { file });
  if (!EXACT_BITS.includes(info.bits))
    throw new Problem('unsupported-media', `is FLAC with ${info.bits} bits`, {
      file,
      hint: 'give it as WAV (flac -d), which is played at every depth',
    });
  const { FLACDecoder } = await import('@wasm-audio-decoders/flac');
  const library = new FLACDecoder();
  const split = info.native ? splitFlac(bytes, info.firstFrame) : undefined;
  const decoder: Decoder = {
    ready: library.ready,
    decodeFile: (data) => (split ? library.decodeFrames(split.frames) : library.decodeFile(data)),
    free: () => library.free(),
  };
  const hint = 'flac -d -F keeps what is whole';
  if (split?.flaw) {
    const { cut, offset } = split.flaw;
    throw new Problem('bad-media', cut ? 'is cut off in the FLAC frame' : 'is damaged in the FLAC frame', {
      file,
      offset,
      hint,
    });
  }
  const decoded = await quietly(decoder, bytes);
  const pcm = toPcmExact(decoded.channelData, info.rateHz, channels, info.bits);
  const frames = framesOf(pcm);
  if (frames < info.frames)
    throw new Problem('bad-media', `ends after ${frames} of ${info.frames} frames,`, {
      file,
      offset: bytes.length,
      hint,
    });
  if (!/^0+$/.test(info.md5) && md5(pcm) !== info.md5)
    throw new Problem('bad-media', 'does not decode to what its MD5 promises', { file, hint });
  return pcm;
}

function md5(pcm: Pcm): string {
  const bytes = pcm.bits / 8;
  const hash = crypto.createHash('md5');
  const { samples } = pcm;
  if (bytes === 2)
    return hash.update(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength)).digest('hex');
  const packed = Buffer.alloc(samples.length * bytes);
  for (let i = 0, at = 0; i < samples.length; i++) {
    const value = samples[i] as number;
    for (let byte = 0; byte < bytes; byte++) packed[at++] = value >> (8 * byte);
  }
  return hash.update(packed).digest('hex');
}
