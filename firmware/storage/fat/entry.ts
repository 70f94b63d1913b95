// One thing in a directory. Made once, filled by whatever finds something.

import { SLOT_BYTES } from './boot-sector';
import { NAME_BYTES } from './name';

/** Offsets in a slot that is no part of a long name (FAT32 File System Specification, "FAT Directory Structure"). */
export const ATTRIBUTES: usize = 11;
const CREATED_DATE: usize = 16;
const CLUSTER_HIGH: usize = 20;
const WRITTEN: usize = 22;
const WRITTEN_DATE: usize = 24;
const CLUSTER_LOW: usize = 26;
export const SIZE: usize = 28;

/** Bits of the attributes. All of the low four mean a part of a long name. */
export const enum Attribute {
  ReadOnly = 1,
  Hidden = 2,
  System = 4,
  Label = 8,
  Directory = 16,
  Archive = 32,
}
export const LONG_NAME: i32 = 0x0f;
export const LONG_NAME_MASK: i32 = 0x3f;

/** A file or a directory that was found. */
export class Entry {
  /** UTF-8, at most NAME_BYTES and 255 UTF-16 units: no slash, no control characters. */
  readonly name: usize = heap.alloc(NAME_BYTES);
  nameBytes: i32 = 0;
  /** Bits of Attribute, as they are on the card. */
  attributes: i32 = 0;
  /** Bytes of a file; 0 for a directory. */
  size: u32 = 0;
  /** When it was written last: the FAT date in the upper half, the time in the lower; 0 when that is not known. */
  written: u32 = 0;
  /** The first cluster; 0 for an empty file or the root directory. */
  cluster: u32 = 0;
  /**
   * The directory's first cluster (0: the root directory), and the number of the entry's slot in it: the key for
   * `Volume.entryAt`, good until the directory is changed. -1 for the root directory itself.
   */
  directory: u32 = 0;
  index: i32 = -1;

  get isDirectory(): bool {
    return (this.attributes & Attribute.Directory) !== 0;
  }

  /** The root directory. */
  beRoot(): void {
    this.nameBytes = 0;
    this.attributes = Attribute.Directory;
    this.size = 0;
    this.written = 0;
    this.cluster = 0;
    this.directory = 0;
    this.index = -1;
  }

  /** Takes what stands in a slot; the name is the caller's. */
  takeSlot(slot: usize, bits: i32): void {
    this.attributes = load<u8>(slot, ATTRIBUTES);
    this.cluster = slotCluster(slot, bits);
    this.size = this.isDirectory ? 0 : load<u32>(slot, SIZE);
    this.written = ((<u32>load<u16>(slot, WRITTEN_DATE)) << 16) | load<u16>(slot, WRITTEN);
  }
}

/** The first cluster in a slot; its upper half is something else but on FAT32. */
export function slotCluster(slot: usize, bits: i32): u32 {
  const low = <u32>load<u16>(slot, CLUSTER_LOW);
  return bits === 32 ? low | ((<u32>load<u16>(slot, CLUSTER_HIGH)) << 16) : low;
}

/** Sets it. */
export function setSlotCluster(slot: usize, bits: i32, cluster: u32): void {
  store<u16>(slot, cluster, CLUSTER_LOW);
  if (bits === 32) store<u16>(slot, cluster >> 16, CLUSTER_HIGH);
}

/** Whether a slot's first byte says that it is free, but others may follow. */
export const DELETED: i32 = 0xe5;

/** 1 January 1980, as early as FAT knows: the board has no clock. */
const DATE: u16 = 0x0021;

/** Fills a slot, all but its short name, for something new. */
export function newSlot(slot: usize, attributes: i32): void {
  memory.fill(slot, 0, SLOT_BYTES);
  store<u8>(slot, attributes, ATTRIBUTES);
  store<u16>(slot, DATE, CREATED_DATE);
  store<u16>(slot, DATE, WRITTEN_DATE);
}
