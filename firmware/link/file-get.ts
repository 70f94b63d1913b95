// A file on its way to the host: as much of it in each step as the window has room for, of one chunk at most.

import { crc32 } from '../../drivers/board';
import { File } from '../storage/fat/file';
import { FsError } from '../storage/fat/fs-error';
import { answerBody } from './file-answers';
import { Outlet } from './file-interfaces';
import { CHUNK_BYTES, ring } from './file-put';
import { FileRequest, requestPtr } from './file-request';
import { FileOp, Link } from './protocol';

/** Messages in one step. */
const BATCH: i32 = 8;

const data = memory.data(Link.PayloadBytes, 8);

export const enum GetState {
  Sending,
  Done,
  /** The problem says why. */
  Failed,
}

export class Get {
  state: GetState = GetState.Done;
  /** What was read to the ring, and sent of it; where in the file, and where it ends. */
  private filled: i32 = 0;
  private sent: i32 = 0;
  private position: i64 = 0;
  private end: i64 = 0;
  private sum: u32 = 0;

  /** `file` and the ring are this object's until the get is over. */
  constructor(
    private readonly file: File,
    private readonly outlet: Outlet,
    private readonly request: FileRequest,
  ) {}

  /** Begins with what the request asks for, and writes the answer. False: the problem says why not. */
  begin(): bool {
    const request = this.request;
    const file = this.file;
    if (!request.find(9) || !request.problem.take(file.open(request.entry))) return false;
    const from = <i64>load<u32>(requestPtr, 1);
    if (from > file.size) return request.problem.take(FsError.BadOffset);
    this.state = GetState.Sending;
    this.position = from;
    this.end = min(file.size, from + <i64>load<u32>(requestPtr, 5));
    this.filled = 0;
    this.sent = 0;
    this.sum = 0;
    store<u32>(answerBody, <u32>file.size);
    return true;
  }

  /** Sends what there is room for. Whether there is more to do at once. */
  step(): bool {
    const outlet = this.outlet;
    if (this.sent === this.filled && !this.fetch()) return true;
    for (let i = 0; i < BATCH && outlet.isFree; i++) {
      if (this.sent === this.filled) {
        if (this.position < this.end) return true;
        store<u8>(data, FileOp.End);
        store<u32>(data, this.sum, 1);
        if (outlet.send(data, 5)) this.state = GetState.Done;
        return false;
      }
      const bytes = min(<i32>Link.PayloadBytes - 1, this.filled - this.sent);
      store<u8>(data, FileOp.Data);
      memory.copy(data + 1, ring + this.sent, bytes);
      if (!outlet.send(data, bytes + 1)) return false;
      this.sent += bytes;
    }
    return outlet.isFree;
  }

  /** Reads the next chunk; nothing at the end. False: it has failed. */
  private fetch(): bool {
    this.sent = 0;
    // Whole sectors go straight to the ring.
    const chunk = <i64>CHUNK_BYTES - (this.position & 511);
    const got = this.file.read(this.position, ring, <i32>min(this.end - this.position, chunk));
    this.filled = max(got, 0);
    if (got < 0) {
      this.state = GetState.Failed;
      return this.request.problem.take(this.file.error);
    }
    this.sum = <u32>crc32(ring, got, this.sum);
    this.position += got;
    return true;
  }
}
