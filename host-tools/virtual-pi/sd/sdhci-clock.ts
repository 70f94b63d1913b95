// The clock of an SD host controller: internal clock, divider, the card's clock. SDHCI 3.00, 2.2.14 (Clock Control),
// 3.2.1 to 3.2.3 (Internal Clock Setup, SD Clock Supply and Stop, Frequency Change), recalled; the lowest frequency is
// from Linux' sdhci-iproc.c, which is what people run on a Pi 4.

import type { Rule } from '../findings.js';
import { CARD_ENABLE, DIVIDER, INTERNAL_ENABLE, INTERNAL_STABLE, PROGRAMMABLE } from './sdhci-registers.js';
import { NEVER, SECOND, type Time } from '../time.js';

/** The controller can hang when the card's clock is slower. */
export const LOWEST_HZ = 200_000;
/** At 3.3 V nothing is faster (PLSS 6.7). */
const HIGHEST_HZ = 50e6;
/** For clocks that are a little off. */
const TOLERANCE = 1.01;

const KEPT = DIVIDER | INTERNAL_ENABLE | CARD_ENABLE | PROGRAMMABLE;

export interface ClockComplaint {
  readonly rule: Rule;
  readonly text: string;
}

export class SdhciClock {
  private bits = 0;
  private stableAt: Time = NEVER;
  private since: Time = NEVER;

  constructor(
    /** Units in a period of the base clock; NEVER while it stands. */
    private readonly base: () => Time,
    private readonly settles: Time,
  ) {}

  /** As it reads. */
  at(now: Time): number {
    return this.bits | (this.stable(now) ? INTERNAL_STABLE : 0);
  }

  /** Units in a clock of the card, whether it gets it or not; NEVER while there is none. */
  get divided(): Time {
    const divider = (this.bits >>> 8) | ((this.bits & 0xc0) << 2);
    return (this.bits & INTERNAL_ENABLE) === 0 ? NEVER : this.base() * (divider === 0 ? 1 : 2 * divider);
  }

  /** Units in a clock that the card gets; NEVER while it stands. */
  get period(): Time {
    return (this.bits & CARD_ENABLE) === 0 ? NEVER : this.divided;
  }

  /** Clocks that the card has had since it was last without. */
  clocks(now: Time): number {
    return this.since === NEVER || this.period === NEVER ? 0 : (now - this.since) / this.period;
  }

  /** Bits 15:0 of the register; `busy`: a command or data is under way. */
  write(value: number, busy: boolean, now: Time): ClockComplaint[] {
    const list: ClockComplaint[] = [];
    const bits = value & KEPT;
    const changed = bits ^ this.bits;
    const runs = (this.bits & CARD_ENABLE) !== 0;
    if (changed && busy && runs)
      list.push({
        rule: 'changed-while-running',
        text: 'the SD clock was changed with a command or data under way (3.2.2)',
      });
    if (runs && changed & (DIVIDER | INTERNAL_ENABLE))
      list.push({ rule: 'changed-while-running', text: 'the divider was changed while the SD clock was on (3.2.3)' });
    if (bits & PROGRAMMABLE)
      list.push({
        rule: 'forbidden',
        text: 'the programmable clock was chosen, which this controller has not (2.2.14)',
      });
    if (changed & (DIVIDER | INTERNAL_ENABLE)) this.stableAt = bits & INTERNAL_ENABLE ? now + this.settles : NEVER;
    this.bits = bits;
    if (changed & (CARD_ENABLE | DIVIDER | INTERNAL_ENABLE) && bits & CARD_ENABLE) {
      this.since = now;
      list.push(...this.started(now));
    }
    if (changed & INTERNAL_ENABLE && bits & INTERNAL_ENABLE && this.base() === NEVER)
      list.push({ rule: 'unclocked', text: 'the base clock stands, so the internal clock never gets stable (2.2.14)' });
    return list;
  }

  reset(): void {
    this.bits = 0;
    this.stableAt = this.since = NEVER;
  }

  private stable(now: Time): boolean {
    return now >= this.stableAt && this.base() !== NEVER;
  }

  private started(now: Time): ClockComplaint[] {
    if (!this.stable(now))
      return [{ rule: 'forbidden', text: 'the SD clock was enabled before Internal Clock Stable (3.2.1)' }];
    const hz = SECOND / this.period;
    if (hz * TOLERANCE < LOWEST_HZ)
      return [
        { rule: 'forbidden', text: 'an SD clock below 200 kHz, at which this controller can hang (sdhci-iproc)' },
      ];
    if (hz > HIGHEST_HZ * TOLERANCE)
      return [{ rule: 'forbidden', text: 'an SD clock above 50 MHz with signals of 3.3 V (PLSS 6.7)' }];
    return [];
  }
}
