// What a host asks about the card: a file or folder, what is in a folder, and how much room there is. An answer is put
// together in several steps.

import { crc32 } from '../../drivers/board';
import { Directory } from '../storage/fat/directory';
import { File } from '../storage/fat/file';
import { Volume } from '../storage/fat/volume';
import { answerBody, HEAD } from './file-answers';
import { CHUNK_BYTES, ring } from './file-put';
import { FileRequest, requestPtr } from './file-request';
import { PATH_BYTES } from './file-target';
import { FileOp, Link } from './protocol';

/** Instead of the bytes of an answer: it is not complete; or there is none, and the problem says why. */
export const NOT_YET: i32 = -1;
const FAILED: i32 = -2;
/** Entries of a list, and sectors of the FAT, in one step. */
const ENTRIES: i32 = 16;
const COUNT_BUDGET: i32 = 16;
/** What an entry of a list has before its name; longer names than u8 can tell are left out. */
const ENTRY_HEAD: i32 = 10;
/** What a list has before its entries: where the next one goes on. */
const LIST_HEAD: i32 = 4;

export class FileQueries {
  /** Of a sum: how far it is. */
  private position: i64 = 0;
  private sum: u32 = 0;
  /** Of a list: bytes of the answer. */
  private filled: i32 = 0;
  private readonly directory: Directory;

  /** `file` and the ring are this object's until the answer is complete. */
  constructor(
    private readonly volume: Volume,
    private readonly file: File,
    private readonly request: FileRequest,
  ) {
    this.directory = new Directory(volume);
  }

  /** Begins with the request. Bytes of the answer if it is complete; NOT_YET: `step` goes on; less: the problem says why. */
  begin(op: FileOp): i32 {
    if (op === FileOp.Stat) return this.stat();
    return op === FileOp.List ? this.openList() : NOT_YET;
  }

  /** Goes on; as `begin`. */
  step(op: FileOp): i32 {
    if (op === FileOp.Stat) return this.sumUp();
    return op === FileOp.List ? this.list() : this.tellSpace();
  }

  private stat(): i32 {
    const request = this.request;
    if (!request.find(2)) return FAILED;
    if (!load<u8>(requestPtr, 1) || request.entry.isDirectory) return this.tellStat(0);
    this.position = 0;
    this.sum = 0;
    return request.problem.take(this.file.open(request.entry)) ? NOT_YET : FAILED;
  }

  private tellStat(sum: u32): i32 {
    const entry = this.request.entry;
    store<u8>(answerBody, entry.isDirectory ? 1 : 0);
    store<u32>(answerBody, entry.size, 1);
    store<u32>(answerBody, entry.written, 5);
    store<u32>(answerBody, sum, 9);
    return 13;
  }

  private sumUp(): i32 {
    const file = this.file;
    const got = file.read(this.position, ring, CHUNK_BYTES);
    if (got < 0) {
      this.request.problem.take(file.error);
      return FAILED;
    }
    this.sum = <u32>crc32(ring, got, this.sum);
    this.position += got;
    return this.position >= file.size ? this.tellStat(this.sum) : NOT_YET;
  }

  private openList(): i32 {
    const request = this.request;
    if (!request.find(5) || !request.problem.take(this.directory.open(request.entry))) return FAILED;
    this.directory.goTo(load<u32>(requestPtr, 1) & 0xffff);
    this.filled = LIST_HEAD;
    return NOT_YET;
  }

  private list(): i32 {
    const directory = this.directory;
    const entry = this.request.entry;
    for (let i = 0; i < ENTRIES; i++) {
      const place = directory.place;
      const found = directory.next(entry);
      if (!this.request.problem.take(found)) return FAILED;
      const isFull = found > 0 && this.filled + HEAD + ENTRY_HEAD + entry.nameBytes > Link.PayloadBytes;
      if (found === 0 || isFull) {
        store<u32>(answerBody, isFull ? place : 0);
        return this.filled;
      }
      if (entry.nameBytes > PATH_BYTES) continue;
      const to = answerBody + this.filled;
      store<u8>(to, entry.isDirectory ? 1 : 0);
      store<u32>(to, entry.size, 1);
      store<u32>(to, entry.written, 5);
      store<u8>(to, entry.nameBytes, 9);
      memory.copy(to + ENTRY_HEAD, entry.name, entry.nameBytes);
      this.filled += ENTRY_HEAD + entry.nameBytes;
    }
    return NOT_YET;
  }

  private tellSpace(): i32 {
    const volume = this.volume;
    const counted = volume.countFree(COUNT_BUDGET);
    if (!this.request.problem.take(counted)) return FAILED;
    if (!counted) return NOT_YET;
    store<i64>(answerBody, volume.freeBytes);
    store<i64>(answerBody, (<i64>volume.layout.clusters) << volume.layout.clusterShift, 8);
    store<u32>(answerBody, volume.clusterBytes, 16);
    return 20;
  }
}
