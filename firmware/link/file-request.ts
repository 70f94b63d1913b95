// The request of a host that is worked on (docs/link.md, Files), and the file or folder that it names.

import { Entry } from '../storage/fat/entry';
import { FsError } from '../storage/fat/fs-error';
import { Volume } from '../storage/fat/volume';
import { FileProblem } from './file-problem';
import { PATH_BYTES } from './file-target';
import { FileOp, Link, LinkError } from './protocol';

/** Its bytes. */
export const requestPtr = memory.data(Link.PayloadBytes, 8);

export class FileRequest {
  bytes: i32 = 0;
  /** What `find` has found. */
  readonly entry: Entry = new Entry();

  constructor(
    private readonly volume: Volume,
    readonly problem: FileProblem,
  ) {}

  /** Takes a request down, of at most a payload. */
  take(ptr: usize, bytes: i32): void {
    memory.copy(requestPtr, ptr, bytes);
    this.bytes = bytes;
  }

  get op(): FileOp {
    return <i32>load<u8>(requestPtr);
  }

  /** Whether it has a name of at least `least` bytes behind its `head`, or else the problem. */
  holds(head: i32, least: i32): bool {
    const length = this.bytes - head;
    if (length < least) return this.problem.set(LinkError.Message, 'a request that is cut off');
    return length <= PATH_BYTES ? true : this.problem.take(FsError.BadName);
  }

  /** Finds what it names behind its `head`: sets `entry`, or the problem. */
  find(head: i32): bool {
    const length = this.bytes - head;
    return this.holds(head, 0) && this.problem.take(this.volume.lookUp(requestPtr + head, length, this.entry));
  }
}
