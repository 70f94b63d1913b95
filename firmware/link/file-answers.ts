// What a host is answered: the answer to its request, and at once, whatever is being worked on, that another one is not
// taken, or that it was broken off. Each waits until the way to the host has room for it.

import { Outlet } from './file-interfaces';
import { FileProblem } from './file-problem';
import { FileOp, Link, LinkError } from './protocol';

/** An answer's two bytes. */
export const HEAD: i32 = 2;

const answer = memory.data(Link.PayloadBytes, 8);
/** Where the next answer is put together, behind its head. */
export const answerBody: usize = answer + HEAD;
const notice = memory.data(64);

export class FileAnswers {
  /** Whether the host is to be told that its request was broken off. */
  isAborted: bool = false;
  /** The request that is not taken, as another one is worked on; 0: there is none to tell of. */
  busyOp: i32 = 0;
  /** The answer that is to be sent. */
  private bytes: i32 = 0;

  constructor(private readonly outlet: Outlet) {}

  /** Whether an answer waits to be sent. */
  get isWaiting(): bool {
    return this.bytes !== 0;
  }

  /** The answer to a request is ready: `bytes` at `answerBody`. */
  give(op: FileOp, bytes: i32): void {
    store<u8>(answer, op | FileOp.Answer);
    store<u8>(answer, LinkError.None, 1);
    this.bytes = HEAD + bytes;
  }

  /** The answer is a problem. */
  refuse(op: FileOp, problem: FileProblem): void {
    this.give(op, writeText(answerBody, problem.text));
    store<u8>(answer, problem.error, 1);
  }

  /** Forgets what is to be sent. */
  reset(): void {
    this.bytes = 0;
    this.busyOp = 0;
    this.isAborted = false;
  }

  /** Sends what waits. Whether nothing is left to be sent. */
  flush(): bool {
    if (this.isAborted) {
      if (!this.tell(FileOp.Abort, LinkError.None, '')) return false;
      this.isAborted = false;
    }
    if (this.bytes) {
      if (!this.outlet.send(answer, this.bytes)) return false;
      this.bytes = 0;
    }
    if (this.busyOp) {
      if (!this.tell(this.busyOp, LinkError.Busy, 'another request is being worked on')) return false;
      this.busyOp = 0;
    }
    return true;
  }

  /** Sends an answer of no more than a text, beside the one that is being put together. False: there is no room for it. */
  private tell(op: FileOp, error: LinkError, text: string): bool {
    store<u8>(notice, op | FileOp.Answer);
    store<u8>(notice, error, 1);
    return this.outlet.send(notice, HEAD + writeText(notice + HEAD, text));
  }
}

/** Writes an ASCII text; its bytes. */
function writeText(ptr: usize, text: string): i32 {
  for (let i = 0; i < text.length; i++) store<u8>(ptr + i, text.charCodeAt(i));
  return text.length;
}
