// What boot/ is on a board, on the models: the interrupt handlers between devices and program, and what they queue.
// Each routine touches the same registers in the same order as its namesake in boot/*.S.

import { Event, Limit } from '../../../drivers/board-keys.js';
import type { Bus } from '../bus.js';
import type { Chip, Line } from '../device.js';
import { GenericTimer } from '../clocks/generic-timer.js';
import { IDS } from '../gic/gic-registers.js';
import { JackHold } from './hold.js';
import { KernelUart } from './kernel-uart.js';
import type { Memory } from '../memory.js';
import { RecordQueue, type ByteQueue } from './queues.js';
import { MILLISECOND, TICKS_A_SECOND, toTicks, type Time } from '../time.js';
import type { Alarm } from '../timeline.js';

const GICD = 0xff841000;
const GICC = 0xff842000;
const GPIO = 0xfe200000;
/** Ids on the GIC: virtual and physical timer, all PL011s. */
export const IRQ_DEADLINE = 27;
export const IRQ_TICK = 30;
export const IRQ_UART = 153;
const PRIVATE_IDS = 32;
const FIRST_SPURIOUS = 1020;

/** 0 to 13 and 16 to 27: not the UART's, nothing beyond the header. */
const HEADER_PINS = 0x0fff3fff;
/** The activity LED, GPIO 42, active high. */
const LED_BIT = 1 << 10;
const FSEL_LED = 6;
const NO_DEADLINE = 2n ** 63n - 1n;
/** From here on the jack's level may have to be held. */
const LATE = 20 * MILLISECOND;
const TICKS_A_PERIOD = TICKS_A_SECOND / 1000;

/** How far a boot has come; the LED changes with each. */
const enum Stage {
  Entry = 1,
  Memory,
  Interrupts,
  Uart,
  Module,
  Run,
}

export interface GpioRecord {
  readonly low: number;
  readonly high: number;
  readonly tick: bigint;
}

export class Kernel {
  readonly timer: GenericTimer;
  readonly uart: KernelUart;
  readonly gpio = new RecordQueue<GpioRecord>(Limit.GpioQueue);
  ticksLost = 0;
  /** Since when a call of the module runs, or the next module is made ready because one has failed. */
  lateSince: Time | undefined;
  private readonly jack: JackHold;
  /** Interrupts are masked (DAIF): they wait. */
  private masked = true;
  private serving = false;
  private events = 0;
  private readonly listeners = new Uint8Array(IDS);
  private nextTick = 0n;
  private levels = 0;
  private watched = false;
  private heldUntil: Time = 0;
  private readonly held: Alarm;

  constructor(
    private readonly chip: Chip,
    private readonly bus: Bus,
    memory: Memory,
    /** The GIC's line to the core. */
    private readonly interrupt: Line,
  ) {
    this.timer = new GenericTimer(chip);
    this.jack = new JackHold(memory, bus);
    this.uart = new KernelUart(chip.timeline, bus, memory);
    this.held = chip.timeline.alarm(() => {
      if (interrupt.level) this.serve();
    });
    interrupt.watch((level) => {
      if (level) this.serve();
    });
  }

  /** The way from entry to the module: interrupts, the tick, the UART. */
  boot(): void {
    this.stage(Stage.Entry);
    this.stage(Stage.Memory);
    this.stage(Stage.Interrupts);
    this.startGic();
    this.timer.virtual.stop();
    this.nextTick = toTicks(this.chip.timeline.now) + BigInt(TICKS_A_PERIOD);
    this.timer.physical.set(this.nextTick);
    this.stage(Stage.Uart);
    this.uart.start();
    this.masked = false;
    if (this.interrupt.level) this.serve();
    this.stage(Stage.Module);
  }

  /** The module is loaded. */
  ready(): void {
    this.stage(Stage.Run);
    this.forgetGpio();
  }

  private forgetGpio(): void {
    this.watched = false;
    this.gpio.clear();
  }

  /** Another module is about to start: it has asked for nothing yet. */
  forget(): void {
    this.forgetGpio();
    this.fill(GICD + 0x184, 0xffffffff, IDS / 32 - 1);
    this.enable(IRQ_UART);
    this.events = 0;
    this.jack.unlock();
  }

  private stage(stage: Stage): void {
    const { bus } = this;
    bus.write(GPIO + 0x10, ((bus.read(GPIO + 0x10) & ~(7 << FSEL_LED)) | (1 << FSEL_LED)) >>> 0);
    bus.write(GPIO + (stage & 1 ? 0x20 : 0x2c), LED_BIT);
  }

  private fill(address: number, value: number, words: number): void {
    for (let i = 0; i < words; i++) this.bus.write(address + i * 4, value);
  }

