// The files of the card, for a host (docs/link.md, Files). One request at a time: it is taken down by `message`, and
// worked on by `service`, in each call a little: a chunk of a file, some entries of a folder, one change.

import { crc32, ticks } from '../../drivers/board';
import { milliseconds } from '../../drivers/timer';
import { Directory } from '../storage/fat/directory';
import { Entry } from '../storage/fat/entry';
import { File } from '../storage/fat/file';
import { FsError } from '../storage/fat/fs-error';
import { Volume } from '../storage/fat/volume';
import { CardUser, Outlet } from './file-interfaces';
import { FileProblem } from './file-problem';
import { CHUNK_BYTES, Put, PutState, RING_BYTES } from './file-put';
import { PATH_BYTES, Target, trimmed } from './file-target';
import { FileOp, Link, LinkError } from './protocol';

const NEVER: i64 = i64.MAX_VALUE;
/** What takes less is done in one call with what follows. */
const STEP_MS: i64 = 1;
/** Data messages of a get, entries of a list, and sectors of the FAT, in one call. */
const BATCH: i32 = 8;
const ENTRIES: i32 = 16;
const COUNT_BUDGET: i32 = 16;

/** What an entry of a list has before its name; longer names than u8 can tell are left out. */
const ENTRY_HEAD: i32 = 10;
/** An answer's two bytes. */
const HEAD: i32 = 2;

const buffer = memory.data(RING_BYTES, 512);
const request = memory.data(Link.PayloadBytes, 8);
const answer = memory.data(Link.PayloadBytes, 8);
const data = memory.data(Link.PayloadBytes, 8);

const enum Work {
  None,
  /** The request is to be looked at. */
  Request,
  Summing,
  Listing,
  Sending,
  Counting,
  Putting,
}

export class FileService {
  private work: Work = Work.None;
  private requestBytes: i32 = 0;
  /** An answer that is to be sent; and one to a request that came meanwhile. */
  private answerBytes: i32 = 0;
  private busyOp: i32 = 0;
  private isAborted: bool = false;
  /** Of a get or a sum: what was read to the buffer, what was sent of it, where in the file, and where it ends. */
  private filled: i32 = 0;
  private sent: i32 = 0;
  private position: i64 = 0;
  private end: i64 = 0;
  private sum: u32 = 0;
  private credit: u32 = 0;

  private readonly entry: Entry = new Entry();
  private readonly file: File;
  private readonly directory: Directory;
  private readonly problem: FileProblem;
  private readonly target: Target;
  private readonly put: Put;

  constructor(
    private readonly volume: Volume,
    private readonly user: CardUser,
    private readonly outlet: Outlet,
  ) {
    const file = new File(volume);
    const problem = new FileProblem(volume.sectors);
    const target = new Target(volume, user, problem);
    this.file = file;
    this.problem = problem;
    this.target = target;
    this.directory = new Directory(volume);
    this.put = new Put(volume, file, buffer, target, problem);
  }

  /** Takes a message of the host. */
  message(ptr: usize, bytes: i32): void {
    if (bytes < 1) return;
    const op = <i32>load<u8>(ptr);
    if (op === FileOp.Data) {
      if (this.isReceiving) this.put.take(ptr + 1, bytes - 1);
    } else if (op === FileOp.End) {
      if (this.isReceiving) this.put.end(bytes < 5 ? 0 : load<u32>(ptr, 1));
    } else if (op === FileOp.Abort) {
      this.reset();
      this.isAborted = true;
    } else if (op !== FileOp.Credit) {
      if (this.work !== Work.None || this.answerBytes || bytes > Link.PayloadBytes) {
        this.busyOp = op;
        return;
      }
      memory.copy(request, ptr, bytes);
      this.requestBytes = bytes;
      this.work = Work.Request;
    }
  }

  /** Forgets what was asked: the session is over. What is here of a put stays. */
  reset(): void {
    if (this.work === Work.Putting) this.put.keep();
    this.work = Work.None;
    this.answerBytes = 0;
    this.busyOp = 0;
    this.isAborted = false;
  }

