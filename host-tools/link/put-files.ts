// Files onto a card: what is there already is not sent again, and what was broken off is gone on with.

import fs from 'node:fs';
import path from 'node:path';
import { KERNEL_BYTES } from '../../boot/memory-map.js';
import { foldCase, legalName } from '../card/card-names.js';
import { readWholeKernel, unpackKernel } from '../card/kernel-image.js';
import { Problem } from '../problem.js';
import type { FileClient } from './file-client.js';
import {
  transferring,
  type Connect,
  type Item,
  type Job,
  type Outcome,
  type TransferEvent,
  type TransferReport,
} from './file-transfers.js';
import { notReadable, openToRead, piecesOf, sumOf } from './host-content.js';
import { joinRemote } from './remote-names.js';

/** What is converted on its way to a card by `mirleft image` and `mirleft card`. */
const COMPRESSED = /\.(?:flac|mp3|ogg|oga|opus)$/i;
/** A device keeps nothing of a put that is no longer (docs/link.md, Files). */
const HELD_BYTES = 48 * 1024;

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
export const putFiles = (options: PutOptions): AsyncGenerator<TransferEvent, TransferReport> =>
  transferring(
    options,
    (job) => plan(options, job),
    (item, job) => (item.isFolder ? makeFolder(item, job) : putFile(item, options.force ?? false, job)),
  );

async function plan({ files, to, recursive = false }: PutOptions, { connection, tell }: Job): Promise<Item[]> {
  const target = to.split('/').filter(Boolean).join('/');
  const there = files.flatMap((file) => {
    const isFolder = telling(tell, file, () => isGivenFolder(file, recursive));
    return isFolder === undefined ? [] : [{ file, isFolder }];
  });
  if (there.length === 0) return [];
  const isInto =
    target === '' ||
    to.endsWith('/') ||
    files.length > 1 ||
    (await connection.lasting((client) => client.find(target)))?.isFolder === true;
  const items: Item[] = [];
  for (const { file, isFolder } of there) {
    const own = isInto ? joinRemote(target, legal(path.basename(path.resolve(file)), file, tell)) : target;
    if (isFolder) walk(file, own, items, tell);
    else add(file, own, items, tell);
  }
  return items;
}

function isGivenFolder(file: string, recursive: boolean): boolean {
  const isFolder = fs.statSync(file).isDirectory();
  if (isFolder && !recursive)
    throw new Problem('refused', 'is a folder', { file, hint: '-r puts it with all that is in it' });
  return isFolder;
}

/** Does something with a file or folder here; undefined when that fails, which is told: the others are put all the same. */
function telling<T>(tell: Job['tell'], file: string, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    const problem = error instanceof Problem ? error : notReadable(file, error);
    tell({ event: 'failed', name: file, problem });
    return undefined;
  }
}

function add(file: string, to: string, items: Item[], tell: Job['tell']): void {
  const bytes = telling(tell, file, () => fs.statSync(file).size);
  if (bytes === undefined) return;
  if (COMPRESSED.test(to)) tell({ event: 'unplayable', name: file });
  items.push({ name: file, to, isFolder: false, bytes });
}

/** The name that a card takes for one of the host's. */
function legal(name: string, file: string, tell: Job['tell']): string {
  const to = legalName(name);
  if (to !== name.normalize('NFC')) tell({ event: 'renamed', name: file, to });
  return to;
}

/** A folder and what is in it, itself first. */
function walk(folder: string, to: string, items: Item[], tell: Job['tell']): void {
  items.push({ name: folder, to, isFolder: true, bytes: 0 });
  const entries = telling(tell, folder, () => fs.readdirSync(folder, { withFileTypes: true })) ?? [];
  const taken = new Set<string>();
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const file = path.join(folder, entry.name);
    if (!entry.isFile() && !entry.isDirectory()) {
      tell({ event: 'skipped', name: file });
      continue;
    }
    const name = legal(entry.name, file, tell);
    if (taken.has(foldCase(name))) {
      const problem = new Problem('refused', 'has the name of another file in its folder, on a card', { file });
      tell({ event: 'failed', name: file, problem });
      continue;
    }
    taken.add(foldCase(name));
    if (entry.isDirectory()) walk(file, joinRemote(to, name), items, tell);
    else add(file, joinRemote(to, name), items, tell);
  }
}

async function makeFolder({ to }: Item, { connection }: Job): Promise<undefined> {
  await connection.lasting(async (client) => {
    const found = await client.find(to);
    if (!found) await client.makeFolder(to);
    else if (!found.isFolder) throw new Problem('refused', 'is a file on the card', { file: to });
  });
}

/** What the board boots from; without it the card has to come into a computer. */
const BOOTED = /^kernel8\.img$/i;

/** Throws Problem for a file that would take the kernel's place, and that the board could not be reached with any more. */
async function checkBoots(handle: fs.promises.FileHandle, bytes: number, file: string): Promise<void> {
  const packed = Buffer.alloc(Math.min(bytes, KERNEL_BYTES));
  await handle.read(packed, 0, packed.length, 0);
  const kernel = unpackKernel(packed);
  if (bytes <= KERNEL_BYTES && kernel && readWholeKernel(kernel)) return;
  throw new Problem(
    'bad-firmware',
    'is no kernel of this library, or not all of one: the board would be lost with it',
    {
      file,
      hint: 'mirleft build makes one; what is to boot all the same goes there under another name, and then by mirleft mv -f',
    },
  );
}

async function putFile({ name: file, to }: Item, force: boolean, job: Job): Promise<Outcome> {
  const { connection, signal, progress, tell } = job;
  const handle = await openToRead(file);
  try {
    const { size } = await handle.stat();
    if (size > 0xffffffff) throw new Problem('no-room', 'is larger than a file on a card can be', { file });
    const read = piecesOf(handle, file);
    const sum = await sumOf(size, read, signal);
    let start: number | undefined;
    const isSame = await connection.lasting(async (client) => {
      if (await hasContent(client, to, size, sum)) return start === undefined;
      if (BOOTED.test(to)) await checkBoots(handle, size, file);
      let count = progress.begin(0);
      await client.put(to, { bytes: size, crc32: sum, read }, force, {
        signal,
        onBytes: (bytes, from) => {
          if (bytes === from) {
            start ??= from;
            count = progress.begin(from);
            tell({ event: 'begin', name: file, to, bytes: size, from });
          } else count(bytes);
        },
      });
      return false;
    });
    return isSame ? { bytes: size } : { bytes: size, sentBytes: size - (start ?? 0) };
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'interrupted') throw error;
    const { size } = await handle.stat();
    const hint = size > HELD_BYTES ? 'the same command goes on near there' : undefined;
    throw new Problem(error.code, error.message, { file, hint, cause: error });
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
