// The power manager's reset and watchdog. No manual of the chip has it; the registers are as its users and the boot
// firmware have them: every write carries a password, a count of 65536 Hz, and in RSTS the partition to boot from.

import type { Chip, Device } from '../device.js';
import type { Field, Register } from '../registers.js';
import { NEVER, SECOND, type Time } from '../time.js';
import type { Alarm } from '../timeline.js';

const RSTC = 0x1c;
const RSTS = 0x20;
const WDOG = 0x24;
const PASSWORD = 0x5a;
const VALUE_BITS = 0x00ffffff;
const TIME_BITS = 0x000fffff;
const CONFIG_BITS = 0x30;
const FULL_RESET = 0x20;
/** HADWRF: the last reset was the watchdog's. */
const WATCHDOG_STATUS = 0x20;
const TICK: Time = SECOND / 65536;
/** The partition that means: stay off. */
const HALT = 63;

export type ResetKind = 'restart' | 'halt';

const PASSWD: Field = { name: 'PASSWD', bit: 24, bits: 8 };
/** Bits of which nothing is known are not reserved. */
const register = (name: string, offset: number, reset: number, fields: Field[], reserved: number): Register => ({
  name,
  offset,
  access: 'rw',
  reset,
  fields: [...fields, PASSWD],
  reserved,
});

const partitionOf = (status: number): number => {
  let partition = 0;
  for (let i = 0; i < 6; i++) partition |= ((status >>> (2 * i)) & 1) << i;
  return partition;
};

export class Power implements Device {
  readonly name = 'PM';
  readonly base = 0xfe100000;
  readonly bytes = 0x114;
  readonly registers: readonly Register[];
  /** The chip resets; the partition is 63 for a halt. Nothing of this chip goes on after it. */
  onReset: (kind: ResetKind, partition: number) => void = () => undefined;
  /** What tells the cause of the last reset: 0x1000 power-on, 0x20 watchdog. */
  private status: number;
  private control = 0x102;
  private ticks = 0;
  /** When the count is at 0; NEVER while it stands. */
  private endsAt: Time = NEVER;
  private readonly alarm: Alarm;

  constructor(
    private readonly chip: Chip,
    status = 0x1000,
  ) {
    this.status = status;
    this.registers = [
      register('RSTC', RSTC, 0x102, [{ name: 'WRCFG', bit: 4, bits: 2, values: { 2: 'full reset' } }], 0),
      register('RSTS', RSTS, status, [{ name: 'HADWRF', bit: 5 }], 0),
      register('WDOG', WDOG, 0, [{ name: 'TIME', bit: 0, bits: 20 }], 0x00f00000),
    ];
    this.alarm = chip.timeline.alarm(() => this.reset());
  }

  /** As it is after the watchdog's reset, before the board runs. */
  presetWatchdog(): void {
    this.status = WATCHDOG_STATUS;
  }

  read(offset: number): number {
    return this.peek(offset);
  }

  peek(offset: number): number {
    if (offset === RSTC) return this.control;
    if (offset === RSTS) return this.status;
    if (offset !== WDOG) return 0;
    return this.endsAt === NEVER ? this.ticks : Math.ceil((this.endsAt - this.chip.timeline.now) / TICK);
  }

  write(offset: number, value: number): void {
    if (offset < RSTC || offset > WDOG) return;
    if (value >>> 24 !== PASSWORD) {
      const { name } = this.registers[(offset - RSTC) / 4] ?? {};
      const text = 'written without its password 0x5a in bits 31:24, which does nothing (power manager)';
      this.chip.findings.add({
        rule: 'no-password',
        device: this.name,
        value,
        text,
        ...(name === undefined ? {} : { register: name }),
      });
      return;
    }
    const bits = value & VALUE_BITS;
    if (offset === RSTS) this.status = bits;
    else if (offset === WDOG) {
      this.ticks = bits & TIME_BITS;
      if (this.endsAt !== NEVER) this.count();
    } else this.configure(bits);
  }

  private configure(bits: number): void {
    this.control = bits;
    if ((bits & CONFIG_BITS) === FULL_RESET) {
      if (this.endsAt === NEVER) this.count();
    } else {
      this.ticks = this.peek(WDOG);
      this.endsAt = NEVER;
      this.alarm.clear();
    }
  }

  private count(): void {
    this.endsAt = this.chip.timeline.now + this.ticks * TICK;
    this.alarm.set(this.endsAt);
  }

  private reset(): void {
    this.endsAt = NEVER;
    this.ticks = 0;
    const partition = partitionOf(this.status);
    this.onReset(partition === HALT ? 'halt' : 'restart', partition);
  }
}
