// A controller with a card, on a bus that checks accesses, and the shortest program that can use it.

import { Bus } from '../../host-tools/virtual-pi/bus.js';
import { Findings } from '../../host-tools/virtual-pi/findings.js';
import { SdCard, type SdCardOptions } from '../../host-tools/virtual-pi/sd/sd-card.js';
import { SdSlot } from '../../host-tools/virtual-pi/sd/sd-slot.js';
import { EMMC2, Sdhci, type SdhciOptions } from '../../host-tools/virtual-pi/sd/sdhci.js';
import { MemorySectors, SECTOR_BYTES } from '../../host-tools/virtual-pi/sd/sector-store.js';
import { MICROSECOND, MILLISECOND, SECOND } from '../../host-tools/virtual-pi/time.js';
import { Timeline } from '../../host-tools/virtual-pi/timeline.js';

export const BLOCK = 0x04;
export const ARGUMENT = 0x08;
export const COMMAND = 0x0c;
export const RESPONSE = 0x10;
export const DATA = 0x20;
export const PRESENT = 0x24;
export const HOST = 0x28;
export const CLOCK = 0x2c;
export const STATUS = 0x30;
export const STATUS_ENABLE = 0x34;
export const SIGNAL_ENABLE = 0x38;

/** Command words (mode | command << 16). */
export const CMD0 = 0;
export const CMD2 = 0x0209_0000;
export const CMD3 = 0x031a_0000;
export const ACMD6 = 0x061a_0000;
export const CMD6 = 0x063a_0010;
export const CMD7 = 0x071b_0000;
export const CMD8 = 0x081a_0000;
export const CMD9 = 0x0909_0000;
export const CMD12 = 0x0cdb_0000;
export const CMD13 = 0x0d1a_0000;
export const CMD17 = 0x113a_0010;
export const CMD18_AUTO = 0x123a_0036;
export const CMD18 = 0x123a_0032;
export const CMD24 = 0x183a_0000;
export const CMD25_AUTO = 0x193a_0026;
export const CMD55 = 0x371a_0000;
export const ACMD41 = 0x2902_0000;
export const ACMD51 = 0x333a_0010;

export const COMPLETE = 1 << 0;
export const TRANSFER = 1 << 1;
export const WRITE_READY = 1 << 4;
export const READ_READY = 1 << 5;
export const ERROR = 1 << 15;

/** Sectors of 4 GiB. */
export const LARGE = 8 * 1024 * 1024;

/** So many sectors of bytes that tell where they are. */
export function pattern(sectors: number): Uint8Array {
  const bytes = new Uint8Array(sectors * SECTOR_BYTES);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 7 + (i >> 9) * 13) & 0xff;
  return bytes;
}

export interface RigOptions {
  readonly sectors?: number;
  readonly image?: Uint8Array;
  readonly card?: Partial<SdCardOptions>;
  readonly host?: Partial<SdhciOptions>;
}

export class SdhciRig {
  readonly timeline = new Timeline();
  readonly findings = new Findings(() => this.timeline.now);
  readonly bus = new Bus(this.findings);
  readonly store: MemorySectors;
  readonly card: SdCard;
  readonly slot: SdSlot;
  readonly host: Sdhci;
  rca = 0;
  /** Of the base clock: 100 MHz. */
  period = SECOND / 100e6;

  constructor({ sectors = LARGE, image = pattern(64), card, host }: RigOptions = {}) {
    this.store = new MemorySectors(sectors, image);
    this.card = new SdCard({ store: this.store, ...card });
    this.slot = new SdSlot(() => this.timeline.now, this.card);
    const chip = { timeline: this.timeline, findings: this.findings };
    this.host = new Sdhci(chip, { ...EMMC2, clock: () => this.period, slot: this.slot, ...host });
    this.bus.add(this.host);
  }

  get(offset: number): number {
    return this.bus.read(this.host.base + offset);
  }

  set(offset: number, value: number): void {
    this.bus.write(this.host.base + offset, value >>> 0);
  }

  us(microseconds: number): void {
    this.timeline.runTo(this.timeline.now + microseconds * MICROSECOND);
  }

  ms(milliseconds: number): void {
    this.timeline.runTo(this.timeline.now + milliseconds * MILLISECOND);
  }

  /** Polls a register's bits for at most `ms`; the last value. */
  until(offset: number, bits: number, wanted: 'set' | 'clear' = 'set', ms = 1000): number {
    const end = this.timeline.now + ms * MILLISECOND;
    for (;;) {
      const value = this.get(offset);
      if (wanted === 'set' ? value & bits : !(value & bits)) return value;
      if (this.timeline.now >= end) return value;
      this.us(2);
    }
  }

