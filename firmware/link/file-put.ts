// A file on its way to the card. It is written to `.mirleft-put`, beside which `.mirleft-put.ini` says of what, and takes
// its place by rename when all of it is there and its sum is right: it is complete or absent whenever power is cut. One
// that was broken off is gone on with; one that the buffer holds whole is not begun on the card before its end.
//
// Bytes wait in a ring for whole chunks, so that the card is written in few calls. Each call of `step` is one of these,
// or one change of a directory.

import { crc32 } from '../../drivers/board';
import { Entry } from '../storage/fat/entry';
import { File } from '../storage/fat/file';
import { FsError } from '../storage/fat/fs-error';
import { Volume } from '../storage/fat/volume';
import { FileProblem } from './file-problem';
import { PATH_BYTES, PUT_NAME, RECORD_NAME, Target } from './file-target';
import { LinkError } from './protocol';

/** The ring's bytes, which are the credit that a host has at first, and what is written to the card at once. */
export const RING_BYTES: i32 = 65536;
export const CHUNK_BYTES: i32 = 16384;
/** The ring; requests of other kinds read to it, as only one is worked on. */
export const ring = memory.data(RING_BYTES, 512);
/** A file up to this is held whole. */
const HELD_BYTES: i64 = 49152;
/** After so many bytes what is written is made to stay, so that a cut of power costs no more. */
const SYNC_BYTES: i64 = 262144;
/** Sectors of the FAT that are counted in a step. */
const COUNT_BUDGET: i32 = 16;

/** The record: `bytes CRC name`, the numbers as 8 hexadecimal digits, and a line's end. */
const RECORD_HEAD: i32 = 18;
const record = memory.data(18 + 255 + 1);
const found = memory.data(18 + 255 + 1);

const putName = memory.data(12);
const recordName = memory.data(16);
for (let i = 0; i < PUT_NAME.length; i++) store<u8>(putName + i, PUT_NAME.charCodeAt(i));
for (let i = 0; i < RECORD_NAME.length; i++) store<u8>(recordName + i, RECORD_NAME.charCodeAt(i));

export const enum PutState {
  Idle,
  /** Looks whether it was begun before; whether there is room; and reads what is there. */
  Looking,
  Counting,
  Summing,
  /** The host may send. */
  Receiving,
  /** All is there. */
  Syncing,
  Renaming,
  Cleaning,
  Done,
  /** The problem says why. */
  Failed,
}

export class Put {
  state: PutState = PutState.Idle;
  /** Bytes that were there already; of those and what came since; and what of it is on the card. */
  from: i64 = 0;
  taken: i64 = 0;
  written: i64 = 0;

  private readonly path: usize = heap.alloc(PATH_BYTES);
  private pathBytes: i32 = 0;
  private total: i64 = 0;
  private wantedSum: u32 = 0;
  private sum: u32 = 0;
  private mayReplace: bool = false;
  private isEnded: bool = false;
  /** Whether the record is written, and whether the file is open. */
  private isRecorded: bool = false;
  private isOpen: bool = false;
  private synced: i64 = 0;
  private readonly entry: Entry = new Entry();

  /** `file` and the ring are this object's until the put is over. */
  constructor(
    private readonly volume: Volume,
    private readonly file: File,
    private readonly target: Target,
    private readonly problem: FileProblem,
  ) {}

  /** Begins. False: the problem says why not. */
  begin(path: usize, pathBytes: i32, total: u32, sum: u32, mayReplace: bool): bool {
    this.state = PutState.Idle;
    if (!this.target.mayMake(path, pathBytes) || !this.target.mayReplace(mayReplace)) return false;
    memory.copy(this.path, path, pathBytes);
    this.pathBytes = pathBytes;
    this.total = total;
    this.wantedSum = sum;
    this.sum = 0;
    this.mayReplace = mayReplace;
    this.isEnded = false;
    this.isRecorded = false;
    this.isOpen = false;
    this.start(0);
    this.state = PutState.Looking;
    return true;
  }

  /** Bytes that the host may send in all, of what was not there. */
  get credit(): u32 {
    return <u32>(this.written - this.from + RING_BYTES);
  }

