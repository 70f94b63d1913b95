// Small register models beside the virtual Pi's (host-tools/virtual-pi), for what that one cannot be: the emulator, with
// its own tick rate, no PWM1 and an engine that takes no time, and a board whose every lateness a test sets itself
// (engine-model.ts). Written from what the manual says of each block and not from the drivers; each keeps a list of what
// a driver did that it must not do.

import { DMA_WINDOW } from '../../boot/memory-map.js';
import type { BoardModel, RegisterBlock } from '../support/board-model.js';

/**
 * A pair of clock generator registers. 5.4: "the clock generator must not be changed while BUSY"; "password 5a";
 * BUSY goes down only some time after ENAB, and KILL stops at once. A divisor written while it runs is not latched.
 */
export class ClockGenerators implements RegisterBlock {
  readonly base = 0xfe101000;
  readonly bytes = 0x200;
  readonly violations: string[] = [];
  /** Ticks that BUSY stays after ENAB was cleared; negative: for ever, and with `killWorks` until KILL. */
  stopTicks = 2000n;
  killWorks = true;
  private readonly words = new Map<number, number>();
  private now = 0n;
  private readonly stoppedAt = new Map<number, bigint>();

  private busy(control: number): boolean {
    if ((this.words.get(control) ?? 0) & 0x10) return true;
    const since = this.stoppedAt.get(control);
    return since !== undefined && (this.stopTicks < 0n || this.now < since + this.stopTicks);
  }

  advance(now: bigint): void {
    this.now = now;
  }

  preset(control: number, value: number, divisor: number): void {
    this.words.set(control, value).set(control + 4, divisor);
  }

  read(offset: number): number {
    const value = this.words.get(offset) ?? 0;
    return offset & 4 ? value : value | (this.busy(offset) ? 0x80 : 0);
  }

  write(offset: number, value: number): void {
    if (value >>> 24 !== 0x5a) {
      this.violations.push('no password');
      return;
    }
    const bits = value & 0xffffff;
    if (offset & 4) {
      if (this.busy(offset - 4)) this.violations.push('divisor while busy');
      else this.words.set(offset, bits);
      return;
    }
    const before = this.words.get(offset) ?? 0;
    if (before & 0x10 && !(bits & 0x10)) {
      this.stoppedAt.set(offset, this.now);
      if ((bits ^ before) & 0x60f) this.violations.push('source or MASH changed while stopping');
    } else if (this.busy(offset) && !(before & 0x10) && (bits ^ before) & 0x60f) {
      this.violations.push('source or MASH changed while busy');
    }
    if (bits & 0x10 && (bits & 15) !== (before & 15)) this.violations.push('source and ENAB in one write');
    if (bits & 0x20 && this.killWorks) this.stoppedAt.delete(offset);
    this.words.set(offset, bits & ~0x20);
  }
}

/**
 * GPIO. 5.2: GPSET and GPCLR are write only and act where a bit is 1; function select has 3 bits a pin; on this chip
 * pulls are GPIO_PUP_PDN_CNTRL with 1 = up, 2 = down.
 */
export class Gpio implements RegisterBlock {
  readonly base = 0xfe200000;
  readonly bytes = 0xf4;
  readonly violations: string[] = [];
  readonly words = new Map<number, number>();
  /** Output latches of pins 0-31 and 32-57. */
  readonly outputs: [number, number] = [0, 0];

  functionOf(pin: number): number {
    return ((this.words.get(Math.floor(pin / 10) * 4) ?? 0) >>> ((pin % 10) * 3)) & 7;
  }

  pullOf(pin: number): number {
    return ((this.words.get(0xe4 + (pin >> 4) * 4) ?? 0) >>> ((pin & 15) * 2)) & 3;
  }

  read(offset: number): number {
    if ((offset >= 0x1c && offset <= 0x20) || (offset >= 0x28 && offset <= 0x2c)) {
      this.violations.push('read of GPSET or GPCLR');
      return 0x6770696f;
    }
    if (offset === 0x34) return this.outputs[0];
    if (offset === 0x38) return this.outputs[1];
    return this.words.get(offset) ?? 0;
  }

