// An open file. Whole sectors go straight to and from the caller's memory, as many at once as stand together on the
// card; parts of a sector through a sector of the file's own.
//
// What is written beyond the end stays invisible until `sync`: the new clusters are a chain that belongs to nobody,
// which is written first; then it is joined to the file, and at last the directory's entry gets the new size. So
// when power is cut, the file has its old size and its old content but for what was overwritten, and the worst that
// fsck.fat finds are clusters that are not used or a chain that is longer than its file.

import { SECTOR_BYTES } from '../../../drivers/block-device';
import { Bytes, within } from '../bytes';
import { Chain } from './chain';
import { Attribute, ATTRIBUTES, Entry, setSlotCluster, SIZE } from './entry';
import { FsError } from './fs-error';
import { Mount } from './mount';
import { END } from './table';

/** The longest file: 4 GiB - 1. */
export const MOST_BYTES: i64 = 0xffffffff;

const NO_SECTOR: u32 = 0xffffffff;

/**
 * A file; one object serves many, one after the other. While it is open it must not be removed or renamed, and when
 * it is written not be open a second time.
 */
export class File extends Bytes {
  /** Why the last call failed that did; `volume.sectors` says more as long as nothing else was asked of the volume. */
  error: i32 = FsError.None;

  private mounts: i32 = -1;
  private readonly chain: Chain;
  /** Its entry's key, attributes, and first cluster, 0 if it has none. */
  private directory: u32 = 0;
  private index: i32 = 0;
  private attributes: i32 = 0;
  private first: u32 = 0;
  /** Clusters that it has on the card, and with those that are new; the first new one. */
  private settled: u32 = 0;
  private owned: u32 = 0;
  private added: u32 = 0;
  private isGrown: bool = false;
  /** A sector of it, and which one. */
  private readonly buffer: usize = heap.alloc(SECTOR_BYTES);
  private buffered: u32 = NO_SECTOR;
  /** Sectors that stand together from the one on that was located. */
  private run: u32 = 0;

  constructor(private readonly volume: Mount) {
    super();
    this.chain = new Chain(volume.sectors, volume.table);
  }

  /** Opens what was found. 0, or an FsError: then it is empty. */
  open(entry: Entry): i32 {
    const volume = this.volume;
    this.size = 0;
    this.mounts = -1;
    if (!volume.isMounted) return this.fail(FsError.NotMounted);
    if (entry.isDirectory) return this.fail(FsError.IsADirectory);
    const isThere = entry.size === 0 || volume.table.isCluster(entry.cluster);
    const clusters = this.clustersOf(entry.size);
    if (!isThere || clusters > volume.layout.clusters) {
      volume.sectors.fail(FsError.Corrupt, entry.cluster);
      return this.fail(FsError.Corrupt);
    }
    this.directory = entry.directory;
    this.index = entry.index;
    this.attributes = entry.attributes;
    this.size = entry.size;
    this.mounts = volume.mounts;
    this.error = FsError.None;
    this.begin(clusters ? entry.cluster : 0, clusters);
    return 0;
  }

  /** Whether the file that was opened last is the one with this key (see Entry). */
  isAt(directory: u32, index: i32): bool {
    return this.mounts === this.volume.mounts && this.directory === directory && this.index === index;
  }

  /** As Bytes has it; with -1 `error` says why. */
  read(offset: i64, ptr: usize, bytes: i32): i32 {
    const count = within(this.size, offset, bytes);
    if (!count) return 0;
    if (!this.isOpen) return -1;
    let position = <u32>offset;
    for (let left = count; left > 0;) {
      const inside = (<i32>position) & (SECTOR_BYTES - 1);
      const isPart = inside !== 0 || left < SECTOR_BYTES;
      const sector = this.locate(position, isPart ? 1 : left / SECTOR_BYTES);
      if (!sector) return -1;
      let done = <i32>this.run * SECTOR_BYTES;
      if (isPart) {
        done = min(SECTOR_BYTES - inside, left);
        if (this.fetch(sector)) return -1;
        memory.copy(ptr, this.buffer + inside, done);
      } else if (this.fail(this.volume.sectors.readData(sector, ptr, this.run))) {
        return -1;
      }
      position += done;
      ptr += done;
      left -= done;
    }
    return count;
  }

