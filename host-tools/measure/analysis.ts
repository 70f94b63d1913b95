// What a channel of the jack does to a tone, and what it does in silence. Levels are in dBFS: 0 is a sine between the
// two ends of the PWM's range. All is measured from 20 Hz to 20 kHz, with no weighting.

import { LOBE, powerDb, powerSpectrum, spectrumSize, type PowerSpectrum } from './spectrum.js';

export type Samples = Float32Array | Float64Array;

export const LOWEST_HZ = 20;
export const HIGHEST_HZ = 20_000;
/** Tones up to this one are measured: above it lines beside the tone are past the band's end. */
const HIGHEST_TONE_HZ = 18_000;
/** Samples a period of a tone that are needed: the filter before the samples has its edge above. */
const LEAST_PER_PERIOD = 2.2;

/** The highest tone that can be measured in samples of this rate. */
export const highestTone = (rateHz: number): number => Math.min(HIGHEST_TONE_HZ, Math.floor(rateHz / LEAST_PER_PERIOD));
/** Harmonics up to this one count as distortion, as far as they lie in the band. */
const HARMONICS = 20;

export interface ToneAnalysis {
  /** Of the line that was wanted, else of the strongest; null where there is no tone. */
  frequencyHz: number | null;
  levelDbfs: number;
  /** The tone against all else in the band: noise and distortion; null where there is no tone. */
  sinadDb: number | null;
  /** Harmonics against the tone (a negative number); null where the band holds none, or no tone. */
  thdDb: number | null;
  /** All in the band that is neither the tone nor a harmonic. */
  noiseDbfs: number;
  /** The mean: -1 to +1 from one end of the range to the other. */
  bias: number;
}

/** A line below this is no tone. */
const NO_TONE_DBFS = -120;

/** Bins of the band, its ends included. */
function bandOf({ power, binHz }: PowerSpectrum): [number, number] {
  // What is left of the mean reaches up to LOBE bins, and so does what lies just above the band.
  const first = Math.max(Math.ceil(LOWEST_HZ / binHz), LOBE + 1);
  return [first, Math.min(Math.floor(HIGHEST_HZ / binHz) - LOBE, power.length - 1)];
}

function sum(power: Float64Array, from: number, to: number): number {
  let total = 0;
  for (let k = Math.max(0, from); k <= Math.min(to, power.length - 1); k++) total += power[k] as number;
  return total;
}

const lobe = ({ power, binHz }: PowerSpectrum, hz: number): number => {
  const middle = Math.round(hz / binHz);
  return sum(power, middle - LOBE, middle + LOBE);
};

/**
 * Measures a tone that lasts for all of `samples`: the longest power of two of them, up to 2^17. For lines 20 Hz apart
 * a stretch of 0.7 s is enough, for 1 kHz and more one of 0.1 s. The tone is the line next to `wantedHz`, or without it
 * the strongest of the band.
 */
export function analyseTone(samples: Samples, rateHz: number, wantedHz?: number): ToneAnalysis {
  const size = spectrumSize(samples.length);
  const spectrum = powerSpectrum(samples, rateHz, size);
  const { power, binHz } = spectrum;
  const [first, last] = bandOf(spectrum);
  const wanted = wantedHz === undefined ? undefined : Math.round(wantedHz / binHz);
  const from = Math.max(first, (wanted ?? first) - LOBE);
  let top = from;
  for (let k = from; k <= Math.min(last, (wanted ?? last) + LOBE); k++)
    if ((power[k] as number) > (power[top] as number)) top = k;
  const frequencyHz = refine(samples, rateHz, size, top * binHz);
  const tone = lobe(spectrum, frequencyHz);
  const all = sum(power, first, last);
  if (powerDb(tone) < NO_TONE_DBFS) {
    const none = { frequencyHz: null, sinadDb: null, thdDb: null };
    return { ...none, levelDbfs: powerDb(tone), noiseDbfs: powerDb(all), bias: spectrum.mean };
  }
  let distortion = 0;
  let count = 0;
  for (let k = 2; k <= HARMONICS && k * frequencyHz <= last * binHz; k++, count++)
    distortion += lobe(spectrum, k * frequencyHz);
  const rest = Math.max(all - tone, 0);
  return {
    frequencyHz,
    levelDbfs: powerDb(tone),
    sinadDb: powerDb(tone) - powerDb(rest),
    thdDb: count === 0 ? null : powerDb(distortion) - powerDb(tone),
    noiseDbfs: powerDb(Math.max(rest - distortion, 0)),
    bias: spectrum.mean,
  };
}

/** All that is in the band, in dBFS. */
export function noiseDbfs(samples: Samples, rateHz: number): number {
  const spectrum = powerSpectrum(samples, rateHz, spectrumSize(samples.length));
  const [first, last] = bandOf(spectrum);
  return powerDb(sum(spectrum.power, first, last));
}

/** What is at one frequency, in dBFS. */
export function levelAt(samples: Samples, rateHz: number, hz: number): number {
  return powerDb(lobe(powerSpectrum(samples, rateHz, spectrumSize(samples.length)), hz));
}

/** Parts in a million by which `hz` is above `wanted`. */
export const ppm = (hz: number, wanted: number): number => (hz / wanted - 1) * 1e6;

/** A frequency known to a bin becomes one known to a part in ten million: by how far the phase runs between two halves. */
function refine(samples: Samples, rateHz: number, size: number, rough: number): number {
  const half = size / 2;
  let hz = rough;
  for (let round = 0; round < 3; round++) {
    const turn = phaseAt(samples, half, half, hz, rateHz) - phaseAt(samples, 0, half, hz, rateHz);
    const whole = turn - Math.round(turn);
    hz += (whole * rateHz) / half;
  }
  return hz;
}

/** In turns, behind a Hann window squared, against a tone of `hz` that began at sample 0. */
function phaseAt(samples: Samples, from: number, length: number, hz: number, rateHz: number): number {
  let re = 0;
  let im = 0;
  const step = (2 * Math.PI * hz) / rateHz;
  for (let i = 0; i < length; i++) {
    const window = Math.sin((Math.PI * (i + 0.5)) / length) ** 4;
    const value = (samples[from + i] as number) * window;
    re += value * Math.cos(step * (from + i));
    im -= value * Math.sin(step * (from + i));
  }
  return Math.atan2(im, re) / (2 * Math.PI);
}
