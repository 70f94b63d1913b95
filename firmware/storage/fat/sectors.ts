// The sectors of one partition, numbered from its first: the only way to the device for everything above, so that no
// number that comes from the card reaches beyond the partition. Tables and directories go through a small cache of
// lines of 4 KiB; a file's data goes straight to and from the caller's memory.
//
// What is changed in the cache is written at `barrier`, or earlier when its line is wanted for something else. So
// changes between two barriers reach the card in any order, all before the second: whoever needs an order puts a
// barrier between. Sectors of the first FAT are written to the second too.

import { BlockDevice, BlockError, SECTOR_BYTES } from '../../../drivers/block-device';
import { FsError } from './fs-error';

const LINES: i32 = 4;
const LINE_SECTORS: u32 = 8;
const LINE_BYTES: i32 = 4096;

/** A line: u32 its first sector, bits of the sectors that hold what the card does or shall, bits of those changed. */
const BASE: usize = 0;
const VALID: usize = 4;
const DIRTY: usize = 8;
/** When it was last wanted. */
const STAMP: usize = 12;
const LINE_RECORD: i32 = 16;
const NO_BASE: u32 = 0xffffffff;

/** One partition and what failed on it last. */
export class Sectors {
  /** How many there are; 0 when nothing is mounted. */
  count: u32 = 0;
  /** Why the last call failed that did. */
  error: i32 = FsError.None;
  /** With FsError.Device: the BlockError and the device's sector. With Corrupt: the device's sector, or -1. */
  blockError: i32 = BlockError.None;
  errorSector: i64 = -1;
  /** With Corrupt: the cluster, or 0. */
  errorCluster: u32 = 0;
  /** Whether a write has failed. Nothing is written then until the next `open`, as what is on the card is not known. */
  isBroken: bool = false;

  private device: BlockDevice | null = null;
  private start: i64 = 0;
  private fatStart: u32 = 0;
  private fatEnd: u32 = 0;
  private fatCopy: u32 = 0;
  private readonly lines: usize = heap.alloc(LINES * LINE_RECORD);
  private readonly data: usize = heap.alloc(LINES * LINE_BYTES);
  private clock: u32 = 0;
  private last: usize = 0;
  /** Whether anything was written since the last flush. */
  private isUnflushed: bool = false;

  /** Begins anew with the sectors of a device from `start`; what was not written is forgotten. */
  open(device: BlockDevice, start: i64, count: u32): void {
    this.device = device;
    this.start = start;
    this.count = count;
    this.error = FsError.None;
    this.blockError = BlockError.None;
    this.isBroken = false;
    this.isUnflushed = false;
    this.mirror(0, 0, 0);
    this.forget();
  }

  /** Sectors from `start` to `end` are to be written a second time, `copy` sectors further; 0 for not. */
  mirror(start: u32, end: u32, copy: u32): void {
    this.fatStart = start;
    this.fatEnd = end;
    this.fatCopy = copy;
  }

  get isWritable(): bool {
    return this.device !== null && this.device!.isWritable;
  }

  /** Notes an error; returns it. */
  fail(error: FsError, cluster: u32 = 0): i32 {
    this.error = error;
    this.errorCluster = cluster;
    this.errorSector = -1;
    return error;
  }

  /** Notes that a sector holds nonsense; returns Corrupt. */
  failAt(sector: u32): i32 {
    this.fail(FsError.Corrupt);
    this.errorSector = this.start + <i64>sector;
    return FsError.Corrupt;
  }

  /** The sector's 512 bytes in the cache, to be read before the next call. 0: `error` says why not. */
  read(sector: u32): usize {
    const line = this.line(sector);
    if (!line) return 0;
    if (!(load<u32>(line, VALID) & (1 << (sector % LINE_SECTORS))) && !this.fill(line, sector)) return 0;
    return this.place(line, sector);
  }

  /** The same, to be changed before the next call. */
  change(sector: u32): usize {
    if (!this.mayWrite()) return 0;
    const at = this.read(sector);
    if (at) this.mark(sector);
    return at;
  }

  /** A sector to be written whole, without reading it: 512 zeros. */
  clear(sector: u32): usize {
    if (!this.mayWrite()) return 0;
    const line = this.line(sector);
    if (!line) return 0;
    const at = this.place(line, sector);
    memory.fill(at, 0, SECTOR_BYTES);
    store<u32>(line, load<u32>(line, VALID) | (1 << (sector % LINE_SECTORS)), VALID);
    this.mark(sector);
    return at;
  }

  /** Returns when all that was changed or written is on the card. 0, or an FsError. */
  barrier(): i32 {
    for (let i = 0; i < LINES; i++) {
      if (!this.clean(this.lines + i * LINE_RECORD)) return this.error;
    }
    if (!this.isUnflushed) return 0;
    const failed = this.device!.flush();
    if (failed) return this.failWrite(failed, 0);
    this.isUnflushed = false;
    return 0;
  }

