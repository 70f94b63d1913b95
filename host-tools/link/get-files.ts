// Files from a card: what is here already is not fetched again, what was broken off is gone on with, and until all of a file
// is there the host's is what it was.

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Problem } from '../problem.js';
import type { RemoteEntry } from './file-client.js';
import {
  transferring,
  type Connect,
  type Connection,
  type Item,
  type Job,
  type Outcome,
  type TransferEvent,
  type TransferReport,
} from './file-transfers.js';
import { notWritable, sumOfFile } from './host-content.js';
import { baseOf, checkEntryName, joinRemote } from './remote-names.js';

/** What the device keeps of a put that was broken off. */
const PUT_PART = /^\.mirleft-put(?:\.ini)?$/i;

export interface GetOptions {
  connect: Connect;
  /** A file on the card; with `recursive` also a folder, or the root, which has the empty name. */
  name: string;
  /** The name here; where that is a folder or ends with a slash, one in it. */
  file: string;
  recursive?: boolean;
  /** Whether another content may be replaced. */
  force?: boolean;
  signal?: AbortSignal;
}

interface Fetched extends Item {
  written: Date | undefined;
}

/** Fetches files. Throws Problem when nothing more can be done; a file's own problem is an event. */
export const getFiles = (options: GetOptions): AsyncGenerator<TransferEvent, TransferReport> =>
  transferring(
    options,
    (job) => plan(options, job),
    (item, job) => (item.isFolder ? makeFolder(item) : getFile(item, options.force ?? false, job)),
  );

async function plan({ name, file, recursive = false }: GetOptions, { connection, tell }: Job): Promise<Fetched[]> {
  const stat = await connection.lasting((client) => client.stat(name));
  if (stat.isFolder && !recursive)
    throw new Problem('refused', 'is a folder', { file: name || '/', hint: '-r fetches it with all that is in it' });
  const to = file.endsWith('/') || isFolder(file) ? path.join(file, baseOf(name)) : file;
  const items: Fetched[] = [{ ...stat, name, to }];
  if (stat.isFolder) await walk(name, to, items, connection, tell);
  return items;
}

/** What is in a folder of the card. Names that lead elsewhere are a broken device's. */
async function walk(
  folder: string,
  to: string,
  items: Fetched[],
  connection: Connection,
  tell: (event: TransferEvent) => void,
): Promise<void> {
  const entries = await connection.lasting((client) => client.list(folder));
  for (const { name: own, isFolder, bytes, written } of entries.sort(byName)) {
    if (PUT_PART.test(own)) continue;
    const name = joinRemote(folder, own);
    const file = path.join(to, own);
    try {
      checkEntryName(own);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      tell({ event: 'failed', name, problem: error });
      continue;
    }
    items.push({ name, to: file, isFolder, bytes, written });
    if (isFolder) await walk(name, file, items, connection, tell);
  }
}

const byName = (a: RemoteEntry, b: RemoteEntry): number => (a.name < b.name ? -1 : 1);

const isFolder = (file: string): boolean => fs.statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;

async function makeFolder({ to }: Item): Promise<undefined> {
  await fs.promises.mkdir(to, { recursive: true }).catch((error: unknown) => {
    throw notWritable(to, error);
  });
}

async function getFile(item: Fetched, force: boolean, job: Job): Promise<Outcome> {
  const { name, to: file, bytes } = item;
  const { connection, signal, progress, tell } = job;
  if (fs.existsSync(file)) {
    if (await isSameFile(item, job)) return { bytes };
    if (!force) throw new Problem('would-overwrite', 'is there already', { file, hint: '-f replaces it' });
    if (isFolder(file)) throw new Problem('refused', 'is a folder here', { file });
  }
  const part = partOf(item);
  let start: number | undefined;
  await connection.lasting(async (client) => {
    const from = Math.min(partBytes(part), bytes);
    start ??= from;
    const out = writing(part, () => fs.openSync(part, 'a'));
    try {
      fs.ftruncateSync(out, from);
      tell({ event: 'begin', name, to: file, bytes, from });
      const take = (piece: Uint8Array): number => writing(part, () => fs.writeSync(out, piece));
      const length = await client.get(name, from, take, { signal, onBytes: progress.begin(from) });
      if (length !== bytes) throw changed(name, part);
      if (from > 0 && (await client.stat(name, true)).crc32 !== (await sumOfFile(part, signal)))
        throw changed(name, part);
    } finally {
      fs.closeSync(out);
    }
  });
  if (!force && fs.existsSync(file)) throw new Problem('would-overwrite', 'is there by now', { file });
  writing(file, () => fs.renameSync(part, file));
  return { bytes, sentBytes: bytes - (start ?? 0) };
}

/** What is fetched of a file, beside where it goes; named by what it is a part of. */
function partOf({ name, to, bytes, written }: Fetched): string {
  const what = createHash('sha256').update(`${name}\0${bytes}\0${written?.getTime() ?? 0}`);
  // The longest name has no room for more.
  const own = path.basename(to).slice(0, 50);
  return path.join(path.dirname(to), `.${own}.${what.digest('hex').slice(0, 8)}.mirleft-get`);
}

const partBytes = (part: string): number => fs.statSync(part, { throwIfNoEntry: false })?.size ?? 0;

function writing<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw notWritable(file, error);
  }
}

/** What is there belongs to another content: it is of no use. */
function changed(name: string, part: string): Problem {
  fs.rmSync(part, { force: true });
  return new Problem('verify-failed', 'was changed while it was fetched', { file: name, hint: 'try again' });
}

async function isSameFile({ name, to, bytes }: Fetched, { connection, signal }: Job): Promise<boolean> {
  const stat = fs.statSync(to);
  if (!stat.isFile() || stat.size !== bytes) return false;
  const sum = await sumOfFile(to, signal);
  return (await connection.lasting((client) => client.stat(name, true))).crc32 === sum;
}