  /** Takes what has come. False: the put has failed. */
  take(ptr: usize, bytes: i32): bool {
    if (this.taken + bytes > this.total || this.taken + bytes > this.written + RING_BYTES || this.isEnded) {
      return this.fail(LinkError.Message, 'more bytes than were announced');
    }
    const at = (<i32>this.taken) & (RING_BYTES - 1);
    const first = min(bytes, RING_BYTES - at);
    memory.copy(ring + at, ptr, first);
    memory.copy(ring, ptr + first, bytes - first);
    this.taken += bytes;
    return true;
  }

  /** No more comes. */
  end(sum: u32): void {
    this.isEnded = true;
    if (this.taken < this.total) this.fail(LinkError.Message, 'fewer bytes than were announced');
    else if (sum !== this.wantedSum) this.fail(LinkError.Digest, 'another checksum than was announced');
  }

  /** Breaks off; what is here stays, to go on with it. When all of it is here it is finished: whether it was. */
  keep(): bool {
    while (this.isEnded && this.state >= PutState.Receiving && this.state < PutState.Done) this.step();
    if (this.state === PutState.Receiving && this.isRecorded) {
      while (this.taken > this.written && this.write()) continue;
      if (this.isOpen) this.file.sync();
    }
    const isDone = this.state === PutState.Done;
    this.isEnded = false;
    this.state = PutState.Idle;
    return isDone;
  }

  /** Does what comes next; whether there is more to do at once. */
  step(): bool {
    switch (this.state) {
      case PutState.Looking:
        return this.look();
      case PutState.Counting:
        return this.count();
      case PutState.Summing:
        return this.sumUp();
      case PutState.Receiving:
        return this.receive();
      case PutState.Syncing:
        return this.settle();
      case PutState.Renaming:
        return this.rename();
      case PutState.Cleaning:
        if (this.isRecorded) this.volume.remove(recordName, RECORD_NAME.length);
        this.state = PutState.Done;
        return true;
      default:
        return false;
    }
  }

  private start(from: i64): void {
    this.from = from;
    this.taken = from;
    this.written = from;
    this.synced = from;
  }

  private fail(error: LinkError, text: string): bool {
    this.problem.set(error, text);
    this.state = PutState.Failed;
    return false;
  }

  /** Notes an FsError; true when it is none. */
  private passed(error: i32): bool {
    if (this.problem.take(error)) return true;
    // What cannot be finished leaves no room for others.
    if (error === FsError.NoSpace || error === FsError.DirectoryFull) this.discard();
    this.state = PutState.Failed;
    return false;
  }

  /** Whether it was begun before; what is left of another one goes. */
  private look(): bool {
    const volume = this.volume;
    this.state = PutState.Counting;
    if (this.total > HELD_BYTES && this.isContinued()) {
      const failed = volume.lookUp(putName, PUT_NAME.length, this.entry);
      if (!failed && !this.entry.isDirectory && this.file.open(this.entry) === 0) {
        this.isRecorded = true;
        this.isOpen = true;
        // Chunks stay where they are in the ring.
        this.start(min(this.file.size, this.total) & ~(<i64>CHUNK_BYTES - 1));
        return true;
      }
    }
    this.discard();
    return true;
  }

  private isContinued(): bool {
    const bytes = this.makeRecord();
    if (this.volume.lookUp(recordName, RECORD_NAME.length, this.entry)) return false;
    if (this.entry.isDirectory || this.file.open(this.entry) || this.file.size !== bytes) return false;
    return this.file.read(0, found, bytes) === bytes && memory.compare(found, record, bytes) === 0;
  }

  /** Whether there is room: what is not known for certain is counted before it is refused. */
  private count(): bool {
    const volume = this.volume;
    const mask = <i64>volume.clusterBytes - 1;
    let wanted = (this.total + mask) & ~mask;
    if (this.isOpen) wanted -= (this.file.size + mask) & ~mask;
    else if (this.total > HELD_BYTES) wanted += volume.clusterBytes; // of the record
    if (volume.freeBytes < wanted) {
      const counted = volume.countFree(COUNT_BUDGET);
      if (!this.passed(counted)) return true;
      if (!counted) return true;
      if (volume.freeBytes < wanted) return !this.fail(LinkError.Full, 'there is no room for it on the card');
    }
    this.sum = 0;
    this.written = 0;
    this.state = PutState.Summing;
    return true;
  }

