// A small model of the board for Node: its imports over plain objects. Register blocks are plugged in by address;
// time is virtual and moves only as the test or a waiting driver says; everything is deterministic.
//
// The DMA window exists twice, as the CPU sees it and as a DMA engine does: a store reaches the second only with a
// barrier, which is what `write32` (before itself) and `copyOut` (after itself) promise.

import { DMA_WINDOW, DMA_WINDOW_BYTES, RAM_DISK, RAM_DISK_BYTES } from '../../boot/memory-map.js';
import { Info } from '../../drivers/board-keys.js';
import { STATE, STATE_BYTES } from '../../drivers/window-map.js';
import type { BoardImports } from './module.js';

/** A device: registers at `base`, offsets in bytes from it. */
export interface RegisterBlock {
  readonly base: number;
  readonly bytes: number;
  read(offset: number): number;
  write(offset: number, value: number): void;
  /** Virtual time has come to `now`. */
  advance?(now: bigint): void;
}

/** One access of the program to a device register. */
export interface Access {
  readonly kind: 'read' | 'write';
  readonly address: number;
  readonly value: number;
  readonly tick: bigint;
}

/** The program touched what the board does not allow; on the board a trap. */
export class BoardTrap extends Error {
  constructor(
    readonly call: string,
    readonly address: number,
  ) {
    super(`${call} at 0x${address.toString(16)}`);
  }
}

/** `exit` or `fault`: the program ended. */
export class BoardExit extends Error {
  constructor(
    readonly kind: number,
    readonly status: number,
  ) {
    super(`exit ${kind} with ${status}`);
  }
}

interface Store {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export class BoardModel {
  /** Virtual time in ticks. */
  now = 0n;
  tickRate = 54_000_000n;
  /** Ticks that each call of `ticks` takes, so that a loop on it ends. */
  ticksPerCall = 1n;
  /** Device accesses in order. */
  readonly log: Access[] = [];
  /** Called before each access of the program to a device or the window: other masters may act here. */
  beforeAccess: () => void = () => undefined;
  /** Answers of `info` beside those the model knows. */
  readonly facts = new Map<number, bigint>();
  /** Whether a word written to the window stays in the CPU as long as it may, or leaves at once. */
  storesLinger = false;
  /** What was sent to the console. */
  console = '';
  /** Contents of the RAM disk's beginning. */
  ramDisk = new Uint8Array(0);
  /** The DMA window as the CPU sees it, and as DMA engines do. */
  readonly window = new Uint8Array(DMA_WINDOW_BYTES);
  readonly visible = new Uint8Array(DMA_WINDOW_BYTES);

  /** Memory beyond the window that DMA engines write to. */
  shared: { base: number; bytes: Uint8Array } | undefined;

  private readonly blocks: RegisterBlock[] = [];
  private readonly absent: { from: number; to: number }[] = [];
  private stores: Store[] = [];
  private readonly windowView = new DataView(this.window.buffer);
  private readonly visibleView = new DataView(this.visible.buffer);

  constructor(...blocks: RegisterBlock[]) {
    for (const block of blocks) this.plug(block);
  }

  /** Adds a device; a later one hides an earlier one at the same address. */
  plug(block: RegisterBlock): void {
    this.blocks.unshift(block);
  }

  /** Accesses to these addresses abort on the bus: `probe32` answers -1. */
  abortAt(from: number, bytes: number): void {
    this.absent.push({ from, to: from + bytes });
  }

  /** Lets time pass. */
  advanceTo(tick: bigint): void {
    this.barrier(); // stores drain by themselves, too
    if (tick > this.now) this.now = tick;
    for (const block of this.blocks) block.advance?.(this.now);
  }

  /** Milliseconds as ticks. */
  ms(count: number): bigint {
    return BigInt(Math.round((Number(this.tickRate) * count) / 1000));
  }

  /** Device writes as [address, value], in order. */
  writes(from = 0): [number, number][] {
    return this.log
      .filter((access) => access.kind === 'write')
      .map((access): [number, number] => [access.address, access.value])
      .slice(from);
  }

  /** A word of the window as a DMA engine sees it. */
  readVisible(physical: number): number {
    return this.visibleView.getUint32(this.windowOffset('engine', physical, 4), true);
  }

  /** A word of the window written by a DMA engine. */
  writeVisible(physical: number, value: number): void {
    const { shared } = this;
    if (shared && physical >= shared.base && physical + 4 <= shared.base + shared.bytes.length) {
      new DataView(shared.bytes.buffer).setUint32(physical - shared.base, value, true);
      return;
    }
    const offset = this.windowOffset('engine', physical, 4);
    this.visibleView.setUint32(offset, value, true);
    this.windowView.setUint32(offset, value, true);
  }

  /** Stores of the program become visible to others. */
  barrier(): void {
    for (const { offset, bytes } of this.stores) this.visible.set(bytes, offset);
    this.stores = [];
  }

  private windowOffset(call: string, physical: number, bytes: number): number {
    const offset = physical - DMA_WINDOW;
    if (offset < 0 || offset + bytes > DMA_WINDOW_BYTES || offset & 3) throw new BoardTrap(call, physical);
    return offset;
  }

  private inWindow(address: number): boolean {
    return address >= DMA_WINDOW && address < DMA_WINDOW + DMA_WINDOW_BYTES;
  }

  private aborts(address: number): boolean {
    return this.absent.some(({ from, to }) => address >= from && address < to);
  }