  /** Does a little of what is to be done, and sends what there is room for; the tick by which to call it again. */
  service(): i64 {
    const until = ticks() + milliseconds(STEP_MS);
    let isMore = true;
    while (isMore && this.flush()) {
      isMore = this.advance();
      if (ticks() >= until) return this.flush() && isMore ? 0 : NEVER;
    }
    this.flush();
    return NEVER;
  }

  private get isReceiving(): bool {
    return this.work === Work.Putting && this.put.state === PutState.Receiving;
  }

  /** Sends answers. Whether nothing is left to be sent. */
  private flush(): bool {
    if (this.isAborted) {
      store<u8>(data, FileOp.Abort | FileOp.Answer);
      store<u8>(data, LinkError.None, 1);
      if (!this.outlet.send(data, HEAD)) return false;
      this.isAborted = false;
    }
    if (this.answerBytes) {
      if (!this.outlet.send(answer, this.answerBytes)) return false;
      this.answerBytes = 0;
    }
    if (this.busyOp) {
      const bytes = HEAD + writeText(data + HEAD, 'another request is being worked on');
      store<u8>(data, this.busyOp | FileOp.Answer);
      store<u8>(data, LinkError.Busy, 1);
      if (!this.outlet.send(data, bytes)) return false;
      this.busyOp = 0;
    }
    return true;
  }

  /** Whether there is more to do at once. */
  private advance(): bool {
    switch (this.work) {
      case Work.Request:
        return this.begin();
      case Work.Summing:
        return this.sumUp();
      case Work.Listing:
        return this.list();
      case Work.Sending:
        return this.sendData();
      case Work.Counting:
        return this.tellSpace();
      case Work.Putting:
        return this.advancePut();
      default:
        return false;
    }
  }

  private begin(): bool {
    const bytes = this.requestBytes;
    const op = <i32>load<u8>(request);
    const problem = this.problem;
    problem.clear();
    const isChange = op === FileOp.Put || op === FileOp.Remove || op === FileOp.Rename || op === FileOp.MakeFolder;
    if (!this.volume.isMounted) problem.set(LinkError.Card, 'there is no card');
    else if (isChange && !this.user.mayChange) return true;
    else if (op === FileOp.Stat) this.stat(bytes);
    else if (op === FileOp.List) this.openList(bytes);
    else if (op === FileOp.Get) this.get(bytes);
    else if (op === FileOp.Put) this.beginPut(bytes);
    else if (op === FileOp.Remove) this.remove(bytes);
    else if (op === FileOp.Rename) this.rename(bytes);
    else if (op === FileOp.MakeFolder) this.makeFolder(bytes);
    else if (op === FileOp.Space) this.work = Work.Counting;
    else problem.set(LinkError.Message, 'no such request');
    if (problem.error) this.fail(op);
    return true;
  }

  /** The answer to a request is ready: `bytes` behind its head. */
  private finish(op: i32, bytes: i32): void {
    store<u8>(answer, op | FileOp.Answer);
    store<u8>(answer, LinkError.None, 1);
    this.answerBytes = HEAD + bytes;
    this.work = Work.None;
  }

  /** The answer is the problem. */
  private fail(op: i32): bool {
    this.finish(op, writeText(answer + HEAD, this.problem.text));
    store<u8>(answer, this.problem.error, 1);
    return true;
  }

  /** Whether a request has a name of at least `least` bytes behind its `head`. */
  private holds(bytes: i32, head: i32, least: i32): bool {
    const length = bytes - head;
    if (length < least) return this.problem.set(LinkError.Message, 'a request that is cut off');
    return length <= PATH_BYTES ? true : this.problem.take(FsError.BadName);
  }

  /** Finds what a request with a `head` is about. */
  private find(bytes: i32, head: i32): bool {
    return (
      this.holds(bytes, head, 0) && this.problem.take(this.volume.lookUp(request + head, bytes - head, this.entry))
    );
  }

  private stat(bytes: i32): void {
    if (!this.find(bytes, 2)) return;
    const entry = this.entry;
    if (!load<u8>(request, 1) || entry.isDirectory) return this.tellStat(0);
    if (!this.problem.take(this.file.open(entry))) return;
    this.position = 0;
    this.sum = 0;
    this.work = Work.Summing;
  }

