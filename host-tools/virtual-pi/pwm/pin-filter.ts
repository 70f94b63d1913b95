// From the jack's pins to samples. The pins' signal is constant between edges, so what a low-pass makes of it is the
// sum of its answers to each edge: no oversampling, and nothing but the table's precision between the samples and the
// pins. Exact to better than -130 dB of full scale in the pass band.
//
// Level: low all the time is -1, high all the time +1, so a duty of a half is 0. The bias stays in it, as on the pin.
// Behind the pins the board has a buffer, a low-pass above the audio band and a capacitor that takes the bias away
// (Raspberry Pi 4 reduced schematics): of these only the capacitor is made, and only where `highPassHz` asks for it.

import { RIGHT_FIRST } from '../../../drivers/jack-keys.js';
import { BalancedPatterns, STEPS } from './pin-filter-balanced.js';
import { stepKernel, type StepKernel } from './pin-filter-kernel.js';
import { exponential } from './portable-math.js';
import type { PinRun, PinSink } from './pins.js';
import { SECOND, type Time } from '../time.js';

export interface PinFilterOptions {
  /** Samples a second: 48000 for a listener, more to see above the audio band. */
  rateHz: number;
  /** Frequencies up to here are left as they are. Default: 20 kHz, or 5/12 of the rate where that is more. */
  passHz?: number;
  /** Frequencies from here on are gone. Default: what would fall into the pass band of the samples, rate - pass. */
  stopHz?: number;
  /** Corner of the high-pass (first order) that a coupling capacitor makes with its load; default: none. */
  highPassHz?: number;
}

/** Gets the samples, both channels at once; the arrays are only valid in the call. */
export type TakeSamples = (left: Float32Array, right: Float32Array) => void;

const DECIBELS = 140;
const CAPACITY = 16_384;

/** Sample n is the pins' signal at n / rate seconds, from sample 0 on; it comes when all that bears on it is known. */
export class PinFilter implements PinSink {
  /** How much later than its time a sample comes, in samples, beside what the runs are late. */
  readonly delay: number;
  readonly rateHz: number;
  private readonly kernel: StepKernel;
  // Of channel 1 (GPIO 40) and channel 2 (GPIO 41). Each array holds the level's differences from sample to sample.
  private readonly one: Float64Array;
  private readonly two: Float64Array;
  private readonly outOne = new Float32Array(CAPACITY);
  private readonly outTwo = new Float32Array(CAPACITY);
  /** Which sample the arrays begin with, and behind which place they are all 0. */
  private origin: number;
  private used = 0;
  private levelOne = 0;
  private levelTwo = 0;
  /** Where the run that is being added begins, in whole samples from `origin`. */
  private base = 0;
  private patterns: BalancedPatterns | undefined;
  private readonly decay: number;
  private coupledOne = 0;
  private coupledTwo = 0;
  private lastOne = -1;
  private lastTwo = -1;

  constructor(
    options: PinFilterOptions,
    private readonly take: TakeSamples,
  ) {
    const { rateHz } = options;
    const { passHz = Math.min(rateHz * 0.45, Math.max(20_000, (rateHz * 5) / 12)) } = options;
    const { stopHz = rateHz - passHz } = options;
    this.rateHz = rateHz;
    this.kernel = stepKernel(passHz / rateHz, stopHz / rateHz, DECIBELS);
    this.delay = this.kernel.before;
    // What an edge at time 0 does before it is computed, and not given out.
    this.origin = -this.kernel.before;
    const size = CAPACITY + this.kernel.taps;
    this.one = new Float64Array(size);
    this.two = new Float64Array(size);
    this.decay = options.highPassHz === undefined ? 1 : exponential((-2 * Math.PI * options.highPassHz) / rateHz);
  }

  run(run: PinRun): void {
    const { clock, range, output, words } = run;
    const from = this.begin(run.start);
    const clockSamples = (clock * this.rateHz) / SECOND;
    const periodSamples = range * clockSamples;
    for (let i = 0, k = 0; i + 1 < words.length; i += 2, k++) {
      const start = from + k * periodSamples;
      const [one, two] = [words[i] as number, words[i + 1] as number];
      if (output === 'mark-space') this.markSpace(start, clockSamples, Math.min(one, range), Math.min(two, range));
      else if (output === 'balanced')
        this.balanced(start, periodSamples, range, Math.min(one, range), Math.min(two, range));
      else this.serial(start, clockSamples, range, one, two);
    }
    const end = from + (words.length >> 1) * periodSamples;
    if (output === 'balanced') this.balancedEnd(end);
    this.finish(this.base + Math.floor(end) - this.kernel.before);
  }

  /** No run that is still to come begins before `until`: samples that only such runs could change are given out. */
  settle(until: Time): void {
    const from = this.begin(until);
    this.finish(this.base + Math.floor(from) - this.kernel.before);
  }

  /** Sets `base` to the whole sample at `time`; returns the fraction. What comes later than it may comes at once. */
  private begin(time: Time): number {
    // By seconds, so that the product is exact for whole times.
    const seconds = Math.floor(time / SECOND);
    const rest = ((time - seconds * SECOND) * this.rateHz) / SECOND;
    const whole = Math.floor(rest);
    this.base = seconds * this.rateHz + whole - this.origin;
    if (this.base >= this.kernel.before) return rest - whole;
    this.base = this.kernel.before;
    return 0;
  }

  private markSpace(start: number, clockSamples: number, one: number, two: number): void {
    if (one === two) {
      if (one === 0) return;
      this.both(start, 1, 1);
      this.both(start + one * clockSamples, -1, -1);
      return;
    }
    if (one > 0 && two > 0) this.both(start, 1, 1);
    else this.single(one > 0 ? this.one : this.two, start, 1);
    // In the order of time.
    const [first, then] = one < two ? [this.one, this.two] : [this.two, this.one];
    const [sooner, later] = one < two ? [one, two] : [two, one];
    if (sooner > 0) this.single(first, start + sooner * clockSamples, -1);
    this.single(then, start + later * clockSamples, -1);
  }

