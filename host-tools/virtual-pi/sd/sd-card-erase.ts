// The sequence of an erase: first block, last block, go. PLSS 4.10, 4.3.5 (Erase).

import { ERASE_PARAM, ERASE_RESET, ERASE_SEQ_ERROR, OUT_OF_RANGE } from './sd-card-states.js';

const FIRST = 32;
const LAST = 33;
const GO = 38;
const SEND_STATUS = 13;

export interface EraseRange {
  /** Error bits of the status; the range counts when there are none. */
  readonly errors: number;
  readonly from: number;
  readonly to: number;
}

export class CardErase {
  private from: number | undefined;
  private to: number | undefined;

  reset(): void {
    this.from = this.to = undefined;
  }

  /** Any command: one out of the sequence clears it, CMD13 aside. Error bits. */
  watch(index: number): number {
    if (index === FIRST || index === LAST || index === GO || index === SEND_STATUS) return 0;
    if (this.from === undefined) return 0;
    this.reset();
    return ERASE_RESET;
  }

  /** CMD32 and CMD33, of a card of so many sectors. Error bits. */
  select(sector: number, first: boolean, sectors: number): number {
    if (sector >= sectors) return OUT_OF_RANGE;
    if (first) [this.from, this.to] = [sector, undefined];
    else if (this.from === undefined) return ERASE_SEQ_ERROR;
    else this.to = sector;
    return 0;
  }

  /** CMD38: the range, which is then forgotten. */
  take(): EraseRange {
    const { from, to } = this;
    this.reset();
    if (from === undefined || to === undefined) return { errors: ERASE_SEQ_ERROR, from: 0, to: 0 };
    return { errors: to < from ? ERASE_PARAM : 0, from, to };
  }
}
