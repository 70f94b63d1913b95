// A FAT volume: what programs use. Here is what changes directories; files change themselves (file.ts).
//
// Everything is done in steps with a barrier between, so that a cut of power leaves nothing but what fsck.fat repairs
// without touching anything else: clusters are marked as used before an entry names them and as free after none does;
// of a new name the entry is written last. A sector is written whole or not, or torn between two entries of a
// directory or of the FAT, never within one.

import { BlockDevice } from '../../../drivers/block-device';
import { SECTOR_SLOTS, SLOT_BYTES } from './boot-sector';
import { DirectoryRoom } from './directory-room';
import { ATTRIBUTES, Attribute, DELETED, Entry, LONG_NAME, newSlot, setSlotCluster, SIZE, slotCluster } from './entry';
import { FsError } from './fs-error';
import { dot, dotDot, Mount } from './mount';
import {
  LAST_PART,
  PART_1,
  PART_1_BYTES,
  PART_2,
  PART_2_BYTES,
  PART_3,
  PART_3_BYTES,
  PART_SUM,
  PART_UNITS,
} from './scan';
import { Alias, CASE, SHORT_BYTES, shortSum } from './short-name';

/** No path is deeper. */
const MOST_DEPTH: i32 = 1000;

const part = memory.data(PART_UNITS * 2);

/** A mounted file system. One object serves one card after the other. */
export class Volume extends Mount {
  private readonly alias: Alias = new Alias();
  private readonly room: DirectoryRoom = new DirectoryRoom(this.sectors, this.layout, this.table, this.space);
  /** The entry that is to be written, all but its name, and where it was written. */
  private readonly slot: usize = heap.alloc(SLOT_BYTES);
  private madeAt: i32 = 0;
  /** An entry that is no obstacle to its own new name. */
  private ownDirectory: u32 = 0;
  private ownAt: i32 = -1;

  mount(device: BlockDevice): i32 {
    this.room.forget();
    return super.mount(device);
  }

  /**
   * Does a piece of what `create` would have to do at once where the directory has to grow. 1: call it again; 0: `create`
   * writes little now; or an FsError, as of `create`.
   */
  prepare(path: usize, bytes: i32): i32 {
    let failed = this.aim(path, bytes);
    if (!failed) failed = this.search();
    return failed ? failed : this.room.prepare(this.scan.slots, this.scan.free + this.parts);
  }

  /** Makes an empty file, which `out` then tells of. 0, or an FsError: Exists too for a directory of that name. */
  create(path: usize, bytes: i32, out: Entry): i32 {
    let failed = this.aim(path, bytes);
    if (!failed) failed = this.search();
    if (failed) return failed;
    newSlot(this.slot, Attribute.Archive);
    failed = this.add();
    return failed ? failed : this.entryAt(this.directory, this.madeAt, out);
  }

  /** Makes an empty directory. 0, or an FsError. */
  makeDirectory(path: usize, bytes: i32): i32 {
    let failed = this.aim(path, bytes);
    if (!failed) failed = this.search();
    if (failed) return failed;
    const cluster = this.room.takeCleared(0);
    if (cluster < 0) return cluster;
    const bits = this.layout.bits;
    const at = this.sectors.change(this.layout.sectorOf(cluster));
    if (!at) return this.sectors.error;
    newSlot(at, Attribute.Directory);
    memory.copy(at, dot, SHORT_BYTES);
    setSlotCluster(at, bits, cluster);
    newSlot(at + SLOT_BYTES, Attribute.Directory);
    memory.copy(at + SLOT_BYTES, dotDot, SHORT_BYTES);
    setSlotCluster(at + SLOT_BYTES, bits, this.directory);
    failed = this.sectors.barrier();
    if (failed) return failed;
    newSlot(this.slot, Attribute.Directory);
    setSlotCluster(this.slot, bits, cluster);
    failed = this.add();
    if (!failed) return 0;
    this.free(cluster);
    return this.sectors.fail(<FsError>failed);
  }

  /** Removes a file, or a directory that is empty. 0, or an FsError. */
  remove(path: usize, bytes: i32): i32 {
    const depth = this.walk(path, bytes);
    if (depth < 0) return depth;
    if (depth === 0) return this.sectors.fail(FsError.BadName);
    let failed = this.findName();
    if (failed) return failed;
    const scan = this.scan;
    const first = scan.first;
    const at = scan.at;
    const attributes = <i32>load<u8>(scan.slot, ATTRIBUTES);
    const cluster = slotCluster(scan.slot, this.layout.bits);
    if (attributes & Attribute.ReadOnly) return this.sectors.fail(FsError.ReadOnly);
    if (attributes & Attribute.Directory) {
      failed = this.checkDirectory(cluster, this.directory);
      if (failed) return failed;
      scan.open(cluster);
      const found = scan.next();
      if (found) return found < 0 ? found : this.sectors.fail(FsError.NotEmpty);
    }
    failed = this.erase(this.directory, first, at);
    if (!failed) failed = this.sectors.barrier();
    return !failed && this.table.isCluster(cluster) ? this.free(cluster) : failed;
  }

