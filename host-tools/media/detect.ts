// What a file is, by its content; the name's ending counts for nothing.

import { Problem } from '../problem.js';

/** Formats that `play` takes. `flac` may be native or in Ogg. */
export type Format = 'wav' | 'qoa' | 'flac' | 'mp3' | 'vorbis' | 'opus';
/** The same for people. */
export const FORMATS_TEXT = 'WAV, QOA, FLAC, MP3, Ogg Vorbis and Opus are played';

const text = (bytes: Buffer, from: number, to: number): string => bytes.toString('latin1', from, to);

/** The format, or undefined. */
export function detectFormat(bytes: Buffer): Format | undefined {
  const magic = text(bytes, 0, 4);
  if (magic === 'RIFF' && text(bytes, 8, 12) === 'WAVE') return 'wav';
  if (magic === 'qoaf') return 'qoa';
  if (magic === 'fLaC') return 'flac';
  if (magic === 'OggS') return oggCodec(bytes);
  const start = afterId3(bytes);
  if (text(bytes, start, start + 4) === 'fLaC') return 'flac';
  return mp3Start(bytes, start) === undefined ? undefined : 'mp3';
}

/** What a file that is not played seems to be, for the message; undefined when nothing is known. */
export function describeForeign(bytes: Buffer): string | undefined {
  if (bytes.length === 0) return 'is empty';
  const magic = text(bytes, 0, 4);
  if (magic === 'RIFF') return `is a RIFF file of type ${JSON.stringify(text(bytes, 8, 12))}, not WAVE`;
  if (magic === 'RF64' || magic === 'BW64') return 'is a 64-bit WAV (RF64)';
  if (magic === 'FORM') return 'is an AIFF file';
  if (magic === 'MThd') return 'is a MIDI file';
  if (magic === 'OggS') return 'is an Ogg file, but neither Vorbis, Opus nor FLAC';
  if (text(bytes, 4, 8) === 'ftyp') return 'is an MP4 file';
  if (text(bytes, 257, 262) === 'ustar') return 'is a tar archive';
  if (magic.startsWith('PK')) return 'is a zip archive';
  if (magic.startsWith('ID3')) return 'has an ID3 tag but no MP3 frames';
  return undefined;
}

/** Why a file of no known format is not played; `file` is its name as the user gave it. */
export const unknownFormat = (bytes: Buffer, file: string): Problem =>
  new Problem('unknown-format', describeForeign(bytes) ?? 'is not a sound file that is known here', {
    file,
    hint: FORMATS_TEXT,
  });

/** Offset of the first byte after ID3v2 tags (id3.org, ID3v2.4.0 section 3.1: sizes are of 7-bit bytes). */
export function afterId3(bytes: Buffer): number {
  let at = 0;
  while (text(bytes, at, at + 3) === 'ID3' && at + 10 <= bytes.length) {
    let size = 0;
    for (let i = 6; i < 10; i++) size = (size << 7) | ((bytes[at + i] as number) & 0x7f);
    at += 10 + size + ((bytes[at + 5] as number) & 0x10 ? 10 : 0);
  }
  return at;
}

function oggCodec(bytes: Buffer): Format | undefined {
  // RFC 3533: the page header is 27 bytes and the segment table; the first packet names its codec.
  const packet = 27 + (bytes[26] ?? 0);
  if (text(bytes, packet, packet + 7) === '\x01vorbis') return 'vorbis';
  if (text(bytes, packet, packet + 8) === 'OpusHead') return 'opus';
  if (text(bytes, packet, packet + 5) === '\x7fFLAC') return 'flac';
  return undefined;
}

/** Channels that an Ogg Vorbis or Opus file's first packet tells; 0 when it is cut off. */
export function oggChannels(bytes: Buffer): number {
  const packet = 27 + (bytes[26] ?? 0);
  return bytes[packet + (text(bytes, packet, packet + 8) === 'OpusHead' ? 9 : 11)] ?? 0;
}

/** The rate that an Ogg Vorbis file's first packet tells (Vorbis I specification, section 4.2.2), and where. */
export function vorbisRate(bytes: Buffer): { rateHz: number; offset: number } {
  const offset = 27 + (bytes[26] ?? 0) + 12;
  return { rateHz: offset + 4 <= bytes.length ? bytes.readUInt32LE(offset) : 0, offset };
}

export interface Mp3Frame {
  rateHz: number;
  channels: 1 | 2;
  /** Of the frame with its header; 0 for the free format. */
  bytes: number;
}

const RATES = [44100, 48000, 32000];
const BITRATES_V1 = [
  [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
];
const BITRATES_V2 = [
  [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];

/** The MPEG audio frame header at `at` (ISO/IEC 11172-3 section 2.4.1.3), or undefined. */
export function mp3Frame(bytes: Buffer, at: number): Mp3Frame | undefined {
  if (at + 4 > bytes.length || bytes[at] !== 0xff) return undefined;
  const [second, third, fourth] = [bytes[at + 1] as number, bytes[at + 2] as number, bytes[at + 3] as number];
  const version = (second >> 3) & 3; // 3: MPEG 1, 2: MPEG 2, 0: MPEG 2.5
  const layer = 4 - ((second >> 1) & 3);
  const rate = RATES[(third >> 2) & 3];
  const index = third >> 4;
  if ((second & 0xe0) !== 0xe0 || version === 1 || layer === 4 || rate === undefined || index === 15) return undefined;
  const rateHz = rate >> (version === 3 ? 0 : version === 2 ? 1 : 2);
  const bitrate = 1000 * ((version === 3 ? BITRATES_V1 : BITRATES_V2)[layer - 1]?.[index - 1] ?? 0);
  const padding = (third >> 1) & 1;
  const samples = layer === 3 && version !== 3 ? 576 : 1152;
  const length =
    layer === 1
      ? (Math.floor((12 * bitrate) / rateHz) + padding) * 4
      : Math.floor(((samples / 8) * bitrate) / rateHz) + padding;
  return { rateHz, channels: fourth >> 6 === 3 ? 1 : 2, bytes: index === 0 ? 0 : length };
}

const SEARCH = 64 * 1024;

/** Offset of the first of two frames in a row, looked for in 64 KiB from `start`; one frame will do at the end. */
export function mp3Start(bytes: Buffer, start: number): number | undefined {
  for (let at = start; at < Math.min(bytes.length, start + SEARCH); at++) {
    const frame = mp3Frame(bytes, at);
    if (!frame || frame.bytes === 0) continue;
    const next = mp3Frame(bytes, at + frame.bytes);
    if (next ? next.rateHz === frame.rateHz : at + frame.bytes >= bytes.length && at === start) return at;
  }
  return undefined;
}
