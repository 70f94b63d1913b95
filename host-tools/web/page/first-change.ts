// How long it takes from a click to the first word of the jack that it changed: stands between the pins and whoever
// listens to them. It can only be told where the words stood still before.

import type { PinRun, PinSink } from '../../virtual-pi/pwm/pins.js';
import { MILLISECOND, toMs, type Time } from '../../virtual-pi/time.js';

/** The words must have been the same for so long. */
const STEADY: Time = 5 * MILLISECOND;
/** A click that has changed nothing by then changes nothing. */
const PATIENCE: Time = 500 * MILLISECOND;

export class FirstChange implements PinSink {
  /** Of the last click that changed something, in virtual milliseconds. */
  lastMs: number | undefined;
  private clicked: Time | undefined;
  private one = 0;
  private two = 0;
  /** Since when the words are the same. */
  private since: Time = 0;

  constructor(private readonly next: PinSink) {}

  /** Something was clicked at `at`; of several the first counts. */
  click(at: Time): void {
    this.clicked ??= at;
  }

  run(run: PinRun): void {
    const { words, start, clock, range } = run;
    const period = clock * range;
    let { one, two } = this;
    for (let i = 0; i + 1 < words.length; i += 2) {
      if (words[i] === one && words[i + 1] === two) continue;
      one = words[i] as number;
      two = words[i + 1] as number;
      this.changed(start + (i >> 1) * period);
    }
    this.one = one;
    this.two = two;
    this.next.run(run);
  }

  private changed(at: Time): void {
    const { clicked } = this;
    if (clicked !== undefined && at > clicked) {
      if (clicked - this.since >= STEADY && at - clicked < PATIENCE) this.lastMs = toMs(at - clicked);
      this.clicked = undefined;
    }
    this.since = at;
  }
}
