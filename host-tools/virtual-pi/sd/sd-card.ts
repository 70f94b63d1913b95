// An SD memory card in SD mode, as a host controller sees it: commands and blocks, whole, with their times. SD Physical
// Layer Simplified Specification (PLSS) 4.10: 4.2 (Card Identification), 4.3 (Data Transfer), 4.7 (Commands), 4.8
// (State Transition), 4.9 (Responses), 4.10 (Status), 5 (Registers). What is stored of its text here (4.3, 4.3.10, ACMD41 in
// 4.7.4, 4.9.4, 4.9.5, 4.10.1) was read; the rest is recalled, and so are the sections of 4.3 below the third level.
//
// Not modelled: SPI mode, 1.8 V, locking (CMD42), write protect groups (CMD28 to 30), CMD27 and CMD56: all illegal here.

import { cid, csd, blockBits, OCR_READY, scr, sdStatus, switched } from './sd-card-registers.js';
import type { CardKind } from './sd-card-registers.js';
import { CardData, type OutgoingBlock, type Taken, type Torn } from './sd-card-data.js';
import { CardErase } from './sd-card-erase.js';
import { SdFaults } from './sd-card-faults.js';
import { CardPowerUp } from './sd-card-power-up.js';
import {
  ADDRESSED,
  APP_CMD,
  APP_COMMAND_STATES,
  BLOCK_LEN_ERROR,
  COM_CRC_ERROR,
  COMMAND_STATES,
  ILLEGAL_COMMAND,
  OF_COMMAND_BEFORE,
  OUT_OF_RANGE,
  READY_FOR_DATA,
  replyKind,
  stateBits,
  WP_VIOLATION,
  type CardState,
  type Reply,
} from './sd-card-states.js';
import { SECTOR_BYTES, type SectorStore } from './sector-store.js';
import { MILLISECOND, type Time } from '../time.js';

export interface SdCardOptions {
  /** What lies on it; the card writes to it. */
  readonly store: SectorStore;
  /** Default: by its size, SDSC up to 2 GiB, SDHC up to 32 GiB. */
  readonly kind?: CardKind;
  /** Of the physical layer: 1 (1.10, no CMD8; SDSC only), 2 (2.00), 3 (3.0x, the default). */
  readonly version?: 1 | 2 | 3;
  /** From the first ACMD41 to the end of initialisation; at most 1000 by 4.2.3. Default 50. */
  readonly powerUpMs?: number;
  /** From a read command to its first block; at most 100. Default 0.5. */
  readonly readMs?: number;
  /** A block's programming, and what CMD12 still has to end; at most 250. Default 1 each. */
  readonly writeMs?: number;
  readonly stopMs?: number;
  /** An erase. Default 10. */
  readonly eraseMs?: number;
  /** Whether it has high speed in CMD6. Default yes. */
  readonly highSpeed?: boolean;
  /** Whether it has CMD23. Default no. */
  readonly countCommand?: boolean;
  readonly serial?: number;
}

const SECTORS_OF_GIB = 2 ** 21;
const IDENTIFIES: ReadonlySet<CardState> = new Set<CardState>(['idle', 'ready', 'ident']);

export class SdCard {
  readonly faults = new SdFaults();
  readonly kind: CardKind;
  state: CardState = 'idle';
  /** Of the bus, as ACMD6 set it. */
  width: 1 | 4 = 1;
  /** CMD6 has chosen high speed. */
  speed: 0 | 1 = 0;
  /** No command has come since power on: 74 clocks must come before the first (6.4.1). */
  fresh = true;
  /** TMP_WRITE_PROTECT and PERM_WRITE_PROTECT of the CSD. */
  private temporary = false;
  private permanent = false;
  private readonly data: CardData;
  private readonly cid: Uint8Array;
  private readonly version: 1 | 2 | 3;
  private rca = 0;
  private errors = 0;
  private app = false;
  private readonly powerUp: CardPowerUp;
  private readonly erasing = new CardErase();

