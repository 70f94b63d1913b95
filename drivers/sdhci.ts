// An SD host controller, EMMC2 or EMMC1 of the BCM2711: reset, clock, bus, commands. SD Host Controller Simplified
// Specification 3.00 (2: registers, 3: sequences); what the BCM2711 does otherwise is as in Linux (sdhci-iproc), circle
// and others. Registers are words here: the controller takes no other accesses.
//
// No interrupts and no DMA: a card's data is moved by one import a block, and the audio pump runs in the waits.

import { BlockError } from './block-device';
import { probe32, read32, readPort, ticks, write32, writePort } from './board';
import { Patience } from './patience';
import { sdBaseHz } from './sd-clock';
import { CARD_ERRORS, CMD13 } from './sd-commands';
import { delay, microseconds, waitFor } from './timer';

const BLOCK: u32 = 0x04;
const ARGUMENT: u32 = 0x08;
const COMMAND: u32 = 0x0c;
const RESPONSE: u32 = 0x10;
const DATA: u32 = 0x20;
const PRESENT: u32 = 0x24;
const HOST: u32 = 0x28;
const CLOCK: u32 = 0x2c;
const STATUS: u32 = 0x30;
const STATUS_ENABLE: u32 = 0x34;
const SLOT_VERSION: u32 = 0xfc;

/** PRESENT. */
const COMMAND_INHIBIT: u32 = 1 << 0;
const DATA_INHIBIT: u32 = 1 << 1;
const DAT0_LEVEL: u32 = 1 << 20;
/** HOST: lines, timing, 3.3 V and on. */
const FOUR_LINES: u32 = 1 << 1;
const HIGH_SPEED: u32 = 1 << 2;
const POWER: u32 = 0xf << 8;
/** CLOCK. */
const INTERNAL_ENABLE: u32 = 1 << 0;
const INTERNAL_STABLE: u32 = 1 << 1;
const CARD_ENABLE: u32 = 1 << 2;
const DIVIDER_MOST: i64 = 0x3ff;
/** The longest that the hardware has: deadlines are this driver's own. */
const TIMEOUT: u32 = 0xe << 16;
const RESET_ALL: u32 = 1 << 24;
const RESET_COMMAND: u32 = 1 << 25;
const RESET_DATA: u32 = 1 << 26;
/** STATUS. */
const COMMAND_COMPLETE: u32 = 1 << 0;
const TRANSFER_COMPLETE: u32 = 1 << 1;
const WRITE_READY: u32 = 1 << 4;
const READ_READY: u32 = 1 << 5;
const ERROR: u32 = 1 << 15;
const NO_ANSWER: u32 = 1 << 16;
const COMMAND_ERRORS: u32 = 0xf << 16;
const COMMAND_DAMAGED: u32 = 0xe << 16;
const DATA_TIMEOUT: u32 = 1 << 20;
const ALL: u32 = 0xffffffff;
/** All but the interrupt of SDIO cards, which would stay. */
const LATCHED: u32 = 0xfffffeff;
/** SLOT_VERSION: version 3.00, with dividers of 10 bits. */
const VERSION_MASK: u32 = 0xff << 16;
const VERSION_3: u32 = 2 << 16;
/** COMMAND: data follows, or busy. */
const USES_DATA: u32 = 1 << 21;
const RESPONSE_MASK: u32 = 3 << 16;
const WITH_BUSY: u32 = 3 << 16;
const ABORT: u32 = 3 << 22;

/** Microseconds. A command takes 0.6 ms at the slowest clock. */
const RESET_US: i64 = 100_000;
const COMMAND_US: i64 = 100_000;
const STABLE_US: i64 = 150_000;
const DATA_US: i64 = 1_000_000;
/** After so long without a block the card is asked whether it is still there and well. */
const ASK_US: i64 = 100_000;
/** For the supply, and then more than 74 clocks of 200 kHz. */
const POWER_US: i64 = 1000;
const WAKE_US: i64 = 500;
/** Between two writes there must be two clocks of the card, four on some. */
const SLOW_HZ: i64 = 1_000_000;
const SLOW_SPACE_US: i64 = 10;
const SPACE_US: i64 = 1;

