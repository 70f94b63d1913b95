// The UART as boot/ uses it, on the models: set up, queues between interrupt and program, and the way of a report past
// them. Each routine touches the same registers in the same order as its namesake in boot/uart.S and boot/clock.S.

import { DMA_WINDOW, DMA_WINDOW_BYTES } from '../../../boot/memory-map.js';
import { Limit } from '../../../drivers/board-keys.js';
import type { Bus } from '../bus.js';
import type { Memory } from '../memory.js';
import { ByteQueue } from './queues.js';
import { SECOND, type Time } from '../time.js';
import type { Timeline } from '../timeline.js';

const UART = 0xfe201000;
const GPIO = 0xfe200000;
const MAILBOX = 0xfe00b880;
const CM_UART = 0xfe1010f0;

const FR_BUSY = 1 << 3;
const FR_RXFE = 1 << 4;
const FR_TXFF = 1 << 5;
const DR_OE = 1 << 11;
const INT_RX = 1 << 4;
const INT_TX = 1 << 5;
const INT_RT = 1 << 6;
const INT_RECEIVE = INT_RX | INT_RT;
const BAUD = 115200;
/** One byte may take so long: more than 300 byte times. */
const PUT_LIMIT: Time = SECOND / 32;

const MAILBOX_BUFFER_BYTES = 64;
const MAILBOX_BUFFER = DMA_WINDOW + DMA_WINDOW_BYTES - MAILBOX_BUFFER_BYTES;
const MAILBOX_LIMIT: Time = SECOND / 8;
const MAILBOX_EMPTY = 1 << 30;
const MAILBOX_FULL = 0x80000000;
const MAILBOX_OK = 0x80000000;
const PROPERTY = 8;
const BUS_RAM = 0xc0000000;
const TAG_CLOCK_RATE = 0x00030002;
const CLOCK_UART = 2;
const CLOCK_DEFAULT = 48_000_000;
const CLOCK_LOW = 1_900_000;
const CLOCK_HIGH = 250_000_000;
const SOURCE_PLLD = 6;
const PLLD_TIMES_4096 = 750_000_000 * 4096;

const isSane = (rate: number): boolean => rate >= CLOCK_LOW && rate <= CLOCK_HIGH;

export class KernelUart {
  readonly received = new ByteQueue(Limit.UartQueue);
  /** Half of it for the program, half for a report. */
  readonly sending = new ByteQueue(2 * Limit.SendQueue);
  /** Overruns of the UART's own FIFO. */
  overruns = 0;
  private wedged = false;

  constructor(
    private readonly timeline: Timeline,
    private readonly bus: Bus,
    private readonly memory: Memory,
  ) {}

  /** uart_init. */
  start(): void {
    const { bus } = this;
    const divisor = Math.floor((this.clock() * 4 + BAUD / 2) / BAUD);
    bus.write(GPIO + 0x04, ((bus.read(GPIO + 0x04) & ~(0x3f << 12)) | (0x24 << 12)) >>> 0);
    bus.write(GPIO + 0x0c, (bus.read(GPIO + 0x0c) & ~(0x3f << 6)) >>> 0);
    bus.write(GPIO + 0xe4, ((bus.read(GPIO + 0xe4) & ~(0xf << 28)) | (0x4 << 28)) >>> 0);
    this.waitIdle();
    bus.write(UART + 0x30, 0);
    bus.write(UART + 0x2c, 0); // empties the FIFOs
    bus.write(UART + 0x44, 0x7ff);
    bus.write(UART + 0x24, divisor >>> 6);
    bus.write(UART + 0x28, divisor & 63);
    bus.write(UART + 0x2c, 0x70); // last: it latches the divisor
    bus.write(UART + 0x34, (1 << 3) | 1);
    bus.write(UART + 0x38, INT_RECEIVE);
    bus.write(UART + 0x30, 0x301);
  }