  private tellStat(sum: u32): void {
    const entry = this.entry;
    store<u8>(answer, entry.isDirectory ? 1 : 0, HEAD);
    store<u32>(answer, entry.size, HEAD + 1);
    store<u32>(answer, entry.written, HEAD + 5);
    store<u32>(answer, sum, HEAD + 9);
    this.finish(FileOp.Stat, 13);
  }

  private sumUp(): bool {
    const file = this.file;
    const got = file.read(this.position, buffer, CHUNK_BYTES);
    if (got < 0) {
      this.problem.take(file.error);
      return this.fail(FileOp.Stat);
    }
    this.sum = <u32>crc32(buffer, got, this.sum);
    this.position += got;
    if (this.position >= file.size) this.tellStat(this.sum);
    return true;
  }

  private openList(bytes: i32): void {
    if (!this.find(bytes, 5)) return;
    if (!this.problem.take(this.directory.open(this.entry))) return;
    this.directory.goTo(load<u32>(request, 1) & 0xffff);
    this.filled = 4;
    this.work = Work.Listing;
  }

  private list(): bool {
    const directory = this.directory;
    const entry = this.entry;
    for (let i = 0; i < ENTRIES; i++) {
      const place = directory.place;
      const found = directory.next(entry);
      if (found < 0) {
        this.problem.take(found);
        return this.fail(FileOp.List);
      }
      const isFull = found > 0 && this.filled + HEAD + ENTRY_HEAD + entry.nameBytes > Link.PayloadBytes;
      if (found === 0 || isFull) {
        store<u32>(answer, isFull ? place : 0, HEAD);
        this.finish(FileOp.List, this.filled);
        return true;
      }
      if (entry.nameBytes > PATH_BYTES) continue;
      const to = answer + HEAD + this.filled;
      store<u8>(to, entry.isDirectory ? 1 : 0);
      store<u32>(to, entry.size, 1);
      store<u32>(to, entry.written, 5);
      store<u8>(to, entry.nameBytes, 9);
      memory.copy(to + ENTRY_HEAD, entry.name, entry.nameBytes);
      this.filled += ENTRY_HEAD + entry.nameBytes;
    }
    return true;
  }

  private get(bytes: i32): void {
    if (!this.find(bytes, 9) || !this.problem.take(this.file.open(this.entry))) return;
    const size = this.file.size;
    const from = <i64>load<u32>(request, 1);
    if (from > size) {
      this.problem.take(FsError.BadOffset);
      return;
    }
    this.position = from;
    this.end = min(size, from + <i64>load<u32>(request, 5));
    this.filled = 0;
    this.sent = 0;
    this.sum = 0;
    store<u32>(answer, <u32>size, HEAD);
    this.finish(FileOp.Get, 4);
    this.work = Work.Sending;
  }

  /** Sends what the window has room for, of one chunk at most. */
  private sendData(): bool {
    const outlet = this.outlet;
    if (this.sent === this.filled && !this.fetch()) return true;
    for (let i = 0; i < BATCH && outlet.isFree; i++) {
      if (this.sent === this.filled) {
        if (this.position < this.end) return true;
        store<u8>(data, FileOp.End);
        store<u32>(data, this.sum, 1);
        if (outlet.send(data, 5)) this.work = Work.None;
        return false;
      }
      const bytes = min(<i32>Link.PayloadBytes - 1, this.filled - this.sent);
      store<u8>(data, FileOp.Data);
      memory.copy(data + 1, buffer + this.sent, bytes);
      if (!outlet.send(data, bytes + 1)) return false;
      this.sent += bytes;
    }
    return outlet.isFree;
  }

  /** Reads the next chunk of a get; nothing at its end. False: it has failed. */
  private fetch(): bool {
    this.sent = 0;
    // Whole sectors go straight to the buffer.
    const chunk = <i64>CHUNK_BYTES - (this.position & 511);
    const got = this.file.read(this.position, buffer, <i32>min(this.end - this.position, chunk));
    this.filled = max(got, 0);
    if (got < 0) {
      this.problem.take(this.file.error);
      return !this.fail(FileOp.End);
    }
    this.sum = <u32>crc32(buffer, got, this.sum);
    this.position += got;
    return true;
  }

