// What a card begins with: an MBR, a FAT file system without one, or something that no Pi boots from.
// The MBR's layout is everybody's since MS-DOS 2; types are those that Linux' fdisk lists.

import type { ByteSource } from './byte-source.js';
import { SECTOR } from './fat-geometry.js';

const ENTRIES = 446;
const ENTRY_BYTES = 16;
const ENTRY_COUNT = 4;
const SIGNATURE = 510;
const GPT_TYPE = 0xee;
const FAT_TYPES = new Set([0x01, 0x04, 0x06, 0x0b, 0x0c, 0x0e]);

export interface Partition {
  /** From 1. */
  number: number;
  type: number;
  /** In bytes from the card's beginning. */
  offset: number;
  bytes: number;
}

export type DiskLayout =
  | { kind: 'mbr'; partitions: Partition[] }
  /** A FAT file system from the first sector on. */
  | { kind: 'bare' }
  /**
   * `what` goes on with "it": "has a GPT", "is an NTFS volume"; `hint` is what to do. `isUnknown`: nothing in it tells
   * that it is the image of a card at all.
   */
  | { kind: 'foreign'; what: string; hint: string; isUnknown?: true };

/** Whether a partition's type says FAT12, FAT16 or FAT32. */
export const isFatType = (type: number): boolean => FAT_TYPES.has(type);

const REFORMAT = 'make a card with mirleft image and mirleft flash, or format it as FAT32 with one MBR partition';

/** Of files that hold an image, packed; each by its first bytes. */
const PACKED: [magic: string, what: string, program: string][] = [
  ['\x1f\x8b', 'gzip', 'gunzip'],
  ['\xfd7zXZ\0', 'xz', 'unxz'],
  ['BZh', 'bzip2', 'bunzip2'],
  ['\x28\xb5\x2f\xfd', 'zstd', 'unzstd'],
  ['PK\x03\x04', 'zip', 'unzip'],
];

/** What else than FAT a volume is, by its first sectors; undefined for FAT and for what is not known. */
export function foreignVolume(source: ByteSource): string | undefined {
  const start = source.read(0, 2048).toString('latin1');
  if (start.startsWith('EXFAT   ', 3)) return 'exFAT';
  if (start.startsWith('NTFS    ', 3)) return 'NTFS';
  if (start.startsWith('\x53\xef', 1080)) return 'ext';
  return undefined;
}

/** Whether a first sector could be a FAT volume's: a jump, and a sector size that there is. */
function looksFat(sector: Buffer): boolean {
  const sectorBytes = sector.readUInt16LE(11);
  const clusterSectors = sector[13] ?? 0;
  return (
    (sector[0] === 0xeb || sector[0] === 0xe9) &&
    [512, 1024, 2048, 4096].includes(sectorBytes) &&
    clusterSectors !== 0 &&
    (clusterSectors & (clusterSectors - 1)) === 0
  );
}

/** Reads it. Throws the source's Problem. */
export function readLayout(source: ByteSource): DiskLayout {
  if (source.bytes === 0)
    return { kind: 'foreign', what: 'is empty', hint: 'make it anew, or copy it again', isUnknown: true };
  const start = source.read(0, 2 * SECTOR);
  const text = start.toString('latin1');
  for (const [magic, what, program] of PACKED)
    if (text.startsWith(magic))
      return { kind: 'foreign', what: `is packed with ${what}`, hint: `unpack it with ${program} first` };
  const foreign = foreignVolume(source);
  if (foreign !== undefined)
    return { kind: 'foreign', what: `is an ${foreign} volume without partitions`, hint: REFORMAT };
  if (start.length < SECTOR || start.readUInt16LE(SIGNATURE) !== 0xaa55) {
    const gpt = text.startsWith('EFI PART', SECTOR);
    if (gpt) return { kind: 'foreign', what: 'has a GPT without an MBR', hint: REFORMAT };
    return { kind: 'foreign', what: 'has no partition table', hint: REFORMAT, isUnknown: true };
  }
  if (looksFat(start)) return { kind: 'bare' };
  const partitions = Array.from({ length: ENTRY_COUNT }, (_, index): Partition => {
    const at = ENTRIES + index * ENTRY_BYTES;
    return {
      number: index + 1,
      type: start[at + 4] ?? 0,
      offset: start.readUInt32LE(at + 8) * SECTOR,
      bytes: start.readUInt32LE(at + 12) * SECTOR,
    };
  }).filter(({ type, offset, bytes }) => type !== 0 && offset > 0 && bytes > 0);
  if (partitions.some(({ type }) => type === GPT_TYPE))
    return { kind: 'foreign', what: 'has a GPT instead of an MBR', hint: REFORMAT };
  if (partitions.length === 0)
    return { kind: 'foreign', what: 'has a partition table without partitions', hint: REFORMAT, isUnknown: true };
  return { kind: 'mbr', partitions };
}
