// The files of the card, for a host (docs/link.md, Files). One request at a time: it is taken down by `message`, and
// worked on by `service`, in each call a little: a chunk of a file, some entries of a folder, one change.

import { ticks } from '../../drivers/board';
import { milliseconds } from '../../drivers/timer';
import { File } from '../storage/fat/file';
import { Volume } from '../storage/fat/volume';
import { answerBody, FileAnswers } from './file-answers';
import { change, isChange } from './file-changes';
import { Get, GetState } from './file-get';
import { CardUser, Outlet } from './file-interfaces';
import { FileProblem } from './file-problem';
import { Put, PutState } from './file-put';
import { FileQueries, NOT_YET } from './file-queries';
import { FileRequest, requestPtr } from './file-request';
import { Target, trimmed } from './file-target';
import { FileOp, Link, LinkError } from './protocol';

const NEVER: i64 = i64.MAX_VALUE;
/** What takes less is done in one call with what follows. */
const STEP_MS: i64 = 1;

const creditMessage = memory.data(5);

const enum Work {
  None,
  /** The request is to be looked at. */
  Request,
  Asking,
  Getting,
  Putting,
}

export class FileService {
  private work: Work = Work.None;
  /** Of a put: what the host was told that it may send. */
  private credit: u32 = 0;

  private readonly request: FileRequest;
  private readonly answers: FileAnswers;
  private readonly queries: FileQueries;
  private readonly target: Target;
  private readonly get: Get;
  private readonly put: Put;

  constructor(
    private readonly volume: Volume,
    private readonly user: CardUser,
    private readonly outlet: Outlet,
  ) {
    const file = new File(volume);
    const problem = new FileProblem(volume.sectors);
    const target = new Target(volume, user, problem);
    const request = new FileRequest(volume, problem);
    this.request = request;
    this.target = target;
    this.answers = new FileAnswers(outlet);
    this.queries = new FileQueries(volume, file, request);
    this.get = new Get(file, outlet, request);
    this.put = new Put(volume, file, target, problem);
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
      this.answers.isAborted = true;
    } else if (op !== FileOp.Credit) {
      if (this.work !== Work.None || this.answers.isWaiting || bytes > Link.PayloadBytes) {
        this.answers.busyOp = op;
        return;
      }
      this.request.take(ptr, bytes);
      this.work = Work.Request;
    }
  }

  /** Forgets what was asked: the session is over. What is here of a put stays. */
  reset(): void {
    if (this.work === Work.Putting && this.put.keep()) this.user.changed();
    this.work = Work.None;
    this.answers.reset();
  }

  /** Does a little of what is to be done, and sends what there is room for; the tick by which to call it again. */
  service(): i64 {
    const answers = this.answers;
    const until = ticks() + milliseconds(STEP_MS);
    let isMore = true;
    while (isMore && answers.flush()) {
      isMore = this.advance();
      if (ticks() >= until) return answers.flush() && isMore ? 0 : NEVER;
    }
    answers.flush();
    return NEVER;
  }

  private get isReceiving(): bool {
    return this.work === Work.Putting && this.put.state === PutState.Receiving;
  }

  /** Whether there is more to do at once. */
  private advance(): bool {
    switch (this.work) {
      case Work.Request:
        return this.begin();
      case Work.Asking:
        return this.goOnAsking();
      case Work.Getting:
        return this.advanceGet();
      case Work.Putting:
        return this.advancePut();
      default:
        return false;
    }
  }

  private begin(): bool {
    const op = this.request.op;
    const problem = this.request.problem;
    problem.clear();
    if (!this.volume.isMounted) problem.set(LinkError.Card, 'there is no card');
    else if ((isChange(op) || op === FileOp.Put) && !this.user.mayChange) return true;
    else if (isChange(op)) this.change(op);
    else if (op === FileOp.Get) this.beginGet();
    else if (op === FileOp.Put) this.beginPut();
    else if (op === FileOp.Stat || op === FileOp.List || op === FileOp.Space) this.ask(op);
    else problem.set(LinkError.Message, 'no such request');
    return problem.error ? this.fail(op) : true;
  }

  /** The answer to a request is ready: `bytes` behind its head. */
  private finish(op: FileOp, bytes: i32): bool {
    this.answers.give(op, bytes);
    this.work = Work.None;
    return true;
  }

  /** The answer is the problem. */
  private fail(op: FileOp): bool {
    this.answers.refuse(op, this.request.problem);
    this.work = Work.None;
    return true;
  }

  private ask(op: FileOp): void {
    this.work = Work.Asking;
    const bytes = this.queries.begin(op);
    if (bytes >= 0) this.finish(op, bytes);
  }

  private goOnAsking(): bool {
    const op = this.request.op;
    const bytes = this.queries.step(op);
    if (bytes === NOT_YET) return true;
    return bytes < 0 ? this.fail(op) : this.finish(op, bytes);
  }

  private change(op: FileOp): void {
    if (!change(op, this.volume, this.request, this.target)) return;
    this.user.changed();
    this.finish(op, 0);
  }

  private beginGet(): void {
    if (!this.get.begin()) return;
    this.finish(FileOp.Get, 4);
    this.work = Work.Getting;
  }

  private advanceGet(): bool {
    const get = this.get;
    const isMore = get.step();
    if (get.state === GetState.Failed) return this.fail(FileOp.End);
    if (get.state === GetState.Done) this.work = Work.None;
    return isMore;
  }

  private beginPut(): void {
    const request = this.request;
    if (!request.holds(10, 1)) return;
    const name = requestPtr + 10;
    const length = trimmed(name, request.bytes - 10);
    const total = load<u32>(requestPtr, 1);
    const sum = load<u32>(requestPtr, 5);
    if (this.put.begin(name, length, total, sum, load<u8>(requestPtr, 9) !== 0)) this.work = Work.Putting;
  }

  private advancePut(): bool {
    const put = this.put;
    const before = put.state;
    const isMore = put.state !== PutState.Failed && put.step();
    if (put.state === PutState.Failed) return this.fail(before < PutState.Receiving ? FileOp.Put : FileOp.End);
    if (put.state === PutState.Done) {
      this.user.changed();
      return this.finish(FileOp.End, 0);
    }
    if (put.state !== PutState.Receiving) return isMore;
    if (before < PutState.Receiving) {
      this.credit = put.credit;
      store<u32>(answerBody, <u32>put.from);
      store<u32>(answerBody, this.credit, 4);
      this.finish(FileOp.Put, 8);
      this.work = Work.Putting;
    } else if (put.credit !== this.credit && this.outlet.isFree) {
      store<u8>(creditMessage, FileOp.Credit);
      store<u32>(creditMessage, put.credit, 1);
      if (this.outlet.send(creditMessage, 5)) this.credit = put.credit;
    }
    return isMore;
  }
}