  /** uart_clock, in Hz: the VideoCore says, else the clock manager, else the stock firmware's 48 MHz. */
  private clock(): number {
    const said = this.mailboxClock();
    if (isSane(said)) return said;
    const control = this.bus.read(CM_UART);
    const divisor = this.bus.read(CM_UART + 4) & 0xffffff;
    const made = (control & 15) === SOURCE_PLLD && divisor ? Math.floor(PLLD_TIMES_4096 / divisor) : 0;
    return isSane(made) ? made : CLOCK_DEFAULT;
  }

  private mailboxClock(): number {
    const { bus, memory } = this;
    [MAILBOX_BUFFER_BYTES, 0, TAG_CLOCK_RATE, 8, 8, CLOCK_UART, 0, 0].forEach((word, index) =>
      memory.storeWord(MAILBOX_BUFFER + index * 4, word),
    );
    memory.barrier();
    if (!this.waitFor(MAILBOX_LIMIT, () => !(bus.read(MAILBOX + 0x38) & MAILBOX_FULL))) return 0;
    const message = (MAILBOX_BUFFER | BUS_RAM | PROPERTY) >>> 0;
    bus.write(MAILBOX + 0x20, message);
    do {
      if (!this.waitFor(MAILBOX_LIMIT, () => !(bus.read(MAILBOX + 0x18) & MAILBOX_EMPTY))) return 0;
    } while (bus.read(MAILBOX) !== message);
    return memory.loadWord(MAILBOX_BUFFER + 4) === MAILBOX_OK ? memory.loadWord(MAILBOX_BUFFER + 24) : 0;
  }

  /** Polls, at each moment at which something happens; false when the time is over. */
  private waitFor(limit: Time, done: () => boolean): boolean {
    const { timeline } = this;
    const end = timeline.now + limit;
    for (;;) {
      if (done()) return true;
      if (timeline.now >= end) return false;
      timeline.stepTo(end);
    }
  }

  private waitIdle(): void {
    this.waitFor(PUT_LIMIT, () => !(this.bus.read(UART + 0x18) & FR_BUSY));
  }

  /** uart_interrupt. */
  interrupt(): void {
    const { bus } = this;
    const cause = bus.read(UART + 0x40);
    bus.write(UART + 0x44, cause);
    while (!(bus.read(UART + 0x18) & FR_RXFE)) {
      const data = bus.read(UART);
      if (data & DR_OE) this.overruns++;
      this.received.put(data & 0xff);
    }
    if (cause & INT_TX) this.fillFifo();
  }

  private fillFifo(): void {
    const { bus, sending } = this;
    while (sending.length && !(bus.read(UART + 0x18) & FR_TXFF)) bus.write(UART, sending.take() ?? 0);
    bus.write(UART + 0x38, sending.length ? INT_RECEIVE | INT_TX : INT_RECEIVE);
  }

  /** uart_send, interrupts masked: how many there was room for. */
  send(bytes: Uint8Array): number {
    const room = Math.max(0, Math.min(bytes.length, Limit.SendQueue - this.sending.length));
    for (let i = 0; i < room; i++) this.sending.put(bytes[i] ?? 0);
    this.fillFifo();
    return room;
  }

  /** A report that nobody waits for, interrupts masked. */
  queue(report: Uint8Array): void {
    for (const byte of report) this.sending.put(byte);
    this.fillFifo();
  }

  /** uart_put: a wedged or stopped line loses bytes instead of holding up the end. */
  put(byte: number): void {
    const { bus } = this;
    const full = (): boolean => (bus.read(UART + 0x18) & FR_TXFF) !== 0;
    if (full() && (this.wedged || !this.waitFor(PUT_LIMIT, () => !full()))) {
      this.wedged = true;
      return;
    }
    bus.write(UART, byte);
    this.wedged = false;
  }

  /** uart_drain, interrupts masked: what is queued, then until the line is idle. */
  drain(): void {
    for (let byte = this.sending.take(); byte !== undefined; byte = this.sending.take()) this.put(byte);
    this.waitIdle();
  }
}
