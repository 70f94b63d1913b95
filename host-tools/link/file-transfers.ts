// Files to and from a card, as whole tasks: what is there already is not sent again, what was broken off is gone on with,
// and a link that is lost is opened again.

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { foldCase, legalName } from '../card/card-names.js';
import { yielding, type EventQueue } from '../play/queue.js';
import { Problem, systemCode, systemReason } from '../problem.js';
import { FileClient, type MessageLink, type RemoteStat } from './file-client.js';
import { baseOf, folderOf, joinRemote } from './remote-names.js';

/** A link that is lost is looked for again so often, and for so long. */
const RETRY_MS = 500;
const RETRY_FOR_MS = 30_000;
const PIECE_BYTES = 1 << 16;
/** Progress is told so often at most. */
const TELL_MS = 100;

/** Opens a link to the same device. Throws Problem. */
export type Connect = (signal?: AbortSignal) => Promise<MessageLink & { close(): Promise<void> }>;

export type TransferEvent =
  /** A file begins; `from` bytes of it were there already. */
  | { event: 'begin'; name: string; to: string; bytes: number; from: number }
  | { event: 'progress'; name: string; bytes: number; total: number; bytesPerSecond: number; secondsLeft: number }
  /** The same content is there already. */
  | { event: 'same'; name: string; to: string; bytes: number }
  | { event: 'done'; name: string; to: string; bytes: number; sentBytes: number; seconds: number }
  | { event: 'renamed'; name: string; to: string }
  | { event: 'failed'; name: string; problem: Problem }
  | { event: 'lost'; problem: Problem }
  | { event: 'found' };

