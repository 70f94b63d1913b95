// Files and folders of a FAT volume, and which of its bytes are in use.

import { FIRST_CLUSTER } from './fat-geometry.js';
import type { FatVolume } from './fat-volume.js';
import { directoryEntries, ENTRY_BYTES, type DirectoryEntry } from './fat-names.js';
import type { CardEntry } from './card-files.js';

/** Of a directory: 2^16 entries. */
const MOST_DIRECTORY_BYTES = 65_536 * ENTRY_BYTES;
/** The same for every directory that is the root. */
const ROOT_PLACE = 'root';
const BAD_CLUSTER = 7;

/** A file or folder on a FAT volume. */
class FatEntry implements CardEntry {
  readonly name: string;
  readonly isFolder: boolean;
  readonly bytes: number;
  readonly place: string | undefined;
  readonly short: string;
  readonly isHidden: boolean;

  constructor(
    private readonly volume: FatVolume,
    private readonly entry: DirectoryEntry,
    place?: string,
  ) {
    ({ name: this.name, short: this.short, isFolder: this.isFolder, isHidden: this.isHidden } = entry);
    this.bytes = entry.isFolder ? 0 : entry.bytes;
    this.place = place ?? (entry.cluster === 0 ? undefined : String(entry.cluster));
  }

  entries(): CardEntry[] {
    const { volume } = this;
    return directoryEntries(this.directoryBytes(), volume.layout.bits).map((entry) => new FatEntry(volume, entry));
  }

  read(offset: number, length: number): Buffer {
    const { volume, bytes } = this;
    const { clusterBytes } = volume.layout;
    const end = Math.min(offset + length, bytes);
    const parts: Buffer[] = [];
    let at = 0;
    if (offset < end)
      for (const cluster of volume.chain(this.entry.cluster, Math.ceil(bytes / clusterBytes))) {
        if (at + clusterBytes > offset) {
          const from = Math.max(offset, at);
          const wanted = Math.min(end, at + clusterBytes) - from;
          const part = volume.source.read(volume.offsetOf(cluster) + from - at, wanted);
          if (part.length < wanted) throw volume.problem('is cut off');
          parts.push(part);
        }
        at += clusterBytes;
        if (at >= end) return Buffer.concat(parts);
      }
    if (at < end) throw volume.problem(`has a file of ${bytes} bytes whose clusters hold ${at}`);
    return Buffer.alloc(0);
  }

  private directoryBytes(): Buffer {
    const { volume } = this;
    const { clusterBytes, rootOffset, rootEntries } = volume.layout;
    if (this.place === ROOT_PLACE && rootEntries > 0) return volume.source.read(rootOffset, rootEntries * ENTRY_BYTES);
    const parts: Buffer[] = [];
    for (const cluster of volume.chain(this.entry.cluster, Math.ceil(MOST_DIRECTORY_BYTES / clusterBytes)))
      parts.push(volume.source.read(volume.offsetOf(cluster), clusterBytes));
    return Buffer.concat(parts);
  }
}

/** The root directory. */
export function fatRoot(volume: FatVolume): CardEntry {
  const entry = { name: '', short: '', isHidden: false, isFolder: true, cluster: volume.layout.rootCluster, bytes: 0 };
  return new FatEntry(volume, entry, ROOT_PLACE);
}

/** Bytes from `offset` on. */
export interface Region {
  offset: number;
  bytes: number;
}

/** What of the volume is in use, in order and apart: all before the first cluster, and the clusters that are taken. */
export function usedRegions(volume: FatVolume): Region[] {
  const { bits, clusters, clusterBytes, dataOffset } = volume.layout;
  const bad = 2 ** Math.min(bits, 28) - 16 + BAD_CLUSTER;
  const regions: Region[] = [{ offset: 0, bytes: dataOffset }];
  let last = regions[0] as Region;
  for (let cluster = FIRST_CLUSTER; cluster < clusters + FIRST_CLUSTER; cluster++) {
    const entry = volume.entry(cluster);
    if (entry === 0 || entry === bad) continue;
    const offset = volume.offsetOf(cluster);
    if (last.offset + last.bytes === offset) last.bytes += clusterBytes;
    else regions.push((last = { offset, bytes: clusterBytes }));
  }
  return regions;
}

/** Bytes of the clusters that are free. */
export function freeBytes(volume: FatVolume): number {
  const { clusters, clusterBytes } = volume.layout;
  let free = 0;
  for (let cluster = FIRST_CLUSTER; cluster < clusters + FIRST_CLUSTER; cluster++)
    if (volume.entry(cluster) === 0) free++;
  return free * clusterBytes;
}