  /** Reads sectors of a file straight to `ptr`. 0, or an FsError. */
  readData(sector: u32, ptr: usize, count: u32): i32 {
    if (!this.holds(sector, count)) return this.failAt(sector);
    const failed = this.device!.read(this.start + <i64>sector, ptr, count);
    return failed ? this.failDevice(failed, sector) : 0;
  }

  /**
   * Writes sectors of a file straight from `ptr`; on the card after the next barrier. 0, or an FsError. The cache may
   * hold old ones of them, as neighbours of a directory: should they become a directory they are cleared first.
   */
  writeData(sector: u32, ptr: usize, count: u32): i32 {
    if (!this.mayWrite()) return this.error;
    return this.write(sector, ptr, count) ? 0 : this.error;
  }

  /** Empties the cache. */
  private forget(): void {
    for (let i = 0; i < LINES; i++) {
      const line = this.lines + i * LINE_RECORD;
      store<u32>(line, NO_BASE, BASE);
      store<u32>(line, 0, VALID);
      store<u32>(line, 0, DIRTY);
      store<u32>(line, 0, STAMP);
    }
    this.last = this.lines;
  }

  /** The line for a sector, which may have to be read still; 0 if the one that had to go could not be written. */
  private line(sector: u32): usize {
    const base = sector & ~(LINE_SECTORS - 1);
    if (load<u32>(this.last, BASE) === base) return this.last;
    let oldest = this.lines;
    for (let i = 0; i < LINES; i++) {
      const line = this.lines + i * LINE_RECORD;
      if (load<u32>(line, BASE) === base) return this.use(line);
      if (load<u32>(line, STAMP) < load<u32>(oldest, STAMP)) oldest = line;
    }
    if (sector >= this.count) {
      this.failAt(sector);
      return 0;
    }
    if (!this.clean(oldest)) return 0;
    store<u32>(oldest, base, BASE);
    store<u32>(oldest, 0, VALID);
    return this.use(oldest);
  }

  private use(line: usize): usize {
    store<u32>(line, ++this.clock, STAMP);
    this.last = line;
    return line;
  }

  /** Where a sector of a line is in memory. */
  @inline
  private place(line: usize, sector: u32): usize {
    const bytes = (<i32>(line - this.lines) / LINE_RECORD) * LINE_BYTES + <i32>(sector % LINE_SECTORS) * SECTOR_BYTES;
    return this.data + bytes;
  }

  /** Reads a line, or of one that is partly there a sector. False: `error` says why not. */
  private fill(line: usize, sector: u32): bool {
    const base = load<u32>(line, BASE);
    if (load<u32>(line, VALID) === 0) {
      const count = min(LINE_SECTORS, this.count - base);
      if (this.readData(base, this.place(line, base), count) === 0) {
        store<u32>(line, (1 << count) - 1, VALID);
        return true;
      }
      // Perhaps only a neighbour cannot be read; a card that is gone says so at once.
      store<u32>(line, 0, VALID);
    }
    if (this.readData(sector, this.place(line, sector), 1)) return false;
    store<u32>(line, load<u32>(line, VALID) | (1 << (sector % LINE_SECTORS)), VALID);
    return true;
  }

  /** Notes that a sector, whose line was the last that was wanted, is changed. */
  private mark(sector: u32): void {
    store<u32>(this.last, load<u32>(this.last, DIRTY) | (1 << (sector % LINE_SECTORS)), DIRTY);
  }

  /** Writes what is changed in a line, neighbours at once. */
  private clean(line: usize): bool {
    let dirty = load<u32>(line, DIRTY);
    const base = load<u32>(line, BASE);
    while (dirty) {
      const first = <u32>ctz(dirty);
      const count = <u32>ctz(~(dirty >> first));
      const sector = base + first;
      if (!this.write(sector, this.place(line, sector), count)) return false;
      const from = max(sector, this.fatStart);
      const to = min(sector + count, this.fatEnd);
      if (from < to && !this.write(from + this.fatCopy, this.place(line, from), to - from)) return false;
      dirty &= ~(((1 << count) - 1) << first);
      store<u32>(line, dirty, DIRTY);
    }
    return true;
  }

  private write(sector: u32, ptr: usize, count: u32): bool {
    if (!this.holds(sector, count)) {
      this.failAt(sector);
      return false;
    }
    this.isUnflushed = true;
    const failed = this.device!.write(this.start + <i64>sector, ptr, count);
    if (failed) this.failWrite(failed, sector);
    return failed === 0;
  }


  @inline
  private holds(sector: u32, count: u32): bool {
    return sector < this.count && count <= this.count - sector;
  }

  private mayWrite(): bool {
    if (this.isBroken) this.error = FsError.Device;
    else if (!this.isWritable) this.fail(FsError.ReadOnly);
    else return true;
    return false;
  }

  private failDevice(blockError: i32, sector: u32): i32 {
    this.fail(FsError.Device);
    this.blockError = blockError;
    this.errorSector = this.start + <i64>sector;
    return FsError.Device;
  }

  private failWrite(blockError: i32, sector: u32): i32 {
    this.isBroken = true;
    this.forget();
    return this.failDevice(blockError, sector);
  }
}
