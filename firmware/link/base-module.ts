// The modules that a new one is made from: the running one and the one before it, whose bytes the board lets read.

import { copyIn, crc32, Info, info } from '../../drivers/board';

/** The piece that a host is told a CRC-32 of. */
export const BLOCK_BYTES: i32 = 1024;

const piece = heap.alloc(BLOCK_BYTES);

/** A module in the board's memory; none has 0 bytes. */
export class BaseModule {
  private at: u32 = 0;
  bytes: i32 = 0;
  /** CRC-32 of all of it. */
  sum: u32 = 0;

  /** Looks for it; `base` and `bytes` are keys of `info`. A module does not change while this one runs. */
  find(base: Info, bytes: Info): void {
    if (this.bytes) return;
    this.at = <u32>info(base);
    this.bytes = this.at ? <i32>info(bytes) : 0;
    let sum: u32 = 0;
    for (let offset = 0; offset < this.bytes; offset += BLOCK_BYTES) sum = this.blockSum(offset, sum);
    this.sum = sum;
  }

  /** CRC-32 of the block at `offset`, which is inside; `seed` as for `crc32`. */
  blockSum(offset: i32, seed: u32): u32 {
    const bytes = min(BLOCK_BYTES, this.bytes - offset);
    this.copy(piece, offset, bytes);
    return crc32(piece, bytes, seed);
  }

  /** Copies bytes of it; they must be inside. */
  copy(to: usize, offset: i32, bytes: i32): void {
    copyIn(this.at + offset, to, bytes);
  }
}
