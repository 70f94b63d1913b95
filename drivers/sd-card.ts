// An SD memory card in the socket of EMMC2 or of EMMC1, as a block device.
//
// A transfer that goes wrong is tried again, at last with the card initialised anew: one that was pulled and is back
// goes on, another one is told by its CID and is not touched. All that a call waits is counted (patience.ts), so it
// ends within a step. After an error that ends in nothing the card is left alone until `open`.

import { BlockDevice, BlockError, SECTOR_BYTES } from './block-device';
import { Patience } from './patience';
import { EMMC1, EMMC2 } from './sd-clock';
import * as sd from './sd-commands';
import { SdSession } from './sd-session';
import { Sdhci } from './sdhci';

const WORDS: i32 = SECTOR_BYTES / 4;
/** Blocks of one command: the controller counts in 16 bits. */
const BLOCKS_MOST: i32 = 65535;
/** Tries of a call before the card is initialised anew, after which there is one more. */
const TRIES: i32 = 3;
/** How often the state is asked for on the way back to the transfer state. */
const RECOVERY_STEPS: i32 = 4;

export class SdCard extends BlockDevice {
  /** Transfers that were tried again since the start. */
  retries: i32 = 0;
  private readonly patience: Patience;
  private readonly sockets: StaticArray<SdSession>;
  private session: SdSession;
  /** Of `session`'s card when it was opened. */
  private readonly cid: StaticArray<u32> = new StaticArray<u32>(4);
  /** Why nothing is tried until `open`. */
  private failure: i32 = BlockError.NoCard;
  private attempt: i32 = 0;
  private slowly: bool = false;
  private isBusy: bool = false;

  constructor() {
    super();
    const patience = new Patience();
    this.patience = patience;
    const first = new SdSession(new Sdhci(EMMC2, patience), patience);
    this.sockets = [first, new SdSession(new Sdhci(EMMC1, patience), patience)];
    this.session = first;
  }

  /**
   * To be called at the beginning of a step: all that is done in it waits together no longer than a call may (1.4 s), so
   * that the step ends in time whatever the card does. What goes beyond ends as BlockError.Timeout.
   */
  beginStep(): void {
    this.patience.share();
  }

  /** Finds the card and initialises it; also another one than before. 0 or a BlockError. */
  open(): i32 {
    this.patience.begin(this.waiter);
    this.slowly = false;
    this.sectors = 0;
    this.isWritable = false;
    this.failure = BlockError.Controller;
    for (let i = 0; i < 2; i++) {
      const session = this.sockets[i];
      if (!session.host.isThere) continue;
      this.session = session;
      this.failure = session.open(false);
      if (this.failure === BlockError.Gone) this.failure = BlockError.NoCard;
      if (this.failure !== BlockError.NoCard && this.failure !== BlockError.Controller) break;
    }
    if (this.failure) return this.failure;
    for (let i = 0; i < 4; i++) this.cid[i] = this.session.cid[i];
    this.sectors = this.session.sectors;
    this.isWritable = !this.session.isProtected;
    return BlockError.None;
  }

  read(sector: i64, ptr: usize, count: i32): i32 {
    return this.transfer(sector, ptr, count, false);
  }

  write(sector: i64, ptr: usize, count: i32): i32 {
    return this.transfer(sector, ptr, count, true);
  }

  /** Nothing to do: `write` returns when the card has programmed everything. */
  flush(): i32 {
    return this.failure;
  }

  private transfer(sector: i64, ptr: usize, count: i32, writes: bool): i32 {
    // A waiter that came here would put a command into another one's data.
    if (this.isBusy) return BlockError.Controller;
    this.isBusy = true;
    const error = this.move(sector, ptr, count, writes);
    this.isBusy = false;
    return error;
  }

  private move(sector: i64, ptr: usize, count: i32, writes: bool): i32 {
    if (this.failure) return this.failure;
    if (writes && !this.isWritable) return BlockError.Protected;
    if (count < 1 || sector < 0 || sector > this.sectors - count) return BlockError.Range;
    this.patience.begin(this.waiter);
    this.attempt = 0;
    while (count > 0) {
      const some = count < BLOCKS_MOST ? count : BLOCKS_MOST;
      const session = this.session;
      session.host.moved = 0;
      let error = writes ? this.writeOnce(sector, ptr, some) : this.readOnce(sector, ptr, some);
      // What has come whole stays.
      const done = writes ? (error ? 0 : some) : session.host.moved;
      sector += done;
      ptr += <usize>done * SECTOR_BYTES;
      count -= done;
      if (error) error = this.again(error);
      if (error) return error;
    }
    return BlockError.None;
  }

