// The mailbox between the ARM and the VideoCore's firmware. BCM2711 ARM Peripherals, 13 (ARM Mailboxes), names the
// block only; the registers are as its users and the firmware have them: box 0 to the ARM, box 1 to the VideoCore.
//
// The firmware takes one message at a time, so an answer comes late enough to be waited for.

import type { FirmwareState } from './firmware-state.js';
import { Line, type Chip, type Device } from '../device.js';
import type { Rule } from '../findings.js';
import { inWindow, type Memory } from '../memory.js';
import { answer, liesInWindow } from './mailbox-tags.js';
import { flags, type Field, type Register } from '../registers.js';
import { MICROSECOND, type Time } from '../time.js';
import type { Alarm } from '../timeline.js';

const READ = 0x00;
const PEEK0 = 0x10;
const STATUS0 = 0x18;
const CONFIG0 = 0x1c;
const WRITE = 0x20;
const STATUS1 = 0x38;
const EMPTY = 0x40000000;
const FULL = 0x80000000;
const DATA_INTERRUPT = 1;
const DEPTH = 8;
/** The channel of property messages from the ARM. */
const PROPERTY = 8;
/** RAM as the VideoCore addresses it without its caches. */
const BUS = 0xc0000000;
/** Bytes, code, and the zero that ends the tags. */
const HEADER_BYTES = 12;

const MESSAGE: readonly Field[] = [
  { name: 'CHANNEL', bit: 0, bits: 4 },
  { name: 'DATA', bit: 4, bits: 28 },
];
const STATUS = flags({ EMPTY: 30, FULL: 31 });

const REGISTERS: readonly Register[] = [
  { name: 'READ', offset: READ, access: 'ro', fields: MESSAGE },
  { name: 'PEEK0', offset: PEEK0, access: 'ro', fields: MESSAGE },
  { name: 'STATUS0', offset: STATUS0, access: 'ro', reset: EMPTY, fields: STATUS },
  { name: 'CONFIG0', offset: CONFIG0, access: 'rw', fields: flags({ IHAVEDATAIRQEN: 0 }) },
  { name: 'WRITE', offset: WRITE, access: 'wo', fields: MESSAGE },
  { name: 'STATUS1', offset: STATUS1, access: 'ro', reset: EMPTY, fields: STATUS },
];

export class Mailbox implements Device {
  readonly name = 'MAILBOX';
  readonly base = 0xfe00b880;
  readonly bytes = 0x40;
  readonly registers = REGISTERS;
  /** Interrupt 65, when CONFIG0 asks for it. */
  readonly irq = new Line();
  /** How long the firmware takes for a message. */
  delay: Time = 100 * MICROSECOND;

  private readonly toArm: number[] = [];
  private readonly toFirmware: number[] = [];
  private config = 0;
  private readonly alarm: Alarm;

  constructor(
    private readonly chip: Chip,
    private readonly memory: Memory,
    private readonly state: FirmwareState,
  ) {
    this.alarm = chip.timeline.alarm(() => this.serve());
  }

  read(offset: number): number {
    if (offset !== READ) return this.peek(offset);
    const value = this.toArm.shift();
    if (value === undefined) {
      this.find('forbidden', 'READ', 'read while STATUS0 is EMPTY: what is read is no answer (13)');
      return 0;
    }
    this.update();
    return value;
  }

  peek(offset: number): number {
    if (offset === READ || offset === PEEK0) return this.toArm[0] ?? 0;
    if (offset === STATUS0) return statusOf(this.toArm);
    if (offset === STATUS1) return statusOf(this.toFirmware);
    return offset === CONFIG0 ? this.config : 0;
  }

  write(offset: number, value: number): void {
    if (offset === CONFIG0) {
      this.config = value & DATA_INTERRUPT;
      this.update();
    } else if (offset === WRITE) this.post(value);
  }

  private update(): void {
    this.irq.set(this.config === DATA_INTERRUPT && this.toArm.length > 0);
  }

  private find(rule: Rule, register: string, text: string, value?: number): void {
    this.chip.findings.add({ rule, device: this.name, register, text, ...(value === undefined ? {} : { value }) });
  }

  private post(value: number): void {
    if (this.toFirmware.length >= DEPTH) {
      this.find('forbidden', 'WRITE', 'written while STATUS1 is FULL: the message is lost (13)', value);
      return;
    }
    this.check(value);
    this.toFirmware.push(value);
    if (this.toFirmware.length === 1) this.alarm.set(this.chip.timeline.now + this.delay);
  }

  private check(value: number): void {
    const channel = value & 15;
    if (channel !== PROPERTY) {
      const text = `channel ${channel} is not the property channel; an address that is not 16-byte aligned becomes one`;
      this.find('dma-address', 'WRITE', `${text} (13)`, value);
      return;
    }
    const physical = physicalOf(value);
    if ((value & BUS) >>> 0 !== BUS)
      this.find('dma-address', 'WRITE', 'not a bus address: RAM begins at 0xc0000000 (13)', value);
    if (!inWindow(physical, HEADER_BYTES)) {
      this.find('dma-address', 'WRITE', 'the message lies outside of the DMA window (13)', value);
      return;
    }
    const bytes = this.memory.loadWord(physical);
    if (this.memory.pending(physical, inWindow(physical, bytes) ? Math.max(HEADER_BYTES, bytes) : HEADER_BYTES))
      this.find('no-barrier', 'WRITE', 'sent while words of the message are on their way to memory (13)', value);
  }

  /** The firmware has done with the oldest message. */
  private serve(): void {
    const value = this.toFirmware[0] ?? 0;
    if ((value & 15) === PROPERTY && this.toArm.length >= DEPTH) {
      // It waits until the ARM has taken an answer.
      this.alarm.set(this.chip.timeline.now + this.delay);
      return;
    }
    this.toFirmware.shift();
    if ((value & 15) === PROPERTY) this.reply(value, physicalOf(value));
    if (this.toFirmware.length) this.alarm.set(this.chip.timeline.now + this.delay);
  }

  /** Of RAM outside of the window nothing is known here: a message that reaches there stays without an answer. */
  private reply(value: number, physical: number): void {
    if (!liesInWindow(this.memory, physical)) {
      // Of one whose header lies outside it was said when it was sent.
      if (inWindow(physical, HEADER_BYTES))
        this.find('dma-address', 'WRITE', 'the message is longer than the DMA window and gets no answer (13)', value);
      return;
    }
    const fault = answer(this.memory, physical, this.state);
    if (fault) this.find('forbidden', 'WRITE', `${fault} (mailbox property interface)`, value);
    this.toArm.push(value);
    this.update();
  }
}

const physicalOf = (value: number): number => value & 0x3ffffff0;

const statusOf = ({ length }: number[]): number => (length === 0 ? EMPTY : length >= DEPTH ? FULL : 0);
