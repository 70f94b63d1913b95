// Finds the FAT file system on a device, and what is on it: the reading half of a volume.

import { BlockDevice, BlockError } from '../../../drivers/block-device';
import { LABEL_BYTES, labelOffset, Layout } from './boot-sector';
import { ATTRIBUTES, Attribute, DELETED, Entry, LONG_NAME_MASK, slotCluster } from './entry';
import { FsError } from './fs-error';
import { Name } from './name';
import { MOST_PARTS, Scan } from './scan';
import { Sectors } from './sectors';
import { SHORT_BYTES } from './short-name';
import { Space } from './space';
import { Table } from './table';

/** The partition table of an MBR: four entries. Of one: its type, its first sector and how many there are. */
const PARTITIONS: usize = 446;
const PARTITION_BYTES: i32 = 16;
const PARTITIONS_BYTES: i32 = 64;
const TYPE: usize = 4;
const FIRST: usize = 8;
const COUNT: usize = 12;
const SIGNATURE: usize = 510;
/** exFAT or NTFS, and what keeps other programs off a GPT. */
const TYPE_EXFAT: i32 = 7;
const TYPE_GPT: i32 = 0xee;

/** Slots of the root directory that a label is looked for in. */
const LABEL_SLOTS: i32 = 64;

const SLASH: i32 = 0x2f;
const SPACE: i32 = 0x20;

const partitions = memory.data(PARTITIONS_BYTES);
/** The names of the two entries that each directory begins with. */
export const dot = memory.data<u8>([0x2e, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20]);
export const dotDot = memory.data<u8>([0x2e, 0x2e, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20]);

/** Whether a partition's type is one of FAT12, FAT16 and FAT32. */
function isFatType(type: i32): bool {
  return type === 1 || type === 4 || type === 6 || type === 0xb || type === 0xc || type === 0xe;
}

/** A mounted file system. */
export class Mount {
  /** Says more about an error: `error`, `blockError`, `errorSector`, `errorCluster`. */
  readonly sectors: Sectors = new Sectors();
  readonly layout: Layout = new Layout();
  readonly table: Table = new Table(this.sectors, this.layout);
  readonly space: Space = new Space(this.sectors, this.layout, this.table);
  isMounted: bool = false;
  /** Counts mounts, so that a file can be known to belong to an earlier one. */
  mounts: i32 = 0;
  /** LABEL_BYTES bytes at most, in the code page of whoever gave it. */
  readonly label: usize = heap.alloc(LABEL_BYTES);
  labelBytes: i32 = 0;

  /** What a path leads to: a name, and the directory it is, or would be, in. Set by `walk`. */
  protected readonly name: Name = new Name();
  protected directory: u32 = 0;
  protected readonly scan: Scan = new Scan(this.sectors, this.layout, this.table);

  /**
   * Mounts the first FAT partition of a device, or the device itself if it has no MBR; again after its card was
   * changed. 0, or an FsError: then nothing is mounted. Files and directories that are open are so no longer.
   */
  mount(device: BlockDevice): i32 {
    this.isMounted = false;
    this.mounts++;
    const room = <u32>min(device.sectors, <i64>u32.MAX_VALUE);
    this.sectors.open(device, 0, room);
    if (device.sectors <= 0) {
      this.sectors.blockError = BlockError.NoCard;
      return this.sectors.fail(FsError.Device);
    }
    let error = this.find(device, room);
    if (!error) error = this.space.open();
    if (!error) error = this.takeLabel();
    this.isMounted = error === 0;
    return error;
  }

  /** Bytes of a cluster. */
  get clusterBytes(): i32 {
    return 1 << this.layout.clusterShift;
  }

  /** Free bytes, or -1 when that is not known; a hint until `countFree` has returned 1. */
  get freeBytes(): i64 {
    return this.space.free < 0 ? -1 : this.space.free << this.layout.clusterShift;
  }

  /**
   * Counts free clusters, looking at up to `budget` sectors of the FAT. 1: `freeBytes` is right now, and stays so;
   * 0: call again to go on; or an FsError. A card of 32 GB has some 8,000 sectors of FAT.
   */
  countFree(budget: i32): i32 {
    return this.isMounted ? this.space.count(budget) : this.sectors.fail(FsError.NotMounted);
  }

  /** The root directory. */
  root(out: Entry): void {
    out.beRoot();
  }

  /**
   * Finds what a path of UTF-8 leads to, from the root, names divided by `/`; case does not matter. One pass over each
   * directory on the way. 0, or an FsError. BadName for `.` and `..`, control characters and broken UTF-8.
   */
  lookUp(path: usize, bytes: i32, out: Entry): i32 {
    const depth = this.walk(path, bytes);
    if (depth < 0) return depth;
    if (depth === 0) {
      out.beRoot();
      return 0;
    }
    const failed = this.findName();
    if (!failed) this.scan.fill(out);
    return failed;
  }

  /** Finds what has a key: Entry's `directory` and `index`. 0, or an FsError. */
  entryAt(directory: u32, index: i32, out: Entry): i32 {
    if (!this.isMounted) return this.sectors.fail(FsError.NotMounted);
    if (index < 0) return this.sectors.fail(FsError.NotFound);
    const scan = this.scan;
    scan.open(directory);
    scan.seek(max(0, index - MOST_PARTS));
    do {
      const found = scan.next();
      if (found < 0) return found;
      if (found === 0 || scan.at > index) return this.sectors.fail(FsError.NotFound);
    } while (scan.at < index);
    scan.fill(out);
    return 0;
  }

