// Where each byte of a rewritten file was in the original.

interface Piece {
  /** Where it begins in the rewritten file. */
  at: number;
  original: number;
  /** Whether it was copied byte for byte; all of what was not belongs to `original`. */
  copied: boolean;
}

export class OffsetMap {
  private readonly pieces: Piece[] = [];

  /** Tells the next piece, which goes on until the one after it. */
  add(at: number, original: number, copied: boolean): void {
    this.pieces.push({ at, original, copied });
  }

  /** Takes over the pieces of a part that lies at `at`. */
  include(part: OffsetMap, at: number): void {
    for (const piece of part.pieces) this.pieces.push({ ...piece, at: piece.at + at });
  }

  /** The offset in the original of what is at `offset` now. */
  original(offset: number): number {
    let low = 0;
    let high = this.pieces.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.pieces[middle]?.at ?? Infinity) <= offset) low = middle + 1;
      else high = middle;
    }
    const piece = this.pieces[low - 1];
    if (!piece) return offset;
    return piece.original + (piece.copied ? offset - piece.at : 0);
  }
}
