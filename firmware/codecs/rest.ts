// Formats decode some frames at once, and a read may end inside them: the rest is kept for the next one.

export class Rest {
  /** Where a decoder writes frames before `fill`. */
  readonly frames: usize;
  /** Frames that were not read yet; they stand at the end of those that were filled in. */
  left: i32 = 0;
  private filled: i32 = 0;

  /** `most` frames of two channels fit. */
  constructor(most: i32) {
    this.frames = heap.alloc(most * 8);
  }

  /** `count` frames were decoded to `frames`. */
  fill(count: i32): void {
    this.filled = count;
    this.left = count;
  }

  /** Leaves out up to `most` frames; how many. */
  skip(most: i32): i32 {
    const count = min(this.left, most);
    this.left -= count;
    return count;
  }

  /** Copies up to `most` frames of `frameBytes` bytes to `ptr`; how many. */
  take(ptr: usize, most: i32, frameBytes: i32): i32 {
    const from = this.frames + (this.filled - this.left) * frameBytes;
    const count = this.skip(most);
    memory.copy(ptr, from, count * frameBytes);
    return count;
  }
}
