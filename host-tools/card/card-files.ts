// The files of a card, whether it is an image or a mounted folder, as one tree. Names come from the card: hostile
// until checked.

import fs from 'node:fs';
import path from 'node:path';
import { Problem, systemReason } from '../problem.js';

/** A file or a folder of a card. */
export interface CardEntry {
  readonly name: string;
  readonly isFolder: boolean;
  /** Of a file. */
  readonly bytes: number;
  /** Where it lies; the same for two entries that are one thing, and undefined for what lies nowhere. */
  readonly place: string | undefined;
  /** Its 8.3 name, 11 letters; undefined where that is not told. */
  readonly short: string | undefined;
  /** Whether the card says that it is hidden, or the system's. */
  readonly isHidden: boolean;
  /** What is in a folder. Throws Problem. */
  entries(): CardEntry[];
  /** Bytes of a file from `offset` on: fewer at its end. Throws Problem. */
  read(offset: number, length: number): Buffer;
}

/** As FAT compares names, nearly: its own tables know fewer letters. */
const folded = (name: string): string => name.toUpperCase();

/** What the path leads to, whatever the case; undefined when there is nothing. Throws Problem. */
function findEntry(root: CardEntry, name: string): CardEntry | undefined {
  let at: CardEntry | undefined = root;
  for (const part of name.split('/').filter((part) => part !== '')) {
    if (!at?.isFolder) return undefined;
    at = at.entries().find((entry) => folded(entry.name) === folded(part));
  }
  return at;
}

/** The file at the path, or undefined. Throws Problem. */
export function findFile(root: CardEntry, name: string): CardEntry | undefined {
  const found = findEntry(root, name);
  return found?.isFolder ? undefined : found;
}

/** A card has no more; what seems to is broken, or meant ill. */
const MOST_ENTRIES = 200_000;
const DEEPEST = 128;

/**
 * All files and folders, with their paths. What cannot be read is told by `broken` and left out; so is a folder that is
 * in itself.
 */
export function* walk(
  root: CardEntry,
  broken: (where: string, problem: Problem) => void,
): Generator<{ path: string; entry: CardEntry }> {
  const seen = new Set<string>();
  let left = MOST_ENTRIES;
  const folders: { where: string; entry: CardEntry; depth: number }[] = [{ where: '', entry: root, depth: 0 }];
  for (let folder = folders.pop(); folder; folder = folders.pop()) {
    const { where, entry, depth } = folder;
    let entries: CardEntry[];
    try {
      const { place } = entry;
      if (place !== undefined && seen.has(place)) throw new Problem('bad-card', 'is in itself, or in two places');
      if (place !== undefined) seen.add(place);
      if (depth > DEEPEST) throw new Problem('bad-card', `is in more than ${DEEPEST} folders`);
      entries = entry.entries();
      if ((left -= entries.length) < 0) throw new Problem('bad-card', `there are more than ${MOST_ENTRIES} files`);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      broken(where, error);
      if (left < 0) return;
      continue;
    }
    const below: typeof folders = [];
    for (const each of entries) {
      const at = where === '' ? each.name : `${where}/${each.name}`;
      yield { path: at, entry: each };
      if (each.isFolder) below.push({ where: at, entry: each, depth: depth + 1 });
    }
    folders.push(...below.reverse());
  }
}

/** A folder of the computer that has a card's files. Links are not followed. */
export class FolderEntry implements CardEntry {
  readonly place: string;
  readonly short = undefined;
  readonly isHidden = false;

  private constructor(
    /** Bytes, because not every name is UTF-8. */
    private readonly at: Buffer,
    readonly name: string,
    readonly isFolder: boolean,
    readonly bytes: number,
    /** Why it cannot be read at all. */
    private readonly failure?: Problem,
  ) {
    this.place = at.toString('latin1');
  }

  /** The folder as the root of a card. */
  static root(folder: string): FolderEntry {
    return new FolderEntry(Buffer.from(folder), '', true, 0);
  }

  entries(): CardEntry[] {
    let names: Buffer[];
    try {
      names = fs.readdirSync(this.at, { encoding: 'buffer' }).sort((a, b) => Buffer.compare(a, b));
    } catch (error) {
      throw problemOf(this.at, error);
    }
    return names.flatMap((own) => {
      const at = Buffer.concat([this.at, Buffer.from(path.sep), own]);
      const name = own.toString();
      try {
        const stat = fs.lstatSync(at);
        if (stat.isDirectory()) return [new FolderEntry(at, name, true, 0)];
        return stat.isFile() ? [new FolderEntry(at, name, false, stat.size)] : [];
      } catch (error) {
        return [new FolderEntry(at, name, false, 0, problemOf(at, error))];
      }
    });
  }

  read(offset: number, length: number): Buffer {
    if (this.failure) throw this.failure;
    const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(length, this.bytes - offset)));
    try {
      const descriptor = fs.openSync(this.at, 'r');
      try {
        return buffer.subarray(0, fs.readSync(descriptor, buffer, 0, buffer.length, offset));
      } finally {
        fs.closeSync(descriptor);
      }
    } catch (error) {
      throw problemOf(this.at, error);
    }
  }
}

const problemOf = (at: Buffer, error: unknown): Problem =>
  new Problem('not-readable', `cannot be read (${systemReason(error)})`, { file: at.toString(), cause: error });
