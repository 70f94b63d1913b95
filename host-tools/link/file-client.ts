// The files of a card over a link: one request at a time (docs/link.md, Files). Nothing here touches the host's own files.

import { crc32 } from 'node:zlib';
import { Channel, FileOp, LinkError } from '../../firmware/link/protocol.js';
import { Problem } from '../problem.js';
import { Answer, fatDate } from './file-answer.js';
import { refusal, RemoteProblem } from './remote-problem.js';
import { checkNewName, checkRemoteName } from './remote-names.js';

/** What is asked of a link; `Link` is one. */
export interface MessageLink {
  readonly transport: { readonly name: string };
  /** The best payload now, in bytes. */
  readonly payloadBytes: number;
  readonly closed: Promise<{ readonly problem: Problem | undefined }>;
  send(channel: Channel, payload: Uint8Array): Promise<void>;
  receive(channel: Channel, take: (payload: Uint8Array) => void): void;
}

export interface RemoteEntry {
  /** Without its folders; empty for the root. */
  name: string;
  isFolder: boolean;
  bytes: number;
  /** In the card's local time; undefined where a device without a clock has written it. */
  written: Date | undefined;
}

export interface RemoteStat extends RemoteEntry {
  /** CRC-32 of the content, when it was asked for. */
  crc32: number | undefined;
}

export interface Space {
  freeBytes: number;
  totalBytes: number;
  clusterBytes: number;
}

/** Where nothing was ever heard about files for so long the program of the board has none: what is asked first is quick. */
const FIRST_MS = 20_000;
/** A request about which nothing is heard for so long is given up: no card keeps the device for a hundredth of it. */
const SILENT_MS = 120_000;
/** An Abort that nobody answers for so long is one of a link that is gone. */
const ABORT_MS = 2000;

const u32 = (...values: number[]): Uint8Array => {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setUint32(4 * i, value, true));
  return bytes;
};

/** Where the bytes of a put come from. */
export interface PutSource {
  bytes: number;
  crc32: number;
  /** Up to `most` bytes from `offset` on. */
  read(offset: number, most: number): Promise<Uint8Array>;
}

export interface TransferOptions {
  signal?: AbortSignal | undefined;
  /** Called when the device has told where it begins, and after each piece: bytes of the file, in all. */
  onBytes?: ((bytes: number, from: number) => void) | undefined;
}

export class FileClient {
  private gone: Problem | undefined;
  /** Who waits for messages: gets each of the device's, or why none comes any more. */
  private listener: ((message: Uint8Array | Problem) => void) | undefined;
  /** Messages that came together with an answer, before anybody could ask for them. */
  private inbox: Uint8Array[] = [];
  /** Whether the device has ever said something about files. */
  private isServed = false;
  private last: Promise<unknown> = Promise.resolve();

  /** `signal` breaks off whatever is asked; what changes the card is done or not begun, never given up half way. */
  constructor(
    private readonly link: MessageLink,
    private readonly signal?: AbortSignal,
  ) {
    link.receive(Channel.Files, (payload) => {
      this.isServed = true;
      if (this.listener) this.listener(payload);
      else this.inbox.push(payload);
    });
    void link.closed.then(({ problem }) => {
      this.gone = problem ?? new Problem('link-lost', 'the session has ended', { file: link.transport.name });
      this.listener?.(this.gone);
    });
  }

  /** What a name is, with the CRC-32 of its content when that is wanted, for which the device reads all of it. */
  async stat(name: string, withCrc = false): Promise<RemoteStat> {
    const answer = await this.ask(FileOp.Stat, name, Uint8Array.of(Number(withCrc)));
    const isFolder = answer.u8() === 1;
    const bytes = answer.u32();
    const written = fatDate(answer.u32());
    const sum = answer.u32();
    const own = name.split('/').filter(Boolean).at(-1) ?? '';
    return { name: own, isFolder, bytes, written, crc32: withCrc && !isFolder ? sum : undefined };
  }

  /** The same, or undefined where there is nothing of that name. */
  async find(name: string, withCrc = false): Promise<RemoteStat | undefined> {
    try {
      return await this.stat(name, withCrc);
    } catch (error) {
      if (error instanceof RemoteProblem && error.error === LinkError.NotFound) return undefined;
      throw error;
    }
  }

  /** What is in a folder, in the card's order. */
  async list(name: string): Promise<RemoteEntry[]> {
    const entries: RemoteEntry[] = [];
    let from = 0;
    do {
      const answer = await this.ask(FileOp.List, name, u32(from));
      const next = answer.u32();
      while (!answer.isAtEnd) {
        const isFolder = answer.u8() === 1;
        const bytes = answer.u32();
        const written = fatDate(answer.u32());
        entries.push({ isFolder, bytes, written, name: answer.text(answer.u8()) });
      }
      if (next !== 0 && next <= from)
        throw new Problem('refused', 'the device lists a folder without an end', { file: name });
      from = next;
    } while (from !== 0);
    return entries;
  }

