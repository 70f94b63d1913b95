// The board's imports (docs/board.md) on the models. Addresses come as signed numbers and are made unsigned here; what
// boot/ answers with a trap is a BoardTrap with the same text.

import crc32 from 'crc-32';
import {
  ARENA_BYTES,
  DEVICES,
  DMA_WINDOW,
  DMA_WINDOW_BYTES,
  KERNEL_BYTES,
  MODULE_SLOT_BYTES,
  MODULE_STORE,
  RAM_DISK,
  RAM_DISK_BYTES,
} from '../../../boot/memory-map.js';
import { Exit, Info, Queue, type Reload } from '../../../drivers/board-keys.js';
import { STATE, STATE_BYTES } from '../../../drivers/window-map.js';
import { BusAbort, type Bus } from '../bus.js';
import type { Cpu } from '../cpu/cpu.js';
import type { Chip } from '../device.js';
import { IDS } from '../gic/gic-registers.js';
import { IRQ_UART, type Kernel } from './kernel.js';
import { inWindow, type Memory } from '../memory.js';
import { ofTicks, TICKS_A_SECOND, toTicks, type Time } from '../time.js';
import { WEIGHTS } from '../cpu/weights.js';

/** Ends the program with a fault report: `kind` and `text` as in the report's first line. */
export class BoardTrap extends Error {
  constructor(
    readonly kind: string,
    readonly text: string,
    /** Of `fault`. */
    readonly code?: number,
    /** Of a data abort. */
    readonly abort?: { readonly address: number; readonly write: boolean },
  ) {
    super(`${kind} ${text}`);
  }
}

/** The program has ended itself. */
export class BoardExit extends Error {
  constructor(
    readonly kind: Exit,
    readonly status: number,
  ) {
    super(`exit ${kind} with ${status}`);
  }
}

/** The program has gone to another kernel image. */
export class BoardChain extends Error {
  constructor(readonly image: Uint8Array) {
    super(`chain to ${image.length} bytes`);
  }
}

const HEX = 16;
const hex8 = (value: number): string => (value >>> 0).toString(HEX).padStart(8, '0');
const LISTEN_LOW = 8;
const LISTEN_HIGH = 30;
const FIRST_ID = 32;
const GPIO_RECORD_BYTES = 16;
const FAULT_TEXT_BYTES = 256;

/** What the imports work on. */
export interface Machine {
  readonly chip: Chip;
  readonly bus: Bus;
  readonly memory: Memory;
  readonly kernel: Kernel;
  readonly cpu: Cpu;
  /** Answers of `info` that are not the board's alone. */
  readonly facts: Map<number, bigint>;
  /** The running module, as it was loaded, and the one that was sent before it. */
  readonly modules: () => readonly [Uint8Array, Uint8Array | undefined];
  /** Whether `dsb` and `dmb` do anything; a program that is right is found wrong without. */
  barriers: boolean;
  /** The import whose barrier is missing all the same. */
  without?: 'write32' | 'copyOut';
  /** Whether the program counts what a call of an import costs, or the import has to. */
  callsCounted: boolean;
  /** Loads a module beside the running one, all of it or a part; it takes the bytes over. */
  reload: (wasm: Uint8Array, part: boolean) => Reload;
  /** Of the running step, spent in `wait`; and since when it waits. */
  slept: Time;
  waitsSince: Time | undefined;
  /** Why the running step is to end: it takes too long, or the chip was reset. The next import ends it. */
  cut: 'hang' | Exit.Restart | Exit.PowerOff | undefined;
}

/**
 * drivers/board.ts as JavaScript sees it: i32, u32 and usize are numbers, i64 is a bigint. A test compares the two.
 * (A type and not an interface: it has an index signature.)
 */
export type BoardImports = {
  read32(address: number): number;
  write32(address: number, value: number): void;
  probe32(address: number): bigint;
  readPort(address: number, ptr: number, words: number): void;
  writePort(address: number, ptr: number, words: number): void;
  copyIn(physical: number, ptr: number, bytes: number): number;
  copyOut(physical: number, ptr: number, bytes: number): number;
  ticks(): bigint;
  info(key: number): bigint;
  take(queue: number, ptr: number, max: number): number;
  send(ptr: number, length: number): number;
  listen(interrupt: number, bit: number): void;
  wait(until: bigint, mask: number): number;
  crc32(ptr: number, length: number, seed: number): number;
  preload(ptr: number, length: number): number;
  reload(ptr: number, length: number): number;
  chain(physical: number, length: number): void;
  fault(code: number, ptr: number, length: number): void;
  exit(kind: number, status: number): void;
};