  /**
   * Whether a directory is what it should be: it begins with `.` and with `..`, which is its parent. So no way down
   * leads into a circle. 0, or an FsError. The root directory is always right.
   */
  checkDirectory(cluster: u32, parent: u32): i32 {
    const slots = this.scan.slots;
    slots.open(cluster);
    let slot = slots.read(0);
    if (!slot) return this.noSlot(cluster);
    const isSelf = this.isDots(slot, dot, cluster);
    slot = slots.read(1);
    if (!slot) return this.noSlot(cluster);
    const root = this.layout.rootCluster;
    const isRight = isSelf && (this.isDots(slot, dotDot, parent) || (!parent && this.isDots(slot, dotDot, root)));
    return isRight && cluster ? 0 : this.sectors.fail(FsError.Corrupt, cluster);
  }

  /** The slot of an entry, to be changed before the next call; 0: `sectors.error` says why not. */
  changeSlot(directory: u32, index: i32): usize {
    this.scan.slots.open(directory);
    const slot = this.scan.slots.change(index);
    if (!slot && !this.sectors.error) this.sectors.fail(FsError.NotFound);
    return slot;
  }

  protected noSlot(cluster: u32): i32 {
    return this.sectors.error ? this.sectors.error : this.sectors.fail(FsError.Corrupt, cluster);
  }

  private isDots(slot: usize, name: usize, cluster: u32): bool {
    const isDirectory = (load<u8>(slot, ATTRIBUTES) & Attribute.Directory) !== 0;
    return isDirectory && !memory.compare(slot, name, SHORT_BYTES) && slotCluster(slot, this.layout.bits) === cluster;
  }

  /** Goes down a path to its last name. 1: `name` and `directory` are set; 0: it is the root; or an FsError. */
  protected walk(path: usize, bytes: i32): i32 {
    if (!this.isMounted) return this.sectors.fail(FsError.NotMounted);
    let depth = 0;
    this.directory = 0;
    for (let at = 0; at < bytes; at++) {
      let end = at;
      while (end < bytes && load<u8>(path + end) !== SLASH) end++;
      if (end === at) continue;
      const failed = depth ? this.enter() : 0;
      if (failed) return failed;
      if (this.name.take(path + at, end - at)) return this.sectors.fail(FsError.BadName);
      depth = 1;
      at = end;
    }
    return depth;
  }

  /** Goes on into `name` in `directory`. */
  private enter(): i32 {
    const failed = this.findName();
    if (failed) return failed;
    const slot = this.scan.slot;
    if (!(load<u8>(slot, ATTRIBUTES) & Attribute.Directory)) return this.sectors.fail(FsError.NotADirectory);
    const parent = this.directory;
    this.directory = slotCluster(slot, this.layout.bits);
    return this.checkDirectory(this.directory, parent);
  }

  /** Finds `name` in `directory`; `scan` has it then. */
  protected findName(): i32 {
    this.scan.open(this.directory);
    const found = this.scan.find(this.name);
    if (found < 0) return found;
    return found ? 0 : this.sectors.fail(FsError.NotFound);
  }

  /** Finds the partition and reads its layout. */
  private find(device: BlockDevice, room: u32): i32 {
    let error = this.parse(device, 0, room);
    if (error !== FsError.NotFat && error !== FsError.Corrupt) return error;
    this.sectors.open(device, 0, room);
    const mbr = this.sectors.read(0);
    if (!mbr) return this.sectors.error;
    if (load<u16>(mbr, SIGNATURE) !== 0xaa55) return this.sectors.fail(error);
    memory.copy(partitions, mbr + PARTITIONS, PARTITIONS_BYTES);
    for (let at = partitions; at < partitions + PARTITIONS_BYTES; at += PARTITION_BYTES) {
      const type = <i32>load<u8>(at, TYPE);
      const first = load<u32>(at, FIRST);
      const count = load<u32>(at, COUNT);
      if (load<u8>(at) & 0x7f || first === 0 || first >= room) continue;
      let found: i32 = FsError.NotFat;
      if (isFatType(type) || type === TYPE_EXFAT) found = this.parse(device, first, min(count, room - first));
      else if (type === TYPE_GPT) found = FsError.Gpt;
      if (found === 0 || found === FsError.Device) return found;
      if (error === FsError.NotFat) error = found;
    }
    return error === FsError.Corrupt ? error : this.sectors.fail(error);
  }

  /** Reads the layout of a volume that begins at `start` and has at most `room` sectors. */
  private parse(device: BlockDevice, start: u32, room: u32): i32 {
    this.sectors.open(device, start, room);
    const at = this.sectors.read(0);
    if (!at) return this.sectors.error;
    const layout = this.layout;
    const error = layout.parse(at, room);
    if (error === FsError.Corrupt) return this.sectors.failAt(0);
    if (error) return this.sectors.fail(error);
    memory.copy(this.label, at + labelOffset(layout.bits), LABEL_BYTES);
    this.sectors.open(device, start, layout.sectors);
    this.sectors.mirror(layout.fatStart, layout.fatStart + layout.fatSectors, layout.fatCopy);
    return 0;
  }

  /** Takes the label from the root directory, where it is newer, if there is one. */
  private takeLabel(): i32 {
    const slots = this.scan.slots;
    slots.open(0);
    for (let i = 0; i < LABEL_SLOTS; i++) {
      const slot = slots.read(i);
      if (!slot && this.sectors.error) return this.sectors.error;
      const first = slot ? <i32>load<u8>(slot) : 0;
      if (first === 0) break;
      if (first === DELETED || (load<u8>(slot, ATTRIBUTES) & LONG_NAME_MASK) !== Attribute.Label) continue;
      memory.copy(this.label, slot, LABEL_BYTES);
      break;
    }
    let bytes = LABEL_BYTES;
    while (bytes > 0 && load<u8>(this.label + bytes - 1) === SPACE) bytes--;
    this.labelBytes = bytes;
    return 0;
  }
}
