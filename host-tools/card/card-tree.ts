// What a card holds, as a tree of folders, and how many clusters it takes.

import { FIRST_CLUSTER, type Geometry } from './fat-geometry.js';

/** FAT32 counts a file's bytes with 32 bits. */
export const MAX_FILE_BYTES = 2 ** 32 - 1;
/** Of a directory: 2^16 entries of 32 bytes. */
const MAX_ENTRIES = 65_536;
const ENTRY_BYTES = 32;
/** `.` and `..`. */
const OWN_ENTRIES = 2;
/** UTF-16 units that one entry of a long name holds. */
const UNITS = 13;

/** A file for the card. */
export interface CardFile {
  /** Below the card's root, with slashes; every part legal (card-names.ts), and no two alike in one folder. */
  path: string;
  /** The contents, or the file on this computer that has them. */
  source: Uint8Array | { file: string | Buffer };
  bytes: number;
}

export interface Folder {
  name: string;
  folders: Map<string, Folder>;
  files: CardFile[];
  /** Of 32 bytes in its directory, its own two or the label included, with long names. */
  entries: number;
}

/** Why a file is not taken: the clusters are used up, its directory is full, it is longer than FAT counts. */
export type Refusal = 'room' | 'folder' | 'length';

const newFolder = (name: string, entries: number): Folder => ({ name, folders: new Map(), files: [], entries });

/** Entries of a name in its directory: one, and those of its long name. */
const entriesOf = (name: string): number => 1 + Math.ceil(name.length / UNITS);

/** Files put into a tree as long as they fit. */
export class CardTree {
  /** The label is its first entry. */
  readonly root = newFolder('', 1);
  /** Clusters taken, the root's included. */
  private used = 1;

  constructor(
    private readonly clusterBytes: number,
    /** Clusters that may be taken. */
    private readonly limit: number = Infinity,
  ) {}

  get clusters(): number {
    return this.used;
  }

  /** Adds the file and the folders on its path, or adds nothing and says why. */
  add(file: CardFile): Refusal | undefined {
    const names = file.path.split('/');
    let folder = this.root;
    let depth = 0;
    for (; depth < names.length - 1; depth++) {
      const next = folder.folders.get(names[depth] ?? '');
      if (!next) break;
      folder = next;
    }
    // The first name goes into a folder that is there, those below it into new ones.
    const [first = '', ...below] = names.slice(depth);
    const wanted =
      this.clustersOf(file.bytes) +
      this.clustersOf((folder.entries + entriesOf(first)) * ENTRY_BYTES) -
      this.clustersOf(folder.entries * ENTRY_BYTES) +
      below.reduce((sum, name) => sum + this.clustersOf((OWN_ENTRIES + entriesOf(name)) * ENTRY_BYTES), 0);
    if (file.bytes > MAX_FILE_BYTES) return 'length';
    if (folder.entries + entriesOf(first) > MAX_ENTRIES) return 'folder';
    if (this.used + wanted > this.limit) return 'room';
    this.used += wanted;
    this.put(file, names);
    return undefined;
  }

  private put(file: CardFile, names: readonly string[]): void {
    let folder = this.root;
    for (const name of names.slice(0, -1)) {
      let next = folder.folders.get(name);
      if (!next) {
        next = newFolder(name, OWN_ENTRIES);
        folder.folders.set(name, next);
        folder.entries += entriesOf(name);
      }
      folder = next;
    }
    folder.files.push(file);
    folder.entries += entriesOf(names.at(-1) ?? '');
  }

  private clustersOf(bytes: number): number {
    return Math.ceil(bytes / this.clusterBytes);
  }
}

/** Where a folder's directory and each file begin; runs of clusters, one behind the other, folders first. */
export interface Placed {
  folder: Folder;
  cluster: number;
  clusters: number;
  /** In the order of the directory. */
  folders: Placed[];
  files: { file: CardFile; cluster: number; clusters: number }[];
}

/** Gives every folder and file its clusters. Returns the root and the first cluster that is free. */
export function place(root: Folder, { clusterBytes }: Geometry): { root: Placed; end: number } {
  let next = FIRST_CLUSTER;
  const take = (bytes: number): { cluster: number; clusters: number } => {
    const clusters = Math.ceil(bytes / clusterBytes);
    const cluster = clusters === 0 ? 0 : next;
    next += clusters;
    return { cluster, clusters };
  };
  const placeFolder = (folder: Folder): Placed => {
    const own = take(folder.entries * ENTRY_BYTES);
    return { folder, ...own, folders: [...folder.folders.values()].map(placeFolder), files: [] };
  };
  const placeFiles = (placed: Placed): void => {
    placed.files = placed.folder.files.map((file) => ({ file, ...take(file.bytes) }));
    placed.folders.forEach(placeFiles);
  };
  const placed = placeFolder(root);
  placeFiles(placed);
  return { root: placed, end: next };
}