  write(offset: number, value: number): void {
    if (offset === 0x1c) this.outputs[0] |= value;
    else if (offset === 0x20) this.outputs[1] |= value;
    else if (offset === 0x28) this.outputs[0] &= ~value;
    else if (offset === 0x2c) this.outputs[1] &= ~value;
    else {
      if (offset < 0x18) this.checkFunctions(offset, value);
      this.words.set(offset, value);
    }
  }

  private checkFunctions(offset: number, value: number): void {
    const before = this.words.get(offset) ?? 0;
    for (let i = 0; i < 10; i++) {
      const from = (before >>> (3 * i)) & 7;
      const to = (value >>> (3 * i)) & 7;
      if (from !== to && from !== 0 && to !== 0)
        this.violations.push(`pin ${(offset / 4) * 10 + i} not by way of input`);
    }
  }
}

/**
 * The property mailbox, channel 8: the answer overwrites the message, the code becomes 0x80000000, an answered tag
 * has bit 31 of its length set, and the message's address comes back through READ.
 */
export class Mailbox implements RegisterBlock {
  readonly base = 0xfe00b880;
  readonly bytes = 0x40;
  readonly violations: string[] = [];
  /** By tag: value words in, value words out; undefined = a tag it does not know. */
  answer: (tag: number, values: number[]) => number[] | undefined = () => undefined;
  /** Never takes a message; never answers one; says it could not read it. */
  full = false;
  silent = false;
  refuses = false;
  /** What lies in READ before the answer. */
  readonly stale: number[] = [];
  /** Ticks that an answer takes. */
  latency = 0n;
  private readonly queue: number[] = [];
  private due: { message: number; at: bigint }[] = [];

  constructor(private readonly board: BoardModel) {}

  read(offset: number): number {
    if (offset === 0x38) return this.full ? 0x80000000 : 0;
    if (offset === 0x18) return this.stale.length + this.queue.length ? 0 : 0x40000000;
    if (offset !== 0) return 0;
    return this.stale.shift() ?? this.queue.shift() ?? 0;
  }

  write(offset: number, value: number): void {
    if (offset !== 0x20) return;
    if (this.full) this.violations.push('written while full');
    if ((value & 15) !== 8) this.violations.push('not the property channel');
    const message = value & ~15 & 0x3fffffff;
    if (value >>> 30 !== 3) this.violations.push('not a bus address');
    if ((message - DMA_WINDOW) & 63) this.violations.push('shares a cache line');
    if (!this.silent) {
      this.due.push({ message, at: this.board.now + this.latency });
      this.advance(this.board.now);
    }
  }

  advance(now: bigint): void {
    const ready = this.due.filter(({ at }) => at <= now);
    this.due = this.due.filter(({ at }) => at > now);
    for (const { message } of ready) {
      this.reply(message);
      this.queue.push((message | 0xc0000008) >>> 0);
    }
  }

  private reply(message: number): void {
    const word = (index: number): number => this.board.readVisible(message + index * 4);
    const size = word(0);
    const valueBytes = word(3);
    if (size & 3 || size < 24 + valueBytes || word(1) !== 0 || word(5 + valueBytes / 4) !== 0) {
      this.violations.push('malformed message');
    }
    if (this.refuses) {
      this.board.writeVisible(message + 4, 0x80000001);
      return;
    }
    const values = Array.from({ length: valueBytes / 4 }, (_, i) => word(5 + i));
    const answer = this.answer(word(2), values);
    this.board.writeVisible(message + 4, 0x80000000);
    if (!answer) return;
    answer.slice(0, valueBytes / 4).forEach((value, i) => this.board.writeVisible(message + 20 + i * 4, value));
    this.board.writeVisible(message + 16, (0x80000000 | (answer.length * 4)) >>> 0);
  }
}
