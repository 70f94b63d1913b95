// The system timer. BCM2711 ARM Peripherals, 10 (System Timer): "four 32-bit timer channels and a single 64-bit free
// running counter"; the counter runs at 1 MHz.
//
// A channel matches when the counter comes to its compare value. A value that has just passed, or is the counter's own,
// waits a whole turn of 71 minutes: what a late program meets sometimes on the chip it meets here always.

import { Line, type Chip, type Device } from '../device.js';
import { flags, repeated, type Register } from '../registers.js';
import { MICROSECOND } from '../time.js';
import type { Alarm } from '../timeline.js';

const CS = 0x00;
const CLO = 0x04;
const CHI = 0x08;
const C0 = 0x0c;
const CHANNELS = 4;
const TURN = 0x1_0000_0000;
/** Channels that the VideoCore's firmware uses: its own tick and a timeout. */
const FIRMWARE_CHANNELS = 0b0101;

const REGISTERS: readonly Register[] = [
  { name: 'CS', offset: CS, access: 'rw', fields: flags({ M0: 0, M1: 1, M2: 2, M3: 3 }) },
  { name: 'CLO', offset: CLO, access: 'ro' },
  { name: 'CHI', offset: CHI, access: 'ro' },
  ...repeated(CHANNELS, 4, { name: 'C', offset: C0, access: 'rw' }),
];

export class SystemTimer implements Device {
  readonly name = 'SYSTIMER';
  readonly base = 0xfe003000;
  readonly bytes = 0x20;
  readonly registers = REGISTERS;
  /** The four match interrupts: ids 96 to 99. */
  readonly interrupts: readonly Line[] = Array.from({ length: CHANNELS }, () => new Line());
  private readonly compare = new Uint32Array(CHANNELS);
  private readonly alarms: readonly Alarm[];

  /** `start` is the counter at time 0: microseconds that the firmware took before. */
  constructor(
    private readonly chip: Chip,
    private readonly start = 0,
  ) {
    this.alarms = this.interrupts.map((line, channel) =>
      chip.timeline.alarm(() => {
        line.set(true);
        this.arm(channel);
      }),
    );
    for (let channel = 0; channel < CHANNELS; channel++) this.arm(channel);
  }

  /** Microseconds. */
  private get counter(): number {
    return this.start + Math.floor(this.chip.timeline.now / MICROSECOND);
  }

  private arm(channel: number): void {
    const { counter } = this;
    const ahead = ((this.compare[channel] ?? 0) - (counter % TURN) + TURN) % TURN || TURN;
    this.alarms[channel]?.set((counter + ahead - this.start) * MICROSECOND);
  }

  read(offset: number): number {
    return this.peek(offset);
  }

  peek(offset: number): number {
    if (offset === CS) return this.interrupts.reduce((bits, { level }, i) => bits | (level ? 1 << i : 0), 0);
    if (offset === CLO) return this.counter % TURN;
    if (offset === CHI) return Math.floor(this.counter / TURN);
    return this.compare[(offset - C0) / 4] ?? 0;
  }

  write(offset: number, value: number): void {
    if (offset === CS) {
      this.firmwares(value & FIRMWARE_CHANNELS, 'CS', value);
      this.interrupts.forEach((line, channel) => {
        if (value & (1 << channel)) line.set(false);
      });
    } else if (offset >= C0) {
      const channel = (offset - C0) / 4;
      this.firmwares((1 << channel) & FIRMWARE_CHANNELS, `C${channel}`, value);
      this.compare[channel] = value;
      this.arm(channel);
    }
  }

  private firmwares(touched: number, register: string, value: number): void {
    if (!touched) return;
    const text = "channels 0 and 2 are the firmware's, its clocks hang on them (10)";
    this.chip.findings.add({ rule: 'forbidden', device: this.name, register, value, text });
  }
}
