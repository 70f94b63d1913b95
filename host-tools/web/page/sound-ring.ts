// The samples' way from the machine's worker to the audio thread: a ring in shared memory. The worker alone writes; the
// audio thread reads, and the worker may drop what waits, so both of them move the place of reading: by compare and
// exchange, since a store would undo what the other has done meanwhile. Counters are frames modulo 2^32 since the ring
// was made. What has been read stays there until it is written over, so whoever draws can look back at it.

/** Frames; a power of two. At 48 kHz 0.68 s. */
const FRAMES = 32_768;
const MASK = FRAMES - 1;
const CELLS = 4;
const HEADER_BYTES = CELLS * 4;

const enum Cell {
  Written = 0,
  Read = 1,
  /** Gaps: times the reader began to find less than it wanted while the machine ran. */
  Underruns = 2,
  /** 1 while samples are to be taken. */
  Running = 3,
}

/** The most frames that may wait. */
export const ROOM_FRAMES = FRAMES / 2;

export class SoundRing {
  readonly shared: SharedArrayBuffer;
  private readonly cells: Int32Array;
  private readonly left: Float32Array;
  private readonly right: Float32Array;
  /** The reader's: it found less than it wanted. */
  private dry = false;

  /** A new ring, or another thread's view of one. */
  constructor(shared = new SharedArrayBuffer(HEADER_BYTES + FRAMES * 8)) {
    this.shared = shared;
    this.cells = new Int32Array(shared, 0, CELLS);
    this.left = new Float32Array(shared, HEADER_BYTES, FRAMES);
    this.right = new Float32Array(shared, HEADER_BYTES + FRAMES * 4, FRAMES);
  }

  /** Frames that were written, modulo 2^32. */
  get written(): number {
    return Atomics.load(this.cells, Cell.Written) >>> 0;
  }

  get read(): number {
    return Atomics.load(this.cells, Cell.Read) >>> 0;
  }

  /** Frames that wait. */
  get fill(): number {
    return this.waiting(this.read);
  }

  get underruns(): number {
    return Atomics.load(this.cells, Cell.Underruns);
  }

  get running(): boolean {
    return Atomics.load(this.cells, Cell.Running) === 1;
  }

  /** Whether the reader is to take samples: not while the machine stands still or the ring has yet to be filled. */
  set running(running: boolean) {
    Atomics.store(this.cells, Cell.Running, running ? 1 : 0);
  }

  /** Appends frames, whether or not there is room: the writer looks at `fill` before. */
  push(left: Float32Array, right: Float32Array): void {
    const written = this.written;
    for (let i = 0; i < left.length; i++) {
      const at = (written + i) & MASK;
      this.left[at] = left[i] as number;
      this.right[at] = right[i] as number;
    }
    Atomics.store(this.cells, Cell.Written, (written + left.length) | 0);
  }

  /** Takes up to as many frames as the arrays hold; returns how many. A lack is counted, and the rest is silence. */
  pull(left: Float32Array, right: Float32Array): number {
    for (;;) {
      const { read, running } = this;
      const count = running ? Math.min(this.waiting(read), left.length) : 0;
      for (let i = 0; i < count; i++) {
        const at = (read + i) & MASK;
        left[i] = this.left[at] as number;
        right[i] = this.right[at] as number;
      }
      left.fill(0, count);
      right.fill(0, count);
      // What was dropped meanwhile is not to be heard.
      if (count > 0 && !this.move(read, count)) continue;
      const dry = running && count < left.length;
      if (dry && !this.dry) Atomics.add(this.cells, Cell.Underruns, 1);
      this.dry = dry;
      return count;
    }
  }

  /** Gives up to `count` waiting frames away unheard. */
  drop(count: number): void {
    let read;
    do read = this.read;
    while (!this.move(read, Math.min(count, this.waiting(read))));
  }

  /** The last frames that were read, oldest first; as many as the arrays hold, a quarter of the ring at most. */
  last(left: Float32Array, right: Float32Array): void {
    const from = this.read - left.length;
    for (let i = 0; i < left.length; i++) {
      const at = (from + i) & MASK;
      left[i] = this.left[at] as number;
      right[i] = this.right[at] as number;
    }
  }

  private waiting(read: number): number {
    return (this.written - read) >>> 0;
  }

  /** Moves the place of reading on from `read`; false where it was moved by the other thread. */
  private move(read: number, count: number): boolean {
    return Atomics.compareExchange(this.cells, Cell.Read, read | 0, (read + count) | 0) === (read | 0);
  }
}
