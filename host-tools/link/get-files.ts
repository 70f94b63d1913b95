// Files from a card: what is here already is not fetched again, what was broken off is gone on with, and until all of a file
// is there the host's is what it was.

import fs from 'node:fs';
import path from 'node:path';
import { Problem } from '../problem.js';
import type { RemoteEntry } from './file-client.js';
import {
  isFinal,
  transferring,
  type Connect,
  type Connection,
  type Item,
  type Job,
  type Outcome,
  type TransferEvent,
  type TransferReport,
} from './file-transfers.js';
import { Leftovers, Part, placeOf } from './get-place.js';
import { notReadable, notWritable, sumOfFile } from './host-content.js';
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
export function getFiles(options: GetOptions): AsyncGenerator<TransferEvent, TransferReport> {
  const leftovers = new Leftovers();
  return transferring(
    options,
    (job) => plan(options, job),
    (item, job) => (item.isFolder ? makeFolder(item) : getFile(item, options.force ?? false, leftovers, job)),
  );
}

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
  const failed = (name: string, error: unknown): void => {
    if (!(error instanceof Problem) || isFinal(error)) throw error;
    tell({ event: 'failed', name, problem: error });
  };
  let entries: RemoteEntry[];
  try {
    entries = await connection.lasting((client) => client.list(folder));
  } catch (error) {
    failed(folder, error);
    return;
  }
  for (const { name: own, isFolder, bytes, written } of entries.sort(byName)) {
    if (PUT_PART.test(own)) continue;
    const name = joinRemote(folder, own);
    const file = path.join(to, own);
    try {
      checkEntryName(own);
    } catch (error) {
      failed(name, error);
      continue;
    }
    items.push({ name, to: file, isFolder, bytes, written });
    if (isFolder) await walk(name, file, items, connection, tell);
  }
}

const byName = (a: RemoteEntry, b: RemoteEntry): number => (a.name < b.name ? -1 : 1);

function isFolder(file: string): boolean {
  try {
    return fs.statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch (error) {
    throw notReadable(file, error);
  }
}

async function makeFolder({ to }: Item): Promise<undefined> {
  await fs.promises.mkdir(to, { recursive: true }).catch((error: unknown) => {
    throw notWritable(to, error);
  });
}

async function getFile(item: Fetched, force: boolean, leftovers: Leftovers, job: Job): Promise<Outcome> {
  const { to, bytes } = item;
  const place = placeOf(to);
  const part = new Part(place, item);
  leftovers.sweep(place.file, part.path);
  if (place.isThere) {
    if (await isSameFile(place.file, item, job)) {
      part.remove();
      return { bytes };
    }
    if (!force) throw new Problem('would-overwrite', 'is there already', { file: to, hint: '-f replaces it' });
  }
  try {
    const from = await fetchPart(item, part, job);
    part.finish(to, force);
    return { bytes, sentBytes: bytes - from };
  } catch (error) {
    throw error instanceof Problem ? part.kept(error) : error;
  }
}

/** Fetches what is missing of a part; how much was there already. */
async function fetchPart({ name, to, bytes }: Fetched, part: Part, job: Job): Promise<number> {
  const { connection, signal, progress, tell } = job;
  let start: number | undefined;
  await connection.lasting(async (client) => {
    const from = Math.min(part.bytes, bytes);
    start ??= from;
    const out = writing(to, () => fs.openSync(part.path, 'a'));
    try {
      writing(to, () => fs.ftruncateSync(out, from));
      tell({ event: 'begin', name, to, bytes, from });
      const take = (piece: Uint8Array): void => writing(to, () => fs.writeFileSync(out, piece));
      const length = await client.get(name, from, take, { signal, onBytes: progress.begin(from) });
      if (length !== bytes) throw changed(name, part);
      if (from > 0 && (await client.stat(name, true)).crc32 !== (await sumOfFile(part.path, signal)))
        throw changed(name, part);
    } finally {
      fs.closeSync(out);
    }
  });
  return start ?? 0;
}

function writing<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw notWritable(file, error);
  }
}

/** What is there belongs to another content: it is of no use. */
function changed(name: string, part: Part): Problem {
  part.remove();
  return new Problem('verify-failed', 'was changed while it was fetched', { file: name, hint: 'try again' });
}

async function isSameFile(file: string, { name, bytes }: Fetched, { connection, signal }: Job): Promise<boolean> {
  if (fs.statSync(file).size !== bytes) return false;
  const sum = await sumOfFile(file, signal);
  return (await connection.lasting((client) => client.stat(name, true))).crc32 === sum;
}
