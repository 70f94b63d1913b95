// Decoded sound on the host, as it goes into a WAV file.

import { Problem } from '../problem.js';

/** Interleaved samples. `bits` is the width they have, 8, 16 or 24; signed whatever the container makes of them. */
export interface Pcm {
  rateHz: number;
  channels: 1 | 2;
  bits: number;
  /** `frames * channels` values. */
  samples: Int16Array | Int32Array;
  /** What the decoder had to leave out, for people. */
  remark?: string;
  /** Why the samples end before the file's sound does: the file has failed, and what came before is whole. */
  flaw?: Problem;
}

/** Rates that the jack can play (firmware/audio). */
const RATES_HZ = [8000, 192_000] as const;

/** Throws Problem for a rate that no jack plays; `offset` is where the file tells it. */
export function checkRate(rateHz: number, file: string | undefined, offset: number): void {
  if (!playable(rateHz))
    throw new Problem('bad-media', `has a sampling rate of ${rateHz} Hz; 8 to 192 kHz are played,`, { file, offset });
}

/** Why sound with more channels is not played. */
export const channelsText = (channels: number): string => `is neither mono nor stereo but has ${channels} channels`;

export const playable = (rateHz: number): boolean => rateHz >= RATES_HZ[0] && rateHz <= RATES_HZ[1];

/** Samples that come piece by piece: kept, or handed to `take`. */
export class Samples {
  private readonly pieces: Pcm['samples'][] = [];
  count = 0;
  private kept = 0;

  constructor(
    private readonly bits: number,
    private readonly take?: (piece: Pcm) => void,
  ) {}

  /** Keeps the piece. */
  add(piece: Pcm): void {
    this.count += piece.samples.length;
    if (this.take) {
      this.take(piece);
      return;
    }
    this.pieces.push(piece.samples);
    this.kept += piece.samples.length;
  }

  /** All that were kept; the pieces are given up. */
  join(): Pcm['samples'] {
    const all = this.bits <= 16 ? new Int16Array(this.kept) : new Int32Array(this.kept);
    let at = 0;
    for (const piece of this.pieces.splice(0)) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  }
}

/** A decoder's planar floats to interleaved 16-bit samples: round(x * 32768), clamped, no dither. */
export function toPcm16(planes: Float32Array[], rateHz: number, channels: 1 | 2): Pcm {
  const frames = planes[0]?.length ?? 0;
  const samples = new Int16Array(frames * channels);
  for (let channel = 0; channel < channels; channel++) {
    const plane = planes[channel] ?? new Float32Array(frames);
    for (let frame = 0, at = channel; frame < frames; frame++, at += channels) {
      const value = Math.round((plane[frame] as number) * 32768);
      samples[at] = value > 32767 ? 32767 : value < -32768 ? -32768 : value;
    }
  }
  return { rateHz, channels, bits: 16, samples };
}

/** A decoder's planar floats back to the integers they were divided from: by 2^(bits-1) - 1; exact up to 24 bits. */
export function toPcmExact(planes: Float32Array[], rateHz: number, channels: 1 | 2, bits: number): Pcm {
  const frames = planes[0]?.length ?? 0;
  const scale = 2 ** (bits - 1) - 1;
  const samples = bits <= 16 ? new Int16Array(frames * channels) : new Int32Array(frames * channels);
  for (let channel = 0; channel < channels; channel++) {
    const plane = planes[channel] ?? new Float32Array(frames);
    for (let frame = 0, at = channel; frame < frames; frame++, at += channels)
      samples[at] = Math.round((plane[frame] as number) * scale);
  }
  return { rateHz, channels, bits, samples };
}

/** 16-bit samples of any depth: shifted, rounded to nearest where bits are lost. */
export function toInt16(pcm: Pcm): Int16Array {
  if (pcm.bits === 16 && pcm.samples instanceof Int16Array) return pcm.samples;
  const out = new Int16Array(pcm.samples.length);
  const shift = pcm.bits - 16;
  for (let i = 0; i < out.length; i++) {
    const sample = pcm.samples[i] as number;
    const value = shift <= 0 ? sample << -shift : Math.round(sample / 2 ** shift);
    out[i] = value > 32767 ? 32767 : value;
  }
  return out;
}
