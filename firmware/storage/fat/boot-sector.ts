// Where on a partition what stands, as its first sector says (Microsoft, FAT32 File System Specification 1.03; the
// fields' names there begin with BPB_). Every number is checked against every other before it is used.

import { SECTOR_BYTES } from '../../../drivers/block-device';
import { FsError } from './fs-error';

/** Bytes of a directory entry, or of a part of a long name: a slot. */
export const SLOT_BYTES: i32 = 32;
/** Slots in a sector. */
export const SECTOR_SLOTS: i32 = 16;

const BYTES_PER_SECTOR: usize = 11;
const SECTORS_PER_CLUSTER: usize = 13;
const RESERVED_SECTORS: usize = 14;
const FATS: usize = 16;
const ROOT_ENTRIES: usize = 17;
const SECTORS_16: usize = 19;
const FAT_SECTORS_16: usize = 22;
const SECTORS_32: usize = 32;
const FAT_SECTORS_32: usize = 36;
const FLAGS: usize = 40;
const VERSION: usize = 42;
const ROOT_CLUSTER: usize = 44;
const INFO_SECTOR: usize = 48;
const SIGNATURE: usize = 510;

/** Offsets of serial number and label, which come later on FAT32. */
const SERIAL_16: usize = 39;
const SERIAL_32: usize = 67;

/** Of FLAGS: only one FAT is in use, the one that the low four bits name. */
const ONE_FAT: i32 = 0x80;

/** With as many clusters and more it cannot be FAT12, or FAT16. */
const FAT16_CLUSTERS: u32 = 4085;
const FAT32_CLUSTERS: u32 = 65525;
/** More have no number. */
const MAX_CLUSTERS: u32 = 0x0ffffff5;

/** "EXFA" and "T   ", where others have the name of what formatted them. */
const EXFA: u32 = 0x41465845;

/** The layout of a volume; sectors count from the partition's first. */
export class Layout {
  /** 12, 16 or 32. */
  bits: i32 = 0;
  sectors: u32 = 0;
  clusterSectors: u32 = 0;
  /** Cluster size in bytes is 1 << this. */
  clusterShift: i32 = 0;
  /** The FAT that is read, and how many sectors behind it the one stands that is kept the same; 0: there is none. */
  fatStart: u32 = 0;
  fatSectors: u32 = 0;
  fatCopy: u32 = 0;
  /** The root directory of FAT12 and FAT16; on FAT32 it has no slots here and a cluster instead. */
  rootStart: u32 = 0;
  rootSlots: i32 = 0;
  rootCluster: u32 = 0;
  /** Where cluster 2 begins, and how many clusters there are. */
  dataStart: u32 = 0;
  clusters: u32 = 0;
  /** FSInfo; 0 if there is none. */
  infoSector: u32 = 0;
  serial: u32 = 0;

  /** The first sector of a cluster, which must be one. */
  @inline
  sectorOf(cluster: u32): u32 {
    return this.dataStart + (cluster - 2) * this.clusterSectors;
  }

  /** The number of the last cluster. */
  @inline
  get lastCluster(): u32 {
    return this.clusters + 1;
  }

  /** Reads the layout from a boot sector at `at`, which stands at the beginning of `room` sectors. 0, or an FsError. */
  parse(at: usize, room: u32): i32 {
    const jump = load<u8>(at);
    const sectorBytes = <i32>load<u16>(at, BYTES_PER_SECTOR);
    if (load<u32>(at, 3) === EXFA && load<u16>(at, 7) === 0x2054) return FsError.ExFat;
    if (load<u16>(at, SIGNATURE) !== 0xaa55 || (jump !== 0xeb && jump !== 0xe9)) return FsError.NotFat;
    if (sectorBytes < SECTOR_BYTES || sectorBytes > 4096 || popcnt(sectorBytes) !== 1) return FsError.NotFat;
    if (sectorBytes !== SECTOR_BYTES) return FsError.Corrupt;

    const clusterSectors = <u32>load<u8>(at, SECTORS_PER_CLUSTER);
    const reserved = <u32>load<u16>(at, RESERVED_SECTORS);
    const fats = <u32>load<u8>(at, FATS);
    const rootSlots = <i32>load<u16>(at, ROOT_ENTRIES);
    const sectors16 = <u32>load<u16>(at, SECTORS_16);
    const sectors = sectors16 ? sectors16 : load<u32>(at, SECTORS_32);
    const fatSectors16 = <u32>load<u16>(at, FAT_SECTORS_16);
    const isFat32 = fatSectors16 === 0;
    const fatSectors = isFat32 ? load<u32>(at, FAT_SECTORS_32) : fatSectors16;
    if (popcnt(clusterSectors) !== 1 || reserved === 0 || fats < 1 || fats > 2) return FsError.Corrupt;
    if (sectors > room || fatSectors === 0 || rootSlots % SECTOR_SLOTS || isFat32 !== (rootSlots === 0)) {
      return FsError.Corrupt;
    }
    const rootStart = <u64>reserved + <u64>fats * fatSectors;
    const dataStart = rootStart + <u64>(rootSlots / SECTOR_SLOTS);
    if (dataStart >= <u64>sectors) return FsError.Corrupt;
    const clusters = (sectors - <u32>dataStart) / clusterSectors;
    const bits = isFat32 ? 32 : clusters < FAT16_CLUSTERS ? 12 : 16;
    if (clusters === 0 || clusters > MAX_CLUSTERS || (!isFat32 && clusters >= FAT32_CLUSTERS)) return FsError.Corrupt;
    if ((<u64>fatSectors * SECTOR_BYTES * 8) / bits < <u64>clusters + 2) return FsError.Corrupt;

    this.bits = bits;
    this.sectors = sectors;
    this.clusterSectors = clusterSectors;
    this.clusterShift = 9 + <i32>ctz(clusterSectors);
    this.fatStart = reserved;
    this.fatSectors = fatSectors;
    this.fatCopy = fats === 2 ? fatSectors : 0;
    this.rootStart = <u32>rootStart;
    this.rootSlots = rootSlots;
    this.rootCluster = 0;
    this.dataStart = <u32>dataStart;
    this.clusters = clusters;
    this.infoSector = 0;
    this.serial = load<u32>(at + (isFat32 ? SERIAL_32 : SERIAL_16));
    return isFat32 ? this.parseFat32(at, reserved, fats) : 0;
  }

  private parseFat32(at: usize, reserved: u32, fats: u32): i32 {
    const flags = <i32>load<u16>(at, FLAGS);
    const rootCluster = load<u32>(at, ROOT_CLUSTER);
    const infoSector = <u32>load<u16>(at, INFO_SECTOR);
    if (load<u16>(at, VERSION) || rootCluster < 2 || rootCluster > this.lastCluster) return FsError.Corrupt;
    if (flags & ONE_FAT) {
      const used = <u32>(flags & 15);
      if (used >= fats) return FsError.Corrupt;
      this.fatStart += used * this.fatSectors;
      this.fatCopy = 0;
    }
    this.rootCluster = rootCluster;
    if (infoSector < reserved) this.infoSector = infoSector;
    return 0;
  }
}

/** Bytes of a label, padded with spaces. */
export const LABEL_BYTES: i32 = 11;

/** Where the label stands in a boot sector. */
@inline
export function labelOffset(bits: i32): usize {
  return (bits === 32 ? SERIAL_32 : SERIAL_16) + 4;
}