  /**
   * Gives a file or a directory another name or place. A file takes the place of another of that name: whenever power
   * is cut, the name leads to the old or to the new one, whole. What stays in its directory and gets no longer name has
   * the old or the new one, or only its short one. Else it may be there under both in between; fsck.fat leaves its
   * content to one of them. With `isNew` it is under neither then, and its clusters belong to nobody: for what only
   * counts under its new name, as a second name could be removed and take the content of the first with it. 0, or an
   * FsError.
   */
  rename(from: usize, fromBytes: i32, to: usize, toBytes: i32, isNew: bool = false): i32 {
    const depth = this.walk(from, fromBytes);
    if (depth < 0) return depth;
    if (depth === 0) return this.sectors.fail(FsError.BadName);
    let failed = this.findName();
    if (failed) return failed;
    const scan = this.scan;
    const slot = this.slot;
    memory.copy(slot, scan.slot, SLOT_BYTES);
    const oldDirectory = this.directory;
    const oldFirst = scan.first;
    const oldAt = scan.at;
    const isDirectory = (load<u8>(slot, ATTRIBUTES) & Attribute.Directory) !== 0;
    const cluster = slotCluster(slot, this.layout.bits);

    failed = this.aim(to, toBytes);
    if (!failed && isDirectory) failed = this.checkAbove(cluster);
    if (failed) return failed;
    this.ownDirectory = oldDirectory;
    this.ownAt = oldAt;
    failed = this.search();
    this.ownAt = -1;
    if (failed === FsError.Exists && !isDirectory) return this.replace(oldDirectory, oldFirst, oldAt);
    if (failed) return failed;

    store<u8>(slot, 0, CASE);
    const isMoved = oldDirectory !== this.directory;
    if (isNew && !isDirectory) return this.renew(oldDirectory, oldFirst, oldAt);
    if (!isMoved && this.parts <= oldAt - oldFirst) return this.renameInPlace(oldFirst, oldAt);
    failed = this.add();
    if (!failed && isDirectory && isMoved) failed = this.adopt(cluster);
    if (!failed) failed = this.erase(oldDirectory, oldFirst, oldAt);
    return failed ? failed : this.sectors.barrier();
  }

  /** Writes the new name over the old one: the entry stays where it is, so that there is never a second one. */
  private renameInPlace(oldFirst: i32, oldAt: i32): i32 {
    const first = oldAt - this.parts;
    const failed = this.erase(this.directory, oldFirst, first - 1);
    if (failed) return failed;
    this.scan.free = first;
    return this.add();
  }

  /** Writes the new name when the old one is gone. */
  private renew(oldDirectory: u32, oldFirst: i32, oldAt: i32): i32 {
    const directory = this.directory;
    // Nothing may fail for want of room between the two.
    let failed = this.room.reserve(this.scan.slots, this.scan.free, this.scan.free + this.parts + 1);
    if (!failed) failed = this.erase(oldDirectory, oldFirst, oldAt);
    if (!failed) failed = this.sectors.barrier();
    if (failed) return failed;
    this.scan.slots.open(directory);
    return this.add();
  }

  /** Puts the entry of what is renamed in the place of the one that `scan` has found. */
  private replace(oldDirectory: u32, oldFirst: i32, oldAt: i32): i32 {
    const bits = this.layout.bits;
    const scan = this.scan;
    const directory = this.directory;
    const at = scan.at;
    const attributes = <i32>load<u8>(scan.slot, ATTRIBUTES);
    if (attributes & Attribute.Directory) return this.sectors.fail(FsError.Exists);
    if (attributes & Attribute.ReadOnly) return this.sectors.fail(FsError.ReadOnly);
    const former = slotCluster(scan.slot, bits);
    const sector = scan.slots.sectorOf(at);
    let failed = this.erase(oldDirectory, oldFirst, oldAt);
    if (failed) return failed;
    // Both must never name the same clusters. In one sector both change at once.
    if (scan.slots.sectorOf(oldAt) !== sector) failed = this.sectors.barrier();
    if (failed) return failed;
    const slot = this.changeSlot(directory, at);
    if (!slot) return this.sectors.error;
    setSlotCluster(slot, bits, slotCluster(this.slot, bits));
    store<u32>(slot, load<u32>(this.slot, SIZE), SIZE);
    store<u8>(slot, attributes | Attribute.Archive, ATTRIBUTES);
    failed = this.sectors.barrier();
    return !failed && this.table.isCluster(former) ? this.free(former) : failed;
  }

  /** Goes to where something is to be made: `directory` and `name`. 0, or an FsError. */
  private aim(path: usize, bytes: i32): i32 {
    const depth = this.walk(path, bytes);
    if (depth < 0) return depth;
    if (depth === 0) return this.sectors.fail(FsError.Exists);
    if (!this.name.isAllowed) return this.sectors.fail(FsError.BadName);
    return this.sectors.isWritable ? 0 : this.sectors.fail(FsError.ReadOnly);
  }