  /** Removes a file, or a folder that is empty. */
  async remove(name: string): Promise<void> {
    await this.ask(FileOp.Remove, name);
  }

  /** The name in a Problem is the one that it is about: `from`, or `to`. */
  async rename(from: string, to: string, mayReplace: boolean): Promise<void> {
    checkNewName(to);
    const old = new TextEncoder().encode(from);
    const head = Uint8Array.of(Number(mayReplace), old.length & 0xff, old.length >> 8);
    try {
      await this.ask(FileOp.Rename, to, Buffer.concat([head, old]));
    } catch (error) {
      if (!(error instanceof RemoteProblem)) throw error;
      // The answer does not say which of the two.
      const isBusy = error.error === LinkError.Busy;
      const isTo = (await this.find(isBusy ? to : from)) !== undefined;
      throw new RemoteProblem(error.error, error.message, !isTo ? from : isBusy ? `${from} or ${to}` : to);
    }
  }

  async makeFolder(name: string): Promise<void> {
    checkNewName(name);
    try {
      await this.ask(FileOp.MakeFolder, name);
    } catch (error) {
      if (!(error instanceof RemoteProblem) || error.error !== LinkError.Exists) throw error;
      throw new RemoteProblem(error.error, error.message, name, 'with -p a folder that is there is no error');
    }
  }

  async space(): Promise<Space> {
    const answer = await this.ask(FileOp.Space, '');
    return { freeBytes: answer.u64(), totalBytes: answer.u64(), clusterBytes: answer.u32() };
  }

  /**
   * Fetches a file from byte `from` on; each piece is given to `given`, whose errors end it. Returns the file's length.
   * Throws Problem; what was given until then is right.
   */
  get(name: string, from: number, given: (piece: Uint8Array) => void, options: TransferOptions = {}): Promise<number> {
    const { signal = this.signal } = options;
    return this.alone(async () => {
      const answer = await this.exchange(FileOp.Get, name, u32(from, 0xffffffff), signal);
      const bytes = answer.u32();
      options.onBytes?.(from, from);
      let sum = 0;
      let at = from;
      let isOver = false;
      const take = (piece: Uint8Array): void => {
        sum = crc32(piece, sum);
        at += piece.length;
        if (at > bytes) throw new Problem('verify-failed', 'the device sends more than the file has', { file: name });
        given(piece);
        options.onBytes?.(at, from);
      };
      try {
        await this.listen(signal, (message, done, failed) => {
          if (message[0] === FileOp.Data) {
            take(message.subarray(1));
            return;
          }
          isOver = message[0] === FileOp.End || message[0] === (FileOp.End | FileOp.Answer);
          if (message[0] === FileOp.End) {
            const told = new Answer(message, name);
            told.at = 1;
            if (told.u32() === sum && at === bytes) done();
            else failed(new Problem('verify-failed', 'what arrived is not what was sent', { file: name }));
          } else if (isOver) failed(refusal(message, name));
        });
      } catch (error) {
        // The device would go on sending, and take no other request meanwhile.
        if (!isOver && !signal?.aborted) await this.abort();
        throw error;
      }
      return bytes;
    });
  }

  /** Puts a file. Throws Problem: the name leads to what was there before, and what has arrived is gone on with. */
  put(name: string, source: PutSource, mayReplace: boolean, options: TransferOptions = {}): Promise<void> {
    checkNewName(name);
    const { signal = this.signal } = options;
    return this.alone(async () => {
      const head = Buffer.concat([u32(source.bytes, source.crc32), Uint8Array.of(Number(mayReplace))]);
      const answer = await this.exchange(FileOp.Put, name, head, signal);
      const from = answer.u32();
      let credit = answer.u32();
      if (from > source.bytes) throw new Problem('refused', 'the device has more than the file', { file: name });
      options.onBytes?.(from, from);
      let wake: () => void = () => undefined;
      const over = { failed: false };
      const ended = this.listen(signal, (message, done, failed) => {
        if (message[0] === FileOp.Credit && message.length >= 5) {
          credit = new DataView(message.buffer, message.byteOffset).getUint32(1, true);
          wake();
        } else if (message[0] === (FileOp.End | FileOp.Answer)) {
          if (message[1] === LinkError.None) done();
          else failed(refusal(message, name));
        }
      });
      // It may end before all was sent: with a card that is full, or with the link.
      const failing = ended.catch(() => {
        over.failed = true;
        wake();
      });
      try {
        let at = from;
        while (at < source.bytes && !over.failed) {
          const room = from + credit - at;
          if (room <= 0) {
            await new Promise<void>((resolve) => (wake = resolve));
            continue;
          }
          const most = Math.min(this.link.payloadBytes - 1, room, source.bytes - at);
          const piece = await source.read(at, most);
          if (piece.length === 0) throw new Problem('not-readable', 'became shorter while it was sent', { file: name });
          await this.link.send(Channel.Files, Buffer.concat([Uint8Array.of(FileOp.Data), piece]));
          at += piece.length;
          options.onBytes?.(at, from);
        }
        if (!over.failed)
          await this.link.send(Channel.Files, Buffer.concat([Uint8Array.of(FileOp.End), u32(source.crc32)]));
      } catch (error) {
        if (!over.failed) {
          await this.abort();
          throw error;
        }
      }
      await failing;
      await ended;
    });
  }

