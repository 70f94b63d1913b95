// WAV (RIFF/WAVE), written for the firmware and for captures, read for `--qoa` and for tests of the tools.
//
// A RIFF file is the letters RIFF, a 32-bit size, the letters WAVE, then chunks: four letters, a 32-bit size, that
// many bytes, one byte of padding where the size is odd. `fmt ` tells the format, `data` holds interleaved frames.
// Integers are little-endian; 8-bit samples are unsigned, all others signed.
// Source: Microsoft and IBM, Multimedia Programming Interface and Data Specifications 1.0, chapter 3; for
// WAVE_FORMAT_EXTENSIBLE Microsoft's Multiple Channel Audio Data and WAVE Files.

import { Problem } from '../problem.js';
import { channelsText, checkRate, type Pcm } from './pcm.js';
import { checkFrames, type Room } from './room.js';

const FORMAT_PCM = 1;
const FORMAT_FLOAT = 3;
const FORMAT_EXTENSIBLE = 0xfffe;
const RIFF_HEADER = 12;
const CHUNK_HEADER = 8;
/** Chunks that are looked at before `data`: nobody writes so many, but a file can be all empty ones. */
const MAX_CHUNKS = 1000;
/** Programs that write to a pipe do not know the length: sox, ffmpeg and arecord tell so much or more then. */
const UNKNOWN_BYTES = 0x7fff0000;

/** A WAV file in memory, as `flac -d` writes it. */
export function encodeWav(pcm: Pcm): Buffer {
  const header = wavHeader({ rateHz: pcm.rateHz, channels: pcm.channels, bits: pcm.bits });
  const dataBytes = sampleBytes(pcm);
  const out = Buffer.alloc(header.length + dataBytes + (dataBytes & 1));
  header.copy(out);
  patchSizes(out, header.length, dataBytes);
  putSamples(pcm, out, header.length);
  return out;
}

/** What the samples take in a WAV. */
export const sampleBytes = ({ samples, bits }: Pcm): number => (samples.length * bits) / 8;

/** Writes samples as a WAV's data chunk has them. */
export function putSamples({ samples, bits }: Pcm, out: Buffer, at: number): void {
  const bytes = bits / 8;
  if (bytes === 2) {
    // Little-endian, as every machine that runs this.
    const values = samples instanceof Int16Array ? samples : Int16Array.from(samples);
    out.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
  } else if (bytes === 1) {
    for (let i = 0; i < samples.length; i++) out[at++] = (samples[i] as number) + 128;
  } else {
    for (let i = 0; i < samples.length; i++, at += 3) {
      const value = samples[i] as number;
      out[at] = value;
      out[at + 1] = value >> 8;
      out[at + 2] = value >> 16;
    }
  }
}

export interface WavFormat {
  rateHz: number;
  channels: number;
  /** Container width: 8, 16 or 24. */
  bits: number;
  /** Text of the LIST/INFO chunk's ISFT (software) entry; none is written without it. */
  software?: string;
}

/** Everything before the first frame, with sizes of a file without frames; `patchSizes` sets them. */
export function wavHeader(format: WavFormat): Buffer {
  const frameBytes = (format.channels * format.bits) / 8;
  const fmt = Buffer.alloc(CHUNK_HEADER + 16);
  fmt.write('fmt ', 'latin1');
  fmt.writeUInt32LE(16, 4);
  fmt.writeUInt16LE(FORMAT_PCM, 8);
  fmt.writeUInt16LE(format.channels, 10);
  fmt.writeUInt32LE(format.rateHz, 12);
  fmt.writeUInt32LE(format.rateHz * frameBytes, 16);
  fmt.writeUInt16LE(frameBytes, 20);
  fmt.writeUInt16LE(format.bits, 22);
  const list = format.software === undefined ? Buffer.alloc(0) : infoChunk(format.software);
  const data = Buffer.alloc(CHUNK_HEADER);
  data.write('data', 'latin1');
  const riff = Buffer.alloc(RIFF_HEADER);
  riff.write('RIFF', 'latin1');
  riff.write('WAVE', 8, 'latin1');
  const header = Buffer.concat([riff, fmt, list, data]);
  patchSizes(header, header.length, 0);
  return header;
}

function infoChunk(software: string): Buffer {
  const text = Buffer.from(`${software}\0`, 'latin1');
  const padded = text.length + (text.length & 1);
  const chunk = Buffer.alloc(CHUNK_HEADER + 4 + CHUNK_HEADER + padded);
  chunk.write('LIST', 'latin1');
  chunk.writeUInt32LE(4 + CHUNK_HEADER + padded, 4);
  chunk.write('INFOISFT', 8, 'latin1');
  chunk.writeUInt32LE(text.length, 16);
  text.copy(chunk, 20);
  return chunk;
}

/** Sets the RIFF and data sizes of a header of `headerBytes` that `dataBytes` of frames follow. */
export function patchSizes(header: Buffer, headerBytes: number, dataBytes: number): void {
  header.writeUInt32LE(headerBytes - CHUNK_HEADER + dataBytes + (dataBytes & 1), 4);
  header.writeUInt32LE(dataBytes, headerBytes - 4);
}

export interface WavChunk {
  id: string;
  /** Of the body, from the file's start. */
  offset: number;
  /** Of the body, cut to what the file has. */
  bytes: number;
  /** Of the body, as the chunk tells it. */
  told: number;
}

