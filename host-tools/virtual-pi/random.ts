// The one source of chance: a seed gives one run (Marsaglia, Xorshift RNGs, 2003: shifts 13, 17 and 5). All of it is
// whole numbers and comparisons, so a browser's runs are those of Node.

/** Scatters what differs in few bits (the finaliser of MurmurHash3); one word gives one word. */
function scattered(word: number): number {
  let x = word;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** 2^32 divided by the golden ratio: seed 0, too, is scattered. */
const GOLDEN = 0x9e3779b9;

export class Random {
  private state: number;

  /** Any seed. */
  constructor(seed: number) {
    this.state = scattered(seed + GOLDEN) || 1;
  }

  /** A whole number from 1 to 2^32 - 1. */
  word(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x >>> 0;
    return this.state;
  }

  /** A number from 0 up to, not with, 1. */
  next(): number {
    return (this.word() - 1) / 0xffffffff;
  }

  /**
   * A number from 0 up, 1 on average, as the time between things of chance is: exponentially distributed (von Neumann,
   * Various techniques used in connection with random digits, 1951), without a logarithm, which engines round each in
   * their own way.
   */
  gap(): number {
    for (let whole = 0; ; whole++) {
      const first = this.next();
      let falls = 0;
      let last = first;
      for (let next = this.next(); next < last; next = this.next()) {
        last = next;
        falls++;
      }
      if (falls % 2 === 0) return whole + first;
    }
  }
}