/** The imports of module `board`. `linear` gives the program's memory as it is now. */
export function boardImports(machine: Machine, linear: () => WebAssembly.Memory): BoardImports {
  const { chip, bus, memory, kernel, cpu } = machine;

  const range = (call: string, ptr: number, length: number): Uint8Array => {
    const { buffer } = linear();
    const [from, bytes] = [ptr >>> 0, length < 0 ? length >>> 0 : length];
    if (from + bytes > buffer.byteLength) throw new BoardTrap('trap', `${call} outside linear memory: 0x${hex8(from)}`);
    return new Uint8Array(buffer, from, bytes);
  };
  const spend = (name: string, bytes = 0): void => {
    const call = `board.${name}`;
    const base = machine.callsCounted ? 0 : (WEIGHTS.imports[call] ?? WEIGHTS.imports['']);
    cpu.spend(base + bytes * (WEIGHTS.bytes[call] ?? 0));
    if (machine.cut) throw cutOf(machine.cut);
  };
  const check = (call: string, address: number): void => {
    if (address & 3) throw new BoardTrap('trap', `${call} needs a multiple of 4: 0x${hex8(address)}`);
    if (address < DEVICES && !inWindow(address, 4))
      throw new BoardTrap('trap', `${call} outside devices and DMA window: 0x${hex8(address)}`);
  };
  const aborted = (error: unknown, write: boolean): unknown =>
    error instanceof BusAbort ? new BoardTrap('data-abort', '', undefined, { address: error.address, write }) : error;

  const load = (address: number): number => {
    if (inWindow(address, 4)) return memory.loadWord(address);
    try {
      return bus.read(address);
    } catch (error) {
      throw aborted(error, false);
    }
  };
  const store = (address: number, value: number): void => {
    if (inWindow(address, 4)) return memory.storeWord(address, value);
    try {
      bus.write(address, value);
    } catch (error) {
      throw aborted(error, true);
    }
  };
  /** Earlier stores are there before the next one is; its own way to memory is still before it. */
  const orderStores = (): void => {
    if (machine.barriers && machine.without !== 'write32') memory.barrier();
  };
  /** The bytes of a port's call, as words. */
  const port = (call: string, address: number, ptr: number, words: number): DataView => {
    check(call, address);
    const { buffer, byteOffset, length } = range(call, ptr, (words >>> 0) * 4);
    return new DataView(buffer, byteOffset, length);
  };

  return {
    read32: (signed: number) => {
      spend('read32');
      const address = signed >>> 0;
      check('read32', address);
      return load(address) | 0;
    },
    write32: (signed: number, value: number) => {
      spend('write32');
      const address = signed >>> 0;
      check('write32', address);
      orderStores();
      store(address, value >>> 0);
    },
    readPort: (signed: number, ptr: number, words: number) => {
      const address = signed >>> 0;
      const target = port('readPort', address, ptr, words);
      spend('readPort', target.byteLength);
      for (let at = 0; at < target.byteLength; at += 4) target.setUint32(at, load(address), true);
    },
    writePort: (signed: number, ptr: number, words: number) => {
      const address = signed >>> 0;
      const source = port('writePort', address, ptr, words);
      spend('writePort', source.byteLength);
      orderStores();
      for (let at = 0; at < source.byteLength; at += 4) store(address, source.getUint32(at, true));
    },
    probe32: (signed: number) => {
      spend('probe32');
      const address = signed >>> 0;
      check('probe32', address);
      if (inWindow(address, 4)) return BigInt(memory.loadWord(address));
      return bus.find(address) ? BigInt(bus.read(address)) : -1n;
    },
    copyIn: (physical: number, ptr: number, length: number) => {
      const target = range('copyIn', ptr, length);
      spend('copyIn', target.length);
      const from = memory.copyFrom(physical >>> 0, target.length) ?? moduleBytes(machine, physical, target.length);
      if (from) target.set(from);
      return from ? 0 : -1;
    },
    copyOut: (physical: number, ptr: number, length: number) => {
      const source = range('copyOut', ptr, length);
      spend('copyOut', source.length);
      if (!inWindow(physical >>> 0, source.length)) return -1;
      memory.store(physical >>> 0, source.slice());
      if (machine.barriers && machine.without !== 'copyOut') memory.barrier();
      return 0;
    },
    ticks: () => {
      spend('ticks');
      return toTicks(chip.timeline.now);
    },
    info: (key: number) => {
      spend('info');
      return fact(machine, key);
    },
    take: (queue: number, ptr: number, max: number) => {
      const target = range('take', ptr, max);
      if (queue !== Queue.Uart && queue !== Queue.Gpio)
        throw new BoardTrap('trap', `take from no queue: 0x${hex8(queue)}`);
      spend('take');
      if (queue === Queue.Uart) {
        const bytes = kernel.uart.received.takeSome(target.length);
        target.set(bytes);
        return bytes.length;
      }
      const records = kernel.takeGpio(Math.floor(target.length / GPIO_RECORD_BYTES));
      const view = new DataView(target.buffer, target.byteOffset, target.length);
      records.forEach(({ low, high, tick }, index) => {
        const at = index * GPIO_RECORD_BYTES;
        view.setUint32(at, low, true);
        view.setUint32(at + 4, high, true);
        view.setBigUint64(at + 8, tick, true);
      });
      return records.length * GPIO_RECORD_BYTES;
    },
    send: (ptr: number, length: number) => {
      const bytes = range('send', ptr, length);
      spend('send', bytes.length);
      return kernel.send(bytes);
    },
    listen: (interrupt: number, bit: number) => {
      spend('listen');
      const id = interrupt >>> 0;
      if (id < FIRST_ID || id >= IDS || id === IRQ_UART)
        throw new BoardTrap('trap', `listen to no interrupt: 0x${hex8(id)}`);
      if (bit < LISTEN_LOW || bit > LISTEN_HIGH)
        throw new BoardTrap('trap', `listen with no event bit: 0x${hex8(bit)}`);
      kernel.listen(id, bit);
    },
    wait: (until: bigint, mask: number) => {
      spend('wait');
      return sleep(machine, until, mask);
    },
    crc32: (ptr: number, length: number, seed: number) => {
      const bytes = range('crc32', ptr, length);
      spend('crc32', bytes.length);
      return crc32.buf(bytes, seed);
    },
    preload: (ptr: number, length: number) => {
      const bytes = range('preload', ptr, length);
      spend('preload');
      return machine.reload(bytes.slice(), true);
    },
    reload: (ptr: number, length: number) => {
      const bytes = range('reload', ptr, length);
      spend('reload');
      return machine.reload(bytes.slice(), false);
    },
    chain: (signed: number, length: number) => {
      const physical = signed >>> 0;
      const isOne = (physical & 7) === 0 && length > 0 && length <= KERNEL_BYTES;
      const image = isOne ? memory.copyFrom(physical, length) : undefined;
      if (!image) throw new BoardTrap('trap', `chain to no image: 0x${hex8(physical)}`);
      throw new BoardChain(image);
    },
    fault: (code: number, ptr: number, length: number) => {
      const bytes = range('fault', ptr, length).subarray(0, FAULT_TEXT_BYTES);
      const end = bytes.indexOf(0);
      // As bytes, which is what the report has.
      const text = String.fromCharCode(...(end < 0 ? bytes : bytes.subarray(0, end)));
      throw new BoardTrap('abort', text, code);
    },
    exit: (kind: number, status: number) => {
      if (kind < 0 || kind > Number(Exit.PowerOff)) throw new BoardTrap('trap', `exit of no kind: 0x${hex8(kind)}`);
      throw new BoardExit(kind, status);
    },
  };
}

