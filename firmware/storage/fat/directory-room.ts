// Room for more entries in a directory. It grows by whole clusters, which are filled with zeros before they belong to it:
// of 64 KiB, on a card that may take a quarter of a second for each sector, in pieces.

import { Layout, SECTOR_SLOTS } from './boot-sector';
import { FsError } from './fs-error';
import { Sectors } from './sectors';
import { MOST_SLOTS, Slots } from './slots';
import { Space } from './space';
import { END, Table } from './table';

/** Sectors that a call of `prepare` clears. */
const PIECE_SECTORS: u32 = 4;

export class DirectoryRoom {
  /** A cluster that is taken for a directory to grow by, 0 for none, and how many of its sectors are zeros. */
  private spare: u32 = 0;
  private cleared: u32 = 0;

  constructor(
    private readonly sectors: Sectors,
    private readonly layout: Layout,
    private readonly table: Table,
    private readonly space: Space,
  ) {}

  /** Another volume is mounted. */
  forget(): void {
    this.spare = 0;
  }

  /**
   * Does a piece of what `reserve` would do at once for a directory to have slot `last`. 1: call it again; 0: `reserve`
   * writes little now, as long as nothing else grows; or an FsError.
   */
  prepare(slots: Slots, last: i32): i32 {
    if (slots.isFixed || slots.sectorOf(last)) return 0;
    if (this.sectors.error) return this.sectors.error;
    let failed = this.take(0);
    const until = min(this.cleared + PIECE_SECTORS, this.layout.clusterSectors);
    if (!failed) failed = this.clear(until);
    if (!failed) failed = this.sectors.barrier();
    return failed ? failed : until < this.layout.clusterSectors ? 1 : 0;
  }

  /** Makes a directory long enough for `count` slots; `first` is a slot in its last cluster, or behind it. 0, or an FsError. */
  reserve(slots: Slots, first: i32, count: i32): i32 {
    const perCluster = <i32>this.layout.clusterSectors * SECTOR_SLOTS;
    if (count > MOST_SLOTS) return this.sectors.fail(FsError.DirectoryFull);
    let clusters = first / perCluster;
    while (clusters * perCluster < count) {
      if (slots.sectorOf(clusters * perCluster) === 0) {
        if (this.sectors.error) return this.sectors.error;
        const failed = slots.isFixed ? this.sectors.fail(FsError.DirectoryFull) : this.extend(slots, clusters);
        if (failed) return failed;
      }
      clusters++;
    }
    return 0;
  }

  /** Adds a cluster to a directory, which has `clusters`. */
  private extend(slots: Slots, clusters: u32): i32 {
    const tail = slots.tail(clusters);
    if (tail < 0) return tail;
    if (tail === END) return this.sectors.fail(FsError.Corrupt, slots.directory);
    const cluster = this.takeCleared(tail + 1);
    if (cluster < 0) return cluster;
    let failed = this.sectors.barrier();
    if (!failed) failed = this.table.set(tail, cluster);
    return failed ? failed : this.sectors.barrier();
  }

  /** Takes a cluster, `near` if that is free, filled with zeros. The cluster, or an FsError. */
  takeCleared(near: u32): i32 {
    let failed = this.take(near);
    if (!failed) failed = this.clear(this.layout.clusterSectors);
    if (failed) return failed;
    const cluster = this.spare;
    this.spare = 0;
    return cluster;
  }

  /** Sees to a `spare`. 0, or an FsError. */
  private take(near: u32): i32 {
    if (this.spare) return 0;
    const cluster = this.space.take(near);
    if (cluster < 0) return cluster;
    this.spare = cluster;
    this.cleared = 0;
    return 0;
  }

  /** Fills the first `until` sectors of the spare with zeros; they are on the card after the next barrier. */
  private clear(until: u32): i32 {
    const sector = this.layout.sectorOf(this.spare);
    for (; this.cleared < until; this.cleared++) {
      if (!this.sectors.clear(sector + this.cleared)) return this.sectors.error;
    }
    return 0;
  }
}
