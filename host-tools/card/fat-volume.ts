// A FAT12, FAT16 or FAT32 volume, read only: where everything lies, and the chains of its clusters. Every number is
// checked before it is used, so that a lying one gives a Problem and no wild read.
// Source: Microsoft, FAT32 File System Specification 1.03.

import { Problem } from '../problem.js';
import type { ByteSource } from './byte-source.js';
import { FIRST_CLUSTER, SECTOR } from './fat-geometry.js';

/** With as many clusters and more it is no FAT12, or FAT16; FAT32 is known by other signs. */
const FAT16_CLUSTERS = 4085;
const FAT32_CLUSTERS = 65_525;
const MOST_CLUSTERS = 0x0ffffff5;
/** What the player reads. */
const LARGEST_CLUSTER = 64 * 1024;
const ENTRY_BYTES = 32;
/** Of FAT32's flags: one FAT only is in use, the one that the low four bits name. */
const ONE_FAT = 0x80;
/** A piece of the FAT that is kept: whole sectors, and whole entries of each type. */
const PIECE_BYTES = 3 * 16 * 1024;
const KEPT_PIECES = 16;
/** What the FAT's second entry has while nobody is in the middle of writing. */
const CLEAN: Record<FatBits, number> = { 12: 0, 16: 0x8000, 32: 0x08000000 };

export type FatBits = 12 | 16 | 32;

export interface FatLayout {
  bits: FatBits;
  /** Of the volume. */
  bytes: number;
  clusterBytes: number;
  clusters: number;
  /** Bytes from the volume's beginning: the FAT that is read, the root directory of FAT12 and FAT16, cluster 2. */
  fatOffset: number;
  rootOffset: number;
  dataOffset: number;
  rootEntries: number;
  /** Of FAT32, else 0. */
  rootCluster: number;
  label: string;
}

function readBootSector(source: ByteSource): FatLayout {
  const boot = source.read(0, SECTOR);
  const wrong = (what: string, offset?: number): Problem =>
    new Problem('bad-card', `the FAT file system ${what}`, {
      ...{ file: source.name, offset },
      hint: 'check it with fsck.fat, or make the card anew',
    });
  if (boot.length < SECTOR) throw wrong('is cut off before it begins');
  if (boot.readUInt16LE(510) !== 0xaa55 || (boot[0] !== 0xeb && boot[0] !== 0xe9)) throw wrong('is none');
  const sectorBytes = boot.readUInt16LE(11);
  if (sectorBytes !== SECTOR) throw wrong(`has sectors of ${sectorBytes} bytes; 512 are wanted`, 11);
  const clusterSectors = boot[13] ?? 0;
  const clusterBytes = clusterSectors * SECTOR;
  if (clusterSectors === 0 || clusterSectors & (clusterSectors - 1)) throw wrong('has no size of clusters', 13);
  if (clusterBytes > LARGEST_CLUSTER) throw wrong(`has clusters of ${clusterBytes} bytes`, 13);
  const reserved = boot.readUInt16LE(14);
  const fats = boot[16] ?? 0;
  const rootEntries = boot.readUInt16LE(17);
  const sectors = boot.readUInt16LE(19) || boot.readUInt32LE(32);
  const isFat32 = boot.readUInt16LE(22) === 0;
  const fatSectors = isFat32 ? boot.readUInt32LE(36) : boot.readUInt16LE(22);
  if (reserved === 0 || fats < 1 || fats > 2 || fatSectors === 0) throw wrong('has no place for its tables', 14);
  if (isFat32 !== (rootEntries === 0)) throw wrong('has a root directory of another type', 17);
  const rootSector = reserved + fats * fatSectors;
  const dataSector = rootSector + Math.ceil((rootEntries * ENTRY_BYTES) / SECTOR);
  const clusters = Math.floor((sectors - dataSector) / clusterSectors);
  if (sectors <= dataSector || clusters < 1) throw wrong('is larger before its files than as a whole', 19);
  if (sectors * SECTOR > source.bytes) throw wrong(`has ${sectors * SECTOR} bytes, and there are ${source.bytes}`, 32);
  const bits: FatBits = isFat32 ? 32 : clusters < FAT16_CLUSTERS ? 12 : 16;
  if (clusters > MOST_CLUSTERS || (!isFat32 && clusters >= FAT32_CLUSTERS)) throw wrong('has too many clusters', 22);
  if ((fatSectors * SECTOR * 8) / bits < clusters + FIRST_CLUSTER)
    throw wrong('has a table that is too short for its clusters', isFat32 ? 36 : 22);
  const flags = isFat32 ? boot.readUInt16LE(40) : 0;
  const active = flags & ONE_FAT ? flags & 15 : 0;
  if (active >= fats) throw wrong('reads a table that it does not have', 40);
  const rootCluster = isFat32 ? boot.readUInt32LE(44) : 0;
  if (isFat32 && (rootCluster < FIRST_CLUSTER || rootCluster >= clusters + FIRST_CLUSTER))
    throw wrong('has its root directory outside', 44);
  return {
    ...{ bits, clusterBytes, clusters, rootEntries, rootCluster, bytes: sectors * SECTOR },
    fatOffset: (reserved + active * fatSectors) * SECTOR,
    rootOffset: rootSector * SECTOR,
    dataOffset: dataSector * SECTOR,
    label: boot.toString('latin1', isFat32 ? 71 : 43, isFat32 ? 82 : 54).trim(),
  };
}

