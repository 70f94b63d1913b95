// The clock manager. BCM2711 ARM Peripherals, 5.4 (General Purpose GPIO Clocks) describes the generators of the three
// clocks for pins; those of PWM, UART and EMMC2 have the same two registers (offsets and what the VideoCore's firmware
// leaves in them: Linux' clk-bcm2835.c, circle, and measured on a Pi 4 by others).

import { BUSY, ClockGenerator, ENAB, FLIP, KILL, MASH, SRC, type Clock, type Complaint } from './clock-generator.js';
import type { Chip, Device } from '../device.js';
import type { Field, Register } from '../registers.js';
import { NEVER } from '../time.js';
import type { Alarm } from '../timeline.js';

export type { Clock, ClockGenerator };

export type ClockName = 'gp0' | 'gp1' | 'gp2' | 'pwm' | 'uart' | 'emmc2';

/** Offsets of CTL; DIV follows. */
const CONTROLS: Readonly<Record<ClockName, number>> = {
  gp0: 0x70,
  gp1: 0x78,
  gp2: 0x80,
  pwm: 0xa0,
  uart: 0xf0,
  emmc2: 0x1d0,
};

/** Running from PLLD by a divisor with a fraction. */
const FROM_PLLD = 6 | ENAB | (1 << 9);
/** 750 MHz / 15.625 = 48 MHz; / 7.5 = 100 MHz. */
const UART_DIVISOR = 0xfa00;
const EMMC2_DIVISOR = 0x7800;

const PASSWORD = 0x5a;
const passwd: Field = { name: 'PASSWD', bit: 24, bits: 8, values: { 0x5a: 'password' } };

const controlFields: readonly Field[] = [
  passwd,
  { name: 'MASH', bit: 9, bits: 2, values: { 0: 'integer', 1: '1-stage', 2: '2-stage', 3: '3-stage' } },
  { name: 'FLIP', bit: 8 },
  { name: 'BUSY', bit: 7 },
  { name: 'KILL', bit: 5 },
  { name: 'ENAB', bit: 4 },
  { name: 'SRC', bit: 0, bits: 4, values: { 0: 'GND', 1: 'crystal', 4: 'PLLA', 5: 'PLLC', 6: 'PLLD', 7: 'HDMI' } },
];

const divisorFields: readonly Field[] = [
  passwd,
  { name: 'DIVI', bit: 12, bits: 12 },
  { name: 'DIVF', bit: 0, bits: 12 },
];

const registersOf = ([name, offset]: [string, number]): Register[] => [
  { name: `CM_${name.toUpperCase()}CTL`, offset, access: 'rw', fields: controlFields },
  { name: `CM_${name.toUpperCase()}DIV`, offset: offset + 4, access: 'rw', fields: divisorFields },
];

export class ClockManager implements Device {
  readonly name = 'CM';
  readonly base = 0xfe101000;
  readonly bytes = 0x2000;
  readonly registers: readonly Register[] = Object.entries(CONTROLS).flatMap(registersOf);
  private readonly generators: Readonly<Record<ClockName, ClockGenerator>>;
  private readonly all: readonly ClockGenerator[];
  private readonly byOffset = new Map<number, ClockGenerator>();
  private readonly alarm: Alarm;

  constructor(private readonly chip: Chip) {
    const made = (): ClockGenerator => new ClockGenerator(() => chip.timeline.now);
    this.generators = { gp0: made(), gp1: made(), gp2: made(), pwm: made(), uart: made(), emmc2: made() };
    this.all = Object.values(this.generators);
    for (const [name, offset] of Object.entries(CONTROLS) as [ClockName, number][])
      this.byOffset.set(offset, this.generators[name]);
    this.alarm = chip.timeline.alarm((now) => {
      for (const generator of this.all) if (generator.changeAt <= now) generator.complete();
      this.arm();
    });
    this.generators.uart.preset(FROM_PLLD, UART_DIVISOR);
    this.generators.emmc2.preset(FROM_PLLD, EMMC2_DIVISOR);
  }

  /** A generator: its period, who wants to hear of changes, and how far it is off. */
  clock(name: ClockName): ClockGenerator {
    return this.generators[name];
  }

  read(offset: number): number {
    return this.peek(offset);
  }

  peek(offset: number): number {
    const generator = this.byOffset.get(offset & ~4);
    if (!generator) return 0;
    return offset & 4 ? generator.divisor : generator.control | (generator.busy ? BUSY : 0);
  }

  write(offset: number, value: number): void {
    const generator = this.byOffset.get(offset & ~4);
    if (!generator) return;
    if (value >>> 24 !== PASSWORD) {
      const text = 'a write without the password 0x5a in bits 31:24, which does nothing (5.4)';
      this.tell(offset, value, { rule: 'no-password', text });
      return;
    }
    const complaints =
      offset & 4
        ? generator.writeDivisor(value & 0xffffff)
        : generator.writeControl(value & (SRC | ENAB | KILL | FLIP | MASH));
    for (const complaint of complaints) this.tell(offset, value, complaint);
    this.arm();
  }

  private tell(offset: number, value: number, what: Complaint | { rule: 'no-password'; text: string }): void {
    const register = this.registers.find((each) => each.offset === offset)?.name;
    this.chip.findings.add({ ...what, device: this.name, value, ...(register ? { register } : {}) });
  }

  private arm(): void {
    let next = NEVER;
    for (const { changeAt } of this.all) if (changeAt < next) next = changeAt;
    if (next === NEVER) this.alarm.clear();
    else this.alarm.set(next);
  }
}
