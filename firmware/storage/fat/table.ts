// The file allocation table: for every cluster the one that follows it in its file. 12, 16 or 28 bits each.

import { SECTOR_BYTES } from '../../../drivers/block-device';
import { Layout } from './boot-sector';
import { FsError } from './fs-error';
import { Sectors } from './sectors';

/** What `get` and `next` say after a file's last cluster, and what `set` makes one. */
export const END: i32 = 0x0fffffff;
const FREE: i32 = 0;
/** Values from this on, with all bits of the entry's width set above, mean the end; the one before it a bad cluster. */
const END_BITS: u32 = 8;

/** The FAT of the mounted volume. */
export class Table {
  constructor(
    private readonly sectors: Sectors,
    private readonly layout: Layout,
  ) {}


  @inline
  isCluster(cluster: u32): bool {
    return cluster >= 2 && cluster <= this.layout.lastCluster;
  }

  /** What stands for a cluster: 0 free, a cluster, END, or a number that is none of these; or an FsError. */
  get(cluster: u32): i32 {
    const layout = this.layout;
    if (!this.isCluster(cluster)) return this.sectors.fail(FsError.Corrupt, cluster);
    const bits = layout.bits;
    const byte = (<u64>cluster * bits) >> 3;
    const sector = layout.fatStart + <u32>(byte >> 9);
    const offset = (<u32>byte) & (SECTOR_BYTES - 1);
    let at = this.sectors.read(sector);
    if (!at) return this.sectors.error;
    if (bits === 32) return notEnd(load<u32>(at + offset) & 0x0fffffff, 0x0fffffff);
    if (bits === 16) return notEnd(<u32>load<u16>(at + offset), 0xffff);
    let pair = <u32>load<u8>(at + offset);
    if (offset === SECTOR_BYTES - 1) {
      at = this.sectors.read(sector + 1);
      if (!at) return this.sectors.error;
      pair |= (<u32>load<u8>(at)) << 8;
    } else {
      pair |= (<u32>load<u8>(at + offset, 1)) << 8;
    }
    return notEnd(cluster & 1 ? pair >> 4 : pair & 0xfff, 0xfff);
  }

  /** The cluster that follows another, or END; Corrupt where neither stands. */
  next(cluster: u32): i32 {
    const next = this.get(cluster);
    if (next < 0 || next === END || this.isCluster(next)) return next;
    return this.sectors.fail(FsError.Corrupt, cluster);
  }

  /** How many clusters, `most` at most, follow one another on the card from `cluster` on, itself counted. */
  run(cluster: u32, most: u32): i32 {
    const layout = this.layout;
    if (!this.isCluster(cluster)) return this.sectors.fail(FsError.Corrupt, cluster);
    const last = min(cluster + most - 1, layout.lastCluster);
    let at = cluster;
    while (at < last) {
      if (layout.bits === 12) {
        const next = this.get(at);
        if (next < 0) return next;
        if (<u32>next !== at + 1) break;
        at++;
      } else {
        const entries = this.entries(at);
        if (!entries) return this.sectors.error;
        const count = min(last, this.sectorEnd(at)) - at;
        const found =
          layout.bits === 32 ? ascending<u32>(entries, count, at + 1) : ascending<u16>(entries, count, at + 1);
        at += found;
        if (found < count) break;
      }
    }
    return at + 1 - cluster;
  }

  /** How many clusters of `from` to before `to` are free. */
  countFree(from: u32, to: u32): i32 {
    let free = 0;
    for (let at = from; at < to;) {
      if (this.layout.bits === 12) {
        const next = this.get(at++);
        if (next < 0) return next;
        free += <i32>(next === 0);
      } else {
        const entries = this.entries(at);
        if (!entries) return this.sectors.error;
        const end = min(to, this.sectorEnd(at));
        free += this.layout.bits === 32 ? zeros<u32>(entries, end - at) : zeros<u16>(entries, end - at);
        at = end;
      }
    }
    return free;
  }

  /** The first free cluster of `from` to before `to`; 0 if there is none, or an FsError. */
  firstFree(from: u32, to: u32): i32 {
    for (let at = from; at < to;) {
      if (this.layout.bits === 12) {
        const next = this.get(at);
        if (next <= 0) return next < 0 ? next : <i32>at;
        at++;
      } else {
        const entries = this.entries(at);
        if (!entries) return this.sectors.error;
        const end = min(to, this.sectorEnd(at));
        at += this.layout.bits === 32 ? firstZero<u32>(entries, end - at) : firstZero<u16>(entries, end - at);
        if (at < end) return at;
      }
    }
    return 0;
  }

