// A card from power on to the transfer state, and its registers. PLSS, 4.2 (Card Identification), 4.3.10 (Switch
// Function), 5 (Registers).

import { BlockError } from './block-device';
import { ticks } from './board';
import { Patience } from './patience';
import * as sd from './sd-commands';
import { Sdhci } from './sdhci';
import { milliseconds } from './timer';

/** CMD8: 2.7 to 3.6 V, and a pattern that comes back. */
const IF_COND: u32 = 0x1aa;
const IF_COND_MASK: u32 = 0xfff;
/** ACMD41: the same voltages, high capacity, and in the reply also ready. */
const VOLTAGES: u32 = 0xff8000;
const HIGH_CAPACITY: u32 = 1 << 30;
const READY: u32 = 1 << 31;
/** A card may take a second to be ready (4.2.3). */
const READY_MS: i64 = 1000;
const READY_POLL_US: i64 = 1000;
/** Replies that are damaged are asked for again. */
const TRIES: i32 = 3;
const FOUR_LINES: u32 = 2;
const DEFAULT_HZ: i32 = 25_000_000;
/** CMD6: group 1 becomes high speed, the others stay. */
const SWITCH_SPEED: u32 = 0x80fffff1;
const SWITCH_BYTES: u32 = 64;
/** In its block: what group 1 has become. */
const GROUP_1: usize = 16;
const GROUP_MASK: u8 = 15;
const HIGH_SPEED: u8 = 1;
/** Command class 10 (switch). */
const CLASS_SWITCH: u32 = 1 << 10;

/** Registers of 128 bits, as the controller holds them: without their lowest 8 bits. */
const REGISTER_WORDS: u32 = 4;
const REGISTER_LOW: u32 = 8;

const switched = memory.data(64, 4);

export class SdSession {
  /** CID and CSD as the controller's words, lowest first. */
  readonly cid: StaticArray<u32> = new StaticArray<u32>(4);
  readonly csd: StaticArray<u32> = new StaticArray<u32>(4);
  /** Addresses count blocks, not bytes. */
  byBlock: bool = false;
  sectors: i64 = 0;
  isProtected: bool = false;

  constructor(
    readonly host: Sdhci,
    private readonly patience: Patience,
  ) {}

  /** Initialises whatever card is there; with `slowly` without high speed. 0 or a BlockError. */
  open(slowly: bool): i32 {
    let error = BlockError.None as i32;
    for (let i = 0; i < TRIES; i++) {
      error = this.identify();
      if (!error) error = this.setUp(slowly);
      if (error !== BlockError.Crc && error !== BlockError.Gone) break;
    }
    return error;
  }

  /** Up to the standby state, with the CID read. */
  private identify(): i32 {
    const host = this.host;
    this.sectors = 0;
    host.address = 0;
    const started = host.start();
    if (started) return started;
    host.command(sd.CMD0, 0);
    // One of version 1 does not know it.
    const unknown = this.twice(sd.CMD8, IF_COND);
    if (!unknown && (host.reply(0) & IF_COND_MASK) !== IF_COND) return BlockError.Unsupported;
    const ready = this.powerUp(unknown ? VOLTAGES : VOLTAGES | HIGH_CAPACITY);
    if (ready) return ready;
    const named = host.command(sd.CMD2, 0);
    if (named) return named;
    this.keep(this.cid);
    const addressed = host.command(sd.CMD3, 0);
    host.address = host.reply(0) & 0xffff0000;
    return addressed;
  }

  /** ACMD41 until the card is ready. */
  private powerUp(argument: u32): i32 {
    const host = this.host;
    const until = ticks() + milliseconds(READY_MS);
    let first = true;
    while (true) {
      const error = this.app(sd.ACMD41, argument);
      if (error) return first && error === BlockError.Gone ? this.stranger() : error;
      first = false;
      const conditions = host.reply(0);
      this.byBlock = (conditions & HIGH_CAPACITY) !== 0;
      if (conditions & READY) return BlockError.None;
      if (ticks() >= until || this.patience.isOver) return BlockError.Timeout;
      this.patience.pause(READY_POLL_US);
    }
  }