  private beginPut(bytes: i32): void {
    if (!this.holds(bytes, 10, 1)) return;
    const name = request + 10;
    const length = trimmed(name, bytes - 10);
    const total = load<u32>(request, 1);
    const sum = load<u32>(request, 5);
    if (this.put.begin(name, length, total, sum, load<u8>(request, 9) !== 0)) this.work = Work.Putting;
  }

  private advancePut(): bool {
    const put = this.put;
    const before = put.state;
    const isMore = put.state !== PutState.Failed && put.step();
    if (put.state === PutState.Failed) return this.fail(before < PutState.Receiving ? FileOp.Put : FileOp.End);
    if (put.state === PutState.Done) {
      this.user.changed();
      this.finish(FileOp.End, 0);
      return true;
    }
    if (put.state !== PutState.Receiving) return isMore;
    if (before < PutState.Receiving) {
      this.credit = put.credit;
      store<u32>(answer, <u32>put.from, HEAD);
      store<u32>(answer, this.credit, HEAD + 4);
      this.finish(FileOp.Put, 8);
      this.work = Work.Putting;
    } else if (put.credit !== this.credit && this.outlet.isFree) {
      store<u8>(data, FileOp.Credit);
      store<u32>(data, put.credit, 1);
      if (this.outlet.send(data, 5)) this.credit = put.credit;
    }
    return isMore;
  }

  private remove(bytes: i32): void {
    if (!this.find(bytes, 1)) return;
    if (!this.target.mayTake(this.entry)) return;
    if (!this.problem.take(this.volume.remove(request + 1, bytes - 1))) return;
    this.user.changed();
    this.finish(FileOp.Remove, 0);
  }

  private rename(bytes: i32): void {
    const problem = this.problem;
    const length = bytes < 4 ? 0 : <i32>load<u16>(request, 2);
    const from = request + 4;
    const to = from + length;
    if (!this.holds(bytes, 4 + length, 1)) return;
    const toBytes = trimmed(to, bytes - 4 - length);
    if (!problem.take(length <= PATH_BYTES ? this.volume.lookUp(from, length, this.entry) : FsError.BadName)) return;
    const directory = this.entry.directory;
    const index = this.entry.index;
    const target = this.target;
    if (!target.mayMake(to, toBytes)) return;
    const isSelf = target.isThere && target.entry.directory === directory && target.entry.index === index;
    if (!isSelf && !target.mayReplace(load<u8>(request, 1) !== 0)) return;
    // What is in use is known by its place in the folder, and what the player keeps for itself it finds by its name.
    if (!target.isFree(this.entry)) return;
    if (!problem.take(this.volume.rename(from, length, to, toBytes))) return;
    this.user.changed();
    this.finish(FileOp.Rename, 0);
  }

  private makeFolder(bytes: i32): void {
    if (!this.holds(bytes, 1, 1)) return;
    const length = trimmed(request + 1, bytes - 1);
    if (!this.target.mayMake(request + 1, length)) return;
    if (!this.problem.take(this.volume.makeDirectory(request + 1, length))) return;
    this.user.changed();
    this.finish(FileOp.MakeFolder, 0);
  }

  private tellSpace(): bool {
    const volume = this.volume;
    const counted = volume.countFree(COUNT_BUDGET);
    if (!this.problem.take(counted)) return this.fail(FileOp.Space);
    if (!counted) return true;
    store<i64>(answer, volume.freeBytes, HEAD);
    store<i64>(answer, (<i64>volume.layout.clusters) << volume.layout.clusterShift, HEAD + 8);
    store<u32>(answer, volume.clusterBytes, HEAD + 16);
    this.finish(FileOp.Space, 20);
    return true;
  }
}

/** Writes an ASCII text; its bytes. */
function writeText(ptr: usize, text: string): i32 {
  for (let i = 0; i < text.length; i++) store<u8>(ptr + i, text.charCodeAt(i));
  return text.length;
}