  /** Sends the command for a transfer. 0 or a BlockError. */
  private begin(word: u32, sector: i64, count: i32): i32 {
    const host = this.session.host;
    host.cardErrors = 0;
    host.prepare(SECTOR_BYTES, count);
    const error = host.command(word, <u32>(this.session.byBlock ? sector : sector * SECTOR_BYTES));
    if (error) return error;
    const status = host.reply(0);
    host.cardErrors = status & sd.CARD_ERRORS;
    const refused = status & sd.OUT_OF_RANGE ? (BlockError.Range as i32) : this.told();
    // The controller expects data all the same.
    if (refused) host.resetLines();
    return refused;
  }

  private readOnce(sector: i64, ptr: usize, count: i32): i32 {
    const error = this.begin(count > 1 ? sd.CMD18 : sd.CMD17, sector, count);
    return error ? error : this.session.host.readBlocks(ptr, count, WORDS);
  }

  private writeOnce(sector: i64, ptr: usize, count: i32): i32 {
    let error = this.begin(count > 1 ? sd.CMD25 : sd.CMD24, sector, count);
    if (!error) error = this.session.host.writeBlocks(ptr, count, WORDS);
    // A card that was pulled meanwhile is not busy either, and one that failed tells it only now.
    return error ? error : this.settle();
  }

  /** What the card has told of errors, as a BlockError. */
  private told(): i32 {
    const errors = this.session.host.cardErrors;
    return errors & sd.WP_VIOLATION ? BlockError.Protected : errors ? BlockError.Card : BlockError.None;
  }

  /** Asks the card until it is in the transfer state, and stops what is under way. 0 or a BlockError. */
  private settle(): i32 {
    const session = this.session;
    const host = session.host;
    for (let i = 0; i < RECOVERY_STEPS; i++) {
      const state = session.state();
      if (state < 0) return state;
      if (state === sd.CardState.Transfer) return this.told();
      if (state === sd.CardState.Programming) {
        if (!host.waitIdle()) return BlockError.Timeout;
      } else if (state === sd.CardState.Data || state === sd.CardState.Receive) {
        host.command(sd.CMD12, 0);
        host.resetLines();
      } else return BlockError.Gone;
    }
    return BlockError.Timeout;
  }

  /** After an error: 0 when it is to be tried again, else how the call ends. */
  private again(error: i32): i32 {
    const settled = this.settle();
    // The card knows better, and has tried itself.
    const told = this.told();
    if (told) return told;
    if (error === BlockError.Range) return error;
    if (this.patience.isOver || this.attempt > TRIES) return this.end(error);
    this.retries++;
    // One that is silent would be silent again, and there is not the time for it.
    const soon = !settled && error !== BlockError.Timeout && error !== BlockError.Controller;
    if (soon && ++this.attempt < TRIES) return BlockError.None;
    this.attempt = TRIES + 1;
    this.slowly = this.slowly || error === BlockError.Crc;
    return this.restart();
  }

  /** Initialises the card anew, if it is the same. */
  private restart(): i32 {
    const session = this.session;
    const error = session.open(this.slowly);
    if (error === BlockError.NoCard) return this.end(BlockError.Gone);
    if (error === BlockError.Unsupported) return this.end(BlockError.Changed);
    if (error) return this.end(error);
    for (let i = 0; i < 4; i++) if (session.cid[i] !== this.cid[i]) return this.end(BlockError.Changed);
    this.isWritable = !session.isProtected;
    return BlockError.None;
  }

  /** The card is left alone after this, unless it is only that data comes damaged. */
  private end(error: i32): i32 {
    if (error !== BlockError.Crc) this.failure = error;
    return error;
  }

  /** For reports: what is known of the card that was opened last. */
  get controllerName(): string {
    return this.session.host.base === EMMC1 ? 'EMMC1' : 'EMMC2';
  }

  /** Data lines, 1 or 4. */
  get busWidth(): i32 {
    return this.session.host.busWidth;
  }

  get isHighSpeed(): bool {
    return this.session.host.isHighSpeed;
  }

  get clockHz(): i32 {
    return this.session.host.clockHz;
  }

  /** Addresses count blocks (SDHC, SDXC), not bytes (SDSC). */
  get isBlockAddressed(): bool {
    return this.session.byBlock;
  }

  /** Of the CID (PLSS 5.2): the product's name with `?` for what is no letter, and the serial number. */
  get productName(): string {
    let name = '';
    for (let low: u32 = 96; low >= 64; low -= 8) {
      const letter = this.session.bits(this.cid, low, 8);
      name += String.fromCharCode(letter > 0x20 && letter < 0x7f ? letter : 0x3f);
    }
    return name;
  }

  get serialNumber(): u32 {
    return this.session.bits(this.cid, 24, 32);
  }

  /** Damaged replies and blocks since the start. */
  get crcErrors(): i32 {
    return this.session.host.crcErrors;
  }
}
