// The FIFO that both channels of a PWM block share. BCM2711 ARM Peripherals, 8.6 (FIF1).

/**
 * Words that it holds: 16, as measured by others on BCM2835 to 2837, against "eight" in that chip's manual. Nobody has
 * measured it on a BCM2711; a driver must not depend on it.
 */
export const FIFO_WORDS = 16;
/** The number of the last place; their number is a power of 2. */
const LAST = FIFO_WORDS - 1;

export class PwmFifo {
  count = 0;
  private readonly words = new Uint32Array(FIFO_WORDS);
  private head = 0;

  /** False when it is full: the word is lost. */
  push(word: number): boolean {
    if (this.count === FIFO_WORDS) return false;
    this.words[(this.head + this.count) & LAST] = word;
    this.count++;
    return true;
  }

  /** The oldest word; only while `count` is not 0. */
  take(): number {
    const word = this.words[this.head] ?? 0;
    this.head = (this.head + 1) & LAST;
    this.count--;
    return word;
  }

  clear(): void {
    this.count = 0;
  }
}
