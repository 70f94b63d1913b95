// The power spectrum of a stretch of samples, fine enough to see 150 dB below a tone: one transform of the whole
// stretch behind a window whose side lobes are lower than that (Blackman-Harris with seven terms, Albrecht's).

import { Fourier } from '../capture/fft.js';

/** A line of the spectrum is spread over so many bins to each side. */
export const LOBE = 7;

const TERMS = [
  0.27105140069342, 0.43329793923448, 0.21812299954311, 0.06592544638803, 0.01081174209837, 0.00077658482522,
  0.00001388721735,
];

const windows = new Map<number, { fourier: Fourier; window: Float64Array; power: number }>();

function windowOf(size: number): { fourier: Fourier; window: Float64Array; power: number } {
  const kept = windows.get(size);
  if (kept) return kept;
  const window = Float64Array.from({ length: size }, (_, i) => {
    let sum = 0;
    for (const [k, term] of TERMS.entries()) sum += (k & 1 ? -term : term) * Math.cos((2 * Math.PI * k * i) / size);
    return sum;
  });
  const power = window.reduce((sum, value) => sum + value * value, 0);
  const made = { fourier: new Fourier(size), window, power };
  windows.set(size, made);
  return made;
}

export interface PowerSpectrum {
  /** Mean square of the signal in each bin, 0 to half the rate: the sum over bins is that over frequencies. */
  readonly power: Float64Array;
  readonly binHz: number;
  /** Mean of the signal, which was taken away before. */
  readonly mean: number;
}

/** The largest power of two of samples that are there, `most` at most. */
export const spectrumSize = (samples: number, most = 131_072): number =>
  Math.min(most, 2 ** Math.floor(Math.log2(Math.max(1, samples))));

/** Of the first `size` samples, a power of two. */
export function powerSpectrum(samples: Float32Array | Float64Array, rateHz: number, size: number): PowerSpectrum {
  const { fourier, window, power } = windowOf(size);
  let sum = 0;
  let weight = 0;
  for (let i = 0; i < size; i++) {
    sum += (samples[i] as number) * (window[i] as number);
    weight += window[i] as number;
  }
  const mean = sum / weight;
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    const at = fourier.reversed[i] as number;
    re[i] = ((samples[at] as number) - mean) * (window[at] as number);
  }
  fourier.transform(re, im);
  const bins = Float64Array.from({ length: size / 2 + 1 }, (_, k) => {
    const both = k === 0 || k === size / 2 ? 1 : 2;
    return (both * ((re[k] as number) ** 2 + (im[k] as number) ** 2)) / (size * power);
  });
  return { power: bins, binHz: rateHz / size, mean };
}

/** A mean square against that of a full-scale sine, which is 1/2; -200 dB is nothing. */
export const powerDb = (power: number): number => 10 * Math.log10(Math.max(power / 0.5, 1e-20));

/** The same for an amplitude. */
export const amplitudeDb = (amplitude: number): number => 20 * Math.log10(Math.max(amplitude, 1e-10));

/** What a drawing wants: dBFS of a sine in each bin. A line's power is spread over its lobe; at its top it is this. */
export function drawnLevels(spectrum: PowerSpectrum): Float64Array {
  const size = (spectrum.power.length - 1) * 2;
  const { window, power } = windowOf(size);
  const sum = window.reduce((all, value) => all + value, 0);
  const scale = (size * power) / sum ** 2;
  return spectrum.power.map((value) => powerDb(value * scale));
}