  private startGic(): void {
    const { bus } = this;
    bus.write(GICD, 0);
    this.fill(GICD + 0x180, 0xffffffff, IDS / 32);
    this.fill(GICD + 0x280, 0xffffffff, IDS / 32);
    this.fill(GICD + 0x380, 0xffffffff, IDS / 32);
    this.fill(GICD + 0x400, 0xa0a0a0a0, IDS / 4);
    this.fill(GICD + 0x800 + PRIVATE_IDS, 0x01010101, (IDS - PRIVATE_IDS) / 4);
    this.fill(GICD + 0xc00 + PRIVATE_IDS / 4, 0, (IDS - PRIVATE_IDS) / 16);
    bus.write(GICD, 1);
    bus.write(GICC + 0x04, 0xf0);
    bus.write(GICC, 1);
    bus.write(GICD + 0x100, ((1 << IRQ_DEADLINE) | (1 << IRQ_TICK)) >>> 0);
    this.enable(IRQ_UART);
  }

  private enable(id: number): void {
    this.bus.write(GICD + 0x100 + (id >> 5) * 4, (1 << (id & 31)) >>> 0);
  }

  /** Runs `work` with interrupts masked. */
  private atomically(work: () => void): void {
    const before = this.masked;
    this.masked = true;
    work();
    this.masked = before;
    if (!before && this.interrupt.level) this.serve();
  }

  /** A fault on demand: the core takes no interrupt for so long. */
  hold(time: Time): void {
    this.heldUntil = Math.max(this.heldUntil, this.chip.timeline.now + time);
    this.held.set(this.heldUntil);
  }

  private serve(): void {
    if (this.masked || this.serving || this.chip.timeline.now < this.heldUntil) return;
    this.serving = true;
    while (this.interrupt.level) {
      const acknowledged = this.bus.read(GICC + 0x0c);
      const id = acknowledged & 0x3ff;
      if (id >= FIRST_SPURIOUS) break;
      if (id === IRQ_TICK) this.tick();
      else if (id === IRQ_DEADLINE) this.timer.virtual.stop();
      else if (id === IRQ_UART) this.uart.interrupt();
      else this.deviceInterrupt(id);
      this.bus.write(GICC + 0x10, acknowledged);
    }
    this.serving = false;
  }

  private tick(): void {
    const now = toTicks(this.chip.timeline.now);
    const period = BigInt(TICKS_A_PERIOD);
    const lost = (now - this.nextTick) / period;
    this.ticksLost += Number(lost);
    this.nextTick += (lost + 1n) * period;
    this.timer.physical.set(this.nextTick);
    this.sampleGpio(now);
    if (this.lateSince !== undefined && this.chip.timeline.now - this.lateSince >= LATE) this.jack.hold();
  }

  private sampleGpio(now: bigint): void {
    if (!this.watched) return;
    const low = this.bus.read(GPIO + 0x34);
    const changed = (low ^ this.levels) & HEADER_PINS;
    this.levels = low;
    if (changed) this.gpio.put({ low, high: this.bus.read(GPIO + 0x38), tick: now });
  }

  /** Up to `most` changes; the first call takes the levels that changes are measured from. */
  takeGpio(most: number): GpioRecord[] {
    if (!this.watched) this.levels = this.bus.read(GPIO + 0x34);
    this.watched = true;
    return this.gpio.takeSome(most);
  }

  private deviceInterrupt(id: number): void {
    this.events |= 1 << (this.listeners[id] ?? 0);
    this.bus.write(GICD + 0x180 + (id >> 5) * 4, (1 << (id & 31)) >>> 0);
  }

  /** Clears the event and arms the interrupt. */
  listen(id: number, bit: number): void {
    this.listeners[id] = bit;
    this.events &= ~(1 << bit);
    this.enable(id);
  }

  /** Bytes that the program has not taken. */
  get received(): ByteQueue {
    return this.uart.received;
  }

  /** Event bits now, without the deadline's. */
  get pending(): number {
    return this.events | (this.uart.received.length ? Event.Uart : 0) | (this.gpio.length ? Event.Gpio : 0);
  }

  /** Until an interrupt, that of the deadline's timer at the latest; who wakes up stops the timer. */
  sleepUntil(deadline: bigint): void {
    if (deadline !== NO_DEADLINE) this.timer.virtual.set(deadline);
  }

  /** Queues console bytes; how many there was room for. */
  send(bytes: Uint8Array): number {
    let room = 0;
    this.atomically(() => (room = this.uart.send(bytes)));
    return room;
  }

  /** A report of a module that is replaced by another. */
  report(bytes: Uint8Array): void {
    this.atomically(() => this.uart.queue(bytes));
  }

  /** The end: what is queued, then a report's bytes past the queue. */
  drain(report: Uint8Array = new Uint8Array(0)): void {
    this.masked = true;
    this.uart.drain();
    if (report.length === 0) return;
    for (const byte of report) this.uart.put(byte);
    this.uart.drain();
  }
}
