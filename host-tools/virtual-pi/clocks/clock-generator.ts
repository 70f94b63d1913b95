// One clock generator: a source, a divider, and the switch that lets whole periods out only. BCM2711 ARM Peripherals,
// 5.4 (General Purpose GPIO Clocks), whose description holds for every generator; what happens to a divisor written
// while it runs is from AROS RPiPWM.

import { NEVER, PLLD_PERIOD, TICK, type Time } from '../time.js';

/** A clock as the block that runs on it sees it. */
export interface Clock {
  /** Units of virtual time in a period; NEVER while it stands. The mean, where the divisor has a fraction. */
  period(): Time;
  /** Calls `listener` at each change of `period()`, which then answers with the new one already. */
  onChange(listener: () => void): void;
}

export const SRC = 0xf;
export const ENAB = 1 << 4;
export const KILL = 1 << 5;
export const BUSY = 1 << 7;
export const FLIP = 1 << 8;
export const MASH = 3 << 9;

/** Periods of the source that ENAB takes to reach the divider, which runs on the source. */
export const SYNC_PERIODS = 3;
/** 5.4: "the MASH filter imposes a low limit on the range of DIVI", for each value of MASH. */
const LEAST_DIVISOR = [1, 2, 3, 5] as const;

const CRYSTAL = 1;
const PLLD = 6;

/** Units in a period of a source; NEVER for those that stand or that this model has not. */
const sourcePeriod = (source: number): Time => (source === CRYSTAL ? TICK : source === PLLD ? PLLD_PERIOD : NEVER);

/** What a write did that the manual forbids. */
export interface Complaint {
  readonly rule: 'changed-while-running' | 'forbidden';
  readonly text: string;
}

export class ClockGenerator implements Clock {
  /** As written, without password and BUSY. */
  control = 0;
  /** 12.12: the divider's, which takes no other while it runs. */
  divisor = 0;
  /** The output runs; falls when the final period has ended. */
  busy = false;
  /** When it starts or stops by itself; NEVER while nothing is under way. */
  changeAt: Time = NEVER;
  private since: Time = 0;
  private running: Time = NEVER;
  private skew = 0;
  private readonly listeners: (() => void)[] = [];

  constructor(private readonly now: () => Time) {}

  period(): Time {
    return this.running;
  }

  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** How fast the clock is against the crystal that virtual time counts, in parts per million: 300 is too fast. */
  get skewPpm(): number {
    return this.skew;
  }

  set skewPpm(ppm: number) {
    this.skew = ppm;
    this.update();
  }

  /** As the firmware of the VideoCore leaves it: running since long, or standing, as `control` says. */
  preset(control: number, divisor: number): void {
    this.control = control;
    this.divisor = divisor;
    this.busy = (control & ENAB) !== 0;
    this.changeAt = NEVER;
    this.update();
  }

  /** 5.4: CM_…CTL, the password checked. */
  writeControl(bits: number): Complaint[] {
    const complaints = this.complaints(bits);
    this.control = bits;
    if (bits & KILL) this.finish(false);
    else if (bits & ENAB) this.start();
    else this.stop();
    this.update();
    return complaints;
  }

  /** 5.4: CM_…DIV, the password checked. A divisor that comes while it is busy is lost. */
  writeDivisor(divisor: number): Complaint[] {
    if (this.underWay)
      return [{ rule: 'changed-while-running', text: 'the divisor was written while BUSY is set (5.4)' }];
    this.divisor = divisor;
    return [];
  }

  /** The start or the stop that was under way is done. */
  complete(): void {
    this.finish(!this.busy);
    this.update();
  }

  /** It runs, or will as soon as ENAB has come through. */
  private get underWay(): boolean {
    return this.busy || this.changeAt !== NEVER;
  }

  private complaints(bits: number): Complaint[] {
    const list: Complaint[] = [];
    const changed = bits ^ this.control;
    const starts = (bits & ENAB & ~this.control) !== 0;
    if (this.underWay && changed & (SRC | MASH | FLIP))
      list.push({ rule: 'changed-while-running', text: 'SRC, MASH or FLIP was changed while BUSY is set (5.4)' });
    else if (starts && changed & (SRC | MASH))
      list.push({ rule: 'changed-while-running', text: 'SRC or MASH was changed in the write that sets ENAB (5.4)' });
    if (!starts || bits & KILL) return list;
    const least = LEAST_DIVISOR[(bits & MASH) >>> 9] ?? 1;
    if (this.divisor >>> 12 < least)
      list.push({ rule: 'forbidden', text: `started with a DIVI below ${least}, the least for this MASH (5.4)` });
    if (sourcePeriod(bits & SRC) === NEVER)
      list.push({
        rule: 'forbidden',
        text: `started from source ${bits & SRC}, which stands or is not modelled (5.4)`,
      });
    return list;
  }

  private start(): void {
    if (this.busy) this.changeAt = NEVER;
    else if (this.changeAt === NEVER) this.changeAt = this.now() + SYNC_PERIODS * sourcePeriod(this.control & SRC);
  }

  /** "The output clock will not stop immediately because the cycle must be allowed to complete" (5.4). */
  private stop(): void {
    if (!this.busy) this.changeAt = NEVER;
    else if (this.changeAt === NEVER) {
      const source = sourcePeriod(this.control & SRC);
      // Without edges of its source the cycle never completes, and BUSY stays until KILL.
      if (this.running === NEVER || source === NEVER) return;
      const heard = this.now() + SYNC_PERIODS * source - this.since;
      this.changeAt = this.since + Math.ceil(heard / this.running) * this.running;
    }
  }

  private finish(busy: boolean): void {
    this.changeAt = NEVER;
    this.busy = busy;
  }

  /** The period that follows from what is set; a change is told. */
  private update(): void {
    const parts = this.control & MASH ? this.divisor / 4096 : this.divisor >>> 12;
    const source = sourcePeriod(this.control & SRC);
    const period = this.busy && parts ? (source * parts) / (1 + this.skew / 1e6) : NEVER;
    if (period === this.running) return;
    this.running = period;
    this.since = this.now();
    // A stop under way ends with a period of the clock as it is now.
    if (this.busy && !(this.control & ENAB)) {
      this.changeAt = NEVER;
      this.stop();
    }
    for (const listener of this.listeners) listener();
  }
}
