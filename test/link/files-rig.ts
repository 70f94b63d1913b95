// The service of files in Node, on a card of the test's own: messages go in and out without a line.

import assert from 'node:assert/strict';
import zlib from 'node:zlib';
import { FileOp, LinkError } from '../../firmware/link/protocol.js';
import { Card, type Backing } from '../storage/fat-rig.js';
import { runProgram, type Running } from '../support/module.js';

interface Exports {
  text: WebAssembly.Global;
  mount(sectors: number, isWritable: number): number;
  message(bytes: number): void;
  serve(): number;
  reset(): void;
  use(bytes: number): number;
  setLooking(isLooking: number): void;
  saveState(bytes: number, stateBytes: number): number;
}

/** No request takes more calls than this. */
const MOST_CALLS = 100_000;
const DATA_BYTES = 1023;

/** An answer that tells of an error. */
export class Refused extends Error {
  constructor(
    readonly error: number,
    readonly text: string,
  ) {
    super(`${LinkErrors[error] ?? error}: ${text}`);
  }
}
const LinkErrors: Record<number, string> = {
  [LinkError.Message]: 'Message',
  [LinkError.NotFound]: 'NotFound',
  [LinkError.Exists]: 'Exists',
  [LinkError.Full]: 'Full',
  [LinkError.Card]: 'Card',
  [LinkError.Name]: 'Name',
  [LinkError.Kind]: 'Kind',
  [LinkError.Digest]: 'Digest',
  [LinkError.Busy]: 'Busy',
};

export interface Listed {
  name: string;
  isFolder: boolean;
  bytes: number;
  written: number;
}

/** A little-endian number. */
export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}
const u16 = (value: number): Buffer => u32(value).subarray(0, 2);
const op = (code: number, ...parts: (Uint8Array | string)[]): Buffer =>
  Buffer.concat([Buffer.of(code), ...parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part))]);

export class FilesRig {
  card = new Card(Buffer.alloc(0));
  /** What the device has sent and nobody has looked at. */
  sent: Buffer[] = [];
  /** How many messages the way to the host takes still. */
  room = Infinity;
  changes = 0;
  private time = 0;
  /** The most calls of the card in one call of the service. */
  mostCardCalls = 0;
  private constructor(readonly running: Running<Exports>) {}

  static async start(): Promise<FilesRig> {
    const state: { rig?: FilesRig } = {};
    const rig = (): FilesRig => state.rig as FilesRig;
    const bytes = (ptr: number, count: number): Uint8Array =>
      rig()
        .running.bytes()
        .subarray(ptr >>> 0, (ptr >>> 0) + count);
    const running = await runProgram<Exports>(
      'test/link/assembly/files.ts',
      {
        readSectors: (sector: bigint, ptr: number, count: number) =>
          rig().card.read(Number(sector), bytes(ptr, count * 512)),
        writeSectors: (sector: bigint, ptr: number, count: number) =>
          rig().card.write(Number(sector), bytes(ptr, count * 512)),
        flushSectors: () => rig().card.flush(),
        crc32: (ptr: number, length: number, seed: number) => zlib.crc32(bytes(ptr, length), seed >>> 0),
        // Each thing that is done takes a whole call's time.
        ticks: () => BigInt((rig().time += 54_000)),
        info: () => 54_000_000n,
        mayAnswer: () => Number(rig().room > 0),
        answer: (ptr: number, length: number) => {
          assert(length >= 1 && length <= 1024, `a message of ${length} bytes`);
          rig().room--;
          rig().sent.push(Buffer.from(bytes(ptr, length)));
          return 1;
        },
        changed: () => void rig().changes++,
      },
      { memoryPages: 64 },
    );
    return (state.rig = new FilesRig(running));
  }

  /** Puts a card in. */
  mount(card: Card | Backing): Card {
    this.card = card instanceof Card ? card : new Card(card);
    this.running.exports.reset();
    this.sent = [];
    assert.equal(this.running.exports.mount(this.card.sectors, Number(this.card.isWritable)), 0);
    return this.card;
  }

  /** Gives the service a message, without letting it work. */
  give(message: Uint8Array): void {
    this.running.bytes().set(message, Number(this.running.exports.text.value));
    this.running.exports.message(message.length);
  }

  /** Lets the service work until it has nothing to do. */
  work(): this {
    for (let calls = 0; ; calls++) {
      assert(calls < MOST_CALLS, 'no end of work');
      const before = this.card.calls;
      const isMore = this.running.exports.serve();
      this.mostCardCalls = Math.max(this.mostCardCalls, this.card.calls - before);
      if (!isMore) return this;
    }
  }

  reset(): void {
    this.running.exports.reset();
    this.sent = [];
  }

  /** The file that is in use from now on; none when the path is empty. */
  use(path: string): void {
    this.running.bytes().set(Buffer.from(path), Number(this.running.exports.text.value));
    assert.equal(this.running.exports.use(Buffer.byteLength(path)), 0);
  }

