// A PWM block: PWM0, or PWM1 on whose pins the jack hangs. BCM2711 ARM Peripherals, 8 (Pulse Width Modulator), and for
// what it leaves open measurements that others made on earlier Pis; each is named where it is used.

import type { Clock } from '../clocks/clock-generator.js';
import type { Chip, Device, DreqSource } from '../device.js';
import type { Rule } from '../findings.js';
import type { PinSink } from './pins.js';
import { PwmChannels } from './pwm-channels.js';
import { FIFO_WORDS } from './pwm-fifo.js';
import { PwmOutput } from './pwm-output.js';
import {
  BERR,
  CLRF1,
  CTL,
  DAT1,
  DAT2,
  DMAC,
  DMAC_ENAB,
  DMAC_RESET,
  EMPT1,
  FIF1,
  FIFO_READ,
  FULL1,
  GAPO1,
  GAPO2,
  PWEN1,
  PWEN2,
  PWM_BYTES,
  REGISTERS,
  RERR1,
  RNG1,
  RNG2,
  RPTL1,
  RPTL2,
  STA,
  STA1,
  STA2,
  WERR1,
} from './pwm-registers.js';
import { MICROSECOND, NEVER, type Time } from '../time.js';

/**
 * CTL, RNG and DAT pass through one synchroniser into the clock's domain, and BERR comes of writing "faster than the
 * synchroniser block can cope with" (8.6). The manual gives no time; drivers that run on a Pi 4 leave 2 to 10 µs. A
 * slow clock needs more: the word and its acknowledgement go through two flip-flops each.
 */
export const WRITE_GAP: Time = 2 * MICROSECOND;
export const WRITE_GAP_CLOCKS = 4;

/** Bits of CTL that can be read back. */
const KEPT = 0xbfff & ~CLRF1;
const ERRORS = WERR1 | RERR1 | GAPO1 | GAPO2 | BERR;

export { PWM0, PWM1 } from './pwm-registers.js';

export interface PwmOptions {
  /** `PWM1`. */
  readonly name: string;
  readonly base: number;
  /** Its number in PERMAP. */
  readonly dreq: number;
  readonly clock: Clock;
  /** Gets every period of the pins; its words are valid in the call only. */
  readonly sink: PinSink;
}

/** What happened since the start or `resetCounts`. */
export interface PwmCounts {
  /** Periods played to their end. */
  readonly periods: number;
  /** How often the FIFO was empty when a channel wanted its next word: underruns, of channel 1 and 2. */
  readonly gaps: readonly [number, number];
  /** Those of them at which the pin's level fell: the last word was not 0, or SBIT is set. */
  readonly falls: readonly [number, number];
  /** Words that were written while the FIFO was full. */
  readonly lost: number;
  /** Words in the FIFO: the most, and the fewest that were left once it had been filled; undefined if it never was. */
  readonly highest: number;
  readonly lowest: number | undefined;
}

export class Pwm implements Device, DreqSource {
  readonly name: string;
  readonly base: number;
  readonly bytes = PWM_BYTES;
  readonly registers = REGISTERS;
  readonly dreq: number;
  onDreq?: () => void;
  private readonly pins: PwmOutput;
  private readonly channels: PwmChannels;
  private clock: Time;
  private control = 0;
  private dmac = DMAC_RESET;
  private threshold = DMAC_RESET & 0xff;
  /** The channels that share the FIFO (USEF and PWEN), as bits; now, and when the FIFO was last cleared. */
  private sharing = 0;
  private clearedFor = 0;
  /** The two are not the same, and words would go the wrong way. */
  private uncleared = false;
  /** DREQ can be raised: DMAC is enabled, and so is a channel (drivers that run on a Pi 4), on a clock. No PANIC here. */
  private asks = false;
  private standing = true;
  private lost = 0;
  /** When the synchroniser is free again. */
  private freeAt: Time = 0;

  constructor(
    private readonly chip: Chip,
    options: PwmOptions,
  ) {
    this.name = options.name;
    this.base = options.base;
    this.dreq = options.dreq;
    this.pins = new PwmOutput(options.sink);
    this.channels = new PwmChannels(this.pins);
    this.channels.onLarge = () => {
      this.tell('forbidden', undefined, undefined, 'a word above the range leaves the pin high all period (8.4)');
    };
    this.clock = options.clock.period();
    const follow = (): void => {
      this.clock = options.clock.period();
      this.channels.setClock(this.clock, chip.timeline.now);
      this.update();
    };
    follow();
    options.clock.onChange(() => {
      follow();
      this.onDreq?.();
    });
  }

  /** Plays all that has ended by `at`, and tells the sink. */
  settle(at: Time): void {
    this.channels.catchUp(at);
    this.pins.flush();
  }

  counts(): PwmCounts {
    const { periods, one, two, highest, lowest } = this.channels;
    const left = lowest === NEVER ? undefined : lowest;
    return {
      periods,
      gaps: [one.gaps, two.gaps],
      falls: [one.falls, two.falls],
      lost: this.lost,
      highest,
      lowest: left,
    };
  }

  resetCounts(): void {
    this.channels.resetCounts();
    this.lost = 0;
  }

  read(offset: number): number {
    this.touch(offset);
    return this.peek(offset);
  }

