// The two channels of a PWM block: periods, and where each gets its word. BCM2711 ARM Peripherals, 8.4 (Modes of
// Operation) and 8.6: "requesting data from the FIFO is in locked-step manner and therefore requires tight coupling of
// state machines of the channels".
//
// So both have one period here. Its range is channel 1's, or channel 2's where only that is enabled; where both play
// the FIFO it is the longer one, as "channels with small range values … wait between words". What is written while a
// period runs holds from the next one on. When no channel has anything to send and both pins would be low, no period
// runs, and the next one begins with the next word.
//
// Not modelled: two modes or two ranges at once (the pins are told as the period's own), where in the period the pulse
// of an inverted channel lies, and pins at a high level while both channels are disabled.

import { PwmChannel } from './pwm-channel.js';
import { PwmFifo } from './pwm-fifo.js';
import type { PwmOutput } from './pwm-output.js';
import { CHANNEL2, GAPO1, GAPO2, RERR1 } from './pwm-registers.js';
import type { Output } from './pins.js';
import { NEVER, type Time } from '../time.js';

export class PwmChannels {
  readonly one = new PwmChannel(GAPO1);
  readonly two = new PwmChannel(GAPO2);
  readonly fifo = new PwmFifo();
  /** Flags of STA that were raised and not cleared. */
  raised = 0;
  /** Periods that were played to their end. */
  periods = 0;
  /** Highest and lowest fill of the FIFO while it was played: the lowest after a period took its words. */
  highest = 0;
  lowest = NEVER;
  /** Once the fill has been above this, the lowest counts: filling up does not. */
  threshold = 7;
  /** A word was larger than its period's range. */
  onLarge?: () => void;

  private clock: Time = NEVER;
  private running = false;
  /** The period after which `count` periods have ended since the run began at `anchor`. */
  private anchor: Time = 0;
  private count = 0;
  private length: Time = NEVER;
  private end: Time = NEVER;
  /** Clocks into its period when the clock stopped. */
  private into = 0;
  private range = 0;
  private output: Output = 'balanced';
  private word1 = 0;
  private word2 = 0;
  /** The period began with a word while both waited: the other's word still belongs to it. */
  private fresh = false;
  /** The next word of a shared FIFO is channel 2's. */
  private second = false;
  private filled = false;
  /** The next period is as this one if the FIFO has a word for each: both play it, in their order, as they are. */
  private steady = false;

  constructor(private readonly pins: PwmOutput) {}

  /** Ends the periods that have ended by `at`. */
  catchUp(at: Time): void {
    while (this.end <= at) {
      this.pins.add(this.word1, this.word2);
      this.periods++;
      if (!this.steady || this.fifo.count < 2) this.begin(this.end, false);
      else this.next();
    }
  }

  /** `begin` where nothing was changed and both channels have their words: nearly every period of music. */
  private next(): void {
    const { fifo, range } = this;
    const word1 = fifo.take();
    const word2 = fifo.take();
    this.one.last = word1;
    this.two.last = word2;
    if (word1 > range || word2 > range) this.onLarge?.();
    this.word1 = word1 > range ? range : word1;
    this.word2 = word2 > range ? range : word2;
    if (this.filled && fifo.count < this.lowest) this.lowest = fifo.count;
    this.count++;
    this.end = this.anchor + (this.count + 1) * this.length;
  }

  /** CTL without CLRF, after `catchUp(at)`. */
  setControl(bits: number, at: Time): void {
    const { one, two } = this;
    const shared = one.fromFifo && two.fromFifo;
    one.set(bits & 0xff);
    two.set(bits >>> CHANNEL2);
    if ((one.fromFifo && two.fromFifo) !== shared) this.second = false;
    if (one.enabled || two.enabled) this.wake(at);
    else this.cut(at);
    this.steady = false;
  }

  /** CLRF: "clears the FIFO"; the next word is channel 1's. */
  clear(): void {
    this.steady = false;
    this.fifo.clear();
    this.second = false;
    this.filled = false;
  }

  /** A word for the FIFO, after `catchUp(at)`; false when it was full. */
  push(word: number, at: Time): boolean {
    const { fifo } = this;
    if (!fifo.push(word)) return false;
    if (!this.running) this.wake(at);
    else if (this.fresh) this.join();
    if (fifo.count > this.highest) this.highest = fifo.count;
    if (fifo.count > this.threshold) this.filled = true;
    return true;
  }

  /** The clock's period changes at `at`: NEVER when it stops, which holds the running period where it is. */
  setClock(clock: Time, at: Time): void {
    this.catchUp(at);
    this.pins.flush();
    if (this.running && this.clock !== NEVER) this.into = (at - this.startOf()) / this.clock;
    this.clock = clock;
    if (!this.running) this.wake(at);
    else if (clock === NEVER) this.end = NEVER;
    else this.reopen(at - this.into * clock);
  }

