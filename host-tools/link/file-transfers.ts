// What transfers of files have in common, whichever way they go: a link that is lost is opened again, a file's own problem
// does not end the others, and progress is told over all of them.

import { setTimeout as sleep } from 'node:timers/promises';
import { yielding } from '../play/queue.js';
import { Problem } from '../problem.js';
import { FileClient, type MessageLink } from './file-client.js';

/** A link that is lost is looked for again so often, and for so long. */
const RETRY_MS = 500;
const RETRY_FOR_MS = 30_000;
/** Progress is told so often at most. */
const TELL_MS = 100;

/** Opens a link to the same device. Throws Problem. */
export type Connect = (signal?: AbortSignal) => Promise<MessageLink & { close(): Promise<void> }>;

export type TransferEvent =
  /** A file begins; `from` bytes of it were there already. */
  | { event: 'begin'; name: string; to: string; bytes: number; from: number }
  | ProgressEvent
  /** The same content is there already. */
  | { event: 'same'; name: string; to: string; bytes: number }
  | { event: 'done'; name: string; to: string; bytes: number; sentBytes: number; seconds: number }
  | { event: 'renamed'; name: string; to: string }
  /** A link, a pipe or a device in a folder: a card has none. */
  | { event: 'skipped'; name: string }
  /** Sound that no player plays from a card as it is. */
  | { event: 'unplayable'; name: string }
  | { event: 'failed'; name: string; problem: Problem }
  | { event: 'lost'; problem: Problem }
  | { event: 'found' };

export interface ProgressEvent {
  event: 'progress';
  /** The file that is on its way, which one of how many it is, and where it is. */
  name: string;
  file: number;
  files: number;
  bytes: number;
  total: number;
  /** Of all files: bytes that are there or were dealt with, and until all are. */
  allBytes: number;
  allTotal: number;
  bytesPerSecond: number;
  secondsLeft: number;
}

export interface TransferReport {
  /** Files that are there now, and bytes that went over the line for them. */
  files: number;
  same: number;
  bytes: number;
  failed: number;
}

/** One thing to be transferred: its name where it is, and where it goes. */
export interface Item {
  name: string;
  to: string;
  isFolder: boolean;
  bytes: number;
}

/** What a transfer works with. */
export interface Job {
  readonly connection: Connection;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  tell(event: TransferEvent): void;
}

/** A file that is there now. */
export interface Outcome {
  bytes: number;
  /** Bytes that went over the line for it; undefined when the same content was there already. */
  sentBytes?: number;
}

/**
 * Transfers what `plan` gives, one after another. Throws Problem when nothing more can be done; a thing's own problem is an
 * event.
 */
export function transferring<Planned extends Item>(
  { connect, signal: given }: { connect: Connect; signal?: AbortSignal },
  plan: (job: Job) => Promise<Planned[]>,
  /** Nothing of a folder. */
  one: (item: Planned, job: Job) => Promise<Outcome | undefined>,
): AsyncGenerator<TransferEvent, TransferReport> {
  return yielding<TransferEvent, TransferReport>(given, async (queue, signal) => {
    const report: TransferReport = { files: 0, same: 0, bytes: 0, failed: 0 };
    const tell = (event: TransferEvent): void => {
      if (event.event === 'failed') report.failed++;
      queue.push(event);
    };
    const connection = new Connection(connect, tell, signal);
    const job: Job = { connection, signal, tell, progress: new Progress(tell) };
    try {
      const items = await plan(job);
      job.progress.expect(items);
      for (const item of items) {
        const { name, to } = item;
        const began = performance.now();
        job.progress.next(item);
        try {
          const outcome = await one(item, job);
          if (!outcome) continue;
          const { bytes, sentBytes } = outcome;
          report.files++;
          if (sentBytes === undefined) {
            report.same++;
            tell({ event: 'same', name, to, bytes });
          } else {
            report.bytes += sentBytes;
            tell({ event: 'done', name, to, bytes, sentBytes, seconds: (performance.now() - began) / 1000 });
          }
        } catch (error) {
          if (!(error instanceof Problem) || isFinal(error)) throw error;
          tell({ event: 'failed', name, problem: error });
        }
      }
    } finally {
      await connection.close();
    }
    return report;
  });
}