  /** Throws Problem `usage` for a capacity that a card of this kind cannot have. */
  constructor(private readonly options: SdCardOptions) {
    const { store } = options;
    this.kind =
      options.kind ??
      (store.sectors <= 2 * SECTORS_OF_GIB ? 'SDSC' : store.sectors <= 32 * SECTORS_OF_GIB ? 'SDHC' : 'SDXC');
    this.version = options.version ?? 3;
    this.cid = cid(options.serial ?? 1);
    this.csd();
    const length = this.kind === 'SDSC' ? 2 ** blockBits(this.kind, store.sectors) : SECTOR_BYTES;
    this.powerUp = new CardPowerUp(this.kind !== 'SDSC', (options.powerUpMs ?? 50) * MILLISECOND);
    const times = {
      read: (options.readMs ?? 0.5) * MILLISECOND,
      write: (options.writeMs ?? 1) * MILLISECOND,
      stop: (options.stopMs ?? 1) * MILLISECOND,
      erase: (options.eraseMs ?? 10) * MILLISECOND,
    };
    this.data = new CardData(store, this.faults, times, this.kind !== 'SDSC', length);
  }

  /** As the VideoCore's firmware leaves it: selected, four lines, high speed where it has it. */
  presetInitialised(): void {
    this.state = 'tran';
    this.rca = 0x1234;
    this.width = 4;
    this.speed = this.options.highSpeed === false ? 0 : 1;
    this.fresh = false;
  }

  /** `permanent` stays for ever; false clears the temporary bit (5.3). */
  writeProtect(how: 'temporary' | 'permanent' | false = 'temporary'): void {
    this.temporary = how === 'temporary';
    this.permanent ||= how === 'permanent';
  }

  /** Ends a stuck busy. */
  freeBusy(at: Time): void {
    this.faults.stuckBusy = false;
    if (this.data.busyUntil > at) this.data.busyUntil = at;
  }

  /** Power goes; the card is as new when it comes back, and what was being programmed is as `torn` says. */
  powerOff(at: Time, torn: Torn = 'new'): void {
    this.data.powerOff(at, torn);
    this.faults.stuckBusy = false;
    this.reset();
    this.fresh = true;
  }

  /** The highest clock in Hz that the card may be given now (4.2.1; 6.6.6 and 6.6.7, default and high speed). */
  get highestHz(): number {
    if (IDENTIFIES.has(this.state)) return 400_000;
    return this.speed ? 50e6 : 25e6;
  }

  /** The card holds DAT0 low: selected, and programming. */
  busyUntil(at: Time): Time {
    this.settle(at);
    return (this.state === 'prg' || this.state === 'rcv') && this.data.busyUntil > at ? this.data.busyUntil : at;
  }

  /** A command whose end bit comes at `at`; undefined when there is no reply. */
  command(index: number, argument: number, at: Time): Reply | undefined {
    this.settle(at);
    this.fresh = false;
    if (this.state === 'ina') return undefined;
    if (this.faults.takeDamage('command')) {
      this.errors |= COM_CRC_ERROR;
      this.app = false;
      return undefined;
    }
    const app = this.app && APP_COMMAND_STATES.has(index);
    this.app = false;
    if (!app && ADDRESSED.has(index) && argument >>> 16 !== this.rca) return undefined;
    const legal = (app ? APP_COMMAND_STATES : COMMAND_STATES).get(index)?.has(this.state) === true;
    if (!legal || !this.knows(index, app)) {
      this.errors |= ILLEGAL_COMMAND;
      return undefined;
    }
    this.errors |= this.erasing.watch(index);
    return this.answer(index, app, app ? this.doApp(index, argument, at) : this.doCommand(index, argument, at));
  }

  /** The next block of a read; undefined when the card sends none. */
  nextBlock(at: Time): OutgoingBlock | undefined {
    if (this.state !== 'data') return undefined;
    return this.data.next(at);
  }

  /** That block is through at `at`. */
  blockSent(): void {
    if (this.data.sent() && this.state === 'data') this.state = 'tran';
  }

