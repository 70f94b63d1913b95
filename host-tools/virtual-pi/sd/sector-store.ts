// What lies on a card: sectors of 512 bytes. Sparse, so that a card of 32 GiB costs what is written to it.

import { Problem } from '../../problem.js';

export const SECTOR_BYTES = 512;

export interface SectorStore {
  /** How many there are; sectors are numbered from 0. */
  readonly sectors: number;
  /** SECTOR_BYTES bytes, which stay the store's: not to be changed, and valid until the next write. */
  read(sector: number): Uint8Array;
  /** Takes SECTOR_BYTES bytes, which stay the caller's. */
  write(sector: number, bytes: Uint8Array): void;
  /** Sectors `from` to `to` become zeros; what undoes it, which may be called once and costs what was written there. */
  erase(from: number, to: number): () => void;
}

const EMPTY = new Uint8Array(SECTOR_BYTES);

export class MemorySectors implements SectorStore {
  /** Younger than all of `erased`. */
  private readonly written = new Map<number, Uint8Array>();
  /** Ranges of zeros, first and last sector. */
  private erased: (readonly [number, number])[] = [];
  private readonly tail: Uint8Array | undefined;

  /**
   * Begins as `image`, and zeros behind it. The image stays the caller's and must not change; what is written goes
   * elsewhere. Throws Problem `usage` when it is longer than the card.
   */
  constructor(
    readonly sectors: number,
    private readonly image: Uint8Array = EMPTY.subarray(0, 0),
  ) {
    if (image.length > sectors * SECTOR_BYTES)
      throw new Problem('usage', `an image of ${image.length} bytes does not fit on ${sectors} sectors`);
    const rest = image.length % SECTOR_BYTES;
    if (!rest) return;
    this.tail = new Uint8Array(SECTOR_BYTES);
    this.tail.set(image.subarray(image.length - rest));
  }

  read(sector: number): Uint8Array {
    const own = this.written.get(sector);
    if (own) return own;
    for (const [first, last] of this.erased) if (sector >= first && sector <= last) return EMPTY;
    return this.original(sector);
  }

  /** What the sector began as. */
  protected original(sector: number): Uint8Array {
    const from = sector * SECTOR_BYTES;
    if (from >= this.image.length) return EMPTY;
    return this.image.length - from < SECTOR_BYTES && this.tail
      ? this.tail
      : this.image.subarray(from, from + SECTOR_BYTES);
  }

  write(sector: number, bytes: Uint8Array): void {
    this.written.set(sector, bytes.slice());
  }

  erase(from: number, to: number): () => void {
    const before = this.erased;
    const own: [number, Uint8Array][] = [];
    // As many looks as there are sectors, or as were written, whichever are fewer.
    if (to - from < this.written.size) {
      for (let sector = from; sector <= to; sector++) this.take(sector, own);
    } else {
      for (const sector of [...this.written.keys()]) if (sector >= from && sector <= to) this.take(sector, own);
    }
    this.erased = joined(before, from, to);
    return () => {
      this.erased = before;
      for (const [sector, bytes] of own) this.written.set(sector, bytes);
    };
  }

  private take(sector: number, into: [number, Uint8Array][]): void {
    const bytes = this.written.get(sector);
    if (!bytes) return;
    into.push([sector, bytes]);
    this.written.delete(sector);
  }

  /** Sectors that were written or erased, in their order. */
  get changed(): number[] {
    const all = new Set(this.written.keys());
    for (const [first, last] of this.erased) for (let sector = first; sector <= last; sector++) all.add(sector);
    return [...all].sort((a, b) => a - b);
  }
}

/** Ranges with one more; those that it touches become one with it, so that erasing bit by bit keeps them few. */
function joined(ranges: readonly (readonly [number, number])[], from: number, to: number): [number, number][] {
  let [low, high] = [from, to];
  const apart: [number, number][] = [];
  for (const [first, last] of ranges)
    if (first > to + 1 || last < from - 1) apart.push([first, last]);
    else [low, high] = [Math.min(low, first), Math.max(high, last)];
  return [...apart, [low, high]];
}
