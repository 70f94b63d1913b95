// What a program does to control blocks and data in memory while a channel uses them: stores that have not arrived when
// the channel reads (BCM2711 ARM Peripherals 1.3), and changes to the block that is carried out.

import { BLOCK_BYTES, BLOCK_WORDS, sourceExtent, Word, type Tell, type Words } from './dma-block.js';
import { inWindow, type Memory } from '../memory.js';

/** The words that decide a transfer; the link after them may be stored to at any time, and comes too late or not. */
const DECIDING = Word.NEXT;

const physical = (address: number): number => address & 0x3fffffff;

export class DmaWatch {
  /** The block that is carried out, as it was loaded; `address` is 0 while there is none. */
  readonly words: Words = new Uint32Array(BLOCK_WORDS);
  address = 0;
  /** Told of the block that is about to be loaded already. */
  private told = false;

  constructor(
    private readonly memory: Memory,
    private readonly lite: boolean,
    private readonly tell: Tell,
  ) {}

  /** The program starts the channel at a block: all of it, and what it reads, must have arrived by now. */
  started(address: number): void {
    const at = physical(address);
    if (!inWindow(at, BLOCK_BYTES)) return;
    const words = Uint32Array.from({ length: BLOCK_WORDS }, (_, i) => this.memory.loadWord(at + i * 4));
    this.told = this.pending(address, BLOCK_BYTES, words);
  }

  /** The channel has loaded `words`. The link may be on its way: then the program has lost the race, as it may. */
  loaded(address: number): void {
    this.address = address;
    if (!this.told && inWindow(physical(address), BLOCK_BYTES)) this.pending(address, DECIDING * 4, this.words);
    this.told = false;
  }

  private pending(address: number, bytes: number, words: Words): boolean {
    const { memory } = this;
    const extent = sourceExtent(words, this.lite);
    const block = memory.pending(physical(address), bytes);
    const data = extent && extent.from >>> 30 === 3 && memory.pending(physical(extent.from), extent.bytes);
    if (!data && !block) return false;
    const what = block ? 'the control block' : 'data of the control block';
    this.tell('no-barrier', `stores to ${what} have not been through a barrier (1.3)`, address);
    return true;
  }

  /** The program has stored to the window. Storing what is there already changes nothing. */
  stored(from: number, bytes: number): void {
    const at = physical(this.address);
    if (this.address === 0 || from >= at + DECIDING * 4 || from + bytes <= at) return;
    for (let i = 0; i < DECIDING; i++) {
      const value = this.memory.loadWord(at + i * 4);
      if (value === this.words[i]) continue;
      const text = `word ${i} of the control block that is carried out was changed (4.2.1.1)`;
      return this.tell('dma-block-changed', text, value);
    }
  }
}