/** Whether a problem is one of all files: of the line, or of the whole card. */
export const isFinal = ({ code }: Problem): boolean =>
  ['interrupted', 'link-lost', 'no-answer', 'no-port', 'bad-card'].includes(code);

/** Tells of a transfer's bytes, a few times a second. */
export class Progress {
  private items = { files: 0, bytes: 0 };
  private item: Item = { name: '', to: '', isFolder: true, bytes: 0 };
  private file = 0;
  private before = 0;
  /** Bytes that went over the line, and the time they took: files that are there already tell nothing of its rate. */
  private sent = { bytes: 0, ms: 0 };
  private told = 0;

  constructor(private readonly tell: (event: ProgressEvent) => void) {}

  expect(items: readonly Item[]): void {
    const files = items.filter(({ isFolder }) => !isFolder);
    this.items = { files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
  }

  /** What was begun is dealt with, whatever became of it. */
  next(item: Item): void {
    if (!this.item.isFolder) this.before += this.item.bytes;
    if (!item.isFolder) this.file++;
    this.item = item;
  }

  /** Begins to count at byte `from`; what it gives is called with bytes of the file, and tells of them. */
  begin(from: number): (bytes: number) => void {
    const began = performance.now();
    const { name, bytes: total } = this.item;
    const before = { ...this.sent };
    this.told = began;
    return (bytes) => {
      const now = performance.now();
      this.sent = { bytes: before.bytes + bytes - from, ms: before.ms + now - began };
      if (now - this.told < TELL_MS && bytes < total) return;
      this.told = now;
      const bytesPerSecond = (this.sent.bytes / Math.max(this.sent.ms, 1)) * 1000;
      const allTotal = this.items.bytes;
      // A file may have grown since it was counted.
      const allBytes = Math.min(this.before + bytes, allTotal);
      const secondsLeft = bytesPerSecond > 0 ? (allTotal - allBytes) / bytesPerSecond : 0;
      const { file } = this;
      const { files } = this.items;
      const all = { file, files, allBytes, allTotal };
      this.tell({ event: 'progress', name, bytes, total, ...all, bytesPerSecond, secondsLeft });
    };
  }
}

/** A client on a link that is opened again when it is lost. */
export class Connection {
  private link: Awaited<ReturnType<Connect>> | undefined;
  private opened: FileClient | undefined;

  constructor(
    private readonly connect: Connect,
    private readonly tell: (event: TransferEvent) => void = () => undefined,
    private readonly signal?: AbortSignal,
  ) {}

  async client(): Promise<FileClient> {
    if (this.opened) return this.opened;
    this.link = await this.connect(this.signal);
    return (this.opened = new FileClient(this.link, this.signal));
  }

  /** Does something that may be done again from its beginning when the link is lost meanwhile. */
  async lasting<T>(work: (client: FileClient) => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work(await this.client());
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'link-lost' || !this.link) throw error;
        await this.reopen(error);
      }
    }
  }

  private async reopen(problem: Problem): Promise<void> {
    this.tell({ event: 'lost', problem });
    this.opened = undefined;
    await this.link?.close().catch(() => undefined);
    const until = Date.now() + RETRY_FOR_MS;
    for (;;) {
      try {
        await this.client();
        this.tell({ event: 'found' });
        return;
      } catch (error) {
        if (this.signal?.aborted) throw new Problem('interrupted', 'was broken off', { cause: error });
        if (Date.now() > until) throw problem;
        await sleep(RETRY_MS);
      }
    }
  }

  async close(): Promise<void> {
    await this.link?.close().catch(() => undefined);
  }
}
