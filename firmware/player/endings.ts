// Ends of tracks that are decoded and appended but not yet heard: what to report about each once the jack has come
// there. Tracks may be shorter than what the jack holds, so there can be several.

export const ENDINGS: i32 = 32;

/** i64 mark, i64 frames, i32 index, u32 sum, i32 whether there is a sum. */
const MARK: usize = 0;
const FRAMES: usize = 8;
const INDEX: usize = 16;
const SUM: usize = 20;
const SUMMED: usize = 24;
export const ENDING_BYTES: i32 = 32;
const entries = memory.data(ENDINGS * ENDING_BYTES, 8);

/** A queue of endings, the next one to be heard first. */
export class Endings {
  count: i32 = 0;
  /** Changes with each that is added or dropped. */
  changes: i32 = 0;
  private first: i32 = 0;

  get full(): bool {
    return this.count === ENDINGS;
  }

  /** Adds an ending; there must be room. `sum` is the frames' CRC-32, -1 when they were not summed. */
  add(mark: i64, index: i32, frames: i64, sum: i64): void {
    assert(!this.full);
    this.changes++;
    const entry = this.at(this.count++);
    store<i64>(entry, mark, MARK);
    store<i64>(entry, frames, FRAMES);
    store<i32>(entry, index, INDEX);
    store<u32>(entry, <u32>sum, SUM);
    store<i32>(entry, sum >= 0 ? 1 : 0, SUMMED);
  }

  /** Forgets the first one. */
  drop(): void {
    this.first = (this.first + 1) % ENDINGS;
    this.count--;
    this.changes++;
  }

  /** Copies all to `ptr`, their marks less `before`. */
  copyTo(ptr: usize, before: i64): void {
    for (let i = 0; i < this.count; i++) {
      memory.copy(ptr, this.at(i), ENDING_BYTES);
      store<i64>(ptr, load<i64>(ptr, MARK) - before, MARK);
      ptr += ENDING_BYTES;
    }
  }

  /** Takes `count` that were copied instead of its own; without their marks they are heard by now. */
  take(ptr: usize, count: i32, withMarks: bool): void {
    this.first = 0;
    this.count = count;
    memory.copy(entries, ptr, count * ENDING_BYTES);
    if (!withMarks) for (let i = 0; i < count; i++) store<i64>(this.at(i), 0, MARK);
  }

  get mark(): i64 {
    return load<i64>(this.at(0), MARK);
  }
  get frames(): i64 {
    return load<i64>(this.at(0), FRAMES);
  }
  get index(): i32 {
    return load<i32>(this.at(0), INDEX);
  }
  get summed(): bool {
    return load<i32>(this.at(0), SUMMED) !== 0;
  }
  get sum(): u32 {
    return load<u32>(this.at(0), SUM);
  }

  private at(number: i32): usize {
    return entries + ((this.first + number) % ENDINGS) * ENDING_BYTES;
  }
}
