// The device's end of the link, compiled to Wasm, on a model of the board in virtual time: at the other end of a
// transport, with the UART's rate, its queues, and a mailbox that tells its clock.

import crc32 from 'crc-32';
import { DMA_WINDOW, DMA_WINDOW_BYTES } from '../../boot/memory-map.js';
import { Info } from '../../drivers/board-keys.js';
import { STATE, STATE_BYTES } from '../../drivers/window-map.js';
import { Link } from '../../firmware/link/protocol.js';
import type { Clock } from '../../host-tools/link/clock.js';
import type { Transport } from '../../host-tools/link/transport.js';
import { runProgram, type BoardImports, type Running } from '../support/module.js';

export interface DeviceExports {
  bufferAt(): number;
  step(): bigint;
  swallowedBytes(): number;
  sendBytes(bytes: number): number;
  typed(): number;
  say(): void;
  isOpen(): number;
  count(which: number): number;
  best(): number;
  stuff(bytes: number): number;
  unstuff(bytes: number, most: number): number;
  frameOf(channel: number, session: number, sequence: number, bytes: number): number;
}

const TICK_RATE = 54_000_000;
const FACTS: Record<number, number> = {
  [Info.TickRate]: TICK_RATE,
  [Info.DmaBase]: DMA_WINDOW,
  [Info.DmaBytes]: DMA_WINDOW_BYTES,
  [Info.StateBase]: DMA_WINDOW + STATE,
  [Info.StateBytes]: STATE_BYTES,
};
/** Behind all that drivers have in the window. */
const MODULE_AT = DMA_WINDOW_BYTES / 2;
const TICKS_A_MS = TICK_RATE / 1000;
const UART_HZ = 48_000_000;
const UART = 0xfe201000;
const MAILBOX = 0xfe00b880;
const FR_BUSY = 8;
const FR_TXFE = 0x80;
const RECEIVE_BYTES = 65536;
const SEND_BYTES = 16384;
const FORGETS_MS = Link.SilenceMs + 1000;
/** Between two steps at least. */
const STEP_MS = 0.1;

/** The board that the program runs on; connect a transport to it. */
export class DeviceRig {
  /** Bytes that the receive queue had no room for. */
  lost = 0;
  steps = 0;
  private transport: Transport | undefined;
  private readonly received: number[] = [];
  private freeAt = 0;
  private cancel: (() => void) | undefined;
  private dueAt = Infinity;
  private isRunning = true;
  private readonly registers = new Map<number, number>([
    [UART + 0x24, 26],
    [UART + 0x28, 3],
  ]);
  private readonly facts = new Map<number, number>();
  private message = 0;
  private readonly window = new Uint8Array(DMA_WINDOW_BYTES);

  private constructor(
    public clock: Clock,
    readonly program: Running<DeviceExports>,
  ) {}

  /** `entry` is a program with at least `step`; `more` are imports that it has beside the board's. */
  static async make(clock: Clock, entry = 'test/link/assembly/device.ts', more: BoardImports = {}): Promise<DeviceRig> {
    const boxed: { rig?: DeviceRig } = {};
    const rig = (): DeviceRig => {
      if (!boxed.rig) throw new Error('called before the rig was made');
      return boxed.rig;
    };
    const program = await runProgram<DeviceExports>(entry, (memory) => ({
      ...more,
      ticks: () => rig().ticks,
      info: (key: number) => BigInt(boxed.rig?.facts.get(key) ?? FACTS[key] ?? key),
      take: (_queue: number, ptr: number, max: number) => {
        const bytes = rig().received.splice(0, max);
        new Uint8Array(memory().buffer).set(bytes, ptr);
        return bytes.length;
      },
      send: (ptr: number, length: number) => rig().send(new Uint8Array(memory().buffer, ptr, length)),
      crc32: (ptr: number, length: number, seed: number) =>
        crc32.buf(new Uint8Array(memory().buffer, ptr, length), seed),
      wait: (until: bigint) => rig().waitUntil(until),
      copyIn: (physical: number, ptr: number, bytes: number) => {
        const at = physical - DMA_WINDOW;
        new Uint8Array(memory().buffer).set(rig().window.subarray(at, at + bytes), ptr);
        return 0;
      },
      copyOut: (physical: number, ptr: number, bytes: number) => {
        rig().window.set(new Uint8Array(memory().buffer, ptr, bytes), physical - DMA_WINDOW);
        return 0;
      },
      read32: (address: number) => rig().read(address >>> 0),
      write32: (address: number, value: number) => rig().write(address >>> 0, value),
    }));
    return (boxed.rig = new DeviceRig(clock, program));
  }

  /** Has this for the module that runs, and none before it. To be called before anybody asks for it. */
  runs(module: Uint8Array): void {
    this.window.set(module, MODULE_AT);
    this.facts.set(Info.ModuleBase, DMA_WINDOW + MODULE_AT).set(Info.ModuleBytes, module.length);
    this.facts.set(Info.PreviousBase, 0).set(Info.PreviousBytes, 0);
  }

