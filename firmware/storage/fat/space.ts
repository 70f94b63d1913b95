// Free clusters: taking them, giving them back, and counting them. FSInfo, which FAT32 has, keeps their number and
// where to look for the next one. Both are hints there: a PC that was unplugged leaves any number behind.

import { SECTOR_BYTES } from '../../../drivers/block-device';
import { Layout } from './boot-sector';
import { FsError } from './fs-error';
import { Sectors } from './sectors';
import { END, Table } from './table';

const LEAD: u32 = 0x41615252;
const MIDDLE: usize = 484;
const MIDDLE_SIGNATURE: u32 = 0x61417272;
const FREE: usize = 488;
const NEXT: usize = 492;
const UNKNOWN: i64 = 0xffffffff;

/** The free clusters of the mounted volume. */
export class Space {
  /** How many there are, or -1 when nobody knows. A hint until `isCounted`. */
  free: i64 = -1;
  isCounted: bool = false;

  /** Where to look for the next one. */
  private hint: u32 = 2;
  /** The cluster to be counted next, and how many before it are free. */
  private countAt: u32 = 2;
  private counted: u32 = 0;
  private isChanged: bool = false;

  constructor(
    private readonly sectors: Sectors,
    private readonly layout: Layout,
    private readonly table: Table,
  ) {}

  /** Reads the hints. 0, or an FsError. */
  open(): i32 {
    this.free = -1;
    this.hint = 2;
    this.isCounted = false;
    this.isChanged = false;
    this.countAt = 2;
    this.counted = 0;
    const sector = this.layout.infoSector;
    if (!sector) return 0;
    const at = this.sectors.read(sector);
    if (!at) return this.sectors.error;
    if (!isInfo(at)) {
      this.layout.infoSector = 0;
      return 0;
    }
    const free = load<u32>(at, FREE);
    const hint = load<u32>(at, NEXT);
    if (free <= this.layout.clusters) this.free = free;
    if (this.table.isCluster(hint)) this.hint = hint;
    return 0;
  }

  /** Takes a free cluster, `near` if that is one, and makes it the end of a chain. The cluster, or an FsError. */
  take(near: u32): i32 {
    const table = this.table;
    const last = this.layout.lastCluster;
    if (this.isCounted && this.free === 0) return this.sectors.fail(FsError.NoSpace);
    const start = table.isCluster(near) ? near : this.hint;
    let cluster = table.firstFree(start, last + 1);
    if (cluster === 0) cluster = table.firstFree(2, start);
    if (cluster < 0) return cluster;
    if (cluster === 0) return this.sectors.fail(FsError.NoSpace);
    const failed = table.set(cluster, END);
    if (failed) return failed;
    this.hint = <u32>cluster < last ? cluster + 1 : 2;
    this.adjust(cluster, -1);
    return cluster;
  }

  /** Frees a cluster and all that follow it. 0, or an FsError: some of them may be free then. */
  release(cluster: u32): i32 {
    // A chain that comes back to itself ends at a cluster that is free already.
    while (cluster !== <u32>END) {
      const next = this.table.next(cluster);
      if (next < 0) return next;
      const failed = this.table.set(cluster, 0);
      if (failed) return failed;
      this.adjust(cluster, 1);
      cluster = next;
    }
    return 0;
  }

  /** Counts on, through up to `budget` sectors of the FAT. 1: `free` is right now, 0: call again, or an FsError. */
  count(budget: i32): i32 {
    if (this.isCounted) return 1;
    const last = this.layout.lastCluster;
    const perSector = <u32>((SECTOR_BYTES * 8) / this.layout.bits);
    for (; budget > 0 && this.countAt <= last; budget--) {
      const end = min(this.countAt - (this.countAt % perSector) + perSector, last + 1);
      const free = this.table.countFree(this.countAt, end);
      if (free < 0) return free;
      this.counted += free;
      this.countAt = end;
    }
    if (this.countAt <= last) return 0;
    this.free = this.counted;
    this.isCounted = true;
    return 1;
  }

  /** Puts the hints where the next barrier writes them, if they have changed. 0, or an FsError. */
  keep(): i32 {
    const sector = this.layout.infoSector;
    if (!this.isChanged || !sector) return 0;
    const at = this.sectors.change(sector);
    if (!at) return this.sectors.error;
    store<u32>(at, <u32>(this.free < 0 ? UNKNOWN : this.free), FREE);
    store<u32>(at, this.hint, NEXT);
    this.isChanged = false;
    return 0;
  }

  /** A cluster was taken (-1) or freed (1). */
  private adjust(cluster: u32, by: i32): void {
    this.isChanged = true;
    if (cluster < this.countAt) this.counted += by;
    if (this.free < 0) return;
    this.free += by;
    if (this.free > <i64>this.layout.clusters) this.free = -1;
  }
}

function isInfo(at: usize): bool {
  return load<u32>(at) === LEAD && load<u32>(at, MIDDLE) === MIDDLE_SIGNATURE;
}
