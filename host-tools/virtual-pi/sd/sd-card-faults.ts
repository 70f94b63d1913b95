// What a script can do to a card: late blocks, damaged lines, bad sectors, a card that never gets ready.

import { MILLISECOND, type Time } from '../time.js';

/** Which way something is damaged: what the host sends as a command, what the card replies, or a block of data. */
export type DamagedLine = 'command' | 'response' | 'data';

export class SdFaults {
  /** The card stays busy from the next time on that it programs, until CMD0, power off or `freeBusy`. */
  stuckBusy = false;
  private lateBy: Time = 0;
  private lateBlocks = 0;
  private readonly damaged: Record<DamagedLine, number> = { command: 0, response: 0, data: 0 };
  private readonly failing = new Set<number>();
  private blocksLeft = Infinity;

  /** The next `blocks` blocks, read or written, take so many milliseconds longer. */
  late(ms: number, blocks = 1): void {
    this.lateBy = ms * MILLISECOND;
    this.lateBlocks = blocks;
  }

  /** The next `count` of their kind come with a wrong CRC. */
  crcError(line: DamagedLine, count = 1): void {
    this.damaged[line] += count;
  }

  /** A sector that the card cannot correct when it reads it, nor program. */
  failSector(sector: number): void {
    this.failing.add(sector);
  }

  healSector(sector: number): void {
    this.failing.delete(sector);
  }

  /** After so many more blocks the card sends and takes no more, until CMD12, CMD0 or power off. */
  truncateAfter(blocks: number): void {
    this.blocksLeft = blocks;
  }

  /** For the card: what the next block adds to its time. */
  takeLate(): Time {
    if (this.lateBlocks === 0) return 0;
    this.lateBlocks--;
    return this.lateBy;
  }

  takeDamage(line: DamagedLine): boolean {
    if (this.damaged[line] === 0) return false;
    this.damaged[line]--;
    return true;
  }

  /** Whether the next block comes at all. */
  takeBlock(): boolean {
    if (this.blocksLeft === 0) return false;
    this.blocksLeft--;
    return true;
  }

  restart(): void {
    if (this.blocksLeft === 0) this.blocksLeft = Infinity;
  }

  fails(sector: number): boolean {
    return this.failing.size > 0 && this.failing.has(sector);
  }
}
