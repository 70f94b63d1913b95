// A small record that outlives a cut of power at any moment: where the player was. The file has two places for it, and
// each new version is written over the older one, with a number and a checksum. So while one is written the other is
// whole, and neither the FAT nor a directory is touched: no order of writes, no fsck.fat and no torn sector can take
// both, or anything else. (Writing a second file and renaming it would change five sectors more, each time, and leave
// fsck.fat to choose between two names of one file.) The places are so far apart that no card keeps them in one page.
//
// A card may take a quarter of a second for each sector that is written, so the file is made in pieces, of four sectors
// at most. Until the last one it is empty for everyone else. What lies between the places is never looked at.

import { SECTOR_BYTES } from '../../../drivers/block-device';
import { crc32 } from '../../../drivers/board';
import { Entry } from './entry';
import { File } from './file';
import { FsError } from './fs-error';
import { STATE_FILE_BYTES } from '../card-limits';
import { Volume } from './volume';

const PLACE_BYTES: i32 = 32768;
const PLACES: i32 = 2;
const FILE_BYTES: i64 = STATE_FILE_BYTES;

/** "MRST", u32 number, u32 bytes of the content, u32 checksum of those and the content. */
const MAGIC: u32 = 0x5453524d;
const NUMBER: usize = 4;
const LENGTH: usize = 8;
const CHECKSUM: usize = 12;
const HEAD_BYTES: i32 = 16;
const RECORD_BYTES: i32 = 2048;

/** The longest content. */
export const STATE_BYTES: i32 = RECORD_BYTES - HEAD_BYTES;

/** One such file. */
export class StateFile {
  /** Whether a version can be saved; `make` sees to it. */
  isReady: bool = false;

  private readonly file: File;
  private readonly entry: Entry = new Entry();
  private readonly record: usize = heap.alloc(RECORD_BYTES);
  /** The place of the newest version, its number and its length; -1: there is none. */
  private place: i32 = -1;
  private number: u32 = 0;
  private length: i32 = 0;
  private isThere: bool = false;
  /** How long it was when it was opened: places behind that are empty. The next of them that `make` clears. */
  private found: i64 = 0;
  private cleared: i32 = 0;

  constructor(private readonly volume: Volume) {
    this.file = new File(volume);
  }

  /** Opens the file and finds the newest version. 0, or an FsError; NotFound when it must be made. */
  open(path: usize, bytes: i32): i32 {
    this.place = -1;
    this.number = 0;
    this.cleared = 0;
    this.isReady = false;
    let failed = this.volume.lookUp(path, bytes, this.entry);
    if (!failed) failed = this.file.open(this.entry);
    this.isThere = failed === 0;
    this.found = this.isThere ? this.file.size : 0;
    this.isReady = this.found >= FILE_BYTES;
    for (let place = 0; place < PLACES && !failed; place++) {
      failed = this.fetch(place);
      if (failed || !this.isWhole()) continue;
      const number = load<u32>(this.record, NUMBER);
      if (this.place >= 0 && <i32>(number - this.number) < 0) continue;
      this.place = place;
      this.number = number;
      this.length = load<u32>(this.record, LENGTH);
    }
    return failed;
  }

  /** Whether it is the file with a key (see Entry). */
  isAt(directory: u32, index: i32): bool {
    return this.file.isAt(directory, index);
  }

  /** Copies up to `most` bytes of the newest version to `ptr`; how many, 0 if there is none, or an FsError. */
  load(ptr: usize, most: i32): i32 {
    if (this.place < 0) return 0;
    const failed = this.fetch(this.place);
    if (failed) return failed;
    const bytes = min(this.length, most);
    memory.copy(ptr, this.record + HEAD_BYTES, bytes);
    return bytes;
  }

  /** Writes a version, up to STATE_BYTES. When it returns 0, that is the newest; otherwise the one before still is. */
  save(ptr: usize, bytes: i32): i32 {
    if (bytes > STATE_BYTES) return this.volume.sectors.fail(FsError.TooLarge);
    const record = this.record;
    const place = this.place === 0 ? 1 : 0;
    memory.fill(record, 0, RECORD_BYTES);
    memory.copy(record + HEAD_BYTES, ptr, bytes);
    store<u32>(record, MAGIC);
    store<u32>(record, this.number + 1, NUMBER);
    store<u32>(record, bytes, LENGTH);
    store<u32>(record, checksum(record, bytes), CHECKSUM);
    const written = (HEAD_BYTES + bytes + 511) & ~511;
    if (this.file.write(<i64>place * PLACE_BYTES, record, written) < 0) return this.file.error;
    const failed = this.file.sync();
    if (failed) return failed;
    this.place = place;
    this.number++;
    this.length = bytes;
    return 0;
  }

  /**
   * Does a piece of what must be done before the first `save`, after an `open` that found the file or not. 1: call it
   * again, in another step; 0: it is ready; or an FsError. What was in a file that is too short may be a version.
   */
  make(path: usize, bytes: i32): i32 {
    if (this.isReady) return 0;
    let failed: i32;
    if (!this.isThere) {
      failed = this.volume.prepare(path, bytes);
      if (failed > 0) return 1;
      if (!failed) failed = this.volume.create(path, bytes, this.entry);
      if (!failed) failed = this.file.open(this.entry);
      this.isThere = failed === 0;
    } else if (this.file.size < FILE_BYTES) {
      failed = this.file.reserve(FILE_BYTES);
    } else if (this.cleared < PLACES) {
      failed = this.clear(this.cleared++);
    } else {
      failed = this.file.sync();
      this.isReady = failed === 0;
    }
    return failed ? failed : this.isReady ? 0 : 1;
  }

  /** What lies at a new place may be a version of a file that was deleted: it goes. */
  private clear(place: i32): i32 {
    const at = <i64>place * PLACE_BYTES;
    if (at < this.found) return 0;
    memory.fill(this.record, 0, SECTOR_BYTES);
    return this.file.write(at, this.record, SECTOR_BYTES) < 0 ? this.file.error : 0;
  }

  private fetch(place: i32): i32 {
    const got = this.file.read(<i64>place * PLACE_BYTES, this.record, RECORD_BYTES);
    if (got < 0) return this.file.error;
    memory.fill(this.record + got, 0, RECORD_BYTES - got);
    return 0;
  }

  private isWhole(): bool {
    const record = this.record;
    const length = load<u32>(record, LENGTH);
    if (load<u32>(record) !== MAGIC || length > <u32>STATE_BYTES) return false;
    return load<u32>(record, CHECKSUM) === checksum(record, length);
  }
}

function checksum(record: usize, bytes: i32): u32 {
  const head = crc32(record, <i32>CHECKSUM, 0);
  return crc32(record + HEAD_BYTES, bytes, head);
}
