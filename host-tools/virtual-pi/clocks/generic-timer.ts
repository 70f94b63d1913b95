// The generic timer of core 0: a counter of the crystal's periods and two comparators, each with an interrupt.
// ARM ARM (DDI 0487), D11 (The Generic Timer): an enabled timer's condition is met from CVAL on, and its interrupt
// stays until CVAL or ENABLE changes.

import { Line, type Chip } from '../device.js';
import { NEVER, ofTicks, type Time } from '../time.js';
import type { Alarm } from '../timeline.js';

class Comparator {
  readonly interrupt = new Line();
  private readonly alarm: Alarm;

  constructor(private readonly chip: Chip) {
    this.alarm = chip.timeline.alarm(() => this.interrupt.set(true));
  }

  /** CVAL with ENABLE set, in ticks. */
  set(ticks: bigint): void {
    this.setAt(ofTicks(ticks));
  }

  private setAt(at: Time): void {
    this.interrupt.set(at <= this.chip.timeline.now);
    if (this.interrupt.level || at === NEVER) this.alarm.clear();
    else this.alarm.set(at);
  }

  /** ENABLE cleared. */
  stop(): void {
    this.setAt(NEVER);
  }
}

export class GenericTimer {
  /** CNTP, interrupt 30, and CNTV, interrupt 27. */
  readonly physical: Comparator;
  readonly virtual: Comparator;

  constructor(chip: Chip) {
    this.physical = new Comparator(chip);
    this.virtual = new Comparator(chip);
  }
}