  /** What does not answer as an SD card. */
  private stranger(): i32 {
    return this.host.command(sd.CMD1, 0) ? BlockError.NoCard : BlockError.Unsupported;
  }

  /** Capacity, block length, four lines, and the clock. */
  private setUp(slowly: bool): i32 {
    const host = this.host;
    let error = host.setClock(DEFAULT_HZ);
    if (!error) error = host.command(sd.CMD9, host.address);
    if (error) return error;
    this.keep(this.csd);
    error = this.readCsd();
    if (!error) error = host.command(sd.CMD7, host.address);
    if (!error && !this.byBlock) error = host.command(sd.CMD16, 512);
    if (!error) error = this.app(sd.ACMD6, FOUR_LINES);
    if (error) return error;
    host.useFourLines();
    return slowly || !(this.bits(this.csd, 84, 12) & CLASS_SWITCH) ? BlockError.None : this.speedUp();
  }

  /** High speed, if the card has it. */
  private speedUp(): i32 {
    const host = this.host;
    host.prepare(SWITCH_BYTES, 1);
    let error = host.command(sd.CMD6, SWITCH_SPEED);
    if (!error) error = host.readBlocks(switched, 1, SWITCH_BYTES / 4);
    // One that does not know the command goes on as it is.
    if (error === BlockError.Gone) return BlockError.None;
    if (error) return error;
    if ((load<u8>(switched + GROUP_1) & GROUP_MASK) !== HIGH_SPEED) return BlockError.None;
    return host.useHighSpeed();
  }

  /** A command of applications. One that is damaged on its way is sent again. */
  private app(word: u32, argument: u32): i32 {
    let error = BlockError.None as i32;
    for (let i = 0; i < 2; i++) {
      error = this.host.command(sd.CMD55, this.host.address);
      if (!error) error = this.host.command(word, argument);
      if (!error) break;
    }
    return error;
  }

  private twice(word: u32, argument: u32): i32 {
    const error = this.host.command(word, argument);
    return error ? this.host.command(word, argument) : error;
  }

  private keep(register: StaticArray<u32>): void {
    for (let i: u32 = 0; i < REGISTER_WORDS; i++) register[i] = this.host.reply(i);
  }

  /** Bits `low` to `low + count - 1` of a register, numbered as in the specification; 32 at most. */
  bits(register: StaticArray<u32>, low: u32, count: u32): u32 {
    const from = low - REGISTER_LOW;
    const word = from >> 5;
    const next: u64 = word + 1 < REGISTER_WORDS ? register[word + 1] : 0;
    const both = (next << 32) | register[word];
    return <u32>((both >> (from & 31)) & (((<u64>1) << count) - 1));
  }

  /** Capacity and write protection (5.3.2, 5.3.3). */
  private readCsd(): i32 {
    const csd = this.csd;
    this.isProtected = this.bits(csd, 12, 2) !== 0;
    const structure = this.bits(csd, 126, 2);
    if (structure === 1) {
      this.sectors = (<i64>this.bits(csd, 48, 22) + 1) << 10;
      return BlockError.None;
    }
    const length = this.bits(csd, 80, 4);
    if (structure || length < 9 || length > 11) return BlockError.Unsupported;
    this.sectors = (<i64>this.bits(csd, 62, 12) + 1) << (this.bits(csd, 47, 3) + 2 + length - 9);
    return BlockError.None;
  }

  /** The card's state, or a BlockError; the errors that it tells are noted in `host.cardErrors`. */
  state(): i32 {
    const error = this.twice(sd.CMD13, this.host.address);
    if (error) return error;
    const status = this.host.reply(0);
    this.host.cardErrors |= status & sd.CARD_ERRORS;
    return (status >> sd.STATE_SHIFT) & sd.STATE_MASK;
  }
}
