// One of the two channels of a PWM block. BCM2711 ARM Peripherals, 8.6 (CTL, RNG1, DAT1).

import type { Output } from './pins.js';
import { MODE1, MSEN1, POLA1, PWEN1, RANGE_RESET, RPTL1, SBIT1, USEF1 } from './pwm-registers.js';

/** What is set, and what it does in the running period. */
export class PwmChannel {
  enabled = false;
  fromFifo = false;
  repeats = false;
  /** Level when nothing is sent. */
  high = false;
  inverted = false;
  output: Output = 'balanced';
  range = RANGE_RESET;
  data = 0;
  /** Sends a word in this period. */
  sends = false;
  /** Has sent a word of the FIFO since it last began, the last of them. */
  hasSent = false;
  last = 0;
  /** Periods for which the FIFO had no word after one that had; of these, those at which the level fell from a word. */
  gaps = 0;
  falls = 0;

  constructor(readonly gapFlag: number) {}

  /** CTL's bits of this channel, channel 2's shifted down. */
  set(bits: number): void {
    this.enabled = (bits & PWEN1) !== 0;
    this.fromFifo = this.enabled && (bits & USEF1) !== 0;
    this.repeats = (bits & RPTL1) !== 0;
    this.high = (bits & SBIT1) !== 0;
    this.inverted = (bits & POLA1) !== 0;
    this.output = bits & MODE1 ? 'serial' : bits & MSEN1 ? 'mark-space' : 'balanced';
    if (!this.fromFifo) this.hasSent = false;
    if (!this.enabled) this.sends = false;
  }

  /** Sends words of the FIFO as they are. */
  get plays(): boolean {
    return this.fromFifo && this.sends && this.hasSent && !this.inverted && this.output !== 'serial';
  }

  /** The FIFO was empty when it wanted a word; true if it had sent one before, which makes a gap. */
  starve(): boolean {
    const gap = this.hasSent;
    this.sends = false;
    this.hasSent = false;
    if (!gap) return false;
    this.gaps++;
    if (this.high || this.last !== 0) this.falls++;
    return true;
  }

  /** What the pin gets in a period of `range`: high clocks, or bits. */
  shaped(word: number, range: number): number {
    if (this.output === 'serial') return this.inverted ? ~word >>> 0 : word;
    const clocks = word > range ? range : word;
    return this.inverted ? range - clocks : clocks;
  }
}
