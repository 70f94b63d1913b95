// The test signals, made on the host as WAV files of 24 bits, so that the jack's own 11 bits are what limits.

import fs from 'node:fs';
import { encodeWav } from '../media/wav.js';

/** Part of full scale that tones have. */
const TONE_LEVEL = 0.7;
/** Their rate, and so the carrier's. */
const TONE_RATE_HZ = 48_000;

export interface TestSignal {
  /** `1000 Hz`, `silence`. */
  name: string;
  hz: number;
  seconds: number;
  left: boolean;
  right: boolean;
  /** Seconds in which it comes and goes, as half a cosine: a file that does not click by itself. */
  fade?: number;
}

/** Writes a signal's file: a sine from phase 0 in the channels that have it, zeros in the others. */
export function writeSignal(file: string, signal: TestSignal): void {
  const { hz, seconds, left, right, fade = 0 } = signal;
  const frames = Math.round(seconds * TONE_RATE_HZ);
  const samples = new Int32Array(frames * 2);
  for (let i = 0; i < frames; i++) {
    const beside = Math.min(i, frames - 1 - i) / TONE_RATE_HZ;
    const gain = beside < fade ? 0.5 - 0.5 * Math.cos((Math.PI * beside) / fade) : 1;
    const value = Math.round(gain * TONE_LEVEL * 0x7fffff * Math.sin((2 * Math.PI * hz * i) / TONE_RATE_HZ));
    if (left) samples[2 * i] = value;
    if (right) samples[2 * i + 1] = value;
  }
  fs.writeFileSync(file, encodeWav({ rateHz: TONE_RATE_HZ, channels: 2, bits: 24, samples }));
}