  /** The device forgets all, at once. */
  reset(): void {
    // A frame that waits would tell that the host is still there.
    this.received.length = 0;
    this.offset += FORGETS_MS;
    this.cancel?.();
    this.step();
  }

  /** Plugs a line in, in place of the one before. */
  connect(transport: Transport, clock = this.clock): void {
    this.cancel?.();
    this.cancel = undefined;
    this.dueAt = Infinity;
    this.transport = transport;
    // Ticks only go forwards, and so far that the device has forgotten whoever was there.
    this.offset += Math.max(0, this.clock.now() - clock.now()) + FORGETS_MS;
    this.clock = clock;
    this.received.length = 0;
    this.setDivisor(transport.baud);
    this.freeAt = 0;
    transport.onBytes = (bytes) => {
      for (const byte of bytes) {
        if (this.received.length < RECEIVE_BYTES) this.received.push(byte);
        else this.lost++;
      }
      this.wake(this.clock.now() + STEP_MS);
    };
    this.wake(this.clock.now());
  }
  private offset = 0;

  /** Whether the program runs; one that does not lets bytes wait. */
  set running(on: boolean) {
    this.isRunning = on;
    if (on) this.wake(this.clock.now());
  }

  private setDivisor(baud: number): void {
    const divisor = Math.round((UART_HZ * 4) / baud);
    this.registers.set(UART + 0x24, divisor >> 6);
    this.registers.set(UART + 0x28, divisor & 63);
  }

  get baud(): number {
    const divisor = (this.registers.get(UART + 0x24) ?? 0) * 64 + (this.registers.get(UART + 0x28) ?? 0);
    return (UART_HZ * 4) / divisor;
  }

  /** Bytes that were typed and not taken yet. */
  typed(): string {
    const length = this.program.exports.typed();
    const at = this.program.exports.bufferAt();
    return Buffer.from(this.program.bytes().slice(at, at + length)).toString('latin1');
  }

  /** What a step has waited so far, in milliseconds: its time does not pass before it has ended. */
  private waited = 0;
  /** When the step that runs began: a host that is held up within one holds up the line, too. */
  private stepAt: number | undefined;

  private get now(): number {
    return this.stepAt ?? this.clock.now();
  }

  private get ticks(): bigint {
    return BigInt(Math.floor((this.now + this.waited + this.offset + 1000) * TICKS_A_MS));
  }

  private waitUntil(until: bigint): number {
    this.waited += Math.max(0, Number(until - this.ticks) / TICKS_A_MS);
    return 0;
  }

  private wake(at: number): void {
    if (at >= this.dueAt) return;
    this.cancel?.();
    this.dueAt = at;
    this.cancel = this.clock.at(at, () => this.step());
  }

  private step(): void {
    this.dueAt = Infinity;
    if (!this.isRunning) return;
    this.steps++;
    this.waited = 0;
    this.stepAt = this.clock.now();
    const due = this.program.exports.step();
    this.stepAt = undefined;
    const now = this.clock.now() + this.waited;
    const at = due > 1n << 60n ? Infinity : Number(due) / TICKS_A_MS - 1000 - this.offset;
    const next = this.received.length > 0 ? now : at;
    if (next < Infinity) this.wake(Math.max(next, now + STEP_MS));
  }

  private send(bytes: Uint8Array): number {
    const { transport, now } = this;
    if (!transport) return bytes.length;
    const perMs = this.baud / 10_000;
    const queued = transport.isPaced ? Math.max(0, this.freeAt - now) * perMs : 0;
    const taken = Math.max(0, Math.min(bytes.length, Math.floor(SEND_BYTES - queued)));
    if (transport.isPaced) this.freeAt = Math.max(this.freeAt, now) + taken / perMs;
    void transport.write(bytes.slice(0, taken));
    return taken;
  }

  private read(address: number): number {
    if (address === UART + 0x18) {
      const isBusy = this.transport?.isPaced && this.freeAt > this.now;
      return isBusy ? FR_BUSY : FR_TXFE;
    }
    if (address === MAILBOX + 0x18 || address === MAILBOX + 0x38) return 0;
    if (address === MAILBOX) return this.message;
    return this.registers.get(address) ?? 0;
  }

  private write(address: number, value: number): void {
    if (address === MAILBOX + 0x20) {
      this.message = value;
      const at = value & 0x3ffffff0;
      this.registers.set(at + 4, 0x80000000);
      this.registers.set(at + 16, 0x80000008);
      this.registers.set(at + 24, UART_HZ);
      return;
    }
    this.registers.set(address, value);
    // LCRH latches the divisor.
    if (address === UART + 0x2c) void this.transport?.setBaud(this.baud);
  }
}
