// The ARM's way to the device blocks: finds the block, checks the access against the description of its registers.

import type { Device } from './device.js';
import type { Findings } from './findings.js';
import { reservedBits, type Register } from './registers.js';

interface Known {
  readonly register: Register;
  readonly reserved: number;
}

interface Slot {
  readonly device: Device;
  readonly known: ReadonlyMap<number, Known>;
}

/** Nothing is at the address: on the board the access ends with an abort. */
export class BusAbort extends Error {
  constructor(readonly address: number) {
    super(`nothing answers at 0x${address.toString(16)}`);
  }
}

export class Bus {
  private readonly slots: Slot[] = [];
  private last: Slot | undefined;

  constructor(private readonly findings: Findings) {}

  add(device: Device): void {
    const known = new Map(
      device.registers.map((register) => [register.offset, { register, reserved: reservedBits(register) }]),
    );
    this.slots.push({ device, known });
  }

  get devices(): Device[] {
    return this.slots.map(({ device }) => device);
  }

  /** The block at an address. */
  find(address: number): Device | undefined {
    return this.slot(address)?.device;
  }

  private slot(address: number): Slot | undefined {
    const { last } = this;
    if (last && address >= last.device.base && address < last.device.base + last.device.bytes) return last;
    const found = this.slots.find(({ device: { base, bytes } }) => address >= base && address < base + bytes);
    if (found) this.last = found;
    return found;
  }

  /** Reads a register. Throws BusAbort. */
  read(address: number): number {
    const slot = this.slot(address);
    if (!slot) throw new BusAbort(address);
    const offset = address - slot.device.base;
    const known = slot.known.get(offset);
    if (known?.register.access === 'wo')
      this.findings.add({
        rule: 'write-only-read',
        device: slot.device.name,
        register: known.register.name,
        text: 'a write-only register was read',
      });
    if (!known) this.none(slot.device, offset);
    return slot.device.read(offset) >>> 0;
  }

  /** Writes a register. Throws BusAbort. */
  write(address: number, value: number): void {
    const slot = this.slot(address);
    if (!slot) throw new BusAbort(address);
    const offset = address - slot.device.base;
    const known = slot.known.get(offset);
    if (!known) this.none(slot.device, offset, value);
    else this.check(slot.device, known, value >>> 0);
    slot.device.write(offset, value >>> 0);
  }

  private check(device: Device, { register, reserved }: Known, value: number): void {
    const what = { device: device.name, register: register.name, value };
    if (register.access === 'ro')
      this.findings.add({ ...what, rule: 'read-only-write', text: 'a read-only register was written' });
    const bits = (value & reserved) >>> 0;
    if (bits)
      this.findings.add({ ...what, rule: 'reserved-bit', text: `reserved bits 0x${bits.toString(16)} were set` });
  }

  private none(device: Device, offset: number, value?: number): void {
    const text = `there is no register at 0x${offset.toString(16)}`;
    this.findings.add({ rule: 'no-register', device: device.name, text, ...(value === undefined ? {} : { value }) });
  }
}
