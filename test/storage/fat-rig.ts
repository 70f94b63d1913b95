// A block device of the test's own below the FAT file system, and the file system by its paths.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import zlib from 'node:zlib';
import { random } from '../support/decoder.js';
import { runProgram, type Running } from '../support/module.js';

/** FsError, by its names. */
export const FsError = {
  None: 0,
  Device: -1,
  NotFat: -2,
  ExFat: -3,
  Gpt: -4,
  Corrupt: -5,
  NotFound: -6,
  Exists: -7,
  NotADirectory: -8,
  IsADirectory: -9,
  NotEmpty: -10,
  NoSpace: -11,
  TooLarge: -12,
  BadName: -13,
  ReadOnly: -14,
  DirectoryFull: -15,
  BadOffset: -16,
  NotMounted: -17,
};

export const SECTOR = 512;

/** Bytes that differ everywhere. */
export function noise(bytes: number, seed: number): Buffer {
  const { next } = random(seed);
  const data = Buffer.alloc(bytes + 4);
  for (let i = 0; i < bytes; i += 4) data.writeUInt32LE(next(), i);
  return data.subarray(0, bytes);
}

interface Exports {
  text: WebAssembly.Global;
  data: WebAssembly.Global;
  mount(sectors: number, isWritable: number): number;
  bits(): number;
  clusters(): number;
  clusterBytes(): number;
  label(): number;
  labelBytes(): number;
  countFree(budget: number): number;
  freeBytes(): number;
  error(): number;
  blockError(): number;
  errorSector(): number;
  errorCluster(): number;
  lookUp(bytes: number): number;
  entryAt(directory: number, index: number): number;
  entryName(): number;
  entryNameBytes(): number;
  entryIsDirectory(): number;
  entryAttributes(): number;
  entrySize(): number;
  entryCluster(): number;
  entryDirectory(): number;
  entryIndex(): number;
  openDirectory(): number;
  openFile(file: number): number;
  next(): number;
  read(file: number, offset: number, bytes: number): number;
  fileSize(file: number): number;
  fileError(file: number): number;
  create(bytes: number): number;
  makeDirectory(bytes: number): number;
  remove(bytes: number): number;
  rename(fromBytes: number, toBytes: number): number;
  write(file: number, offset: number, bytes: number): number;
  truncate(file: number, size: number): number;
  sync(file: number): number;
  findState(bytes: number): number;
  openState(bytes: number): number;
  makeState(bytes: number, most: number): number;
  loadState(most: number): number;
  saveState(bytes: number): number;
  folded(unit: number): number;
  errorCode(error: number): number;
  errorText(error: number): number;
}

/** Where a card's sectors are: in memory, or in a file that may be large and sparse. */
export type Backing = Buffer | { fd: number; bytes: number };

/** One thing that the device was asked for which changes the card. */
export type Change = { sector: number; data: Buffer } | 'flush';

/** What a device does and remembers. */
export class Card {
  /** Calls and sectors of `read` and `write`, and calls of `flush`. */
  reads = 0;
  sectorsRead = 0;
  writes = 0;
  flushes = 0;
  /** What was written, in order, when this is there. */
  changes: Change[] | undefined;
  /** The calls that fail, counted from 1, and with which BlockError. */
  failFrom = Infinity;
  failTo = Infinity;
  failWith = -4;
  /** More calls than this are a hang. */
  limit = Infinity;
  /** Sectors that cannot be read. */
  bad = new Set<number>();
  isWritable = true;
  #calls = 0;

  constructor(readonly backing: Backing) {}

  get sectors(): number {
    return Math.floor((Buffer.isBuffer(this.backing) ? this.backing.length : this.backing.bytes) / SECTOR);
  }
  get calls(): number {
    return this.#calls;
  }

  #fails(): boolean {
    this.#calls++;
    assert(this.#calls <= this.limit, 'no end of calls');
    return this.#calls >= this.failFrom && this.#calls <= this.failTo;
  }

