// The receiver of the PL011: finds start bits on the wire, samples the middle of each bit at its own baud rate.
// ARM DDI 0183, 2.4.3 (UART operation).

import type { SerialLine } from './serial-line.js';
import { NEVER, type Time } from '../time.js';
import type { Alarm, Timeline } from '../timeline.js';

/** Error bits as they stand beside the byte in DR. */
export const enum Received {
  Framing = 0x100,
  Parity = 0x200,
  Break = 0x400,
  Overrun = 0x800,
}

/** The form of a character: LCRH without the FIFOs. */
export interface Format {
  /** How long a bit is; NEVER without a clock. */
  readonly bit: Time;
  readonly dataBits: number;
  /** What the parity bit must be, given the data's ones are odd; undefined: there is none. */
  readonly parity: ((odd: number) => number) | undefined;
}

export class Receiver {
  /** When the stop bit of the last character was sampled. */
  lastAt: Time = 0;
  private listening = false;
  private searchFrom: Time = 0;
  private startAt: Time = NEVER;
  private readonly alarm: Alarm;

  /** `take` gets each character with its error bits. */
  constructor(
    private readonly timeline: Timeline,
    private readonly line: SerialLine,
    private readonly format: () => Format,
    private readonly take: (character: number) => void,
  ) {
    this.alarm = timeline.alarm(() => this.sample());
  }

  /** Whether a character is on its way in. */
  get busy(): boolean {
    return this.startAt <= this.timeline.now;
  }

  /** On or off; a character that has begun is completed (DDI 0183 3.3.8). */
  listen(on: boolean): void {
    if (on === this.listening) return;
    this.listening = on;
    if (on && !this.busy) {
      this.searchFrom = this.timeline.now;
      this.search();
    } else if (!on && !this.busy) {
      this.startAt = NEVER;
      this.alarm.clear();
    }
  }

  /** The wire has got something to carry, or a bit has another length. */
  search(): void {
    if (!this.listening || this.busy) return;
    this.startAt = this.line.fallsAt(this.searchFrom);
    const { bit, dataBits, parity } = this.format();
    if (this.startAt === NEVER || bit === NEVER) this.alarm.clear();
    else this.alarm.set(this.startAt + (dataBits + (parity ? 2.5 : 1.5)) * bit);
  }

  private sample(): void {
    const { line, startAt } = this;
    const { bit, dataBits, parity } = this.format();
    const high = (k: number): number => (line.level(startAt + (k + 0.5) * bit) ? 1 : 0);
    this.startAt = NEVER;
    if (bit === NEVER) return;
    if (high(0)) {
      // Shorter than half a bit: not a start bit.
      this.searchFrom = startAt + bit / 2;
    } else {
      let data = 0;
      let odd = 0;
      for (let i = 0; i < dataBits; i++) {
        const one = high(1 + i);
        data |= one << i;
        odd ^= one;
      }
      const check = parity ? high(1 + dataBits) : 0;
      const stopBit = 1 + dataBits + (parity ? 1 : 0);
      const stop = high(stopBit);
      this.searchFrom = startAt + (stopBit + 0.5) * bit;
      this.lastAt = this.searchFrom;
      let character = data;
      if (!stop) character |= Received.Framing;
      if (parity && check !== parity(odd)) character |= Received.Parity;
      if (!stop && data === 0 && check === 0) character |= Received.Break;
      this.take(character);
    }
    line.forget(this.searchFrom);
    this.search();
  }
}