  /** Keeps a version of a state file, as the player does between two steps. */
  saveState(path: string): void {
    this.running.bytes().set(Buffer.from(path), Number(this.running.exports.text.value));
    assert.equal(this.running.exports.saveState(Buffer.byteLength(path), 8), 0);
  }

  /** The next message of the device. */
  take(): Buffer {
    const message = this.sent.shift();
    assert(message, 'no answer');
    return message;
  }

  /** An answer to `code`, without its head. Throws Refused. */
  answer(code: number): Buffer {
    const message = this.take();
    assert.equal(message[0], code | FileOp.Answer, `answer to ${code}: ${message.toString('hex')}`);
    const error = message[1] ?? 0;
    if (error) throw new Refused(error, message.toString('latin1', 2));
    return message.subarray(2);
  }

  ask(request: Buffer): Buffer {
    this.give(request);
    this.work();
    return this.answer(request[0] as number);
  }

  stat(name: string, withSum = true): { isFolder: boolean; bytes: number; written: number; sum: number } {
    const answer = this.ask(op(FileOp.Stat, Buffer.of(Number(withSum)), name));
    assert.equal(answer.length, 13);
    return {
      isFolder: answer[0] === 1,
      bytes: answer.readUInt32LE(1),
      written: answer.readUInt32LE(5),
      sum: answer.readUInt32LE(9),
    };
  }

  list(name: string): Listed[] {
    const all: Listed[] = [];
    for (let from = 0; ;) {
      const answer = this.ask(op(FileOp.List, u32(from), name));
      for (let at = 4; at < answer.length;) {
        const length = answer[at + 9] as number;
        all.push({
          isFolder: answer[at] === 1,
          bytes: answer.readUInt32LE(at + 1),
          written: answer.readUInt32LE(at + 5),
          name: answer.toString('utf8', at + 10, at + 10 + length),
        });
        at += 10 + length;
      }
      from = answer.readUInt32LE(0);
      if (!from) return all;
    }
  }

  get(name: string, from = 0, most = 0xffffffff): Buffer {
    this.ask(op(FileOp.Get, u32(from), u32(most), name));
    const parts: Buffer[] = [];
    for (;;) {
      const message = this.take();
      if (message[0] === FileOp.Data) parts.push(message.subarray(1));
      else {
        if (message[0] === (FileOp.End | FileOp.Answer))
          throw new Refused(message[1] ?? 0, message.toString('latin1', 2));
        assert.equal(message[0], FileOp.End);
        const content = Buffer.concat(parts);
        assert.equal(message.readUInt32LE(1), zlib.crc32(content));
        return content;
      }
    }
  }

  /** Begins a put; what is there already, and the credit. */
  begin(
    name: string,
    content: Uint8Array,
    mayReplace = true,
    sum = zlib.crc32(content),
  ): { from: number; credit: number } {
    const answer = this.ask(op(FileOp.Put, u32(content.length), u32(sum), Buffer.of(Number(mayReplace)), name));
    return { from: answer.readUInt32LE(0), credit: answer.readUInt32LE(4) };
  }

  /** Sends the bytes of a put that was begun, up to `until`, within the credit. */
  feed(content: Uint8Array, { from, credit }: { from: number; credit: number }, until = content.length): void {
    for (let at = from; at < until;) {
      for (const message of this.sent.splice(0)) {
        if (message[0] === (FileOp.End | FileOp.Answer))
          throw new Refused(message[1] ?? 0, message.toString('latin1', 2));
        assert.equal(message[0], FileOp.Credit);
        credit = message.readUInt32LE(1);
      }
      const bytes = Math.min(DATA_BYTES, until - at, from + credit - at);
      assert(bytes > 0, 'no more credit');
      this.give(op(FileOp.Data, content.subarray(at, at + bytes)));
      at += bytes;
      this.work();
    }
  }

  end(sum: number): void {
    this.give(op(FileOp.End, u32(sum)));
    this.work();
    this.sent = this.sent.filter((message) => message[0] !== FileOp.Credit);
    this.answer(FileOp.End);
  }

  put(name: string, content: Uint8Array, mayReplace = true): { from: number } {
    const begun = this.begin(name, content, mayReplace);
    this.feed(content, begun);
    this.end(zlib.crc32(content));
    return begun;
  }

  remove(name: string): void {
    this.ask(op(FileOp.Remove, name));
  }

  rename(from: string, to: string, mayReplace = false): void {
    this.ask(op(FileOp.Rename, Buffer.of(Number(mayReplace)), u16(Buffer.byteLength(from)), from, to));
  }

  makeFolder(name: string): void {
    this.ask(op(FileOp.MakeFolder, name));
  }

  space(): { free: number; all: number; cluster: number } {
    const answer = this.ask(op(FileOp.Space));
    return {
      free: Number(answer.readBigUInt64LE(0)),
      all: Number(answer.readBigUInt64LE(8)),
      cluster: answer.readUInt32LE(16),
    };
  }

  abort(): void {
    this.give(op(FileOp.Abort));
    this.work();
    this.sent = this.sent.slice(-1);
    this.answer(FileOp.Abort);
  }
}