  private dutyOne = 0;
  private dutyTwo = 0;

  private balanced(start: number, periodSamples: number, range: number, one: number, two: number): void {
    if (this.patterns?.range !== range) this.patterns = new BalancedPatterns(range);
    const { patterns } = this;
    const [dutyOne, dutyTwo] = [one / range, two / range];
    this.both(start, dutyOne - this.dutyOne, dutyTwo - this.dutyTwo);
    this.dutyOne = dutyOne;
    this.dutyTwo = dutyTwo;
    const restOne = patterns.prepare(one);
    const restTwo = patterns.prepare(two);
    if (!restOne && !restTwo) return;
    const { heights, places } = patterns;
    for (let j = 0; j < STEPS; j++) {
      const heightOne = restOne ? (heights[one * STEPS + j] as number) : 0;
      const heightTwo = restTwo ? (heights[two * STEPS + j] as number) : 0;
      this.both(start + (places[j] as number) * periodSamples, heightOne, heightTwo);
    }
  }

  private balancedEnd(end: number): void {
    this.both(end, -this.dutyOne, -this.dutyTwo);
    this.dutyOne = 0;
    this.dutyTwo = 0;
  }

  /** 8.6, RNG1: of a word at most 32 bits are sent, fewer where the period is shorter, then zeros to its end. */
  private serial(start: number, clockSamples: number, range: number, one: number, two: number): void {
    const bits = Math.min(32, range);
    let [highOne, highTwo] = [0, 0];
    for (let bit = 0; bit <= bits; bit++) {
      const nextOne = bit < bits ? (one >>> (31 - bit)) & 1 : 0;
      const nextTwo = bit < bits ? (two >>> (31 - bit)) & 1 : 0;
      if (nextOne !== highOne || nextTwo !== highTwo)
        this.both(start + bit * clockSamples, nextOne - highOne, nextTwo - highTwo);
      [highOne, highTwo] = [nextOne, nextTwo];
    }
  }

  /** The place in the arrays of the first sample that an edge at `at` changes; makes room for it. */
  private room(at: number): number {
    const whole = Math.floor(at);
    let first = this.base + whole - this.kernel.before;
    if (first >= CAPACITY) {
      this.finish(first);
      first = this.base + whole - this.kernel.before;
    }
    const end = first + this.kernel.taps;
    if (end > this.used) this.used = end;
    return first;
  }

  /** An edge of one channel, `at` samples from `base`; edges come in the order of time. */
  private single(levels: Float64Array, at: number, height: number): void {
    const { taps, phases, rows } = this.kernel;
    const first = this.room(at);
    const end = first + taps;
    const place = (at - Math.floor(at)) * phases;
    const row = Math.floor(place);
    const after = height * (place - row);
    const before = height - after;
    for (let i = first, j = row * taps; i < end; i++, j++)
      levels[i] = (levels[i] as number) + before * (rows[j] as number) + after * (rows[j + taps] as number);
  }

  /** Edges of both channels at one time. */
  private both(at: number, heightOne: number, heightTwo: number): void {
    const { one, two } = this;
    const { taps, phases, rows } = this.kernel;
    const first = this.room(at);
    const end = first + taps;
    const place = (at - Math.floor(at)) * phases;
    const row = Math.floor(place);
    const after = place - row;
    const before = 1 - after;
    for (let i = first, j = row * taps; i < end; i++, j++) {
      const tap = before * (rows[j] as number) + after * (rows[j + taps] as number);
      one[i] = (one[i] as number) + heightOne * tap;
      two[i] = (two[i] as number) + heightTwo * tap;
    }
  }

  /** Gives the first `count` samples of the arrays out; nothing changes them any more. */
  private finish(count: number): void {
    while (count > 0) {
      const now = Math.min(count, CAPACITY);
      this.give(now);
      count -= now;
    }
  }

  private give(count: number): void {
    const { one, two, outOne, outTwo, used } = this;
    let { levelOne, levelTwo } = this;
    for (let i = 0; i < count; i++) {
      levelOne += one[i] as number;
      levelTwo += two[i] as number;
      outOne[i] = 2 * levelOne - 1;
      outTwo[i] = 2 * levelTwo - 1;
    }
    this.levelOne = levelOne;
    this.levelTwo = levelTwo;
    if (this.decay < 1) this.couple(count);
    const rest = Math.max(0, used - count);
    for (const levels of [one, two]) {
      levels.copyWithin(0, count, count + rest);
      levels.fill(0, rest, used);
    }
    this.used = rest;
    this.origin += count;
    this.base -= count;
    const from = Math.min(count, Math.max(0, count - this.origin));
    if (from === count) return;
    const [samplesOne, samplesTwo] = [outOne.subarray(from, count), outTwo.subarray(from, count)];
    if (RIGHT_FIRST) this.take(samplesTwo, samplesOne);
    else this.take(samplesOne, samplesTwo);
  }

  /** The coupling capacitor, charged to the low level before anything plays. */
  private couple(count: number): void {
    const { outOne, outTwo, decay } = this;
    for (let i = 0; i < count; i++) {
      const [one, two] = [outOne[i] as number, outTwo[i] as number];
      this.coupledOne = decay * (this.coupledOne + one - this.lastOne);
      this.coupledTwo = decay * (this.coupledTwo + two - this.lastTwo);
      [this.lastOne, this.lastTwo] = [one, two];
      outOne[i] = this.coupledOne;
      outTwo[i] = this.coupledTwo;
    }
  }
}