  /** When `words` words more will have been taken, if nothing is written; NEVER if they will not. */
  whenTaken(words: number): Time {
    const { one, two } = this;
    const takers = (one.fromFifo ? 1 : 0) + (two.fromFifo ? 1 : 0);
    if (takers === 0 || this.end === NEVER) return NEVER;
    const more = Math.ceil(words / takers) - 1;
    const next = this.nextRange();
    if (more === 0) return this.end;
    if (next === this.range) return this.anchor + (this.count + 1 + more) * this.length;
    return next === 0 ? NEVER : this.end + more * (next * this.clock);
  }

  /** The counts from here on. */
  resetCounts(): void {
    this.periods = 0;
    this.one.gaps = 0;
    this.one.falls = 0;
    this.two.gaps = 0;
    this.two.falls = 0;
    this.highest = this.fifo.count;
    this.lowest = NEVER;
  }

  private startOf(): Time {
    return this.anchor + this.count * this.length;
  }

  private nextRange(): number {
    const { one, two } = this;
    if (one.fromFifo && two.fromFifo) return Math.max(one.range, two.range);
    return one.enabled ? one.range : two.range;
  }

  /** A period begins if none runs and there is something to send. */
  wake(at: Time): void {
    this.steady = false;
    if (this.running || this.clock === NEVER || !(this.one.enabled || this.two.enabled)) return;
    this.begin(at, true);
  }

  /** The next period begins at `at`, where the one before has ended, or none ran. */
  private begin(at: Time, fresh: boolean): void {
    const { one, two } = this;
    const range = this.nextRange();
    if (range === 0) {
      this.rest();
      return;
    }
    const first = one.enabled ? one : two;
    const swapped = this.second && one.fromFifo && two.fromFifo;
    this.fresh = fresh;
    let word1: number;
    let word2: number;
    if (swapped) {
      word2 = this.wordOf(two, range);
      word1 = this.wordOf(one, range);
    } else {
      word1 = this.wordOf(one, range);
      word2 = this.wordOf(two, range);
    }
    const low = !one.sends && !two.sends && one.high === one.inverted && two.high === two.inverted;
    if (low) {
      this.rest();
      return;
    }
    this.word1 = word1;
    this.word2 = word2;
    if (this.filled && this.fifo.count < this.lowest) this.lowest = this.fifo.count;
    if (range === this.range && first.output === this.output && this.running) {
      this.count++;
      this.end = this.anchor + (this.count + 1) * this.length;
      this.steady = one.plays && two.plays && !this.second && !fresh;
      return;
    }
    this.running = true;
    this.steady = false;
    this.range = range;
    this.output = first.output;
    this.reopen(at);
  }

  private reopen(start: Time): void {
    this.anchor = start;
    this.count = 0;
    this.length = this.range * this.clock;
    this.end = start + this.length;
    this.pins.open(start, this.clock, this.range, this.output);
  }

  /** No period runs from here on. */
  private rest(): void {
    this.running = false;
    this.one.sends = false;
    this.two.sends = false;
    this.end = NEVER;
    this.filled = false;
    this.pins.flush();
  }

  /** Both were disabled in a period: as much as was played of it. */
  private cut(at: Time): void {
    const { running, clock, range, output } = this;
    const start = this.startOf();
    this.rest();
    if (!running || clock === NEVER) return;
    const played = Math.floor((at - start) / clock);
    if (played <= 0) return;
    const part = (word: number): number =>
      output === 'serial'
        ? word
        : output === 'mark-space'
          ? Math.min(word, played)
          : Math.round((word * played) / range);
    this.pins.open(start, clock, played, output);
    this.pins.add(part(this.word1), part(this.word2));
    this.pins.flush();
  }

  /** A word that came in a fresh period goes to the channel that still waits. */
  private join(): void {
    const { one, two } = this;
    const next = this.second ? two : one;
    if (!next.fromFifo || next.sends) return;
    const word = this.wordOf(next, this.range);
    if (next === two) this.word2 = word;
    else this.word1 = word;
  }

  /** What the channel sends in the period that begins. */
  private wordOf(channel: PwmChannel, range: number): number {
    let word = channel.high ? 0xffffffff : 0;
    if (!channel.fromFifo) {
      channel.sends = channel.enabled;
      if (channel.enabled) word = channel.data;
    } else if (this.fifo.count > 0) {
      word = this.fifo.take();
      channel.sends = true;
      channel.hasSent = true;
      channel.last = word;
      this.second = !this.second && this.one.fromFifo && this.two.fromFifo;
    } else if (channel.repeats && channel.hasSent) word = channel.last;
    else if (channel.starve()) this.raised |= channel.gapFlag | RERR1;
    if (word > range && channel.sends && channel.output !== 'serial') this.onLarge?.();
    return channel.shaped(word, range);
  }
}