  #check(sector: number, count: number): void {
    const inside = count >= 1 && sector >= 0 && sector + count <= this.sectors;
    assert(inside, `${count} sectors from ${sector} on, of ${this.sectors}`);
  }

  read(sector: number, to: Uint8Array): number {
    const count = to.length / SECTOR;
    this.#check(sector, count);
    this.reads++;
    this.sectorsRead += count;
    if (this.#fails()) return this.failWith;
    for (let i = 0; i < count && this.bad.size; i++) if (this.bad.has(sector + i)) return -5;
    if (Buffer.isBuffer(this.backing)) to.set(this.backing.subarray(sector * SECTOR, sector * SECTOR + to.length));
    else fs.readSync(this.backing.fd, to, 0, to.length, sector * SECTOR);
    return 0;
  }

  write(sector: number, from: Uint8Array): number {
    this.#check(sector, from.length / SECTOR);
    assert(this.isWritable, 'a write to a card that is write-protected');
    this.writes++;
    if (this.#fails()) return this.failWith;
    this.changes?.push({ sector, data: Buffer.from(from) });
    if (Buffer.isBuffer(this.backing)) this.backing.set(from, sector * SECTOR);
    else fs.writeSync(this.backing.fd, from, 0, from.length, sector * SECTOR);
    return 0;
  }

  flush(): number {
    this.flushes++;
    if (this.#fails()) return this.failWith;
    this.changes?.push('flush');
    return 0;
  }

  /** Forgets what was counted. */
  reset(): void {
    this.reads = this.sectorsRead = this.writes = this.flushes = this.#calls = 0;
    this.changes &&= [];
  }
}

/** What was found. */
export interface Found {
  name: string;
  isDirectory: boolean;
  attributes: number;
  size: number;
  cluster: number;
  directory: number;
  index: number;
}

/** An error that a call returned; `code` is the FsError. */
export class FsFailure extends Error {
  constructor(
    readonly code: number,
    what: string,
  ) {
    super(`${what}: ${Object.entries(FsError).find(([, value]) => value === code)?.[0] ?? code}`);
  }
}

/** A function that must fail with an FsError. */
export function fails(call: () => unknown, code: number): void {
  assert.throws(
    call,
    (error) => error instanceof FsFailure && assert.equal(error.code, code, error.message) === undefined,
  );
}

/** The file system in Node. Calls that return an FsError throw FsFailure. */
export class Fat {
  card = new Card(Buffer.alloc(0));
  private constructor(readonly running: Running<Exports>) {}

  static async start(): Promise<Fat> {
    const state: { fat?: Fat } = {};
    const at = (ptr: number, count: number): Uint8Array =>
      new Uint8Array((state.fat as Fat).running.memory.buffer, ptr >>> 0, count * SECTOR);
    const running = await runProgram<Exports>(
      'test/storage/assembly/fat.ts',
      {
        readSectors: (sector: bigint, ptr: number, count: number) =>
          (state.fat as Fat).card.read(Number(sector), at(ptr, count)),
        writeSectors: (sector: bigint, ptr: number, count: number) =>
          (state.fat as Fat).card.write(Number(sector), at(ptr, count)),
        crc32: (ptr: number, length: number, seed: number) =>
          zlib.crc32((state.fat as Fat).running.bytes().subarray(ptr >>> 0, (ptr >>> 0) + length), seed >>> 0),
        flushSectors: () => (state.fat as Fat).card.flush(),
      },
      { memoryPages: 64 },
    );
    return (state.fat = new Fat(running));
  }

  get exports(): Exports {
    return this.running.exports;
  }

  /** Puts a card in and mounts it; the FsError. */
  tryMount(card: Card | Backing): number {
    this.card = card instanceof Card ? card : new Card(card);
    return this.exports.mount(this.card.sectors, Number(this.card.isWritable));
  }

  mount(card: Card | Backing): Card {
    this.check(this.tryMount(card), 'mount');
    return this.card;
  }

  check(code: number, what: string): number {
    if (code < 0) throw new FsFailure(code, what);
    return code;
  }

  /** Puts a path where the program finds it; how many bytes it has. */
  path(name: string | Uint8Array, offset = 0): number {
    const bytes = typeof name === 'string' ? Buffer.from(name) : name;
    this.running.bytes().set(bytes, Number(this.exports.text.value) + offset);
    return bytes.length;
  }

  found(): Found {
    const { exports } = this;
    const at = exports.entryName() >>> 0;
    return {
      name: Buffer.from(this.running.bytes().subarray(at, at + exports.entryNameBytes())).toString(),
      isDirectory: exports.entryIsDirectory() !== 0,
      attributes: exports.entryAttributes(),
      size: exports.entrySize() >>> 0,
      cluster: exports.entryCluster() >>> 0,
      directory: exports.entryDirectory() >>> 0,
      index: exports.entryIndex(),
    };
  }

  lookUp(name: string | Uint8Array): Found {
    this.check(this.exports.lookUp(this.path(name)), `look up ${String(name)}`);
    return this.found();
  }

  entryAt(directory: number, index: number): Found {
    this.check(this.exports.entryAt(directory, index), `entry ${index}`);
    return this.found();
  }

  list(name: string): Found[] {
    this.lookUp(name);
    this.check(this.exports.openDirectory(), `open ${name}`);
    const list: Found[] = [];
    while (this.check(this.exports.next(), `list ${name}`)) list.push(this.found());
    return list;
  }

  open(name: string, file = 0): Found {
    const found = this.lookUp(name);
    this.check(this.exports.openFile(file), `open ${name}`);
    return found;
  }

  /** Bytes of an open file, at most 3 MiB. */
  read(offset: number, bytes: number, file = 0): Buffer {
    const got = this.exports.read(file, offset, bytes);
    if (got < 0) throw new FsFailure(this.exports.fileError(file), `read at ${offset}`);
    const at = Number(this.exports.data.value);
    return Buffer.from(this.running.bytes().subarray(at, at + got));
  }

  /** A whole file. */
  readFile(name: string, piece = 1 << 20): Buffer {
    const { size } = this.open(name);
    const parts: Buffer[] = [];
    for (let at = 0; at < size; at += piece) parts.push(this.read(at, Math.min(piece, size - at)));
    return Buffer.concat(parts);
  }

  create(name: string | Uint8Array): Found {
    this.check(this.exports.create(this.path(name)), `create ${String(name)}`);
    return this.found();
  }

  makeDirectory(name: string): void {
    this.check(this.exports.makeDirectory(this.path(name)), `make ${name}`);
  }

  remove(name: string): void {
    this.check(this.exports.remove(this.path(name)), `remove ${name}`);
  }

  rename(from: string, to: string): void {
    const bytes = this.path(from);
    this.check(this.exports.rename(bytes, this.path(to, bytes)), `rename ${from} to ${to}`);
  }

  write(offset: number, data: Uint8Array, file = 0): void {
    this.running.bytes().set(data, Number(this.exports.data.value));
    this.check(this.exports.write(file, offset, data.length), `write at ${offset}`);
  }

  truncate(size: number, file = 0): void {
    this.check(this.exports.truncate(file, size), `truncate to ${size}`);
  }

  sync(file = 0): void {
    this.check(this.exports.sync(file), 'sync');
  }

  /** A new file with its content. */
  writeFile(name: string, data: Uint8Array, piece = 1 << 20): void {
    this.create(name);
    this.check(this.exports.openFile(0), `open ${name}`);
    for (let at = 0; at < data.length; at += piece) this.write(at, data.subarray(at, at + piece));
    this.sync();
  }

  saveState(content: string): void {
    this.running.bytes().set(Buffer.from(content), Number(this.exports.data.value));
    this.check(this.exports.saveState(Buffer.byteLength(content)), 'save the state');
  }

  openState(name: string): void {
    this.check(this.exports.openState(this.path(name)), `open ${name}`);
  }

  findState(name: string): void {
    this.check(this.exports.findState(this.path(name)), `find ${name}`);
  }

  /** So many pieces of making the state ready; whether it is. */
  makeState(name: string, pieces: number): boolean {
    return this.check(this.exports.makeState(this.path(name), pieces), `make ${name}`) === 0;
  }

  loadState(): string {
    const bytes = this.check(this.exports.loadState(4096), 'load the state');
    const at = Number(this.exports.data.value);
    return Buffer.from(this.running.bytes().subarray(at, at + bytes)).toString();
  }

  /** Every file with its content, every folder with a slash behind its name, by path. */
  tree(folder = ''): Record<string, Buffer> {
    const all: Record<string, Buffer> = {};
    for (const { name, isDirectory } of this.list(folder)) {
      const path = `${folder}/${name}`;
      if (isDirectory) Object.assign(all, { [`${path}/`]: Buffer.alloc(0) }, this.tree(path));
      else all[path] = this.readFile(path);
    }
    return all;
  }
}
