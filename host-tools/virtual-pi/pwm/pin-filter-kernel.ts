// How a low-pass answers an edge: the integral of a windowed sinc (Kaiser's window), tabled so that an edge may fall
// anywhere between two samples.
//
// The table holds the answer's differences from sample to sample. They add up to exactly one step whatever the edge's
// place, so whoever sums them up needs to touch only the samples near an edge, and no error stays behind one.

import { sinPi } from './portable-math.js';

/** Places of an edge between two samples; between them a straight line is exact to some -140 dB. */
const PHASES = 2048;

export interface StepKernel {
  /** Samples that an edge changes. */
  readonly taps: number;
  /** How many of them come before the edge. */
  readonly before: number;
  readonly phases: number;
  /** `phases` + 1 rows of `taps` numbers. */
  readonly rows: Float64Array;
}

/** The modified Bessel function of order 0. */
function bessel(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-17; k++) {
    const factor = x / (2 * k);
    term *= factor * factor;
    sum += term;
  }
  return sum;
}

/**
 * A low-pass that leaves frequencies up to `pass` and takes those from `stop` on away, both in cycles a sample, by
 * `decibels`; the ripple below is as small.
 */
export function stepKernel(pass: number, stop: number, decibels: number): StepKernel {
  // Kaiser's formulas for window and length.
  const shape = 0.1102 * (decibels - 8.7);
  const half = Math.ceil((decibels - 8) / (2.285 * 2 * Math.PI * (stop - pass)) / 2);
  const cutoff = pass + stop;
  const top = bessel(shape);
  const impulse = (t: number): number => {
    if (Math.abs(t) >= half) return 0;
    const sinc = t === 0 ? cutoff : sinPi(cutoff * t) / (Math.PI * t);
    const place = t / half;
    return (sinc * bessel(shape * Math.sqrt(1 - place * place))) / top;
  };
  // The step at each place, from `half` samples before the edge on; Gauss's three points a cell are exact here.
  const cells = 2 * half * PHASES;
  const steps = new Float64Array(cells + 1);
  const far = Math.sqrt(0.15) / PHASES;
  for (let i = 0; i < cells; i++) {
    const middle = (i + 0.5) / PHASES - half;
    const area = (5 * impulse(middle - far) + 8 * impulse(middle) + 5 * impulse(middle + far)) / (18 * PHASES);
    steps[i + 1] = (steps[i] as number) + area;
  }
  const whole = steps[cells] as number;
  /** The step `cell` cells after it begins. */
  const step = (cell: number): number => (cell <= 0 ? 0 : cell >= cells ? 1 : (steps[cell] as number) / whole);
  const taps = 2 * half + 2;
  const rows = new Float64Array((PHASES + 1) * taps);
  for (let phase = 0, at = 0; phase <= PHASES; phase++)
    for (let tap = 0; tap < taps; tap++, at++) rows[at] = step(tap * PHASES - phase) - step((tap - 1) * PHASES - phase);
  return { taps, before: half, phases: PHASES, rows };
}
