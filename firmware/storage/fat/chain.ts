// The clusters of one file, by their number in it. A chain can only be followed forwards; so a run of neighbours is
// kept, and a mark every so many clusters, from which a jump back goes on.

import { FsError } from './fs-error';
import { Sectors } from './sectors';
import { END, Table } from './table';

/** When they are used up every second one is given up. */
const MARKS: u32 = 128;
const FIRST_SPACING: u32 = 16;
const NO_JOINT: u32 = 0xffffffff;

/** A place in a chain. One object serves many, one after the other. */
export class Chain {
  /** Clusters from the located one on that are neighbours on the card; 1 to as many as were asked for. */
  run: u32 = 0;

  /** The run that is known: clusters `index` to `index + length - 1` of the file, the first of them being `cluster`. */
  private index: u32 = 0;
  private cluster: u32 = 0;
  private length: u32 = 0;
  /** The clusters that were seen ever, and every `spacing`th of them. */
  private seen: u32 = 0;
  private spacing: u32 = FIRST_SPACING;
  private marked: u32 = 0;
  private readonly marks: usize = heap.alloc((<i32>MARKS) << 2);
  /** To find a chain that bites its tail (Brent): a cluster, until there are twice as many as before it. */
  private watched: u32 = 0;
  private watchUntil: u32 = 0;
  /** Where the chain goes on although the table does not say so yet. */
  private jointIndex: u32 = NO_JOINT;
  private jointCluster: u32 = 0;

  constructor(
    private readonly sectors: Sectors,
    private readonly table: Table,
  ) {}

  /** Begins with another chain; 0 for one with no clusters. */
  open(first: u32): void {
    this.index = 0;
    this.cluster = first;
    this.length = 0;
    this.seen = 0;
    this.spacing = FIRST_SPACING;
    this.marked = 0;
    this.watched = 0;
    this.watchUntil = 0;
    this.jointIndex = NO_JOINT;
  }

  /** After cluster number `index - 1` of the file comes `cluster`, whatever the table says. */
  join(index: u32, cluster: u32): void {
    this.jointIndex = index;
    this.jointCluster = cluster;
  }

  /**
   * The cluster with number `index` in the file, END when the chain is shorter, or an FsError. Sets `run`, for which
   * the table is looked at no further than for `most`.
   */
  locate(index: u32, most: u32): i32 {
    if (!this.length) {
      if (this.cluster === 0) return END;
      if (!this.table.isCluster(this.cluster)) return this.sectors.fail(FsError.Corrupt, this.cluster);
      this.length = 1;
      const failed = this.see(1);
      if (failed) return failed;
    }
    if (index < this.index || index >= this.index + this.length) this.jump(index);
    let failed = 0;
    while (!failed) {
      const inside = index - this.index;
      // The run is followed to what was asked for, or to the cluster that is.
      const wanted = inside + most;
      if (this.length < wanted) failed = this.follow(wanted);
      if (failed) return failed;
      if (inside < this.length) {
        this.run = min(this.length - inside, most);
        return this.cluster + inside;
      }
      const end = this.index + this.length;
      const last = this.cluster + this.length - 1;
      const next = end === this.jointIndex ? <i32>this.jointCluster : this.table.next(last);
      if (next < 0 || next === END) return next;
      this.index = end;
      this.cluster = next;
      this.length = 1;
      failed = this.see(1);
    }
    return failed;
  }

  /** Makes the known run up to `wanted` clusters long, as far as they are neighbours. */
  private follow(wanted: u32): i32 {
    const last = this.cluster + this.length - 1;
    const count = this.table.run(last, wanted - this.length + 1);
    if (count < 0) return count;
    if (count === 1) return 0;
    this.length += count - 1;
    return this.see(count - 1);
  }

  /** Goes to the mark before `index`, unless the known run is nearer. */
  private jump(index: u32): void {
    const mark = min(index / this.spacing, this.marked - 1);
    const from = mark * this.spacing;
    if (index > this.index && from < this.index + this.length) return;
    this.index = from;
    this.cluster = load<u32>(this.marks + ((<usize>mark) << 2));
    this.length = 1;
  }

  /** Takes note of the last `count` clusters of the run. 0, or Corrupt when the chain has been there before. */
  private see(count: u32): i32 {
    const end = this.index + this.length;
    if (end <= this.seen) return 0;
    const from = max(this.seen, end - count);
    const first = this.cluster + (from - this.index);
    const last = this.cluster + this.length - 1;
    if (this.watched >= first && this.watched <= last) return this.sectors.fail(FsError.Corrupt, last);
    if (end > this.watchUntil) {
      this.watched = last;
      this.watchUntil = end * 2;
    }
    for (;;) {
      const index = this.marked * this.spacing;
      if (index >= end) break;
      if (this.marked === MARKS) this.thin();
      else store<u32>(this.marks + (this.marked++ << 2), this.cluster + (index - this.index));
    }
    this.seen = end;
    return 0;
  }

  /** Gives every second mark up. */
  private thin(): void {
    for (let i: usize = 0; i < <usize>(MARKS / 2); i++)
      store<u32>(this.marks + (i << 2), load<u32>(this.marks + (i << 3)));
    this.marked = MARKS / 2;
    this.spacing *= 2;
  }
}
