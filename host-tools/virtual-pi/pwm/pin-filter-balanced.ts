// The periods of a channel without M/S. BCM2711 ARM Peripherals, 8.4: the word's high clocks are spread as evenly as
// clocks allow, by an accumulator that sends a high clock and gives the range back when it has reached it.
//
// A period has up to `range` edges, too many to filter one by one. What they come to is a constant level, word / range,
// and a small rest: no clock is further than one from where it would be if clocks could be parted. Seen through a
// low-pass the rest is the same as a few steps at fixed places of the period that have the same moments, sums of
// height times place^k for k below STEPS. The error is of order STEPS in frequency times period: below -145 dB of full
// scale up to 20 kHz where the carrier is 32 kHz or more.

import { cosPi } from './portable-math.js';

export const STEPS = 8;
/** Longer periods have no rest worth the table: a clock is 96 dB below full scale. */
const MOST_CLOCKS = 65_536;

/** The places of the steps in the period, 0 to 1: Chebyshev's. */
const PLACES = Float64Array.from({ length: STEPS }, (_, j) => 0.5 - 0.5 * cosPi((2 * j + 1) / (2 * STEPS)));

/** The patterns of one range. */
export class BalancedPatterns {
  readonly places = PLACES;
  /** Of each word, from `STEPS` times it on: the steps' heights. */
  readonly heights: Float64Array;
  private readonly known: Uint8Array;
  /** The share of a step at each clock that goes to each place: Lagrange's polynomials. */
  private readonly shares: Float64Array;

  constructor(readonly range: number) {
    const clocks = range <= MOST_CLOCKS ? range + 1 : 0;
    this.heights = new Float64Array(clocks * STEPS);
    this.known = new Uint8Array(clocks);
    this.shares = new Float64Array(clocks * STEPS);
    for (let clock = 0; clock < clocks; clock++) {
      for (let j = 0; j < STEPS; j++) {
        let share = 1;
        for (let k = 0; k < STEPS; k++)
          if (k !== j)
            share *= (clock / range - (PLACES[k] as number)) / ((PLACES[j] as number) - (PLACES[k] as number));
        this.shares[clock * STEPS + j] = share;
      }
    }
  }

  /** Makes the heights of a word, 0 to `range`, unless they are there; whether there is a rest at all. */
  prepare(word: number): boolean {
    if (word === 0 || word >= this.known.length - 1) return false;
    if (this.known[word] === 0) this.make(word);
    return true;
  }

  private make(word: number): void {
    this.known[word] = 1;
    const { range } = this;
    const level = word / range;
    this.step(word, 0, -level);
    let sum = 0;
    let high = 0;
    for (let clock = 0; clock < range; clock++) {
      sum += word;
      const next = sum >= range ? 1 : 0;
      if (next) sum -= range;
      if (next !== high) this.step(word, clock, next - high);
      high = next;
    }
    this.step(word, range, level - high);
  }

  private step(word: number, clock: number, height: number): void {
    const { heights, shares } = this;
    for (let j = 0; j < STEPS; j++) {
      const at = word * STEPS + j;
      heights[at] = (heights[at] as number) + height * (shares[clock * STEPS + j] as number);
    }
  }
}