  /**
   * Writes `bytes` bytes from `ptr` over what is at `offset`, or beyond the end, which must not be before `offset`.
   * What is beyond the end is there for others only after `sync`. Returns `bytes`, or an FsError: with NoSpace,
   * TooLarge and BadOffset nothing was written.
   */
  write(offset: i64, ptr: usize, bytes: i32): i32 {
    if (!this.isOpen || !this.mayWrite) return this.error;
    if (offset < 0 || offset > this.size || bytes < 0) return this.fail(FsError.BadOffset);
    const end = offset + bytes;
    if (end > MOST_BYTES) return this.fail(FsError.TooLarge);
    if (this.fail(this.grow(this.clustersOf(end)))) return this.error;
    const sectors = this.volume.sectors;
    let position = <u32>offset;
    for (let left = bytes; left > 0;) {
      const inside = (<i32>position) & (SECTOR_BYTES - 1);
      const isPart = inside !== 0 || left < SECTOR_BYTES;
      const sector = this.locate(position, isPart ? 1 : left / SECTOR_BYTES);
      if (!sector) return this.error;
      let done = <i32>this.run * SECTOR_BYTES;
      if (isPart) {
        done = min(SECTOR_BYTES - inside, left);
        // Of a sector that is new nothing has to be kept.
        if (<i64>position - inside >= this.size) this.forget();
        else if (this.fetch(sector)) return this.error;
        memory.copy(this.buffer + inside, ptr, done);
        if (this.fail(sectors.writeData(sector, this.buffer, 1))) return this.error;
        this.buffered = sector;
      } else {
        this.buffered = NO_SECTOR;
        if (this.fail(sectors.writeData(sector, ptr, this.run))) return this.error;
      }
      position += done;
      ptr += done;
      left -= done;
    }
    if (end > this.size) {
      this.size = end;
      this.isGrown = true;
    }
    return bytes;
  }

  /**
   * Makes a file that is shorter `size` bytes long; for others it is after `sync`. Nothing is written to what is new: it
   * holds what lay at its place on the card before. 0, or an FsError: then it is as long as it was.
   */
  reserve(size: i64): i32 {
    if (!this.isOpen || !this.mayWrite) return this.error;
    if (size > MOST_BYTES) return this.fail(FsError.TooLarge);
    if (size <= this.size) return 0;
    if (this.fail(this.grow(this.clustersOf(size)))) return this.error;
    this.size = size;
    this.isGrown = true;
    return 0;
  }

  /** Returns when everything that was written is on the card, also after a cut of power. 0, or an FsError. */
  sync(): i32 {
    if (!this.isOpen) return this.error;
    return this.fail(this.settle());
  }

  /** Makes the file shorter, after a `sync`. 0, or an FsError. */
  truncate(size: i64): i32 {
    if (!this.isOpen || !this.mayWrite) return this.error;
    if (size < 0 || size > this.size) return this.fail(FsError.BadOffset);
    let failed = this.settle();
    if (!failed && size < this.size) failed = this.shrink(<u32>size);
    return this.fail(failed);
  }

  private get isOpen(): bool {
    if (this.mounts === this.volume.mounts) return true;
    this.fail(FsError.NotMounted);
    return false;
  }

  private get mayWrite(): bool {
    if (this.volume.sectors.isWritable && !(this.attributes & Attribute.ReadOnly)) return true;
    this.fail(FsError.ReadOnly);
    return false;
  }

  /** Notes an error, or that there is none; returns it. */
  private fail(error: i32): i32 {
    this.error = error;
    return error;
  }

  private clustersOf(bytes: i64): u32 {
    return <u32>((bytes + this.volume.clusterBytes - 1) >> this.volume.layout.clusterShift);
  }

  private begin(first: u32, clusters: u32): void {
    this.first = first;
    this.settled = clusters;
    this.owned = clusters;
    this.added = 0;
    this.isGrown = false;
    this.chain.open(first);
    this.forget();
  }

  /** The sector at `position`; sets `run`, up to `most` sectors. 0: `error` says why not. */
  private locate(position: u32, most: u32): u32 {
    const layout = this.volume.layout;
    const inCluster = (position >> 9) & (layout.clusterSectors - 1);
    const clusters = (inCluster + most + layout.clusterSectors - 1) >> (layout.clusterShift - 9);
    const cluster = this.chain.locate(position >> layout.clusterShift, clusters);
    if (cluster < 0) {
      this.fail(cluster);
      return 0;
    }
    if (cluster === END) {
      this.fail(this.volume.sectors.fail(FsError.Corrupt, this.first)); // the chain is shorter than the file
      return 0;
    }
    this.run = min(this.chain.run * layout.clusterSectors - inCluster, most);
    return layout.sectorOf(cluster) + inCluster;
  }

