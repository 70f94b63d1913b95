// Where everything lies in a card's image: an MBR, one FAT32 partition, its two FATs, its clusters.
//
// Partition and clusters begin at multiples of 4 MiB, the size of the erase blocks of common cards, so that no cluster
// straddles two of them: the sectors before the FATs (reserved) are as many as that takes.
// Source: Microsoft, FAT32 File System Specification 1.03; cluster sizes are mkfs.fat's.

export const SECTOR = 512;
const MIB = 1 << 20;
const ALIGNMENT = 4 * MIB;
const ALIGNED_SECTORS = ALIGNMENT / SECTOR;
/** Boot sector, FSInfo, their backups at 6 and 7. */
const LEAST_RESERVED = 32;
/** Bytes of an entry of the FAT; clusters are counted from FIRST_CLUSTER on. */
const ENTRY = 4;
export const FIRST_CLUSTER = 2;

/** Fewer than 65,525 clusters would make it a FAT16. */
export const LEAST_IMAGE = 64 * MIB;
/** The MBR counts sectors with 32 bits. */
export const LARGEST_IMAGE = 2 ** 40;
/** From here on cards have less than their name says, at least seven eighths: the partition ends there. */
const SOLD_SHORT = 2 ** 31;

export interface Geometry {
  /** Of the whole image, a power of two: QEMU takes no other size. */
  imageBytes: number;
  /** Of the partition, from the image's start. */
  firstSector: number;
  sectors: number;
  /** Before the first FAT, from the partition's start. */
  reservedSectors: number;
  /** Of one FAT. */
  fatSectors: number;
  clusterBytes: number;
  clusters: number;
  /** Of the first cluster, from the image's start. */
  dataOffset: number;
}

function clusterBytesOf(partitionBytes: number): number {
  if (partitionBytes <= 260 * MIB) return 512;
  if (partitionBytes <= 8192 * MIB) return 4096;
  if (partitionBytes <= 16384 * MIB) return 8192;
  return partitionBytes <= 32768 * MIB ? 16384 : 32768;
}

/** The geometry of an image; `imageBytes` is a power of two from LEAST_IMAGE to LARGEST_IMAGE. */
export function geometryOf(imageBytes: number): Geometry {
  const end = imageBytes < SOLD_SHORT ? imageBytes : (imageBytes / 8) * 7;
  const sectors = end / SECTOR - ALIGNED_SECTORS;
  const clusterBytes = clusterBytesOf(sectors * SECTOR);
  for (let before = ALIGNED_SECTORS; ; before += ALIGNED_SECTORS) {
    const clusters = Math.floor(((sectors - before) * SECTOR) / clusterBytes);
    const fatSectors = Math.ceil(((clusters + FIRST_CLUSTER) * ENTRY) / SECTOR);
    const reservedSectors = before - 2 * fatSectors;
    if (reservedSectors < LEAST_RESERVED) continue;
    return {
      ...{ imageBytes, firstSector: ALIGNED_SECTORS, sectors, reservedSectors, fatSectors, clusterBytes, clusters },
      dataOffset: ALIGNMENT + before * SECTOR,
    };
  }
}

/** The smallest size of an image that is no smaller than `bytes`; NaN when there is none. */
export function imageSizeFor(bytes: number): number {
  let size = LEAST_IMAGE;
  while (size < bytes && size < LARGEST_IMAGE) size *= 2;
  return size < bytes ? NaN : size;
}