export class FatVolume {
  readonly layout: FatLayout;
  private readonly pieces = new Map<number, Buffer>();

  /** Reads the boot sector; `source` begins with it. Throws Problem. */
  constructor(readonly source: ByteSource) {
    this.layout = readBootSector(source);
  }

  /** Whether it says that it was not unmounted; FAT12 never does. */
  get isDirty(): boolean {
    const clean = CLEAN[this.layout.bits];
    return (this.entry(1) & clean) !== clean;
  }

  /** Where a cluster begins, in bytes from the volume's beginning. */
  offsetOf(cluster: number): number {
    return this.layout.dataOffset + (cluster - FIRST_CLUSTER) * this.layout.clusterBytes;
  }

  /** Whether there is such a cluster. */
  isCluster(cluster: number): boolean {
    return cluster >= FIRST_CLUSTER && cluster < this.layout.clusters + FIRST_CLUSTER;
  }

  /** The table's entry of a cluster, which must be below `clusters` + 2. */
  entry(cluster: number): number {
    const { bits } = this.layout;
    const at = Math.floor((cluster * bits) / 8);
    const piece = this.piece(Math.floor(at / PIECE_BYTES));
    const inside = at % PIECE_BYTES;
    if (inside + (bits === 32 ? 4 : 2) > piece.length) throw this.problem('has a table that is cut off');
    if (bits === 32) return piece.readUInt32LE(inside) & 0x0fffffff;
    const word = piece.readUInt16LE(inside);
    if (bits === 16) return word;
    return cluster % 2 ? word >> 4 : word & 0xfff;
  }

  /** Whether an entry is the last of its chain. */
  private isEnd(entry: number): boolean {
    return entry >= 2 ** Math.min(this.layout.bits, 28) - 8;
  }

  /** The clusters of a chain, up to `most`. Throws Problem when it leaves the volume, or is longer than `most`. */
  *chain(first: number, most: number): Generator<number> {
    let left = Math.min(most, this.layout.clusters);
    for (let cluster = first; ;) {
      if (!this.isCluster(cluster)) throw this.problem(`has a chain to cluster ${cluster}, which is none`);
      if (left-- <= 0) throw this.problem(`has a chain from cluster ${first} that does not end`);
      yield cluster;
      cluster = this.entry(cluster);
      if (this.isEnd(cluster)) return;
    }
  }

  problem(what: string): Problem {
    return new Problem('bad-card', `the FAT file system ${what}`, {
      file: this.source.name,
      hint: 'mend it with fsck.fat, or make the card anew',
    });
  }

  private piece(number: number): Buffer {
    const known = this.pieces.get(number);
    if (known) return known;
    const { fatOffset, bits, clusters } = this.layout;
    // An entry of 12 bits is read as 16.
    const end = Math.ceil(((clusters + FIRST_CLUSTER) * bits) / 8) + 1;
    const from = number * PIECE_BYTES;
    const read = this.source.read(fatOffset + from, Math.min(PIECE_BYTES, end - from));
    if (this.pieces.size >= KEPT_PIECES) this.pieces.delete(this.pieces.keys().next().value ?? 0);
    this.pieces.set(number, read);
    return read;
  }
}
