// A card's data lines: blocks out of the store or a register, blocks into the store, programming, erasing. PLSS 4.10,
// 4.3.3 (Data Read), 4.3.4 (Data Write), 4.3.5 (Erase).

import type { SdFaults } from './sd-card-faults.js';
import { ADDRESS_ERROR, CARD_ECC_FAILED, ERROR, OUT_OF_RANGE } from './sd-card-states.js';
import { SECTOR_BYTES, type SectorStore } from './sector-store.js';
import { NEVER, type Time } from '../time.js';

/** A block from the card: nothing is on the lines before `from`. */
export interface OutgoingBlock {
  /** Stay the card's or its store's; valid until the next command or write. */
  readonly bytes: Uint8Array;
  readonly from: Time;
  readonly damaged: boolean;
}

/** What the card says of a block that it got: its CRC status, or nothing at all. */
export type Taken = 'accepted' | 'crc' | 'silent';

/** How a sector looks that was being programmed when power went. */
export type Torn = 'old' | 'new' | 'mixed';

interface Programming {
  readonly doneAt: Time;
  /** Power went meanwhile: makes what is there the old, or of a sector half of it. */
  undo(torn: 'old' | 'mixed'): void;
}

export interface DataTimes {
  /** From a read command to its first block; the programming of a block; of what is left after CMD12; of an erase. */
  readonly read: Time;
  readonly write: Time;
  readonly stop: Time;
  readonly erase: Time;
}

export class CardData {
  /** In bytes, for memory only. */
  blockLength: number;
  /** Until when the card is busy. */
  busyUntil: Time = 0;
  /** Error bits that came up while data was moved. */
  errors = 0;
  /** Blocks of the last write that were programmed (ACMD22). */
  wellWritten = 0;
  /** Memory: several blocks, so many more where CMD23 told. */
  multiple = false;
  remaining = Infinity;
  private address = 0;
  private register: Uint8Array | undefined;
  private first = true;
  /** An error has ended it, and the card waits for CMD12. */
  private halted = false;
  private programming: Programming[] = [];

  constructor(
    private readonly store: SectorStore,
    private readonly faults: SdFaults,
    readonly times: DataTimes,
    /** Memory is addressed in blocks, else in bytes. */
    private readonly byBlock: boolean,
    private readonly defaultLength: number,
  ) {
    this.blockLength = defaultLength;
  }

  get bytes(): number {
    return this.store.sectors * SECTOR_BYTES;
  }

  reset(): void {
    this.blockLength = this.defaultLength;
    this.busyUntil = 0;
    this.errors = 0;
    this.wellWritten = 0;
    this.register = undefined;
    this.remaining = Infinity;
    this.faults.restart();
    this.programming = [];
  }

  /** A register goes out as one block. */
  sendRegister(bytes: Uint8Array): void {
    this.register = bytes;
    this.multiple = false;
    this.halted = false;
  }

  /** Memory from or to `argument`, in the card's units; error bits for the reply, 0 when it has begun. */
  begin(argument: number, multiple: boolean): number {
    const address = this.byBlock ? argument * SECTOR_BYTES : argument;
    const { blockLength } = this;
    if (address + blockLength > this.bytes) return OUT_OF_RANGE;
    // No block may cross one of the card's: READ_BLK_MISALIGN and WRITE_BLK_MISALIGN are 0 (4.3.3).
    const physical = Math.max(SECTOR_BYTES, blockLength);
    if (Math.floor(address / physical) !== Math.floor((address + blockLength - 1) / physical)) return ADDRESS_ERROR;
    this.address = address;
    this.multiple = multiple;
    if (!multiple) this.remaining = Infinity;
    this.register = undefined;
    this.first = true;
    this.halted = false;
    this.wellWritten = 0;
    return 0;
  }

  /** The next block from `at` on; undefined when none comes. */
  next(at: Time): OutgoingBlock | undefined {
    if (this.halted || !this.faults.takeBlock()) return undefined;
    const damaged = this.faults.takeDamage('data');
    const wait = this.faults.takeLate() + (this.first || this.register ? this.times.read : 0);
    const from = at + wait;
    if (this.register) return { bytes: this.register, from, damaged };
    this.first = false;
    const error = this.readError();
    if (!error) return { bytes: this.load(), from, damaged };
    this.errors |= error;
    this.halted = true;
    return undefined;
  }