/** The chunks of a RIFF/WAVE file up to `data`, tolerant of a cut end. Empty for anything else. */
export function wavChunks(file: Buffer): WavChunk[] {
  if (
    file.length < RIFF_HEADER ||
    file.toString('latin1', 0, 4) !== 'RIFF' ||
    file.toString('latin1', 8, 12) !== 'WAVE'
  )
    return [];
  const chunks: WavChunk[] = [];
  for (let at = RIFF_HEADER; at + CHUNK_HEADER <= file.length && chunks.length < MAX_CHUNKS;) {
    const bytes = file.readUInt32LE(at + 4);
    const offset = at + CHUNK_HEADER;
    const id = file.toString('latin1', at, at + 4);
    chunks.push({ id, offset, bytes: Math.min(bytes, file.length - offset), told: bytes });
    if (id === 'data') break;
    at = offset + bytes + (bytes & 1);
  }
  return chunks;
}

/** The ISFT text of a WAV's LIST/INFO chunk, and where it stands; undefined when there is none. */
export function wavSoftware(file: Buffer): { text: string; offset: number; bytes: number } | undefined {
  for (const list of wavChunks(file)) {
    if (list.id !== 'LIST' || list.bytes < 12 || file.toString('latin1', list.offset, list.offset + 8) !== 'INFOISFT')
      continue;
    const offset = list.offset + 12;
    const bytes = Math.min(file.readUInt32LE(list.offset + 8), list.bytes - 12);
    return { text: file.toString('latin1', offset, offset + bytes).replace(/\0.*$/s, ''), offset, bytes };
  }
  return undefined;
}

/** All frames of a WAV, see `openWav`. */
export function readWav(bytes: Buffer, file?: string, room?: Room): Pcm {
  const wav = openWav(bytes, file, room);
  return wav.read(0, wav.frames);
}

export interface WavReader {
  frames: number;
  /** A copy of `count` frames from `first` on, which must be there; with the flaw of a file that is cut off. */
  read(first: number, count: number): Pcm;
}

/**
 * Reads PCM of 8, 16, 24 or 32 bits and float, mono or stereo. 32-bit samples and floats become 24-bit ones.
 * Throws Problem with the offset, also when it does not fit into `room`; `file` is only for its text.
 */
export function openWav(bytes: Buffer, file?: string, room?: Room): WavReader {
  const chunks = wavChunks(bytes);
  const bad = (message: string, offset?: number): Problem => new Problem('bad-media', message, { file, offset });
  if (chunks.length === 0) throw bad('is not a WAV file');
  const fmt = chunks.find((chunk) => chunk.id === 'fmt ' && chunk.bytes >= 16);
  const data = chunks.find((chunk) => chunk.id === 'data');
  if (!fmt) throw bad('has no fmt chunk');
  if (!data) throw bad('has no data chunk');
  let format = bytes.readUInt16LE(fmt.offset);
  if (format === FORMAT_EXTENSIBLE && fmt.bytes >= 40) format = bytes.readUInt16LE(fmt.offset + 24);
  const channels = bytes.readUInt16LE(fmt.offset + 2);
  const rateHz = bytes.readUInt32LE(fmt.offset + 4);
  const bits = bytes.readUInt16LE(fmt.offset + 14);
  if (channels !== 1 && channels !== 2) throw bad(channelsText(channels), fmt.offset + 2);
  checkRate(rateHz, file, fmt.offset + 4);
  const float = format === FORMAT_FLOAT && (bits === 32 || bits === 64);
  if (!float && !(format === FORMAT_PCM && [8, 16, 24, 32].includes(bits)))
    throw new Problem('unsupported-media', `has WAV format ${format} with ${bits} bits`, { file, offset: fmt.offset });
  const step = bits / 8;
  const frames = Math.floor(data.bytes / (step * channels));
  checkFrames(frames, channels, bits, room, file ?? '');
  const isCut = data.bytes < data.told && data.told < UNKNOWN_BYTES;
  const hint = 'what comes before is played';
  const flaw = isCut ? new Problem('bad-media', 'is cut off', { file, offset: bytes.length, hint }) : undefined;
  const common = { rateHz, channels, ...(flaw && { flaw }) } as const;
  const read = (first: number, frameCount: number): Pcm => {
    const count = frameCount * channels;
    const from = data.offset + first * channels * step;
    if (bits === 16) {
      // Little-endian, as every machine that runs this; a copy, since the data need not stand at an even place.
      const copy = Uint8Array.prototype.slice.call(bytes, from, from + 2 * count);
      return { ...common, bits, samples: new Int16Array(copy.buffer, copy.byteOffset, count) };
    }
    const samples = bits === 8 ? new Int16Array(count) : new Int32Array(count);
    for (let i = 0, at = from; i < count; i++, at += step) {
      if (float) {
        const value = Math.round((bits === 32 ? bytes.readFloatLE(at) : bytes.readDoubleLE(at)) * 0x800000);
        samples[i] = Math.max(-0x800000, Math.min(0x7fffff, value || 0));
      } else if (bits === 8) samples[i] = (bytes[at] as number) - 128;
      else if (bits === 24) samples[i] = bytes.readIntLE(at, 3);
      else samples[i] = Math.min(0x7fffff, Math.round(bytes.readInt32LE(at) / 256));
    }
    return { ...common, bits: bits === 8 ? 8 : 24, samples };
  };
  return { frames, read };
}
