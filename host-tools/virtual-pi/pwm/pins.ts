// The jack's two pins as a bit stream at the PWM's clock, kept as what determines its edges exactly: runs of periods
// with one range and one way of output, and for each period the two words.

import type { Time } from '../time.js';

/** How a channel turns a word into a period. BCM2711 ARM Peripherals, 8 (PWM): MODE and MSEN. */
export type Output =
  /** M/S: high for `word` clocks, then low. */
  | 'mark-space'
  /** `word` high clocks spread evenly over the period. */
  | 'balanced'
  /** The word's bits, highest first, one a clock. */
  | 'serial';

/** Periods that follow one another without a gap. */
export interface PinRun {
  /** When the first period begins, in virtual time; a fraction where the clock is off. */
  readonly start: Time;
  /** Units of virtual time in a clock of the PWM: 54 at 125 MHz. */
  readonly clock: number;
  /** Clocks in a period. */
  readonly range: number;
  readonly output: Output;
  /** Of channel 1 (GPIO 40) and channel 2 (GPIO 41) in turn, two for each period, 0 to `range`. Valid in the call. */
  readonly words: Uint32Array;
}

/** Takes the runs in their order; where one does not begin at the end of the one before, the pins were low. */
export interface PinSink {
  run(run: PinRun): void;
}
