// The temperature sensor. No manual of the chip has it; its one register is as its users have it: a count that is
// valid when bits 16 and 10 are set, T = 410.040 - 0.487 x count degrees.

import type { Device } from '../device.js';
import { flags, type Register } from '../registers.js';

const STATUS = 0x00;
const VALID = 0x10400;
const COUNT_BITS = 0x3ff;
/** Thousandths of a degree at count 0, and how much a count takes away. */
const OFFSET = 410_040;
const SLOPE = 487;

export class Thermal implements Device {
  readonly name = 'THERMAL';
  readonly base = 0xfd5d2200;
  readonly bytes = 4;
  readonly registers: readonly Register[] = [
    {
      name: 'STATUS',
      offset: STATUS,
      access: 'ro',
      fields: [{ name: 'DATA', bit: 0, bits: 10 }, ...flags({ VALID_DATA: 10, VALID: 16 })],
    },
  ];
  /** Thousandths of a degree. */
  temperature = 45_000;
  /** Whether the sensor has a value. */
  valid = true;

  read(offset: number): number {
    return this.peek(offset);
  }

  peek(_offset: number): number {
    const count = Math.round((OFFSET - this.temperature) / SLOPE);
    return this.valid ? VALID | Math.min(Math.max(count, 0), COUNT_BITS) : 0;
  }

  /** The register cannot be written. */
  write(_offset: number, _value: number): void {
    return;
  }
}
