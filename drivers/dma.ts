// DMA engines 0 to 10. BCM2711 ARM Peripherals, 4 (DMA Controller); 4.5 tells what the lite engines 7 to 10 lack.
//
// A control block is 8 words, 32-byte aligned, in the DMA window: transfer information, source, destination, length,
// 2D stride (unused here), next block, two reserved. All addresses in it are bus addresses.

import { read32, write32 } from './board';
import { dmaChannels } from './mailbox';
import { waitFor } from './timer';

const DMA: u32 = 0xfe007000;
const CHANNEL_BYTES: u32 = 0x100;
const ENABLE: u32 = DMA + 0xff0;
/** Registers of a channel. NEXTCONBK may be written only while the engine is paused. */
const CS: u32 = 0x00;
const CONBLK_AD: u32 = 0x04;
const NEXTCONBK: u32 = 0x1c;
const DEBUG: u32 = 0x20;

/** CS. END and INT are cleared by writing 1. */
const ACTIVE: u32 = 1 << 0;
const END: u32 = 1 << 1;
const INT: u32 = 1 << 2;
const WAITING_FOR_OUTSTANDING_WRITES: u32 = 1 << 6;
const ERROR: u32 = 1 << 8;
const PRIORITY: u32 = 1 << 16;
const PANIC_PRIORITY: u32 = 15 << 20;
const WAIT_FOR_OUTSTANDING_WRITES: u32 = 1 << 28;
const RESET: u32 = 1 << 31;
/** Kept in every write: one without the priorities drops them. */
const STEADY: u32 = PRIORITY | PANIC_PRIORITY | WAIT_FOR_OUTSTANDING_WRITES;

/** DEBUG. The three errors are cleared by writing 1. */
const DEBUG_ERRORS: u32 = 7;
export const DEBUG_LITE: u32 = 1 << 28;

/** TI, transfer information. */
export const TI_WAIT_RESP: u32 = 1 << 3;
const TI_TDMODE: u32 = 1 << 1;
export const TI_DEST_INC: u32 = 1 << 4;
export const TI_DEST_DREQ: u32 = 1 << 6;
export const TI_SRC_INC: u32 = 1 << 8;
export const TI_PERMAP_SHIFT: u32 = 16;

/** PERMAP: whose DREQ paces the transfer. */
export const enum Dreq {
  None = 0,
  Pwm1 = 1,
  Pwm0 = 5,
}

export const CONTROL_BLOCK_BYTES: u32 = 32;
/** Lite engines count 16 bits of length. */
const FIRST_LITE: i32 = 7;
const CHANNELS: i32 = 11;
const LITE_BYTES: u32 = 0xffff;
const FULL_BYTES: u32 = 0x3fffffff;

/** How long a finite chain may take to drain, and an engine to stop, in microseconds. */
const DRAIN_US: i64 = 100_000;
const STOP_US: i64 = 10_000;

export const enum DmaError {
  None = 0,
  /** No such channel for the ARM, or a 40-bit one. */
  Channel = -1,
  /** A control block that this engine cannot do: too long, 2D on a lite engine, not aligned. */
  Block = -2,
  /** The engine did not stop in time. */
  Stuck = -3,
}

/** The bus address of RAM for DMA (uncached alias); only the first GiB is reachable. */
export function busAddress(physical: u32): u32 {
  return physical | 0xc0000000;
}

/** The bus address of a device register that the ARM sees at 0xFE……. */
export function busRegister(address: u32): u32 {
  return (address & 0x00ffffff) | 0x7e000000;
}

/** Whether a channel is a lite engine. */
export function isLite(channel: i32): bool {
  return channel >= FIRST_LITE;
}

/** The DEBUG register of a channel. */
export function dmaDebug(channel: i32): u32 {
  return read32(DMA + <u32>channel * CHANNEL_BYTES + DEBUG);
}