  /** Sums up a chunk of what is there. */
  private sumUp(): bool {
    if (this.written < this.from) {
      const file = this.file;
      if (file.read(this.written, ring, CHUNK_BYTES) < CHUNK_BYTES) return !this.passed(file.error);
      this.sum = <u32>crc32(ring, CHUNK_BYTES, this.sum);
      this.written += CHUNK_BYTES;
    }
    if (this.written === this.from) this.state = PutState.Receiving;
    return true;
  }

  private receive(): bool {
    const waiting = this.taken - this.written;
    if (waiting >= CHUNK_BYTES && this.total > HELD_BYTES) return this.write();
    if (!this.isEnded) return false;
    if (waiting > 0 || !this.isOpen) return this.write();
    if (this.sum !== this.wantedSum) {
      this.discard();
      return !this.fail(LinkError.Digest, 'what has arrived is not what was announced');
    }
    this.state = PutState.Syncing;
    return true;
  }

  /** Writes a chunk, or makes the files that it goes to. False: the put has failed. */
  private write(): bool {
    const volume = this.volume;
    if (!this.isRecorded && this.total > HELD_BYTES) {
      const prepared = volume.prepare(recordName, RECORD_NAME.length);
      return this.passed(prepared ? prepared : this.writeRecord());
    }
    if (!this.isOpen) {
      const prepared = volume.prepare(putName, PUT_NAME.length);
      return this.passed(prepared ? prepared : this.make());
    }
    const file = this.file;
    if (this.written - this.synced >= SYNC_BYTES) {
      this.synced = this.written;
      return this.passed(file.sync());
    }
    const bytes = <i32>min(this.taken - this.written, <i64>CHUNK_BYTES);
    const at = ring + ((<i32>this.written) & (RING_BYTES - 1));
    if (!this.passed(file.write(this.written, at, bytes))) return false;
    this.sum = <u32>crc32(at, bytes, this.sum);
    this.written += bytes;
    return true;
  }

  private settle(): bool {
    this.state = PutState.Renaming;
    return this.passed(this.file.sync());
  }

  /** The place may have been taken meanwhile. */
  private rename(): bool {
    const target = this.target;
    if (!target.mayMake(this.path, this.pathBytes) || !target.mayReplace(this.mayReplace)) {
      this.state = PutState.Failed;
      return false;
    }
    if (!target.isThere) {
      const prepared = this.volume.prepare(this.path, this.pathBytes);
      if (prepared) return this.passed(prepared);
    }
    this.state = PutState.Cleaning;
    return this.passed(this.volume.rename(putName, PUT_NAME.length, this.path, this.pathBytes, true));
  }

  private writeRecord(): i32 {
    const file = this.file;
    const bytes = this.makeRecord();
    let failed = this.volume.create(recordName, RECORD_NAME.length, this.entry);
    if (!failed) failed = file.open(this.entry);
    if (!failed) failed = min(file.write(0, record, bytes), 0);
    if (!failed) failed = file.sync();
    this.isRecorded = failed === 0;
    return failed;
  }

  private make(): i32 {
    let failed = this.volume.create(putName, PUT_NAME.length, this.entry);
    if (!failed) failed = this.file.open(this.entry);
    this.isOpen = failed === 0;
    return failed;
  }

  /** Removes what there is of a put. A file that it cannot remove is in the way later, and told of then. */
  private discard(): void {
    if (this.isOpen) this.file.sync();
    this.isOpen = false;
    this.isRecorded = false;
    this.volume.remove(recordName, RECORD_NAME.length);
    this.volume.remove(putName, PUT_NAME.length);
  }

  /** Puts the record together; its bytes. */
  private makeRecord(): i32 {
    putHex(record, <u32>this.total);
    putHex(record + 9, this.wantedSum);
    memory.copy(record + RECORD_HEAD, this.path, this.pathBytes);
    store<u8>(record + RECORD_HEAD + this.pathBytes, 0x0a);
    return RECORD_HEAD + this.pathBytes + 1;
  }
}

/** Eight digits and a space. */
function putHex(ptr: usize, value: u32): void {
  for (let i = 0; i < 8; i++) {
    const digit = (value >> (28 - 4 * i)) & 15;
    store<u8>(ptr + i, digit + (digit < 10 ? 0x30 : 0x57));
  }
  store<u8>(ptr, 0x20, 8);
}
