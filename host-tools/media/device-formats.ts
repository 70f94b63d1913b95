// What the device makes of a WAV or QOA file, by the same rules as its decoders (firmware/codecs/wav.ts and qoa.ts): so
// that what it would refuse is told before it is on the card.

import { channelsText, playable } from './pcm.js';

/** A file of which parts are read. */
export interface Readable {
  bytes: number;
  /** Fewer bytes at the end. Throws Problem. */
  read(offset: number, length: number): Buffer;
}

const TAG_PCM = 1;
const TAG_FLOAT = 3;
const TAG_IMA = 0x11;
const TAG_EXTENSIBLE = 0xfffe;
/** Of others that are met, for people. */
const CODECS: Record<number, string> = { 0x02: 'Microsoft ADPCM', 0x06: 'A-law', 0x07: 'µ-law', 0x55: 'MP3' };
/** The end of a GUID that begins with a tag. */
const TAG_GUID = Buffer.from('000000001000800000aa00389b71', 'hex');
const WIDTHS: Record<number, number[]> = { [TAG_PCM]: [8, 16, 24, 32], [TAG_FLOAT]: [32, 64], [TAG_IMA]: [4] };
const RIFF_HEADER = 12;
const CHUNK_HEADER = 8;
/** The device looks at more; nobody writes so many, and each may cost a walk along the card's FAT. */
const MOST_CHUNKS = 100;
const ENDLESS = 0x7fff0000;
const QOA_HEADER = 8;
const QOA_FRAME_HEADER = 16;
const QOA_FRAME_SAMPLES = 5120;
const QOA_SLICE_SAMPLES = 20;

/** Why the device refuses it, going on with "it"; undefined when it plays it. Throws the file's Problem. */
export const deviceRefusal = (format: 'wav' | 'qoa', file: Readable): string | undefined =>
  format === 'wav' ? wavRefusal(file) : qoaRefusal(file);

const rateText = (rateHz: number): string => `has a sampling rate of ${rateHz} Hz, and 8 to 192 kHz are played`;

interface WavBlocks {
  channels: number;
  bytes: number;
  isIma: boolean;
}

function wavRefusal(file: Readable): string | undefined {
  let blocks: WavBlocks | undefined;
  const riffEnd = file.read(4, 4).readUInt32LE(0) + CHUNK_HEADER;
  let at = RIFF_HEADER;
  for (let count = 0; count < MOST_CHUNKS; count++) {
    const head = file.read(at, CHUNK_HEADER);
    if (head.length < CHUNK_HEADER) return 'ends before its sound';
    const bytes = head.readUInt32LE(4);
    const id = head.toString('latin1', 0, 4);
    if (id === 'data')
      return blocks ? dataRefusal(file, at, bytes, riffEnd, blocks) : 'tells its format behind its sound';
    if (id === 'fmt ') {
      const found = wavBlocks(file.read(at + CHUNK_HEADER, Math.min(bytes, 40)), Math.min(bytes, 40));
      if (typeof found === 'string') return found;
      blocks = found;
    }
    at += CHUNK_HEADER + bytes + (bytes & 1);
  }
  return undefined;
}

/** The format chunk, of which `wanted` bytes should be there; why it is refused otherwise. */
function wavBlocks(fmt: Buffer, wanted: number): WavBlocks | string {
  if (wanted < 16) return 'has a format that is too short';
  if (fmt.length < wanted) return 'ends before its sound';
  let tag = fmt.readUInt16LE(0);
  if (tag === TAG_EXTENSIBLE) {
    if (wanted < 40) return 'has a format that is too short';
    const isTag = fmt.subarray(26).equals(TAG_GUID);
    tag = fmt.readUInt16LE(24);
    if (!isTag || tag === TAG_IMA) return 'is a WAV with a codec that the device cannot decode';
  }
  const widths = WIDTHS[tag];
  if (!widths) {
    const name = CODECS[tag] ?? `codec 0x${tag.toString(16)}`;
    return `is a WAV with ${name}, which the device cannot decode`;
  }
  const channels = fmt.readUInt16LE(2);
  if (channels !== 1 && channels !== 2) return channelsText(channels);
  const rateHz = fmt.readUInt32LE(4);
  if (!playable(rateHz)) return rateText(rateHz);
  const width = fmt.readUInt16LE(14);
  if (!widths.includes(width)) return `is a WAV with ${width} bits a sample, which the device cannot decode`;
  const bytes = fmt.readUInt16LE(12);
  const isIma = tag === TAG_IMA;
  if (isIma ? imaFrames(bytes, channels) === 0 : bytes !== (channels * width) / 8)
    return `has blocks of ${bytes} bytes, which cannot be`;
  if (isIma && wanted >= 20 && fmt.readUInt16LE(18) > imaFrames(bytes, channels))
    return `has blocks of ${bytes} bytes with ${fmt.readUInt16LE(18)} frames, which cannot be`;
  return { channels, bytes, isIma };
}

/** Frames of an IMA ADPCM block. */
function imaFrames(bytes: number, channels: number): number {
  const codes = bytes - channels * 4;
  if (codes < 0) return 0;
  return 1 + (channels === 1 ? codes * 2 : Math.floor(codes / 8) * 8);
}

function dataRefusal(
  file: Readable,
  at: number,
  size: number,
  riffEnd: number,
  { channels, bytes: blockBytes, isIma }: WavBlocks,
): string | undefined {
  const there = file.bytes - at - CHUNK_HEADER;
  const isUnknown = size === 0 ? riffEnd !== file.bytes && there > 0 : size > there && size >= ENDLESS;
  const bytes = isUnknown ? there : Math.min(size, there);
  const hasFrames = bytes >= blockBytes || (isIma && imaFrames(bytes, channels) > 0);
  if (hasFrames) return undefined;
  return size > there && !isUnknown ? 'ends before its sound' : 'has no frames';
}

function qoaRefusal(file: Readable): string | undefined {
  const head = file.read(0, QOA_FRAME_HEADER);
  if (head.length < QOA_FRAME_HEADER) return head.length <= QOA_HEADER ? 'has no frames' : 'ends before its sound';
  const channels = head[8] ?? 0;
  if (channels !== 1 && channels !== 2) return channelsText(channels);
  const rateHz = head.readUIntBE(9, 3);
  if (!playable(rateHz)) return rateText(rateHz);
  const samples = head.readUInt32BE(4) || head.readUInt16BE(12);
  // The first frame has to be whole.
  const slices = Math.ceil(Math.min(samples, QOA_FRAME_SAMPLES) / QOA_SLICE_SAMPLES);
  return samples === 0 || QOA_HEADER + 8 + channels * (16 + 8 * slices) > file.bytes
    ? 'ends before its sound'
    : undefined;
}
