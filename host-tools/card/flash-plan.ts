// Which bytes of an image have to be on the card: of FAT partitions those in use, of others all, and what stands before
// the first partition. An image without FAT is taken whole.

import { Problem } from '../problem.js';
import { PartOfSource, type ByteSource } from './byte-source.js';
import { SECTOR } from './fat-geometry.js';
import { usedRegions, type Region } from './fat-reader.js';
import { FatVolume } from './fat-volume.js';
import { isFatType, readLayout, type Partition } from './partition-table.js';

export interface FlashPlan {
  /** In order, apart, and multiples of `ALIGNMENT` but for the end of the last. */
  regions: Region[];
  /** Of all regions. */
  usedBytes: number;
  /** What a card has to have: the end of what the image describes. */
  neededBytes: number;
  /** Why everything is written; undefined when only used blocks are. */
  whole: string | undefined;
}

/** Of regions: no transfer is smaller, and sectors of any device divide it. */
export const ALIGNMENT = 4096;

const roundUp = (bytes: number, to: number): number => Math.ceil(bytes / to) * to;

/** Regions rounded to whole blocks up to `end`, those that touch joined. */
function joined(regions: Region[], end: number): Region[] {
  const all: Region[] = [];
  for (const { offset, bytes } of regions.toSorted((a, b) => a.offset - b.offset)) {
    const from = offset - (offset % ALIGNMENT);
    const to = Math.min(roundUp(offset + bytes, ALIGNMENT), end);
    const last = all.at(-1);
    if (last && from <= last.offset + last.bytes) last.bytes = Math.max(last.bytes, to - last.offset);
    else all.push({ offset: from, bytes: to - from });
  }
  return all;
}

/** What of a partition is in use; undefined where there is no FAT in it. */
function fatRegions(image: ByteSource, { type, offset, bytes }: Partition): Region[] | undefined {
  if (!isFatType(type)) return undefined;
  try {
    const used = usedRegions(new FatVolume(new PartOfSource(image, offset, bytes)));
    return used.map((region) => ({ offset: offset + region.offset, bytes: region.bytes }));
  } catch (error) {
    if (error instanceof Problem && error.code === 'bad-card') return undefined;
    throw error;
  }
}

/**
 * Plans it. Throws Problem: an image that is empty, packed, or cut off, and what is no image of a card, as far as can be
 * told, unless `force` says that it is one.
 */
export function planFlash(image: ByteSource, force = false): FlashPlan {
  const layout = readLayout(image);
  const plan = (used: Region[], end: number, whole?: string): FlashPlan => {
    const neededBytes = roundUp(end, SECTOR);
    const regions = joined(used, neededBytes);
    return { regions, neededBytes, whole, usedBytes: regions.reduce((sum, { bytes }) => sum + bytes, 0) };
  };
  if (layout.kind === 'foreign') {
    if (image.bytes === 0 || layout.what.startsWith('is packed'))
      throw new Problem('bad-card', layout.what, { file: image.name, hint: layout.hint });
    if (layout.isUnknown && !force)
      throw new Problem(
        'bad-card',
        `${layout.what}, and no file system that is known: it seems to be no card's image`,
        {
          file: image.name,
          hint: 'look again which file is meant; --force writes it all the same',
        },
      );
    return plan([{ offset: 0, bytes: image.bytes }], image.bytes, `it ${layout.what}`);
  }
  const partitions: Partition[] =
    layout.kind === 'bare' ? [{ number: 0, type: 0x0c, offset: 0, bytes: image.bytes }] : layout.partitions;
  const end = Math.max(...partitions.map(({ offset, bytes }) => offset + bytes));
  if (end > image.bytes)
    throw new Problem('bad-card', `is cut off: it has ${image.bytes} bytes, and its partitions end at ${end}`, {
      file: image.name,
      hint: 'make the image anew, or copy it again',
    });
  const first = Math.min(...partitions.map(({ offset }) => offset));
  const before = { offset: 0, bytes: Math.max(first, SECTOR) };
  const known = partitions.map((partition) => fatRegions(image, partition));
  const regions = partitions.flatMap(({ offset, bytes }, index) => known[index] ?? [{ offset, bytes }]);
  const hasFat = known.some((each) => each !== undefined);
  return plan([before, ...regions], end, hasFat ? undefined : 'no FAT file system can be read in it');
}