export interface TransferReport {
  /** Files that are there now, and bytes that went over the line for them. */
  files: number;
  same: number;
  bytes: number;
  failed: number;
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
    return (this.opened = new FileClient(this.link));
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

/** Tells of a transfer's bytes, a few times a second. */
function meter(name: string, total: number, tell: (event: TransferEvent) => void) {
  const began = performance.now();
  let told = began;
  return (bytes: number, from: number): void => {
    const now = performance.now();
    if (now - told < TELL_MS && bytes < total) return;
    told = now;
    const bytesPerSecond = ((bytes - from) / Math.max(now - began, 1)) * 1000;
    const secondsLeft = bytesPerSecond > 0 ? (total - bytes) / bytesPerSecond : 0;
    tell({ event: 'progress', name, bytes, total, bytesPerSecond, secondsLeft });
  };
}

/** One thing to be put: a file or a folder of the host, and its name on the card. */
interface Item {
  file: string;
  to: string;
  isFolder: boolean;
}

export interface PutOptions {
  connect: Connect;
  files: readonly string[];
  /** Name on the card: a folder when it ends with a slash, is one, or there are several files. */
  to: string;
  recursive?: boolean;
  /** Whether another content may be replaced. */
  force?: boolean;
  signal?: AbortSignal;
}

/** Puts files on the card. Throws Problem when nothing more can be done; a file's own problem is an event. */
export function putFiles(options: PutOptions): AsyncGenerator<TransferEvent, TransferReport> {
  return yielding(options.signal, async (queue: EventQueue<TransferEvent>, signal) => {
    const report: TransferReport = { files: 0, same: 0, bytes: 0, failed: 0 };
    const tell = (event: TransferEvent): void => {
      if (event.event === 'failed') report.failed++;
      queue.push(event);
    };
    const connection = new Connection(options.connect, tell, signal);
    try {
      for (const item of await plan(options, connection, tell)) {
        try {
          if (item.isFolder) await makeFolder(connection, item.to);
          else await putFile(item, options.force ?? false, connection, tell, signal, report);
        } catch (error) {
          if (!(error instanceof Problem) || isFinal(error)) throw error;
          tell({ event: 'failed', name: item.file, problem: error });
        }
      }
    } finally {
      await connection.close();
    }
    return report;
  });
}

/** Whether a problem is one of all files. */
const isFinal = ({ code }: Problem): boolean =>
  ['interrupted', 'link-lost', 'no-answer', 'no-port', 'bad-card', 'no-room'].includes(code);

async function plan(
  { files, to, recursive = false }: PutOptions,
  connection: Connection,
  tell: (event: TransferEvent) => void,
): Promise<Item[]> {
  const target = to.split('/').filter(Boolean).join('/');
  const stats = files.map((file) => {
    try {
      const stat = fs.statSync(file);
      if (stat.isDirectory() && !recursive)
        throw new Problem('usage', 'is a folder', { file, hint: '-r puts it with all that is in it' });
      return stat;
    } catch (error) {
      if (error instanceof Problem) throw error;
      throw notReadable(file, error);
    }
  });
  const isInto =
    target === '' ||
    to.endsWith('/') ||
    files.length > 1 ||
    (await connection.lasting((client) => client.find(target)))?.isFolder === true;
  const items: Item[] = [];
  for (const [i, file] of files.entries()) {
    const own = isInto ? joinRemote(target, legal(path.basename(path.resolve(file)), file, tell)) : target;
    if (stats[i]?.isDirectory()) walk(file, own, items, tell);
    else items.push({ file, to: own, isFolder: false });
  }
  return items;
}

function legal(name: string, file: string, tell: (event: TransferEvent) => void): string {
  const to = legalName(name);
  if (to !== name.normalize('NFC')) tell({ event: 'renamed', name: file, to });
  return to;
}

/** A folder and what is in it, itself first; links and devices are left out. */
function walk(folder: string, to: string, items: Item[], tell: (event: TransferEvent) => void): void {
  items.push({ file: folder, to, isFolder: true });
  const taken = new Set<string>();
  for (const entry of fs.readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const file = path.join(folder, entry.name);
    const name = legal(entry.name, file, tell);
    if (taken.has(foldCase(name)) && (entry.isFile() || entry.isDirectory())) {
      tell({
        event: 'failed',
        name: file,
        problem: new Problem('refused', 'has the name of another file in its folder, on a card', { file }),
      });
      continue;
    }
    taken.add(foldCase(name));
    if (entry.isDirectory()) walk(file, joinRemote(to, name), items, tell);
    else if (entry.isFile()) items.push({ file, to: joinRemote(to, name), isFolder: false });
  }
}

async function makeFolder(connection: Connection, name: string): Promise<void> {
  await connection.lasting(async (client) => {
    const found = await client.find(name);
    if (!found) await client.makeFolder(name);
    else if (!found.isFolder) throw new Problem('refused', 'is a file on the card', { file: name });
  });
}

async function putFile(
  { file, to }: Item,
  force: boolean,
  connection: Connection,
  tell: (event: TransferEvent) => void,
  signal: AbortSignal,
  report: TransferReport,
): Promise<void> {
  const began = performance.now();
  const handle = await fs.promises.open(file).catch((error: unknown) => {
    throw notReadable(file, error);
  });
  try {
    const { size } = await handle.stat();
    if (size > 0xffffffff) throw new Problem('no-room', 'is larger than a file on a card can be', { file });
    const read = pieces(handle, file);
    const sum = await sumOf(size, read, signal);
    let start: number | undefined;
    const isSame = await connection.lasting(async (client) => {
      if (await hasContent(client, to, size, sum)) return start === undefined;
      let progress = meter(file, size, tell);
      await client.put(to, { bytes: size, crc32: sum, read }, force, {
        signal,
        onBytes: (bytes, from) => {
          if (bytes === from) {
            start ??= from;
            progress = meter(file, size, tell);
            tell({ event: 'begin', name: file, to, bytes: size, from });
          } else progress(bytes, from);
        },
      });
      return false;
    });
    report.files++;
    if (isSame) {
      report.same++;
      tell({ event: 'same', name: file, to, bytes: size });
      return;
    }
    const sentBytes = size - (start ?? 0);
    report.bytes += sentBytes;
    tell({ event: 'done', name: file, to, bytes: size, sentBytes, seconds: (performance.now() - began) / 1000 });
  } finally {
    await handle.close();
  }
}

/** Whether a file on the card has this content. Its sum is only made when its length is right. */
async function hasContent(client: FileClient, name: string, bytes: number, sum: number): Promise<boolean> {
  const found = await client.find(name);
  if (!found || found.isFolder || found.bytes !== bytes) return false;
  return (await client.stat(name, true)).crc32 === sum;
}

/** Reads a file in large pieces, to be given out in small ones. */
function pieces(handle: fs.promises.FileHandle, file: string): (offset: number, most: number) => Promise<Uint8Array> {
  let held: Uint8Array = new Uint8Array();
  let at = 0;
  return async (offset, most) => {
    if (offset < at || offset >= at + held.length) {
      const buffer = Buffer.alloc(PIECE_BYTES);
      const { bytesRead } = await handle.read(buffer, 0, PIECE_BYTES, offset).catch((error: unknown) => {
        throw notReadable(file, error);
      });
      held = buffer.subarray(0, bytesRead);
      at = offset;
    }
    return held.subarray(offset - at, offset - at + most);
  };
}

async function sumOf(
  bytes: number,
  read: (offset: number, most: number) => Promise<Uint8Array>,
  signal?: AbortSignal,
): Promise<number> {
  let sum = 0;
  for (let at = 0; at < bytes;) {
    if (signal?.aborted) throw new Problem('interrupted', 'was broken off');
    const piece = await read(at, PIECE_BYTES);
    if (piece.length === 0) break;
    sum = crc32(piece, sum);
    at += piece.length;
  }
  return sum;
}

const notReadable = (file: string, error: unknown): Problem =>
  new Problem(systemCode(error) === 'ENOENT' ? 'not-found' : 'not-readable', systemReason(error), {
    file,
    cause: error,
  });

export interface GetOptions {
  connect: Connect;
  name: string;
  /** A file of the host, or a folder to put it in. */
  file: string;
  force?: boolean;
  signal?: AbortSignal;
}

/** Fetches a file. Until all of it is there the host's file is what it was. Throws Problem. */
export function getFile(options: GetOptions): AsyncGenerator<TransferEvent, TransferReport> {
  return yielding(options.signal, async (queue: EventQueue<TransferEvent>, signal) => {
    const connection = new Connection(options.connect, (event) => queue.push(event), signal);
    try {
      return await fetchFile(options, connection, (event) => queue.push(event), signal);
    } finally {
      await connection.close();
    }
  });
}

async function fetchFile(
  { name, file: given, force = false }: GetOptions,
  connection: Connection,
  tell: (event: TransferEvent) => void,
  signal: AbortSignal,
): Promise<TransferReport> {
  const isInto = given.endsWith('/') || (fs.existsSync(given) && fs.statSync(given).isDirectory());
  const file = isInto ? path.join(given, baseOf(name)) : given;
  const began = performance.now();
  const report: TransferReport = { files: 1, same: 0, bytes: 0, failed: 0 };
  const stat = await connection.lasting((client) => client.stat(name));
  if (stat.isFolder) throw new Problem('refused', 'is a folder', { file: name, hint: 'get takes one file' });
  if (fs.existsSync(file)) {
    if (await isSameFile(file, name, stat, connection, signal)) {
      tell({ event: 'same', name, to: file, bytes: stat.bytes });
      return { ...report, same: 1 };
    }
    if (!force) throw new Problem('would-overwrite', 'is there already', { file, hint: '-f replaces it' });
  }
  const part = partOf(file, name, stat);
  let start: number | undefined;
  await connection.lasting(async (client) => {
    const from = Math.min(partBytes(part), stat.bytes);
    start ??= from;
    let out: number;
    try {
      out = fs.openSync(part, 'a');
    } catch (error) {
      throw notWritable(part, error);
    }
    try {
      fs.ftruncateSync(out, from);
      tell({ event: 'begin', name, to: file, bytes: stat.bytes, from });
      const progress = meter(name, stat.bytes, tell);
      const bytes = await client.get(
        name,
        from,
        (piece) => {
          try {
            fs.writeSync(out, piece);
          } catch (error) {
            throw notWritable(part, error);
          }
        },
        { signal, onBytes: (at) => progress(at, from) },
      );
      if (bytes !== stat.bytes) throw changed(name, part);
      if (from > 0 && (await client.stat(name, true)).crc32 !== (await sumOfFile(part, signal)))
        throw changed(name, part);
    } finally {
      fs.closeSync(out);
    }
  });
  if (!force && fs.existsSync(file)) throw new Problem('would-overwrite', 'is there by now', { file });
  fs.renameSync(part, file);
  const sentBytes = stat.bytes - (start ?? 0);
  tell({ event: 'done', name, to: file, bytes: stat.bytes, sentBytes, seconds: (performance.now() - began) / 1000 });
  return { ...report, bytes: sentBytes };
}

/** What is fetched of a file, beside where it goes; named by what it is a part of. */
function partOf(file: string, name: string, { bytes, written }: RemoteStat): string {
  const what = createHash('sha256').update(`${name}\0${bytes}\0${written?.getTime() ?? 0}`);
  return path.join(path.dirname(file), `.${path.basename(file)}.${what.digest('hex').slice(0, 8)}.mirleft-get`);
}

const partBytes = (part: string): number => fs.statSync(part, { throwIfNoEntry: false })?.size ?? 0;

/** What is there belongs to another content: it is of no use. */
function changed(name: string, part: string): Problem {
  fs.rmSync(part, { force: true });
  return new Problem('verify-failed', 'was changed while it was fetched', { file: name, hint: 'try again' });
}

const notWritable = (file: string, error: unknown): Problem =>
  new Problem('write-failed', systemReason(error), { file, cause: error });

async function sumOfFile(file: string, signal: AbortSignal): Promise<number> {
  const handle = await fs.promises.open(file).catch((error: unknown) => {
    throw notReadable(file, error);
  });
  try {
    return await sumOf((await handle.stat()).size, pieces(handle, file), signal);
  } finally {
    await handle.close();
  }
}

async function isSameFile(
  file: string,
  name: string,
  { bytes }: RemoteStat,
  connection: Connection,
  signal: AbortSignal,
): Promise<boolean> {
  if (fs.statSync(file).size !== bytes) return false;
  const sum = await sumOfFile(file, signal);
  return (await connection.lasting((client) => client.stat(name, true))).crc32 === sum;
}

/** Removes a file, or with `recursive` a folder and what is in it; each name that has gone. */
export async function* removeTree(
  client: FileClient,
  name: string,
  recursive: boolean,
): AsyncGenerator<{ name: string; isFolder: boolean }, void> {
  const { isFolder } = await client.stat(name);
  if (isFolder) {
    if (!recursive) throw new Problem('refused', 'is a folder', { file: name, hint: '-r removes it with all in it' });
    for (const entry of await client.list(name)) yield* removeTree(client, joinRemote(name, entry.name), recursive);
    if (name === '') return;
  }
  await client.remove(name);
  yield { name, isFolder };
}

/** Makes a folder; with `parents` also those it is in, and none of them has to be missing. */
export async function makeFolders(client: FileClient, name: string, parents: boolean): Promise<void> {
  if (!parents) {
    await client.makeFolder(name);
    return;
  }
  if (folderOf(name) !== '') await makeFolders(client, folderOf(name), true);
  const found = await client.find(name);
  if (!found) await client.makeFolder(name);
  else if (!found.isFolder) throw new Problem('refused', 'is a file', { file: name });
}
