// The sectors of a card's image for the virtual Pi: read as they are asked for, what is written kept in memory until it
// is put back. So an image of any size costs what is used of it, and stays as it was where that is wished.

import fs from 'node:fs';
import { Problem, systemReason } from '../problem.js';
import type { CardSource } from './byte-source.js';
import { MemorySectors, SECTOR_BYTES } from '../virtual-pi/sd/sector-store.js';

const PIECE_BYTES = 64 * 1024;
const KEPT_PIECES = 64;

export class FileSectors extends MemorySectors {
  private readonly pieces = new Map<number, Uint8Array>();
  private readonly descriptor: number;

  /** Opens the image, `bytes` long, for reading, and for writing if something will be put back. Throws Problem. */
  constructor(
    private readonly file: string,
    bytes: number,
    isWritable: boolean,
  ) {
    super(bytes / SECTOR_BYTES);
    try {
      this.descriptor = fs.openSync(file, isWritable ? 'r+' : 'r');
    } catch (error) {
      throw new Problem('not-readable', `cannot be opened (${systemReason(error)})`, {
        ...{ file, cause: error },
        hint: isWritable ? '--snapshot does without writing to it' : undefined,
      });
    }
  }

  protected override original(sector: number): Uint8Array {
    const from = sector * SECTOR_BYTES;
    const number = Math.floor(from / PIECE_BYTES);
    let piece = this.pieces.get(number);
    if (!piece) {
      // Not used again for another piece: who has read a sector may still look at it.
      piece = new Uint8Array(PIECE_BYTES);
      try {
        fs.readSync(this.descriptor, piece, 0, PIECE_BYTES, number * PIECE_BYTES);
      } catch (error) {
        const { file } = this;
        throw new Problem('not-readable', `cannot be read (${systemReason(error)})`, { file, cause: error });
      }
      if (this.pieces.size >= KEPT_PIECES) this.pieces.delete(this.pieces.keys().next().value ?? 0);
      this.pieces.set(number, piece);
    }
    return piece.subarray(from % PIECE_BYTES, (from % PIECE_BYTES) + SECTOR_BYTES);
  }

  /** The card as it is now, with what was written. */
  get source(): CardSource {
    const bytes = this.sectors * SECTOR_BYTES;
    const read = (offset: number, length: number): Buffer => {
      const end = Math.min(offset + length, bytes);
      const first = Math.floor(offset / SECTOR_BYTES);
      const last = Math.ceil(end / SECTOR_BYTES);
      const sectors = Array.from({ length: Math.max(0, last - first) }, (_, i) => this.read(first + i));
      const from = offset - first * SECTOR_BYTES;
      return Buffer.concat(sectors).subarray(from, from + Math.max(0, end - offset));
    };
    return { name: this.file, bytes, isDevice: false, read };
  }

  /** Writes what was changed into the image. Throws Problem. */
  putBack(): void {
    try {
      for (const sector of this.changed)
        fs.writeSync(this.descriptor, this.read(sector), 0, SECTOR_BYTES, sector * SECTOR_BYTES);
      fs.fsyncSync(this.descriptor);
    } catch (error) {
      const { file } = this;
      throw new Problem('write-failed', `cannot be written (${systemReason(error)})`, { file, cause: error });
    }
  }

  close(): void {
    fs.closeSync(this.descriptor);
  }
}
