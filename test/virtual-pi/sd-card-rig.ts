// A card without a controller: commands and blocks at times that the test chooses.

import { SdCard, type SdCardOptions } from '../../host-tools/virtual-pi/sd/sd-card.js';
import type { Reply } from '../../host-tools/virtual-pi/sd/sd-card-states.js';
import { MemorySectors } from '../../host-tools/virtual-pi/sd/sector-store.js';
import { MILLISECOND } from '../../host-tools/virtual-pi/time.js';
import { pattern } from './sdhci-rig.js';

/** Sectors of 64 MiB, 2 GiB, 4 GiB and 64 GiB. */
export const MIB64 = 131_072;
export const GIB2 = 4_194_304;
export const GIB4 = 8_388_608;
export const GIB64 = 134_217_728;

export const IN_IDLE = 0;
export const IN_TRAN = 4;
export const IN_DATA = 5;
export const IN_RCV = 6;
export const IN_PRG = 7;

export const OUT_OF_RANGE = 31;
export const ADDRESS_ERROR = 30;
export const BLOCK_LEN_ERROR = 29;
export const ERASE_SEQ_ERROR = 28;
export const ERASE_PARAM = 27;
export const WP_VIOLATION = 26;
export const COM_CRC_ERROR = 23;
export const ILLEGAL_COMMAND = 22;
export const CARD_ECC_FAILED = 21;
export const ERROR = 19;
export const ERASE_RESET = 13;

const IMAGE = pattern(64);

export class CardRig {
  now = 0;
  rca = 0;
  readonly store: MemorySectors;
  readonly card: SdCard;

  constructor(sectors = GIB4, options: Partial<SdCardOptions> = {}) {
    this.store = new MemorySectors(sectors, IMAGE);
    this.card = new SdCard({ store: this.store, powerUpMs: 0, ...options });
  }

  wait(ms: number): this {
    this.now += ms * MILLISECOND;
    return this;
  }

  command(index: number, argument = 0): Reply | undefined {
    return this.card.command(index, argument >>> 0, this.now);
  }

  /** The word of a reply that must come. */
  word(index: number, argument = 0): number {
    const reply = this.command(index, argument);
    if (!reply) throw new Error(`no reply to CMD${index}`);
    return reply.word;
  }

  app(index: number, argument = 0): number {
    this.word(55, this.rca << 16);
    return this.word(index, argument);
  }

  /** CMD13's reply. */
  status(): number {
    return this.word(13, this.rca << 16);
  }

  /** CMD0 to CMD3: stand-by. */
  identify(hcs = true): this {
    this.command(0);
    this.rca = 0;
    this.command(8, 0x1aa);
    this.app(41, 0xff_8000 | (hcs ? 1 << 30 : 0));
    this.command(2);
    this.rca = this.word(3) >>> 16;
    return this;
  }

  select(): this {
    this.identify();
    this.word(7, this.rca << 16);
    return this;
  }

  /** The next block of a read, copied; undefined when none comes. */
  block(): Uint8Array | undefined {
    const block = this.card.nextBlock(this.now);
    if (!block) return undefined;
    this.now = block.from;
    const bytes = block.bytes.slice();
    this.card.blockSent();
    return bytes;
  }

  give(bytes: Uint8Array): string {
    return this.card.takeBlock(bytes, false, this.now);
  }
}

/** The bits set in a status, CURRENT_STATE, READY_FOR_DATA and APP_CMD aside; highest first. */
export const errorsOf = (word: number): number[] =>
  Array.from({ length: 32 }, (_, i) => 31 - i).filter((bit) => bit > 12 && (word >>> bit) & 1);

export const stateOf = (word: number): number => (word >>> 9) & 15;