  /** A block whose end bit comes at `at`; `broken`: its CRC is wrong. The bytes stay the caller's. */
  takeBlock(bytes: Uint8Array, broken: boolean, at: Time): Taken {
    this.settle(at);
    if (this.state !== 'rcv') return 'silent';
    const damaged = this.faults.takeDamage('data');
    if (broken || damaged || bytes.length !== SECTOR_BYTES) {
      // "Receive data … move either to the Programming State (transfer is successful) or Transfer State (failed)".
      if (!broken && !damaged) this.errors |= BLOCK_LEN_ERROR;
      this.data.halt();
      if (!this.data.multiple) this.state = 'tran';
      return 'crc';
    }
    const taken = this.data.take(bytes, at);
    if (!this.data.multiple) this.state = taken === 'accepted' ? 'prg' : 'tran';
    else if (taken === 'accepted' && this.data.remaining === 0) this.state = 'prg';
    return taken;
  }

  private csd(): Uint8Array {
    const { kind, temporary, permanent } = this;
    return csd({ kind, sectors: this.options.store.sectors, highSpeed: this.speed === 1, temporary, permanent });
  }

  private knows(index: number, app: boolean): boolean {
    if (app) return true;
    return !(index === 8 && this.version === 1) && !(index === 23 && !this.options.countCommand);
  }

  /** "Operation complete" (4.8). */
  private settle(at: Time): void {
    this.data.settle(at);
    if (this.data.busyUntil > at) return;
    if (this.state === 'prg') this.state = 'tran';
    else if (this.state === 'dis') this.state = 'stby';
  }

  private reset(): void {
    this.state = 'idle';
    this.width = 1;
    this.speed = 0;
    this.rca = 0;
    this.errors = 0;
    this.app = false;
    this.powerUp.reset();
    this.erasing.reset();
  }

  /** Reply to what a state machine did: the state in it is the one in which the command came. */
  private answer(index: number, app: boolean, done: Done): Reply | undefined {
    const kind = done.silent ? 'none' : replyKind(index, app);
    if (kind === 'none' || kind === 'R2' || kind === 'R3' || kind === 'R7') this.errors &= ~OF_COMMAND_BEFORE;
    if (kind === 'none') return undefined;
    const damaged = this.faults.takeDamage('response');
    const word = done.word ?? 0;
    if (kind === 'R2') return { kind, index: 63, word: 0, long: done.long ?? this.cid, damaged };
    if (kind === 'R3') return { kind, index: 63, word, damaged };
    if (kind === 'R7') return { kind, index, word, damaged };
    const status = this.takeStatus(done.from, app || index === 55);
    if (kind !== 'R6') return { kind, index, word: status, damaged };
    // 4.9.5: status bits 23, 22, 19 and 12:0.
    const short = ((status >>> 8) & 0xc000) | ((status >>> 6) & 0x2000) | (status & 0x1fff);
    return { kind, index, word: ((this.rca << 16) | short) >>> 0, damaged };
  }

  private takeStatus(state: CardState, app: boolean): number {
    const ready = state === 'prg' || state === 'dis' ? 0 : READY_FOR_DATA;
    const word = this.errors | this.data.errors | stateBits(state) | ready | (app ? APP_CMD : 0);
    this.errors = 0;
    this.data.errors = 0;
    return word >>> 0;
  }

  private doCommand(index: number, argument: number, at: Time): Done {
    const from = this.state;
    const { data } = this;
    switch (index) {
      case 0:
        data.reset();
        this.reset();
        break;
      case 2:
        this.state = 'ident';
        break;
      case 3:
        this.rca = (this.rca + 0x1235) & 0xffff || 1;
        this.state = 'stby';
        break;
      case 6: {
        const { status, speed } = switched(argument, this.speed, this.options.highSpeed !== false);
        this.speed = speed;
        this.send(status);
        break;
      }
      case 7:
        return this.select(argument >>> 16 === this.rca && this.rca !== 0);
      case 8:
        // 4.3.13: a card answers only to a voltage that it can do; 1 is 2.7 to 3.6 V.
        if (((argument >>> 8) & 0xf) !== 1) return { from, silent: true };
        this.powerUp.gotCmd8 = true;
        return { from, word: argument & 0xfff };
      case 9:
        return { from, long: this.csd() };
      case 12:
        if (from === 'rcv') data.stop(at);
        else this.faults.restart();
        data.remaining = Infinity;
        this.state = from === 'rcv' ? 'prg' : 'tran';
        break;
      case 15:
        this.state = 'ina';
        break;
      case 16:
        this.setLength(argument);
        break;
      case 17:
      case 18:
        this.begin(argument, index === 18, 'data');
        break;
      case 23:
        data.remaining = argument === 0 ? Infinity : argument;
        break;
      case 24:
      case 25:
        this.beginWrite(argument, index === 25);
        break;
      case 32:
      case 33:
        this.errors |= this.erasing.select(this.sectorOf(argument), index === 32, this.options.store.sectors);
        break;
      case 38:
        this.erase(at);
        break;
      case 55:
        this.app = true;
        break;
    }
    return { from };
  }