  /** Waits for its turn: the device takes one request at a time. */
  private alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.last.then(work, work);
    this.last = result.catch(() => undefined);
    return result;
  }

  private ask(op: FileOp, name: string, head: Uint8Array = new Uint8Array()): Promise<Answer> {
    return this.alone(() => this.exchange(op, name, head, this.signal));
  }

  /** Sends a request and waits for its answer. */
  private async exchange(op: FileOp, name: string, head: Uint8Array, signal?: AbortSignal): Promise<Answer> {
    checkRemoteName(name);
    if (signal?.aborted) throw interrupted();
    let answer: Answer | undefined;
    this.inbox = [];
    // Of a change that is on its way an Abort would leave unknown whether it was made.
    const isChange = op === FileOp.Remove || op === FileOp.Rename || op === FileOp.MakeFolder;
    const answered = this.listen(isChange ? undefined : signal, (message, done, failed) => {
      if (message[0] !== (op | FileOp.Answer)) return; // of a transfer that was broken off
      if (message[1] !== LinkError.None) failed(refusal(message, name));
      else {
        answer = new Answer(message, name);
        done();
      }
    });
    answered.catch(() => undefined); // it is awaited below
    const timer = this.isServed ? undefined : setTimeout(() => this.listener?.(this.notServed()), FIRST_MS);
    try {
      await this.link.send(Channel.Files, Buffer.concat([Uint8Array.of(op), head, new TextEncoder().encode(name)]));
      await answered;
    } finally {
      clearTimeout(timer);
    }
    return answer as unknown as Answer;
  }

  private silent(): Problem {
    return new Problem('no-answer', `the board has said nothing about it for ${SILENT_MS / 1000} s`, {
      file: this.link.transport.name,
      hint: 'mirleft doctor looks closer; what was put until then is gone on with',
    });
  }

  private notServed(): Problem {
    return new Problem('no-answer', 'the board does not answer about files', {
      file: this.link.transport.name,
      hint: 'does its program serve them, as the player does (serviceServices())?',
    });
  }

  /**
   * Gives messages to `take` until that calls `done` or `failed`, the link ends, or `signal` does, for which an Abort is
   * sent.
   */
  private listen(
    signal: AbortSignal | undefined,
    take: (message: Uint8Array, done: () => void, failed: (problem: unknown) => void) => void,
  ): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => failed(this.silent()), SILENT_MS);
      const finish = (settle: () => void): void => {
        this.listener = undefined;
        clearTimeout(timer);
        signal?.removeEventListener('abort', stop);
        settle();
      };
      const failed = (problem: unknown): void => finish(() => reject(problem as Error));
      const stop = (): void => {
        this.listener = undefined;
        void this.abort().then(() => failed(interrupted()));
      };
      this.listener = (message) => {
        if (message instanceof Problem) return failed(message);
        timer.refresh();
        try {
          take(message, () => finish(resolve), failed);
        } catch (error) {
          failed(error);
        }
      };
      while (this.inbox.length > 0 && this.listener) this.listener(this.inbox.shift() as Uint8Array);
      if (!this.listener) return;
      if (this.gone) return failed(this.gone);
      signal?.addEventListener('abort', stop, { once: true });
      if (signal?.aborted) stop();
    });
  }

  /** Ends what the device is doing for us; what is there of a put stays there. */
  private async abort(): Promise<void> {
    if (this.gone) return;
    const answered = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ABORT_MS);
      this.listener = (message) => {
        if (!(message instanceof Problem) && message[0] !== (FileOp.Abort | FileOp.Answer)) return;
        clearTimeout(timer);
        resolve();
      };
    });
    await this.link.send(Channel.Files, Uint8Array.of(FileOp.Abort)).catch(() => undefined);
    await answered;
    this.listener = undefined;
  }
}

const interrupted = (): Problem => new Problem('interrupted', 'was broken off');
