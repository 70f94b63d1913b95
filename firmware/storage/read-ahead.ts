// A file on a card, read ahead of whoever decodes it: a card may be busy for half a second, and the jack holds less.
//
// The ring has the file's bytes from `start` to `end`, each at its offset modulo the ring's size. `read` copies out of
// it; `fill`, in every step, reads the next chunk into it. What lies behind the reader is kept as long as there is room.

import { SECTOR_BYTES } from '../../drivers/block-device';
import { Bytes, within } from './bytes';

/** What is read at once at most: 3 ms of a card at 25 MHz on four lines. */
const CHUNK: i32 = 32768;
/** The longest `read`. */
const MOST_READ: i32 = 1 << 19;

export class ReadAhead extends Bytes {
  /** Whether the file could not be read at `end`; a `read` beyond it tries again. */
  failed: bool = false;

  private file: Bytes | null = null;
  private start: i64 = 0;
  private end: i64 = 0;
  /** Where the last `read` ended. */
  private position: i64 = 0;

  /** `capacity` bytes at `ring` are this object's; a power of two, 1 MiB or more. */
  constructor(
    private readonly ring: usize,
    private readonly capacity: i32,
  ) {
    super();
  }

  /** Shows another file, which stays open as long as this is used. Nothing is read yet. */
  open(file: Bytes): void {
    this.file = file;
    this.size = file.size;
    this.failed = false;
    this.start = 0;
    this.end = 0;
    this.position = 0;
  }

  /** Bytes that can be read from where the last `read` ended without touching the file. */
  get ahead(): i64 {
    return this.end - this.position;
  }

  /** Whether everything up to the file's end is in the ring. */
  get isWhole(): bool {
    return this.end >= this.size;
  }

  /** Reads at most MOST_READ bytes; from the file where they are not in the ring, and what follows is read ahead. */
  read(offset: i64, ptr: usize, bytes: i32): i32 {
    const count = within(this.size, offset, min(bytes, MOST_READ));
    if (!count) return 0;
    if (offset < this.start || offset > this.end) {
      this.start = offset & ~(<i64>SECTOR_BYTES - 1);
      this.end = this.start;
    }
    this.position = offset;
    while (this.end < offset + count) if (!this.load(<i32>min<i64>(CHUNK, offset + count - this.end))) return -1;
    const at = <i32>(offset & (this.capacity - 1));
    const first = min(count, this.capacity - at);
    memory.copy(ptr, this.ring + at, first);
    memory.copy(ptr + first, this.ring, count - first);
    this.position = offset + count;
    return count;
  }

  /** Reads the next chunk if there is room for it. Whether there is more to fill in. */
  fill(): bool {
    if (this.failed || this.isWhole || this.ahead > this.capacity - CHUNK) return false;
    return this.load(CHUNK) && !this.isWhole;
  }

  /** Reads at least `wanted` bytes from `end` on, in whole sectors, or up to the file's end. */
  private load(wanted: i32): bool {
    const file = this.file;
    const at = <i32>(this.end & (this.capacity - 1));
    const sectors = (wanted + SECTOR_BYTES - 1) & ~(SECTOR_BYTES - 1);
    const count = within(this.size, this.end, min(sectors, this.capacity - at));
    // While it is read, nobody may be given the bytes that it takes the place of.
    this.start = max(this.start, this.end + count - this.capacity);
    this.failed = !file || file.read(this.end, this.ring + at, count) !== count;
    if (!this.failed) this.end += count;
    return !this.failed;
  }
}