  /** The card's clock becomes base / (2 N). */
  clock(divider: number): void {
    const kept = this.get(CLOCK) & 0xf_0000;
    this.set(CLOCK, kept | (this.get(CLOCK) & 0xffff & ~4));
    const value = kept | ((divider & 0xff) << 8) | ((divider >> 8) << 6) | 1;
    this.set(CLOCK, value);
    this.until(CLOCK, 2);
    this.set(CLOCK, value | 4);
  }

  /** Reset, power, 400 kHz, 74 clocks, all status. */
  start(divider = 125): this {
    this.set(CLOCK, 1 << 24);
    this.until(CLOCK, 7 << 24, 'clear');
    this.set(HOST, 0xf << 8);
    this.set(CLOCK, 0xe << 16);
    this.clock(divider);
    this.ms(2);
    this.set(STATUS_ENABLE, 0xffff_feff);
    return this;
  }

  /** Sends a command and waits for its end; the status. */
  command(word: number, argument = 0): number {
    this.set(STATUS, 0xffff_ffff);
    this.set(ARGUMENT, argument);
    this.set(COMMAND, word);
    const status = this.until(STATUS, COMPLETE | ERROR);
    return status;
  }

  /** Command that must do; its response. */
  good(word: number, argument = 0): number {
    const status = this.command(word, argument);
    if (status & ERROR) throw new Error(`command 0x${word.toString(16)}: status 0x${status.toString(16)}`);
    if (((word >>> 16) & 3) === 3) this.until(STATUS, TRANSFER | ERROR);
    return this.get(RESPONSE);
  }

  app(word: number, argument = 0): number {
    this.good(CMD55, this.rca << 16);
    return this.good(word, argument);
  }

  /** Up to the transfer state, by 25 MHz on four lines. */
  identify(hcs = true): this {
    this.start();
    this.good(CMD0);
    this.good(CMD8, 0x1aa);
    for (let i = 0; i < 100; i++) {
      if (this.app(ACMD41, 0xff_8000 | (hcs ? 1 << 30 : 0)) >>> 31) break;
      this.ms(10);
    }
    this.good(CMD2);
    this.rca = this.good(CMD3) >>> 16;
    this.clock(2);
    this.good(CMD7, this.rca << 16);
    this.app(ACMD6, 2);
    this.set(HOST, this.get(HOST) | 2);
    return this;
  }

  /** Words of a block once it is ready. */
  words(count = 128): Uint32Array {
    const status = this.until(STATUS, READ_READY | ERROR);
    if (!(status & READ_READY)) throw new Error(`no block: status 0x${status.toString(16)}`);
    this.set(STATUS, READ_READY);
    const words = new Uint32Array(count);
    for (let i = 0; i < count; i++) words[i] = this.get(DATA);
    return words;
  }

  readSectors(from: number, count: number): Uint8Array {
    this.set(BLOCK, 512 | (count << 16));
    this.good(count === 1 ? CMD17 : CMD18_AUTO, from);
    const bytes = new Uint8Array(512 * count);
    for (let i = 0; i < count; i++) bytes.set(new Uint8Array(this.words().buffer), 512 * i);
    this.until(STATUS, TRANSFER | ERROR);
    return bytes;
  }

  /** A block into the buffer once there is room. */
  fill(bytes: Uint8Array): void {
    this.until(STATUS, WRITE_READY | ERROR);
    this.set(STATUS, WRITE_READY);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    for (let at = 0; at < bytes.length; at += 4) this.set(DATA, view.getUint32(at, true));
  }

  writeSectors(from: number, bytes: Uint8Array): number {
    const count = bytes.length / 512;
    this.set(BLOCK, 512 | (count << 16));
    this.good(count === 1 ? CMD24 : CMD25_AUTO, from);
    for (let i = 0; i < count; i++) this.fill(bytes.subarray(512 * i, 512 * i + 512));
    return this.until(STATUS, TRANSFER | ERROR);
  }

  resetLines(): void {
    this.set(CLOCK, (this.get(CLOCK) & 0xf_ffff) | (3 << 25));
    this.until(CLOCK, 7 << 24, 'clear');
  }

  rules(): string[] {
    return this.findings.list.map(({ rule }) => rule);
  }

  texts(): string[] {
    return this.findings.list.map(({ text }) => text);
  }
}