export class Sdhci {
  /** Of the card, in Hz; 0 while it stands. */
  clockHz: i32 = 0;
  /** Damaged replies and data so far. */
  crcErrors: i32 = 0;
  /** Blocks that the last `readBlocks` has brought. */
  moved: i32 = 0;
  /** The card's relative address in bits 31:16, and the errors that it has told while it was asked in a wait. */
  address: u32 = 0;
  cardErrors: u32 = 0;
  private baseHz: i64 = 0;
  private host: u32 = 0;
  private space: i64 = 0;
  private free: i64 = 0;

  constructor(
    readonly base: u32,
    private readonly patience: Patience,
  ) {}

  /** Whether there is a controller of this kind. */
  get isThere(): bool {
    const version = probe32(this.base + SLOT_VERSION);
    return version >= 0 && ((<u32>version) & VERSION_MASK) === VERSION_3;
  }

  /** A control register. Writes that come too soon after another are lost. */
  private set(offset: u32, value: u32): void {
    while (ticks() < this.free);
    write32(this.base + offset, value);
    this.free = ticks() + this.space;
  }

  /** Resets all, gives the card power and a clock for identification. 0 or BlockError.Controller. */
  start(): i32 {
    this.space = microseconds(SLOW_SPACE_US);
    this.clockHz = 0;
    this.host = POWER;
    this.baseHz = sdBaseHz(this.base);
    this.set(CLOCK, RESET_ALL);
    if (!waitFor(this.base + CLOCK, RESET_ALL | RESET_COMMAND | RESET_DATA, 0, RESET_US)) return BlockError.Controller;
    this.set(HOST, POWER);
    this.set(STATUS_ENABLE, LATCHED);
    delay(POWER_US);
    const error = this.setClock(400_000);
    delay(WAKE_US);
    return error;
  }

  private stopClock(): void {
    this.set(CLOCK, read32(this.base + CLOCK) & ~CARD_ENABLE);
  }

  /** Gives the card a clock of at most `hz`. 0 or BlockError.Controller. */
  setClock(hz: i32): i32 {
    this.space = microseconds(SLOW_SPACE_US);
    const base = this.baseHz;
    let divider = base <= <i64>hz ? 0 : (base + 2 * hz - 1) / (2 * hz);
    if (divider > DIVIDER_MOST) divider = DIVIDER_MOST;
    const n = <u32>divider;
    const value = TIMEOUT | ((n & 0xff) << 8) | ((n >> 8) << 6) | INTERNAL_ENABLE;
    this.stopClock();
    this.set(CLOCK, value);
    this.clockHz = 0;
    if (!waitFor(this.base + CLOCK, INTERNAL_STABLE, INTERNAL_STABLE, STABLE_US)) return BlockError.Controller;
    this.set(CLOCK, value | CARD_ENABLE);
    this.clockHz = <i32>(divider ? base / (2 * divider) : base);
    if (this.clockHz >= SLOW_HZ) this.space = microseconds(SPACE_US);
    return BlockError.None;
  }

  /** The card has been told to use four lines. */
  useFourLines(): void {
    this.host |= FOUR_LINES;
    this.set(HOST, this.host);
  }

  /** The card has been told to use high speed. */
  useHighSpeed(): i32 {
    this.stopClock();
    this.host |= HIGH_SPEED;
    this.set(HOST, this.host);
    return this.setClock(50_000_000);
  }

  get isHighSpeed(): bool {
    return (this.host & HIGH_SPEED) !== 0;
  }

  get busWidth(): i32 {
    return this.host & FOUR_LINES ? 4 : 1;
  }

  /** Word `index` of the reply: bits 39:8 of a short one in word 0, bits 127:8 of a long one in four. */
  reply(index: u32): u32 {
    return read32(this.base + RESPONSE + index * 4);
  }

  /** Frees the lines after an error. 0 or BlockError.Controller. */
  resetLines(lines: u32 = RESET_COMMAND | RESET_DATA): i32 {
    this.set(CLOCK, read32(this.base + CLOCK) | lines);
    return waitFor(this.base + CLOCK, lines, 0, RESET_US) ? BlockError.None : BlockError.Controller;
  }