/**
 * Writes a control block to linear memory at `ptr`, to be copied into the DMA window. `bytes` is the transfer's
 * length, the others are bus addresses; `next` 0 ends the chain. 0, or DmaError.Block and nothing written.
 */
export function writeControlBlock(
  channel: i32,
  ptr: usize,
  transfer: u32,
  source: u32,
  destination: u32,
  bytes: u32,
  next: u32,
): i32 {
  const most = isLite(channel) ? LITE_BYTES : FULL_BYTES;
  if (!bytes || bytes > most || next & 31 || (isLite(channel) && transfer & TI_TDMODE)) return DmaError.Block;
  store<u32>(ptr, transfer);
  store<u32>(ptr, source, 4);
  store<u32>(ptr, destination, 8);
  store<u32>(ptr, bytes, 12);
  store<u32>(ptr, 0, 16);
  store<u32>(ptr, next, 20);
  store<u32>(ptr, 0, 24);
  store<u32>(ptr, 0, 28);
  return DmaError.None;
}

/**
 * `wanted` if the VideoCore leaves that full engine to the ARM, else the highest that it does; `wanted` where it does
 * not say.
 */
export function armEngine(wanted: i32): i32 {
  const free = dmaChannels();
  if (free <= 0 || (free >> wanted) & 1) return wanted;
  return 63 - <i32>clz(free);
}

/** One engine, used by one owner. */
export class DmaChannel {
  /** Physical address of its registers. */
  registers: u32 = 0;

  constructor(
    /** 0 to 10; which of them are the ARM's `armEngine` says. */
    public channel: i32,
  ) {
    this.use(channel);
  }

  /** Takes another channel, before `setUp`. */
  use(channel: i32): void {
    this.channel = channel;
    this.registers = DMA + <u32>channel * CHANNEL_BYTES;
  }

  /** Enables the engine, stops what it may have been left with, and resets it. 0 or a DmaError. */
  setUp(): i32 {
    if (this.channel < 0 || this.channel >= CHANNELS) return DmaError.Channel;
    write32(ENABLE, read32(ENABLE) | ((<u32>1) << this.channel));
    return this.stop();
  }

  private reset(): i32 {
    const control = this.registers + CS;
    write32(control, RESET);
    if (!waitFor(control, RESET | ACTIVE, 0, STOP_US)) return DmaError.Stuck;
    this.clearErrors();
    write32(control, END | INT | STEADY);
    return DmaError.None;
  }

  /** Starts an idle engine at the control block with this bus address, after all earlier writes. */
  start(block: u32): void {
    write32(this.registers + CONBLK_AD, block);
    write32(this.registers + CS, ACTIVE | END | INT | STEADY);
  }

  /** Whether the engine still has a block. */
  get active(): bool {
    return (read32(this.registers + CS) & ACTIVE) !== 0;
  }

  /** Whether the engine met a bus error since the last call. */
  takeError(): bool {
    if (!(read32(this.registers + CS) & ERROR)) return false;
    this.clearErrors();
    return true;
  }

  private clearErrors(): void {
    write32(this.registers + DEBUG, DEBUG_ERRORS);
  }

  /** Stops at once, wherever the engine is: CS = 0, outstanding writes awaited, reset. 0 or DmaError.Stuck. */
  stop(): i32 {
    const control = this.registers + CS;
    write32(control, 0);
    const quiet = waitFor(control, WAITING_FOR_OUTSTANDING_WRITES, 0, STOP_US);
    const reset = this.reset();
    return quiet ? reset : DmaError.Stuck;
  }

  /** Lets the running block end with no further one, at most 100 ms, then stops. 0 or DmaError.Stuck. */
  tearDown(): i32 {
    if (this.active) {
      write32(this.registers + CS, STEADY);
      write32(this.registers + NEXTCONBK, 0);
      write32(this.registers + CS, ACTIVE | STEADY);
    }
    const drained = waitFor(this.registers + CS, ACTIVE, 0, DRAIN_US);
    const stopped = this.stop();
    return drained ? stopped : DmaError.Stuck;
  }
}
