// The carrier as a clock: which pair is due at a tick, and when a pair is. Where DMA takes no time (the emulator),
// this is what "played" means; on a board the ring's progress is.

export class CarrierClock {
  private carrier: i64 = 1;
  private rate: i64 = 1;
  private start: i64 = 0;
  private base: i64 = 0;

  /** Pair 0 is due at tick `now`; `carrier` pairs and `rate` ticks a second. */
  begin(now: i64, carrier: i64, rate: i64): void {
    this.carrier = carrier;
    this.rate = rate;
    this.start = now;
    this.base = 0;
  }

  /** How many pairs have passed at a tick. */
  pairsAt(now: i64): i64 {
    // Whole seconds are taken out, so that a week's ticks times the carrier stay within 64 bits.
    const seconds = (now - this.start) / this.rate;
    if (seconds > 0) {
      this.start += seconds * this.rate;
      this.base += seconds * this.carrier;
    }
    return this.base + ((now - this.start) * this.carrier) / this.rate;
  }

  /** The first tick at which `pairs` pairs have passed. */
  tickOf(pairs: i64): i64 {
    const due = (pairs - this.base) * this.rate;
    return this.start + (due > 0 ? (due + this.carrier - 1) / this.carrier : due / this.carrier);
  }

  /** Counts `pairs` pairs as passed now. */
  skip(pairs: i64): void {
    this.base += pairs;
  }

  /** Time that does not count has passed: `elapsed` ticks. */
  pause(elapsed: i64): void {
    this.start += elapsed;
  }

  /** Stops the clock's lead: at tick `now` exactly `pairs` have passed. */
  hold(now: i64, pairs: i64): void {
    this.start = now;
    this.base = pairs;
  }
}
