// Goes through a directory: puts long names together out of their slots, and passes over what is deleted, a label, or
// broken. A long name stands before its entry, last part first; every part carries the checksum of the short name.

import { Layout, SLOT_BYTES } from './boot-sector';
import { ATTRIBUTES, Attribute, DELETED, Entry, LONG_NAME, LONG_NAME_MASK } from './entry';
import { isPlain, Name, NAME_UNITS, toUtf8 } from './name';
import { Sectors } from './sectors';
import { decodeShort, SHORT_UNITS, shortSum } from './short-name';
import { Slots } from './slots';
import { Table } from './table';

/** Units of a name in one slot, which has three places for them; what marks the last part; the checksum's place. */
export const PART_UNITS: i32 = 13;
export const LAST_PART: i32 = 0x40;
export const MOST_PARTS: i32 = 20;
export const PART_SUM: usize = 13;
export const PART_1: usize = 1;
export const PART_1_BYTES: i32 = 10;
export const PART_2: usize = 14;
export const PART_2_BYTES: i32 = 12;
export const PART_3: usize = 28;
export const PART_3_BYTES: i32 = 4;

const DOT: i32 = 0x2e;
const SPACE: i32 = 0x20;

/** A pass over a directory. */
export class Scan {
  readonly slots: Slots;
  /** The slot that is looked at next. */
  index: i32 = 0;
  /** The entry that `next` has found: its slot, and its number and that of its name's first part. */
  readonly slot: usize = heap.alloc(SLOT_BYTES);
  at: i32 = 0;
  first: i32 = 0;

  /** Where `needed` free slots stand together, or those at the directory's end begin, however few; found on the way. */
  needed: i32 = 1;
  free: i32 = -1;
  private freeFrom: i32 = -1;

  /** The long name; no units if there is none. */
  private readonly units: usize = heap.alloc(MOST_PARTS * PART_UNITS * 2);
  private length: i32 = 0;
  /** The part that must come next, 0 for the entry itself, and the checksum; -1: there is no long name. */
  private part: i32 = -1;
  private sum: i32 = 0;
  private readonly short: usize = heap.alloc(SHORT_UNITS * 2);

  constructor(
    private readonly sectors: Sectors,
    private readonly layout: Layout,
    table: Table,
  ) {
    this.slots = new Slots(sectors, layout, table);
  }

  /** Begins with a directory. */
  open(directory: u32): void {
    this.slots.open(directory);
    this.seek(0);
    this.needed = 1;
    this.free = -1;
    this.freeFrom = -1;
  }

  /** Goes to a slot. */
  seek(index: i32): void {
    this.index = index;
    this.part = -1;
  }

  /** Finds the next file or directory: 1, 0 at the end, or an FsError. */
  next(): i32 {
    for (;;) {
      const slot = this.slots.read(this.index);
      const first = slot ? <i32>load<u8>(slot) : 0;
      if (first === 0) {
        const error = slot ? 0 : this.sectors.error;
        if (!error && this.free < 0) this.free = this.freeFrom >= 0 ? this.freeFrom : this.index;
        return error;
      }
      const here = this.index++;
      if (first === DELETED) {
        this.part = -1;
        if (this.freeFrom < 0) this.freeFrom = here;
        if (this.free < 0 && this.index - this.freeFrom >= this.needed) this.free = this.freeFrom;
        continue;
      }
      this.freeFrom = -1;
      const attributes = <i32>load<u8>(slot, ATTRIBUTES);
      if ((attributes & LONG_NAME_MASK) === LONG_NAME) {
        this.takePart(slot, first, here);
        continue;
      }
      const isNamed = this.part === 0 && this.sum === shortSum(slot);
      this.part = -1;
      // `.` and `..` of a directory; no other short name begins with a dot, and none with a space.
      if (attributes & Attribute.Label || first === DOT || first === SPACE) continue;
      memory.copy(this.slot, slot, SLOT_BYTES);
      this.at = here;
      if (!isNamed || !isPlain(this.units, this.length)) this.length = 0;
      if (!isNamed) this.first = here;
      return 1;
    }
  }

  private takePart(slot: usize, head: i32, here: i32): void {
    const part = head & (LAST_PART - 1);
    const sum = <i32>load<u8>(slot, PART_SUM);
    if (head & LAST_PART) {
      this.sum = sum;
      this.first = here;
    } else if (part !== this.part || sum !== this.sum) {
      this.part = -1;
      return;
    }
    if (part < 1 || part > MOST_PARTS) {
      this.part = -1;
      return;
    }
    const to = this.units + (part - 1) * PART_UNITS * 2;
    memory.copy(to, slot + PART_1, PART_1_BYTES);
    memory.copy(to + PART_1_BYTES, slot + PART_2, PART_2_BYTES);
    memory.copy(to + PART_1_BYTES + PART_2_BYTES, slot + PART_3, PART_3_BYTES);
    this.part = part - 1;
    if (!(head & LAST_PART)) return;
    let units = 0;
    while (units < PART_UNITS && load<u16>(to + (units << 1))) units++;
    this.length = (part - 1) * PART_UNITS + units;
    if (this.length === 0 || this.length > NAME_UNITS) this.part = -1;
  }

  /** Whether what was found is called so, by its long or its short name. */
  matches(name: Name): bool {
    if (this.length && name.equals(this.units, this.length)) return true;
    return name.length <= SHORT_UNITS && name.equals(this.short, decodeShort(this.slot, this.short));
  }

  /** Finds a name in the directory that was opened: 1, 0 for not there, or an FsError. */
  find(name: Name): i32 {
    let found = this.next();
    while (found > 0 && !this.matches(name)) found = this.next();
    return found;
  }

  /** Tells what was found. */
  fill(entry: Entry): void {
    entry.takeSlot(this.slot, this.layout.bits);
    entry.directory = this.slots.directory;
    entry.index = this.at;
    if (this.length) {
      entry.nameBytes = toUtf8(this.units, this.length, entry.name);
    } else {
      entry.nameBytes = toUtf8(this.short, decodeShort(this.slot, this.short), entry.name);
    }
  }
}