  /** One pass over the directory: Exists, or there is a place for the name and `alias` is the short one. */
  private search(): i32 {
    const scan = this.scan;
    const alias = this.alias;
    alias.begin(this.name);
    scan.open(this.directory);
    scan.needed = this.parts + 1;
    for (let found = scan.next(); found; found = scan.next()) {
      if (found < 0) return found;
      const isOwn = scan.at === this.ownAt && this.directory === this.ownDirectory;
      if (!isOwn && scan.matches(this.name)) return this.sectors.fail(FsError.Exists);
      alias.note(scan.slot);
    }
    return alias.finish() ? this.sectors.fail(FsError.DirectoryFull) : 0;
  }

  /** How many slots the long name takes. */
  private get parts(): i32 {
    return this.alias.isWhole ? 0 : (this.name.length + PART_UNITS - 1) / PART_UNITS;
  }

  /** Writes `slot` with the name that was searched for. 0, or an FsError. */
  private add(): i32 {
    const scan = this.scan;
    const slots = scan.slots;
    const parts = this.parts;
    const first = scan.free;
    const at = first + parts;
    let failed = this.room.reserve(slots, first, at + 1);
    if (failed) return failed;
    if (at >= scan.index) {
      // What stood behind the end of the directory must stay there.
      const next = slots.read(at + 1);
      if (!next && this.sectors.error) return this.sectors.error;
      if (next && load<u8>(next)) {
        const end = slots.change(at + 1);
        if (!end) return this.sectors.error;
        store<u8>(end, 0);
        failed = this.sectors.barrier();
        if (failed) return failed;
      }
    }
    const sum = shortSum(this.alias.bytes);
    for (let i = 0; i < parts; i++) {
      const to = slots.change(first + i);
      if (!to) return this.sectors.error;
      this.writePart(to, parts - i, i === 0, sum);
    }
    if (first / SECTOR_SLOTS !== at / SECTOR_SLOTS) failed = this.sectors.barrier();
    if (failed) return failed;
    const to = slots.change(at);
    if (!to) return this.sectors.error;
    memory.copy(to, this.slot, SLOT_BYTES);
    memory.copy(to, this.alias.bytes, SHORT_BYTES);
    this.madeAt = at;
    failed = this.space.keep();
    return failed ? failed : this.sectors.barrier();
  }

  /** Writes part `number` of the long name, padded with 0 and then 0xffff. */
  private writePart(slot: usize, number: i32, isLast: bool, sum: i32): void {
    const from = (number - 1) * PART_UNITS;
    const units = min(this.name.length - from, PART_UNITS);
    memory.fill(part, 0xff, PART_UNITS * 2);
    if (units < PART_UNITS) store<u16>(part + (units << 1), 0);
    memory.copy(part, this.name.units + (from << 1), units << 1);
    memory.fill(slot, 0, SLOT_BYTES);
    store<u8>(slot, isLast ? number | LAST_PART : number);
    store<u8>(slot, LONG_NAME, ATTRIBUTES);
    store<u8>(slot, sum, PART_SUM);
    memory.copy(slot + PART_1, part, PART_1_BYTES);
    memory.copy(slot + PART_2, part + PART_1_BYTES, PART_2_BYTES);
    memory.copy(slot + PART_3, part + PART_1_BYTES + PART_2_BYTES, PART_3_BYTES);
  }

  /** Marks slots `first` to `at` of a directory as deleted. */
  private erase(directory: u32, first: i32, at: i32): i32 {
    const slots = this.scan.slots;
    slots.open(directory);
    for (let i = first; i <= at; i++) {
      const slot = slots.change(i);
      if (!slot) return this.sectors.error;
      store<u8>(slot, DELETED);
    }
    return 0;
  }

  /** Frees a chain that nothing names any more. */
  private free(cluster: u32): i32 {
    const failed = this.space.release(cluster);
    const kept = this.space.keep();
    const written = this.sectors.barrier();
    return failed ? failed : kept ? kept : written;
  }

  /** Whether `directory` is neither `moved` nor below it; otherwise BadName. */
  private checkAbove(moved: u32): i32 {
    const slots = this.scan.slots;
    let cluster = this.directory;
    for (let depth = 0; cluster && cluster !== this.layout.rootCluster; depth++) {
      if (cluster === moved || depth === MOST_DEPTH) return this.sectors.fail(FsError.BadName);
      slots.open(cluster);
      const parent = slots.read(1);
      if (!parent) return this.noSlot(cluster);
      cluster = slotCluster(parent, this.layout.bits);
    }
    return 0;
  }

  /** Tells a directory that it is in `directory` now. */
  private adopt(cluster: u32): i32 {
    const parent = this.changeSlot(cluster, 1);
    if (!parent) return this.sectors.error;
    setSlotCluster(parent, this.layout.bits, this.directory);
    return this.sectors.barrier();
  }
}