  private doApp(index: number, argument: number, at: Time): Done {
    const from = this.state;
    switch (index) {
      case 6:
        if ((argument & 3) === 0) this.width = 1;
        else if ((argument & 3) === 2) this.width = 4;
        else this.errors |= OUT_OF_RANGE;
        break;
      case 13:
        this.send(sdStatus(this.width));
        break;
      case 22: {
        const count = this.data.wellWritten;
        this.send(Uint8Array.of(count >>> 24, count >>> 16, count >>> 8, count));
        break;
      }
      case 41:
        return this.operate(argument, at);
      case 51:
        this.send(scr(this.kind, this.version, this.options.countCommand === true));
        break;
    }
    return { from };
  }

  /** ACMD41. */
  private operate(argument: number, at: Time): Done {
    const from = this.state;
    const ocr = this.powerUp.operate(argument, at);
    if (ocr === undefined) this.state = 'ina';
    else if (ocr >= OCR_READY) this.state = 'ready';
    return ocr === undefined ? { from, silent: true } : { from, word: ocr };
  }

  private select(addressed: boolean): Done {
    const from = this.state;
    if (addressed) {
      if (from !== 'stby' && from !== 'dis') {
        this.errors |= ILLEGAL_COMMAND;
        return { from, silent: true };
      }
      this.state = from === 'stby' ? 'tran' : 'prg';
      return { from };
    }
    this.state = from === 'prg' ? 'dis' : from === 'dis' ? 'dis' : 'stby';
    return { from, silent: true };
  }

  private setLength(length: number): void {
    if (length === 0 || length > 2048 || (length > SECTOR_BYTES && length > 2 ** this.lengthBits))
      this.errors |= BLOCK_LEN_ERROR;
    // 4.3.2: with high capacity a block of memory is 512 bytes whatever CMD16 says.
    else if (this.kind === 'SDSC') this.data.blockLength = length;
  }

  private get lengthBits(): number {
    return blockBits(this.kind, this.options.store.sectors);
  }

  private send(bytes: Uint8Array): void {
    this.data.sendRegister(bytes);
    this.state = 'data';
  }

  private begin(argument: number, multiple: boolean, state: CardState): void {
    const error = this.data.begin(argument, multiple);
    this.errors |= error;
    if (!error) this.state = state;
  }

  private beginWrite(argument: number, multiple: boolean): void {
    if (this.temporary || this.permanent) this.errors |= WP_VIOLATION;
    // WRITE_BL_PARTIAL is 0: whole blocks only (5.3.2).
    else if (this.data.blockLength !== SECTOR_BYTES) this.errors |= BLOCK_LEN_ERROR;
    else this.begin(argument, multiple, 'rcv');
  }

  private sectorOf(argument: number): number {
    return this.kind === 'SDSC' ? Math.floor(argument / SECTOR_BYTES) : argument;
  }

  private erase(at: Time): void {
    const { errors, from, to } = this.erasing.take();
    if (errors) this.errors |= errors;
    else if (this.temporary || this.permanent) this.errors |= WP_VIOLATION;
    else {
      this.data.erase(from, to, at);
      this.state = 'prg';
    }
  }
}

/** What a command came to: the state in which it came, and what is told beside the status. */
interface Done {
  readonly from: CardState;
  readonly word?: number;
  readonly long?: Uint8Array;
  readonly silent?: boolean;
}
