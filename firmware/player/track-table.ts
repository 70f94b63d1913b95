// The tracks of a card: for each its path, and where its directory entry stands, so that neither a name has to be looked
// up nor a directory gone through when it is opened. Paths stand one behind the other in a pool.

import { MOST_CARD_TRACKS, TRACK_PATHS_BYTES } from '../storage/card-limits';
import { compareNaturally } from '../storage/natural-order';

/** u32 where the path stands, u32 its bytes; u32 first cluster of the directory, i32 index of the entry in it. */
const PATH: usize = 0;
const PATH_LENGTH: usize = 4;
const DIRECTORY: usize = 8;
const INDEX: usize = 12;
const ENTRY_BYTES: i32 = 16;

/** Of each table its entries, their order as u16, and its pool; and room to merge an order. */
const RANKS: usize = MOST_CARD_TRACKS * ENTRY_BYTES;
const POOL: usize = RANKS + MOST_CARD_TRACKS * 2;
const tables = memory.data(2 * (MOST_CARD_TRACKS * 18 + TRACK_PATHS_BYTES), 4);
const TABLE_BYTES: usize = POOL + TRACK_PATHS_BYTES;
const merged = memory.data(MOST_CARD_TRACKS * 2, 2);

export class TrackTable {
  count: i32 = 0;
  private used: i32 = 0;
  /** Length of the runs that are in order. */
  private run: i32 = 1;
  private readonly entries: usize;

  /** Table 0 or 1: while one is in use the other can be filled. */
  constructor(number: i32) {
    this.entries = tables + <usize>number * TABLE_BYTES;
  }

  clear(): void {
    this.count = 0;
    this.used = 0;
    this.run = 1;
  }

  /**
   * Adds a track whose path is `folder` and `name` one behind the other. False when there is no room for it. The paths
   * are copied.
   */
  add(folder: usize, folderBytes: i32, name: usize, nameBytes: i32, directory: u32, index: i32): bool {
    const bytes = folderBytes + nameBytes;
    if (this.count === MOST_CARD_TRACKS || this.used + bytes > TRACK_PATHS_BYTES) return false;
    const path = this.entries + POOL + this.used;
    memory.copy(path, folder, folderBytes);
    memory.copy(path + folderBytes, name, nameBytes);
    const entry = this.entries + this.count * ENTRY_BYTES;
    store<u32>(entry, <u32>path, PATH);
    store<i32>(entry, bytes, PATH_LENGTH);
    store<u32>(entry, directory, DIRECTORY);
    store<i32>(entry, index, INDEX);
    store<u16>(this.rank(this.count), <u16>this.count);
    this.used += bytes;
    this.count++;
    return true;
  }

  /** Notes where the track at a place stands, which was not known when it was added. */
  locate(place: i32, directory: u32, index: i32): void {
    store<u32>(this.entryAt(place), directory, DIRECTORY);
    store<i32>(this.entryAt(place), index, INDEX);
  }

  /** Forgets the tracks whose index is negative; the others keep their order. */
  dropNegative(): void {
    let count = 0;
    for (let place = 0; place < this.count; place++) {
      if (this.index(place) < 0) continue;
      store<u16>(this.rank(count), <u16>this.rankAt(place));
      count++;
    }
    this.count = count;
  }

  /**
   * Brings the tracks closer to their natural order; to be called until it returns false. Each call is one pass over
   * all of them, and doubles the runs that are in order.
   */
  sortOn(): bool {
    const count = this.count;
    const run = this.run;
    if (run >= count) return false;
    for (let start = 0; start < count; start += 2 * run) {
      const middle = min(start + run, count);
      const end = min(middle + run, count);
      this.merge(start, middle, end);
    }
    memory.copy(this.rank(0), merged, count << 1);
    this.run = 2 * run;
    return this.run < count;
  }

  /** Merges two neighbouring runs into `merged`. */
  private merge(start: i32, middle: i32, end: i32): void {
    let i = start;
    let j = middle;
    for (let to = start; to < end; to++) {
      const isFirst = j === end || (i < middle && this.compare(this.rankAt(i), this.rankAt(j)) <= 0);
      store<u16>(merged + ((<usize>to) << 1), <u16>this.rankAt(isFirst ? i++ : j++));
    }
  }

  private compare(a: i32, b: i32): i32 {
    const first = this.entries + a * ENTRY_BYTES;
    const second = this.entries + b * ENTRY_BYTES;
    return compareNaturally(
      load<u32>(first, PATH),
      load<i32>(first, PATH_LENGTH),
      load<u32>(second, PATH),
      load<i32>(second, PATH_LENGTH),
    );
  }

  /** The path of the track at a place in the order, this table's; `pathBytes` is its length. */
  path(place: i32): usize {
    return load<u32>(this.entryAt(place), PATH);
  }
  pathBytes(place: i32): i32 {
    return load<i32>(this.entryAt(place), PATH_LENGTH);
  }
  /** First cluster of the directory that the track's entry stands in, and its index there. */
  directory(place: i32): u32 {
    return load<u32>(this.entryAt(place), DIRECTORY);
  }
  index(place: i32): i32 {
    return load<i32>(this.entryAt(place), INDEX);
  }

  /** The place of the track whose entry has a key, or with an index below 0 of the first in that directory; -1 if none. */
  findKey(directory: u32, index: i32): i32 {
    for (let place = 0; place < this.count; place++) {
      if (this.directory(place) === directory && (index < 0 || this.index(place) === index)) return place;
    }
    return -1;
  }

  /** The place of the track with a path; -1 if there is none. */
  find(path: usize, bytes: i32): i32 {
    for (let place = 0; place < this.count; place++) {
      if (this.pathBytes(place) === bytes && !memory.compare(this.path(place), path, bytes)) return place;
    }
    return -1;
  }


  @inline
  private rank(place: i32): usize {
    return this.entries + RANKS + ((<usize>place) << 1);
  }


  @inline
  private rankAt(place: i32): i32 {
    return <i32>load<u16>(this.rank(place));
  }


  @inline
  private entryAt(place: i32): usize {
    return this.entries + this.rankAt(place) * ENTRY_BYTES;
  }
}
