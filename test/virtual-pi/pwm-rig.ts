// A PWM block with a clock that runs, and what its pins did.

import type { Clock } from '../../host-tools/virtual-pi/clocks/clock-generator.js';
import { Findings } from '../../host-tools/virtual-pi/findings.js';
import type { PinRun } from '../../host-tools/virtual-pi/pwm/pins.js';
import { Pwm, PWM1 } from '../../host-tools/virtual-pi/pwm/pwm.js';
import { CTL, DMAC, RNG1, RNG2 } from '../../host-tools/virtual-pi/pwm/pwm-registers.js';
import { MICROSECOND, NEVER, type Time } from '../../host-tools/virtual-pi/time.js';
import { Timeline } from '../../host-tools/virtual-pi/timeline.js';

/** Units in a clock: 125 MHz. */
export const CLOCK = 54;
export const RANGE = 1000;
export const PERIOD = RANGE * CLOCK;
/** PWEN, USEF and MSEN of both channels. */
export const BOTH = 0xa1a1;
/** PWEN and MSEN of both channels: DAT1 and DAT2 are played. */
export const DATA = 0x8181;
export const CLRF = 0x40;

export class PwmRig {
  readonly timeline = new Timeline();
  readonly findings = new Findings(() => this.timeline.now);
  readonly runs: PinRun[] = [];
  period: Time = CLOCK;
  readonly pwm: Pwm;
  private changed: (() => void)[] = [];

  constructor(period: Time = CLOCK) {
    this.period = period;
    const clock: Clock = { period: () => this.period, onChange: (listener) => this.changed.push(listener) };
    const sink = { run: (run: PinRun) => this.runs.push({ ...run, words: run.words.slice() }) };
    this.pwm = new Pwm({ timeline: this.timeline, findings: this.findings }, { ...PWM1, clock, sink });
  }

  setClock(period: Time): void {
    this.period = period;
    for (const listener of this.changed) listener();
  }

  run(units: Time): void {
    this.timeline.runTo(this.timeline.now + units);
  }

  /** Writes, and waits as long as a driver does. */
  set(offset: number, value: number): void {
    this.pwm.write(offset, value);
    this.run(10 * MICROSECOND);
  }

  push(...words: number[]): void {
    for (const word of words) this.pwm.write(0x18, word);
  }

  /** Both channels play the FIFO, M/S; `dmac` as after reset, and enabled. */
  sharing(range = RANGE): this {
    this.set(RNG1, range);
    this.set(RNG2, range);
    this.set(CTL, BOTH | CLRF);
    this.set(DMAC, 0x8000_0707);
    return this;
  }

  /** Words of all runs in turn, the running period's left out. */
  words(): number[] {
    this.pwm.settle(this.timeline.now);
    return this.runs.flatMap(({ words }) => [...words]);
  }

  rules(): string[] {
    return this.findings.list.map(({ rule }) => rule);
  }
}

export { NEVER };