  /**
   * Sends a command and waits for its reply and for the end of busy. 0, Gone: no answer, Crc, Timeout; after an error
   * the lines are free again.
   */
  command(word: u32, argument: u32): i32 {
    const busy = (word & RESPONSE_MASK) === WITH_BUSY;
    const inhibit = (busy || word & USES_DATA) && !(word & ABORT) ? COMMAND_INHIBIT | DATA_INHIBIT : COMMAND_INHIBIT;
    if (!waitFor(this.base + PRESENT, inhibit, 0, COMMAND_US)) return this.failed(0);
    this.set(STATUS, ALL);
    this.set(ARGUMENT, argument);
    this.set(COMMAND, word);
    const status = this.patience.until(this.base + STATUS, COMMAND_COMPLETE | ERROR, COMMAND_US);
    if (!status || status & ERROR) return this.failed(status);
    return busy ? this.complete() : BlockError.None;
  }

  /** Waits until the transfer has come to its end and the card is not busy. 0, Crc or Timeout. */
  private complete(): i32 {
    const status = this.data(TRANSFER_COMPLETE);
    // Together with a timeout it counts (2.2.18).
    return status & TRANSFER_COMPLETE ? BlockError.None : this.failed(status);
  }

  /** What a status means; 0 is a deadline that has passed. Frees the lines. */
  private failed(status: u32): i32 {
    if (this.resetLines()) return BlockError.Controller;
    if (!status || status & DATA_TIMEOUT) return BlockError.Timeout;
    if ((status & COMMAND_ERRORS) === NO_ANSWER) return BlockError.Gone;
    this.crcErrors++;
    return BlockError.Crc;
  }

  /** Announces `count` blocks of so many bytes for the next command. */
  prepare(bytes: u32, count: u32): void {
    this.set(BLOCK, bytes | (count << 16));
  }

  /** Brings blocks of `words` words that a command has asked for; `moved` counts them. 0, Crc, Timeout or Gone. */
  readBlocks(ptr: usize, count: i32, words: i32): i32 {
    this.moved = 0;
    for (let i = 0; i < count; i++) {
      const status = this.data(READ_READY);
      if (!(status & READ_READY) || status & ERROR) return this.failed(status);
      // Before the words are read: else the next block's would be lost.
      this.set(STATUS, READ_READY);
      readPort(this.base + DATA, ptr, words);
      ptr += (<usize>words) << 2;
      this.moved++;
      this.patience.breathe();
    }
    return this.complete();
  }

  /** The same for blocks that a command has announced; returns when the card has programmed them. */
  writeBlocks(ptr: usize, count: i32, words: i32): i32 {
    for (let i = 0; i < count; i++) {
      const status = this.data(WRITE_READY);
      if (!(status & WRITE_READY) || status & ERROR) return this.failed(status);
      this.set(STATUS, WRITE_READY);
      writePort(this.base + DATA, ptr, words);
      ptr += (<usize>words) << 2;
      this.patience.breathe();
    }
    return this.complete();
  }

  /** Waits for bits of STATUS, or an error; 0: too long, or a card that does not go on. */
  private data(bits: u32): u32 {
    for (let waited: i64 = 0; waited < DATA_US; waited += ASK_US) {
      const status = this.patience.until(this.base + STATUS, bits | ERROR, ASK_US);
      if (status) return status;
      if (this.patience.isOver || !this.isWell()) return 0;
    }
    return 0;
  }

  /** Asks a card with data or busy under way, which CMD13 may (3.8, 2.2.9): whether it still answers, and goes on. */
  private isWell(): bool {
    this.set(STATUS, COMMAND_COMPLETE);
    this.set(ARGUMENT, this.address);
    this.set(COMMAND, CMD13);
    const status = this.patience.until(this.base + STATUS, COMMAND_COMPLETE | COMMAND_ERRORS, COMMAND_US);
    if (status && !(status & COMMAND_ERRORS)) {
      this.cardErrors |= this.reply(0) & CARD_ERRORS;
      return !this.cardErrors;
    }
    this.set(STATUS, COMMAND_ERRORS);
    this.resetLines(RESET_COMMAND);
    // One that is damaged says nothing.
    return (status & COMMAND_DAMAGED) !== 0;
  }

  /** Whether the card lets DAT0 go within a second. */
  waitIdle(): bool {
    return this.patience.until(this.base + PRESENT, DAT0_LEVEL, DATA_US) !== 0;
  }
}