  /** The block that `next` gave is through; true when it was the last. */
  sent(): boolean {
    if (this.register || !this.multiple) return true;
    this.address += this.blockLength;
    // "Host should ignore OUT_OF_RANGE" that comes of reading the last block of all by CMD18 (4.3.3, recalled).
    if (this.address + this.blockLength > this.bytes) this.errors |= OUT_OF_RANGE;
    return --this.remaining === 0;
  }

  /** A block whose CRC is right; `accepted` means that it is being programmed. */
  take(bytes: Uint8Array, at: Time): Taken {
    if (this.halted || !this.faults.takeBlock()) return 'silent';
    if (this.address + SECTOR_BYTES > this.bytes) {
      this.errors |= OUT_OF_RANGE;
      this.halted = true;
      return 'silent';
    }
    const sector = this.address / SECTOR_BYTES;
    this.busyUntil = this.faults.stuckBusy ? NEVER : at + this.times.write + this.faults.takeLate();
    if (this.faults.fails(sector)) {
      this.errors |= ERROR;
      this.halted = true;
      return 'accepted';
    }
    this.program(sector, bytes);
    this.wellWritten++;
    this.address += SECTOR_BYTES;
    this.remaining--;
    return 'accepted';
  }

  /** Nothing more goes either way before the next command. */
  halt(): void {
    this.halted = true;
  }

  /** CMD12 in the course of writing: the rest is programmed. */
  stop(at: Time): void {
    const rest = this.faults.stuckBusy ? NEVER : at + this.times.stop;
    this.busyUntil = Math.max(this.busyUntil, rest);
    this.remaining = Infinity;
    this.faults.restart();
  }

  /** Sectors `from` to `to` become zeros (SCR's DATA_STAT_AFTER_ERASE is 0). */
  erase(from: number, to: number, at: Time): void {
    this.busyUntil = this.faults.stuckBusy ? NEVER : at + this.times.erase;
    const restore = this.store.erase(from, to);
    const undo = (torn: 'old' | 'mixed'): void => {
      restore();
      if (torn === 'old') return;
      // Erasing goes from the first to the last: the first half is done, and of the sector in the middle a half.
      const middle = from + ((to - from) >> 1);
      if (middle > from) this.store.erase(from, middle - 1);
      const half = this.store.read(middle).slice();
      this.store.write(middle, half.fill(0, 0, SECTOR_BYTES / 2));
    };
    this.programming.push({ doneAt: this.busyUntil, undo });
  }

  /** What has been programmed by `at` stays. */
  settle(at: Time): void {
    if (this.programming.length > 0) this.programming = this.programming.filter(({ doneAt }) => doneAt > at);
  }

  /** Power goes at `at`: what is being programmed is left as `torn` says, mixed: the first half is new. */
  powerOff(at: Time, torn: Torn): void {
    this.settle(at);
    if (torn !== 'new') for (const { undo } of this.programming.reverse()) undo(torn);
    this.reset();
  }

  private program(sector: number, bytes: Uint8Array): void {
    const old = this.store.read(sector).slice();
    this.store.write(sector, bytes);
    const undo = (torn: 'old' | 'mixed'): void => {
      if (torn === 'mixed') old.set(this.store.read(sector).subarray(0, SECTOR_BYTES / 2));
      this.store.write(sector, old);
    };
    this.programming.push({ doneAt: this.busyUntil, undo });
  }

  private readError(): number {
    if (this.address + this.blockLength > this.bytes) return OUT_OF_RANGE;
    const last = Math.floor((this.address + this.blockLength - 1) / SECTOR_BYTES);
    for (let sector = Math.floor(this.address / SECTOR_BYTES); sector <= last; sector++)
      if (this.faults.fails(sector)) return CARD_ECC_FAILED;
    return 0;
  }

  private load(): Uint8Array {
    const { address, blockLength } = this;
    if (blockLength === SECTOR_BYTES && address % SECTOR_BYTES === 0) return this.store.read(address / SECTOR_BYTES);
    const bytes = new Uint8Array(blockLength);
    for (let done = 0; done < blockLength;) {
      const from = (address + done) % SECTOR_BYTES;
      const part = this.store.read(Math.floor((address + done) / SECTOR_BYTES));
      const some = part.subarray(from, from + blockLength - done);
      bytes.set(some, done);
      done += some.length;
    }
    return bytes;
  }
}