  /** Has a sector in the buffer. */
  private fetch(sector: u32): i32 {
    if (this.buffered === sector) return 0;
    this.buffered = NO_SECTOR;
    const failed = this.volume.sectors.readData(sector, this.buffer, 1);
    if (!failed) this.buffered = sector;
    return this.fail(failed);
  }

  private forget(): void {
    this.buffered = NO_SECTOR;
    memory.fill(this.buffer, 0, SECTOR_BYTES);
  }

  /** Takes clusters until there are `wanted`; all of them, or an FsError and none. */
  private grow(wanted: u32): i32 {
    const volume = this.volume;
    const before = this.owned;
    if (wanted <= before) return 0;
    const tail = before ? this.chain.locate(before - 1, 1) : 0;
    if (tail < 0) return tail;
    if (tail === END) return volume.sectors.fail(FsError.Corrupt, this.first);
    // A chain that was longer than its file ends here from now on.
    if (tail) {
      const next = volume.table.get(tail);
      const failed = next < 0 ? next : next === END ? 0 : volume.table.set(tail, END);
      if (failed) return failed;
    }
    let last: u32 = tail;
    let first: u32 = 0;
    for (let count = before; count < wanted; count++) {
      const cluster = volume.space.take(last + 1);
      const isFirst = first === 0;
      // The first new one is joined to nothing that is on the card until `sync`.
      const failed = cluster < 0 ? cluster : isFirst && !this.added ? 0 : volume.table.set(last, cluster);
      if (failed) return this.giveBack(failed, tail, first);
      if (isFirst) first = cluster;
      last = cluster;
    }
    if (!this.added) {
      this.added = first;
      if (before) this.chain.join(before, first);
      else this.chain.open(first);
    }
    this.owned = wanted;
    return 0;
  }

  /** Frees the clusters from `first` on, which came behind `tail`; returns `error`. */
  private giveBack(error: i32, tail: u32, first: u32): i32 {
    const volume = this.volume;
    const failed = first ? volume.space.release(first) : 0;
    if (failed) return failed;
    const cut = this.added && first ? volume.table.set(tail, END) : 0;
    return cut ? cut : volume.sectors.fail(<FsError>error);
  }

  private settle(): i32 {
    const volume = this.volume;
    const sectors = volume.sectors;
    let failed = sectors.barrier();
    if (failed || !this.isGrown) return failed;
    if (this.added && this.settled) {
      const tail = this.chain.locate(this.settled - 1, 1);
      failed = tail < 0 ? tail : volume.table.set(tail, this.added);
      if (!failed) failed = sectors.barrier();
    } else if (this.added) {
      this.first = this.added;
    }
    if (!failed) failed = this.keepEntry(<u32>this.size);
    if (failed) return failed;
    this.settled = this.owned;
    this.added = 0;
    this.isGrown = false;
    return 0;
  }

  private shrink(size: u32): i32 {
    const volume = this.volume;
    const wanted = this.clustersOf(size);
    const from = this.first;
    const isCut = wanted < this.settled;
    if (!wanted) this.first = 0;
    let failed = this.keepEntry(size);
    if (failed) return failed;
    this.size = size;
    if (!isCut) return 0;
    let rest: i32 = from;
    if (wanted) {
      const tail = this.chain.locate(wanted - 1, 1);
      if (tail < 0) return tail;
      rest = tail === END ? END : volume.table.next(tail);
      if (rest < 0) return rest;
      if (rest !== END) failed = volume.table.set(tail, END);
      if (!failed) failed = volume.sectors.barrier();
    }
    if (!failed && rest !== END) failed = volume.space.release(rest);
    if (!failed) failed = volume.space.keep();
    if (!failed) failed = volume.sectors.barrier();
    this.begin(this.first, wanted);
    return failed;
  }

  /** Writes size and first cluster to the directory, and FSInfo. */
  private keepEntry(size: u32): i32 {
    const volume = this.volume;
    const slot = volume.changeSlot(this.directory, this.index);
    if (!slot) return volume.sectors.error;
    store<u32>(slot, size, SIZE);
    setSlotCluster(slot, volume.layout.bits, this.first);
    this.attributes |= Attribute.Archive;
    store<u8>(slot, this.attributes, ATTRIBUTES);
    const failed = volume.space.keep();
    return failed ? failed : volume.sectors.barrier();
  }
}