  private device(call: string, address: number): RegisterBlock {
    const found = this.blocks.find(({ base, bytes }) => address >= base && address < base + bytes);
    if (!found || this.aborts(address) || address & 3) throw new BoardTrap(call, address);
    return found;
  }

  private readDevice(call: string, address: number): number {
    const block = this.device(call, address);
    const value = block.read(address - block.base) >>> 0;
    this.log.push({ kind: 'read', address, value, tick: this.now });
    return value;
  }

  private readWord(address: number): number {
    this.beforeAccess();
    if (this.inWindow(address)) return this.windowView.getUint32(this.windowOffset('read32', address, 4), true);
    return this.readDevice('read32', address);
  }

  private writeWord(address: number, value: number): void {
    this.beforeAccess();
    this.barrier();
    if (this.inWindow(address)) {
      const offset = this.windowOffset('write32', address, 4);
      this.windowView.setUint32(offset, value, true);
      this.stores.push({ offset, bytes: this.window.slice(offset, offset + 4) });
      if (!this.storesLinger) this.barrier();
      return;
    }
    const block = this.device('write32', address);
    this.log.push({ kind: 'write', address, value, tick: this.now });
    block.write(address - block.base, value);
  }

  /** The imports of module `board`, for a program whose memory `memory` gives. */
  imports(memory: () => WebAssembly.Memory): BoardImports {
    const bytes = (ptr: number, length: number): Uint8Array => new Uint8Array(memory().buffer, ptr >>> 0, length);
    const source = (physical: number, length: number): Uint8Array | undefined => {
      if (this.inWindow(physical) && physical + length <= DMA_WINDOW + DMA_WINDOW_BYTES) {
        return this.window.subarray(physical - DMA_WINDOW, physical - DMA_WINDOW + length);
      }
      if (physical < RAM_DISK || physical + length > RAM_DISK + RAM_DISK_BYTES) return undefined;
      const whole = new Uint8Array(length);
      whole.set(this.ramDisk.subarray(physical - RAM_DISK, physical - RAM_DISK + length));
      return whole;
    };
    return {
      read32: (address: number) => this.readWord(address >>> 0) | 0,
      write32: (address: number, value: number) => this.writeWord(address >>> 0, value >>> 0),
      probe32: (address: number) => {
        if (this.aborts(address >>> 0)) return -1n;
        return BigInt(this.readDevice('probe32', address >>> 0));
      },
      readPort: (address: number, ptr: number, words: number) => {
        const target = new DataView(memory().buffer, ptr >>> 0, words * 4);
        for (let at = 0; at < words * 4; at += 4) target.setUint32(at, this.readWord(address >>> 0), true);
      },
      writePort: (address: number, ptr: number, words: number) => {
        const from = new DataView(memory().buffer, ptr >>> 0, words * 4);
        for (let at = 0; at < words * 4; at += 4) this.writeWord(address >>> 0, from.getUint32(at, true));
      },
      copyIn: (physical: number, ptr: number, length: number) => {
        const from = source(physical >>> 0, length);
        if (from) bytes(ptr, length).set(from);
        return from ? 0 : -1;
      },
      copyOut: (physical: number, ptr: number, length: number) => {
        this.beforeAccess();
        const offset = (physical >>> 0) - DMA_WINDOW;
        if (offset < 0 || length < 0 || offset + length > DMA_WINDOW_BYTES) return -1;
        const copy = bytes(ptr, length).slice();
        this.window.set(copy, offset);
        this.stores.push({ offset, bytes: copy });
        this.barrier();
        return 0;
      },
      ticks: () => {
        this.advanceTo(this.now + this.ticksPerCall);
        return this.now;
      },
      info: (key: number) => this.fact(key),
      take: () => 0,
      send: (ptr: number, length: number) => {
        this.console += Buffer.from(bytes(ptr, length)).toString();
        return length;
      },
      listen: () => undefined,
      wait: (until: bigint) => {
        this.advanceTo(until);
        return 0;
      },
      crc32: () => {
        throw new BoardTrap('crc32 is not modelled', 0);
      },
      fault: (code: number, ptr: number, length: number) => {
        throw new Error(`fault ${code}: ${Buffer.from(bytes(ptr, length)).toString()}`);
      },
      exit: (kind: number, status: number) => {
        throw new BoardExit(kind, status);
      },
    };
  }

  private fact(key: number): bigint {
    const given = this.facts.get(key);
    if (given !== undefined) return given;
    const known: Record<number, bigint> = {
      [Info.TickRate]: this.tickRate,
      [Info.DmaBase]: BigInt(DMA_WINDOW),
      [Info.DmaBytes]: BigInt(DMA_WINDOW_BYTES),
      [Info.StateBase]: BigInt(DMA_WINDOW + STATE),
      [Info.StateBytes]: BigInt(STATE_BYTES),
      [Info.RamDiskBase]: BigInt(RAM_DISK),
      [Info.RamDiskBytes]: BigInt(RAM_DISK_BYTES),
    };
    return known[key] ?? 0n;
  }
}

/** A block whose registers keep what is written. */
export class PlainRegisters implements RegisterBlock {
  readonly words = new Map<number, number>();

  constructor(
    readonly base: number,
    readonly bytes: number,
  ) {}

  read(offset: number): number {
    return this.words.get(offset) ?? 0;
  }

  write(offset: number, value: number): void {
    this.words.set(offset, value);
  }
}