const cutOf = (cut: NonNullable<Machine['cut']>): Error =>
  cut === 'hang' ? new BoardTrap('hang', '') : new BoardExit(cut, 0);

/** Lets time pass until the tick, or until an event of `mask` is pending; the pending ones of `mask`. */
function sleep(machine: Machine, until: bigint, mask: number): number {
  const { kernel } = machine;
  const { timeline } = machine.chip;
  machine.waitsSince = timeline.now;
  try {
    for (;;) {
      if (machine.cut) throw cutOf(machine.cut);
      const pending = kernel.pending & mask;
      if (pending || toTicks(timeline.now) >= until) return pending;
      kernel.sleepUntil(until);
      timeline.stepTo(ofTicks(until));
    }
  } finally {
    kernel.timer.virtual.stop();
    machine.slept += timeline.now - machine.waitsSince;
    machine.waitsSince = undefined;
  }
}

/** Bytes of a module by their address: here the running one lies in the store's first slot. Undefined for others. */
function moduleBytes(machine: Machine, physical: number, length: number): Uint8Array | undefined {
  const offset = (physical >>> 0) - MODULE_STORE;
  const module = offset < 0 ? undefined : machine.modules()[Math.floor(offset / MODULE_SLOT_BYTES)];
  const from = offset % MODULE_SLOT_BYTES;
  return module && from + length <= module.length ? module.subarray(from, from + length) : undefined;
}

function fact(machine: Machine, key: number): bigint {
  const { facts, kernel } = machine;
  const given = facts.get(key);
  if (given !== undefined) return given;
  switch (key as Info) {
    case Info.TickRate:
      return BigInt(TICKS_A_SECOND);
    case Info.DmaBase:
      return BigInt(DMA_WINDOW);
    case Info.DmaBytes:
      return BigInt(DMA_WINDOW_BYTES);
    case Info.RamDiskBase:
      return BigInt(RAM_DISK);
    case Info.RamDiskBytes:
      return BigInt(RAM_DISK_BYTES);
    case Info.StateBase:
      return BigInt(DMA_WINDOW + STATE);
    case Info.StateBytes:
      return BigInt(STATE_BYTES);
    case Info.ModuleBase:
      return BigInt(MODULE_STORE);
    case Info.ModuleBytes:
      return BigInt(machine.modules()[0].length);
    case Info.PreviousBase:
      return machine.modules()[1] ? BigInt(MODULE_STORE + MODULE_SLOT_BYTES) : 0n;
    case Info.PreviousBytes:
      return BigInt(machine.modules()[1]?.length ?? 0);
    case Info.UartLost:
      return BigInt(kernel.uart.received.lost + kernel.uart.overruns);
    case Info.GpioLost:
      return BigInt(kernel.gpio.lost);
    case Info.TicksLost:
      return BigInt(kernel.ticksLost);
    case Info.ArenaBytes:
      return BigInt(ARENA_BYTES); // of which nothing is used: there is no interpreter
    default:
      return 0n;
  }
}
