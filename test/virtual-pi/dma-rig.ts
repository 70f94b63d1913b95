// A DMA controller with memory, a FIFO that paces it and a block of plain registers.

import { DMA_WINDOW } from '../../boot/memory-map.js';
import { Bus } from '../../host-tools/virtual-pi/bus.js';
import type { Device, DreqSource } from '../../host-tools/virtual-pi/device.js';
import { DmaController, type DmaOptions } from '../../host-tools/virtual-pi/dma/dma.js';
import type { Paced } from '../../host-tools/virtual-pi/dma/dma-bus.js';
import { Findings } from '../../host-tools/virtual-pi/findings.js';
import { Memory } from '../../host-tools/virtual-pi/memory.js';
import { MICROSECOND, NEVER, type Time } from '../../host-tools/virtual-pi/time.js';
import { Timeline } from '../../host-tools/virtual-pi/timeline.js';

export const FIFO_DREQ = 5;
/** Bus addresses: the FIFO, a register that counts microseconds, one that keeps its value. */
export const FIFO = 0x7e20c018;
export const CLOCK = 0x7e003004;
export const SCRATCH = 0x7e003010;
export const NOWHERE = 0x7e999000;
export const DMA = 0xfe007000;

export const bus = (offset: number): number => (0xc0000000 + DMA_WINDOW + offset) >>> 0;

/** Takes a word each `period`, asks while it holds `threshold` or fewer. */
export class Fifo implements DreqSource {
  readonly dreq = FIFO_DREQ;
  readonly written: { readonly value: number; readonly at: Time }[] = [];
  readonly taken: number[] = [];
  onDreq?: () => void;
  on = true;
  depth = 16;
  threshold = 7;
  overruns = 0;
  /** How often a word was due and there was none. */
  gaps = 0;
  reads = 0;
  private readonly queue: number[] = [];
  private nextTake: Time = 0;

  constructor(readonly period: Time = 11 * MICROSECOND) {}

  private catchUp(at: Time): void {
    for (; this.nextTake <= at; this.nextTake += this.period) {
      const word = this.queue.shift();
      if (word !== undefined) this.taken.push(word);
      else if (this.written.length > 0) this.gaps++;
    }
  }

  dreqAt(at: Time): Time {
    if (!this.on) return NEVER;
    this.catchUp(at);
    const over = this.queue.length - this.threshold;
    return over <= 0 ? at : this.nextTake + (over - 1) * this.period;
  }

  dmaWrite(_offset: number, value: number, at: Time): void {
    this.catchUp(at);
    this.written.push({ value, at });
    if (this.queue.length >= this.depth) this.overruns++;
    else this.queue.push(value);
  }

  dmaRead(): number {
    return ++this.reads;
  }

  turn(on: boolean): void {
    this.on = on;
    this.onDreq?.();
  }
}

export interface Block {
  readonly transfer: number;
  readonly source: number;
  readonly destination: number;
  readonly bytes: number;
  readonly stride?: number;
  readonly next?: number;
}

export class Rig {
  readonly timeline = new Timeline();
  readonly findings = new Findings(() => this.timeline.now);
  readonly chip = { timeline: this.timeline, findings: this.findings };
  readonly memory: Memory;
  readonly bus = new Bus(this.findings);
  readonly fifo = new Fifo();
  readonly dma: DmaController;
  readonly scratch: number[] = [];
  /** When the words of `scratch` came. */
  readonly scratchAt: Time[] = [];

  constructor(options: DmaOptions & { more?: (rig: Rig) => readonly Paced[]; ramDisk?: Uint8Array } = {}) {
    this.memory = new Memory(options.ramDisk);
    const plain: Device = {
      name: 'PLAIN',
      base: 0xfe003000,
      bytes: 0x100,
      registers: [
        { name: 'CLOCK', offset: 4, access: 'ro' },
        { name: 'SCRATCH', offset: 0x10, access: 'rw' },
      ],
      read: () => Math.floor(this.timeline.now / MICROSECOND),
      write: (_offset, value) => {
        this.scratch.push(value);
        this.scratchAt.push(this.timeline.now);
      },
      peek: () => 0,
    };
    this.bus.add(plain);
    const paced = [{ source: this.fifo, base: 0xfe20c000, bytes: 0x28 }, ...(options.more?.(this) ?? [])];
    this.dma = new DmaController(this.chip, this.memory, { bus: this.bus, paced }, options);
    this.bus.add(this.dma);
  }

  get rules(): string[] {
    return this.findings.list.map(({ rule }) => rule);
  }

  get texts(): string {
    return this.findings.list.map(({ text }) => text).join('\n');
  }

  read(register: number): number {
    return this.bus.read(DMA + register);
  }

  write(register: number, value: number): void {
    this.bus.write(DMA + register, value >>> 0);
  }

  /** Stores words to the window, and lets them arrive. */
  store(offset: number, words: readonly number[]): void {
    this.storeLate(offset, words);
    this.memory.barrier();
  }

  storeLate(offset: number, words: readonly number[]): void {
    words.forEach((word, i) => this.memory.storeWord(DMA_WINDOW + offset + i * 4, word >>> 0));
  }

  block(offset: number, { transfer, source, destination, bytes, stride = 0, next = 0 }: Block): void {
    this.store(offset, [transfer, source, destination, bytes, stride, next, 0, 0]);
  }

  /** Starts a channel, by default 5, at a block. */
  start(offset: number, channel = 5, control = 0x10f10001): void {
    this.write(channel * 0x100 + 4, bus(offset));
    this.write(channel * 0x100, control);
  }

  /** Lets some microseconds pass. */
  run(microseconds: number): void {
    this.timeline.runTo(this.timeline.now + microseconds * MICROSECOND);
  }

  words(offset: number, count: number): number[] {
    return Array.from({ length: count }, (_, i) => this.memory.loadWord(DMA_WINDOW + offset + i * 4));
  }
}