  peek(offset: number): number {
    this.channels.catchUp(this.chip.timeline.now);
    const { one, two } = this.channels;
    switch (offset) {
      case CTL:
        return this.control;
      case STA:
        return this.status();
      case DMAC:
        return this.dmac;
      case RNG1:
        return one.range;
      case DAT1:
        return one.data;
      case RNG2:
        return two.range;
      case DAT2:
        return two.data;
      default:
        return offset === FIF1 ? FIFO_READ : 0;
    }
  }

  write(offset: number, value: number): void {
    this.store(offset, value, this.chip.timeline.now);
    this.onDreq?.();
  }

  dreqAt(at: Time): Time {
    if (!this.asks) return NEVER;
    this.channels.catchUp(at);
    const over = this.channels.fifo.count - this.threshold;
    return over <= 0 ? at : this.channels.whenTaken(over);
  }

  dmaWrite(offset: number, value: number, at: Time): void {
    if (offset === FIF1) this.push(value, at);
    else this.store(offset, value, at);
  }

  dmaRead(offset: number, at: Time): number {
    this.touch(offset);
    this.channels.catchUp(at);
    return this.peek(offset);
  }

  private update(): void {
    this.standing = this.clock === NEVER;
    this.asks = this.dmac >= DMAC_ENAB && !this.standing && (this.control & (PWEN1 | PWEN2)) !== 0;
  }

  private status(): number {
    const { fifo, raised, one, two } = this.channels;
    return (
      (fifo.count === FIFO_WORDS ? FULL1 : 0) |
      (fifo.count === 0 ? EMPT1 : 0) |
      raised |
      (one.sends ? STA1 : 0) |
      (two.sends ? STA2 : 0)
    );
  }

  private store(offset: number, value: number, at: Time): void {
    if (offset === FIF1) {
      this.push(value, at);
      return;
    }
    this.touch(offset, value);
    const { channels } = this;
    channels.catchUp(at);
    if (offset === STA) channels.raised &= ~(value & ERRORS);
    else if (offset === DMAC) {
      this.dmac = (value & 0x8000_ffff) >>> 0;
      this.threshold = channels.threshold = value & 0xff;
      this.update();
    } else {
      this.synchronise(offset, value, at);
      if (offset === CTL) this.setControl(value, at);
      else if (offset === RNG1) channels.one.range = value;
      else if (offset === RNG2) channels.two.range = value;
      else if (offset === DAT1) channels.one.data = value;
      else if (offset === DAT2) channels.two.data = value;
      if (offset === DAT1 || offset === DAT2) return;
      this.checkSharing(offset, value);
      channels.wake(at);
    }
  }

  private setControl(value: number, at: Time): void {
    const { channels } = this;
    this.control = value & KEPT;
    if (value & CLRF1) channels.clear();
    channels.setControl(this.control, at);
    this.sharing = (channels.one.fromFifo ? 1 : 0) | (channels.two.fromFifo ? 2 : 0);
    if (value & CLRF1) this.clearedFor = this.sharing;
    this.uncleared = this.sharing !== this.clearedFor && this.sharing !== 0;
    this.update();
  }

  private push(value: number, at: Time): void {
    const { channels } = this;
    if (this.standing) this.touch(FIF1, value);
    channels.catchUp(at);
    if (this.uncleared)
      this.tell('forbidden', FIF1, value, 'the channels that use the FIFO were changed and it was not cleared (8.6)');
    if (channels.push(value, at)) return;
    channels.raised |= WERR1;
    this.lost++;
  }

  /** 8.6, BERR. */
  private synchronise(offset: number, value: number, at: Time): void {
    if (at < this.freeAt) {
      this.channels.raised |= BERR;
      this.tell('too-soon', offset, value, 'written before the write before it can have got through (8.6, BERR)');
    }
    const clocks = this.clock === NEVER ? 0 : WRITE_GAP_CLOCKS * this.clock;
    this.freeAt = at + Math.max(WRITE_GAP, clocks);
  }

  /** 8.6, FIF1: what channels must have in common that share the FIFO; and that a period has a length at all. */
  private checkSharing(offset: number, value: number): void {
    const { one, two } = this.channels;
    if ((one.enabled && one.range === 0) || (two.enabled && two.range === 0))
      this.tell('forbidden', offset, value, 'a channel is enabled with range 0, which has no period (8.6, RNG1)');
    if (this.sharing !== 3) return;
    if (one.range !== two.range)
      this.tell('forbidden', offset, value, 'both channels use the FIFO with different ranges (8.6, FIF1)');
    if (this.control & (RPTL1 | RPTL2))
      this.tell('forbidden', offset, value, 'both channels use the FIFO with RPTL set (8.6, FIF1)');
  }

  private touch(offset: number, value?: number): void {
    if (this.standing) this.tell('unclocked', offset, value, 'used while its clock stands (8.1, clk_pwm)');
  }

  private tell(rule: Rule, offset: number | undefined, value: number | undefined, text: string): void {
    const register = REGISTERS.find((each) => each.offset === offset)?.name;
    this.chip.findings.add({
      rule,
      device: this.name,
      text,
      ...(register ? { register } : {}),
      ...(value === undefined ? {} : { value }),
    });
  }
}
