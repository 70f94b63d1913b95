// What the service of modules needs of the program: that its sound lasts until the next module has started.

/** The program, when another one is to take its place. One with nothing to keep is this. */
export class SwapUser {
  /**
   * A module is there: gets ready, by filling a ring, say. Asked in each step until it is; after a while it is not waited
   * for.
   */
  prepare(): bool {
    return true;
  }

  /** The module was refused, this one goes on. */
  stay(): void {}

  /** Ticks for which sound is ahead now; 0 where there is none. */
  aheadTicks(): i64 {
    return 0;
  }
}
