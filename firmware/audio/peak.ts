// The level of what is made for the jack. Of each block a part is looked at, spread over all of it: enough to see, for
// a tenth of the instructions.

/** Every so many frames one is looked at: 6 kHz of 48 kHz, and no divisor of what music is made of. */
const EVERY: i32 = 7;

export class Peak {
  /** 0 to 2^31 - 1. */
  left: i32 = 0;
  right: i32 = 0;

  reset(): void {
    this.left = 0;
    this.right = 0;
  }

  /** Looks at `count` frames of 32-bit samples, which are only read. */
  add(frames: usize, count: i32, channels: i32): void {
    const second: usize = channels === 2 ? 4 : 0;
    const step: usize = ((<usize>channels) << 2) * EVERY;
    let left = this.left;
    let right = this.right;
    // Of -2^31 there is no opposite: the complement is one less, and never seen.
    for (const end = frames + ((<usize>count * channels) << 2); frames < end; frames += step) {
      const l = load<i32>(frames);
      left = max(left, l ^ (l >> 31));
      const r = load<i32>(frames + second);
      right = max(right, r ^ (r >> 31));
    }
    this.left = left;
    this.right = right;
  }
}
