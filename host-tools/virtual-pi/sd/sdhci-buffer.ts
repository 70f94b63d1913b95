// The buffer of an SD host controller behind its data port: two blocks, of which the program has one and the card the
// other. SDHCI 3.00, 1.7 and 2.2.8 (Buffer Data Port); that the BCM2711's has two is assumed: with one, a program that
// clears Buffer Read Ready too late gets away with it.

/** Max Block Length of the capabilities: 2048 bytes. */
export const MOST_BYTES = 2048;

export class SdhciBuffer {
  /** Whole blocks in it. */
  filled = 0;
  /** Words of the block at the data port that have been moved. */
  cursor = 0;
  private bytesOfBlock = 512;
  private wordsOfBlock = 128;
  /** Whose turn: the block that leaves next, and the one that comes in next. */
  private first = 0;
  private next = 0;
  private readonly words = [new Uint32Array(MOST_BYTES / 4), new Uint32Array(MOST_BYTES / 4)] as const;
  private readonly bytes = [new Uint8Array(this.words[0].buffer), new Uint8Array(this.words[1].buffer)] as const;

  /** Empties it, for blocks of so many bytes. */
  open(bytes: number): void {
    this.clear();
    this.bytesOfBlock = bytes;
    this.wordsOfBlock = Math.ceil(bytes / 4);
  }

  clear(): void {
    this.filled = this.cursor = this.first = this.next = 0;
  }

  get blockBytes(): number {
    return this.bytesOfBlock;
  }

  get full(): boolean {
    return this.filled === 2;
  }

  /** A block from the card, copied. */
  put(block: Uint8Array): void {
    this.bytes[this.next === 0 ? 0 : 1].set(block);
    this.next ^= 1;
    this.filled++;
  }

  /** The oldest block, for the card; the bytes stay the buffer's. */
  get oldest(): Uint8Array {
    return this.bytes[this.first === 0 ? 0 : 1].subarray(0, this.bytesOfBlock);
  }

  drop(): void {
    this.first ^= 1;
    this.filled--;
  }

  /** The word at the data port, of a whole block. */
  peek(): number {
    return this.words[this.first === 0 ? 0 : 1][this.cursor] ?? 0;
  }

  /** Moves on by a word; true when it was the block's last, which is then gone. */
  advance(): boolean {
    if (++this.cursor < this.wordsOfBlock) return false;
    this.cursor = 0;
    this.drop();
    return true;
  }

  /** A word of the program; true when its block is whole. */
  push(word: number): boolean {
    this.words[this.next === 0 ? 0 : 1][this.cursor] = word;
    if (++this.cursor < this.wordsOfBlock) return false;
    this.cursor = 0;
    this.next ^= 1;
    this.filled++;
    return true;
  }
}
