// The controls on a board whose pins, time and queue of changes the test makes by hand.

import { Info } from '../../drivers/board-keys.js';
import { runProgram, type Running } from '../support/module.js';

interface Exports {
  buffer: WebAssembly.Global;
  start(bytes: number): void;
  next(): number;
  turns(): number;
  service(): bigint;
  show(bits: number): void;
  serviceLight(): bigint;
}

/** firmware/controls/controls.ts, Control. */
export const NAMES = [
  ...['none', 'play', 'next', 'previous', 'louder', 'softer', 'forward', 'back', 'turn', 'stop'],
] as const;
export type Event = string;

/** Ticks of a millisecond: 54 MHz. */
const MS = 54_000;
const NEVER = 2n ** 63n - 1n;
const GPIO = 0xfe200000;
const QUEUE_RECORDS = 256;

/** Default pins. */
export const Pin = { play: 17, next: 27, previous: 22, up: 23, down: 24, a: 5, b: 6, led: 12 } as const;

export class ControlsRig {
  /** All pins are pulled up and nothing is pressed. */
  levels = 0xffff_ffff;
  ms = 0;
  /** Whether the program has asked for changes, and how many were lost. */
  watched = false;
  lost = 0;
  /** Registers of the pins that were written: function select, pulls, set and clear, in order. */
  readonly writes: [offset: number, value: number][] = [];
  readonly registers = new Map<number, number>();
  private queue: { levels: number; ms: number }[] = [];
  private sampled = 0;
  private running!: Running<Exports>;

  private constructor() {}

  static async make(): Promise<ControlsRig> {
    const rig = new ControlsRig();
    rig.running = await runProgram<Exports>('test/controls/assembly/controls.ts', {
      ticks: () => BigInt(Math.round(rig.ms * MS)),
      info: (key: number) =>
        key === Info.TickRate ? BigInt(MS * 1000) : key === Info.GpioLost ? BigInt(rig.lost) : 0n,
      read32: (address: number) => rig.read((address >>> 0) - GPIO),
      write32: (address: number, value: number) => rig.write((address >>> 0) - GPIO, value >>> 0),
      take: (queue: number, ptr: number, max: number) => rig.take(queue, ptr >>> 0, max),
    });
    return rig;
  }

  /** Starts with these lines of player.ini. */
  start(...lines: string[]): this {
    const bytes = Buffer.from(lines.join('\n'));
    this.running.bytes().set(bytes, Number(this.running.exports.buffer.value));
    this.running.exports.start(bytes.length);
    return this;
  }

  private read(offset: number): number {
    return (offset === 0x34 ? this.levels : (this.registers.get(offset) ?? 0)) | 0;
  }

  private write(offset: number, value: number): void {
    this.registers.set(offset, value);
    this.writes.push([offset, value]);
  }

  private take(queue: number, ptr: number, max: number): number {
    if (queue !== 1) throw new Error(`queue ${queue}`);
    if (!this.watched) this.sampled = this.levels;
    this.watched = true;
    const records = this.queue.splice(0, max >>> 4);
    const view = this.running.view();
    records.forEach(({ levels, ms }, i) => {
      view.setUint32(ptr + i * 16, levels, true);
      view.setUint32(ptr + i * 16 + 4, 0, true);
      view.setBigUint64(ptr + i * 16 + 8, BigInt(Math.round(ms * MS)), true);
    });
    return records.length * 16;
  }

  /** What the interrupt does each millisecond. */
  sample(): void {
    if (!this.watched || this.levels === this.sampled) return;
    this.sampled = this.levels;
    if (this.queue.length === QUEUE_RECORDS) this.lost++;
    else this.queue.push({ levels: this.levels, ms: this.ms });
  }

  /** Sets a pin; it is sampled at the next millisecond that passes. */
  set(pin: number, high: boolean): this {
    this.levels = (high ? this.levels | (1 << pin) : this.levels & ~(1 << pin)) >>> 0;
    return this;
  }

  /** Lets milliseconds pass, a sample in each, without looking. */
  pass(ms: number): this {
    for (let i = 0; i < ms; i++) {
      this.ms++;
      this.sample();
    }
    return this;
  }

  /** All that is told now; a turn as the number of its detents. */
  told(): (Event | number)[] {
    const { exports } = this.running;
    const told: (Event | number)[] = [];
    for (let control = exports.next(); control; control = exports.next()) {
      told.push(NAMES[control] === 'turn' ? exports.turns() : (NAMES[control] ?? '?'));
    }
    return told;
  }

  /** Lets milliseconds pass and looks after each; what was told, with its millisecond from now on. */
  watch(ms: number): [number, Event | number][] {
    const from = this.ms;
    const seen: [number, Event | number][] = [];
    for (let i = 0; i < ms; i++) {
      this.pass(1);
      for (const event of this.told()) seen.push([this.ms - from, event]);
    }
    return seen;
  }

  /** Milliseconds from now until the controls want to be asked again; undefined: never. */
  get due(): number | undefined {
    const tick = this.running.exports.service();
    return tick === NEVER ? undefined : Number(tick) / MS - this.ms;
  }

  /** Shows a pattern on the LED, and lets it run on. */
  show(bits: number): void {
    this.running.exports.show(bits);
  }

  serviceLed(): void {
    this.running.exports.serviceLight();
  }
}

/** The levels of A and B turned by a number of transitions, clockwise above 0, from both high. */
export const quadrature = (transitions: number): [a: boolean, b: boolean] =>
  (
    [
      [true, true],
      [false, true],
      [false, false],
      [true, false],
    ] as const
  )[((transitions % 4) + 4) % 4] as [boolean, boolean];