  /** The first cluster of the FAT's next sector; for FAT12, whose entries lie anyhow, the next one. */
  private sectorEnd(cluster: u32): u32 {
    const bits = this.layout.bits;
    return bits === 32 ? (cluster | 127) + 1 : bits === 16 ? (cluster | 255) + 1 : cluster + 1;
  }

  /** Where the entries from a cluster's on are, to the end of their sector, on FAT16 and FAT32; or 0. */
  private entries(cluster: u32): usize {
    const byte = cluster << (this.layout.bits === 32 ? 2 : 1);
    const at = this.sectors.read(this.layout.fatStart + (byte >> 9));
    return at ? at + (byte & (SECTOR_BYTES - 1)) : 0;
  }

  /** Sets what follows a cluster: another, END or 0. Returns 0 or an FsError. */
  set(cluster: u32, value: u32): i32 {
    const layout = this.layout;
    const bits = layout.bits;
    if (!this.isCluster(cluster)) return this.sectors.fail(FsError.Corrupt, cluster);
    const byte = (<u64>cluster * bits) >> 3;
    const sector = layout.fatStart + <u32>(byte >> 9);
    const offset = (<u32>byte) & (SECTOR_BYTES - 1);
    if (bits === 12) return this.set12(cluster, value, sector, offset);
    const at = this.sectors.change(sector);
    if (!at) return this.sectors.error;
    if (bits === 16) store<u16>(at + offset, value);
    else store<u32>(at + offset, (load<u32>(at + offset) & 0xf0000000) | value);
    return 0;
  }

  /** An entry of 12 bits shares a byte with its neighbour and may lie in two sectors. */
  private set12(cluster: u32, value: u32, sector: u32, offset: u32): i32 {
    const shift = cluster & 1 ? 4 : 0;
    const mask: u32 = 0xfff << shift;
    const bits = (value & 0xfff) << shift;
    if (offset !== SECTOR_BYTES - 1) {
      const at = this.sectors.change(sector);
      if (!at) return this.sectors.error;
      store<u16>(at + offset, (load<u16>(at + offset) & ~mask) | bits);
      return 0;
    }
    // When power is cut between the two sectors, the entry must name no cluster of another file. Its high digit is the
    // second sector's: while that is F, the number is beyond the last cluster, or the end. So the F comes first, or
    // goes last. (One in sixteen is then 0xff7, a bad cluster, and fsck.fat 4.2 gives up; 12 entries of a card at most
    // lie so.)
    const isEnd = value === <u32>END;
    for (let i = 0; i < 2; i++) {
      const isHigh = (i === 0) === isEnd;
      const at = this.sectors.change(sector + <u32>isHigh);
      if (!at) return this.sectors.error;
      const part = isHigh ? at : at + offset;
      const by = isHigh ? 8 : 0;
      store<u8>(part, (load<u8>(part) & ~(mask >> by)) | (bits >> by));
      if (i === 0 && value !== FREE) {
        const failed = this.sectors.barrier();
        if (failed) return failed;
      }
    }
    return 0;
  }
}

/** END for every number that means the end, all others as they are. */
@inline
function notEnd(value: u32, all: u32): i32 {
  return value >= all - (END_BITS - 1) ? END : <i32>value;
}

/** How many of `count` entries are `first`, `first + 1` and so on. */
function ascending<T>(entries: usize, count: u32, first: u32): u32 {
  let next = first;
  for (const end = first + count; next !== end; next++) {
    if (((<u32>load<T>(entries)) & 0x0fffffff) !== next) break;
    entries += sizeof<T>();
  }
  return next - first;
}

/** How many of `count` entries are 0. */
function zeros<T>(entries: usize, count: u32): i32 {
  let free = 0;
  for (const end = entries + <usize>count * sizeof<T>(); entries !== end; entries += sizeof<T>()) {
    free += <i32>(((<u32>load<T>(entries)) & 0x0fffffff) === 0);
  }
  return free;
}

/** The number of the first of `count` entries that is 0; `count` if none is. */
function firstZero<T>(entries: usize, count: u32): u32 {
  let i: u32 = 0;
  while (i < count && ((<u32>load<T>(entries)) & 0x0fffffff) !== 0) {
    entries += sizeof<T>();
    i++;
  }
  return i;
}
