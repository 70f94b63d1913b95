// The file system that a card boots from: where it is, and whether it is what a Pi reads.

import type { CardSource } from './byte-source.js';
import { PartOfSource } from './byte-source.js';
import { guarded, type Tell } from './check-report.js';
import { FatVolume } from './fat-volume.js';
import { foreignVolume, isFatType, readLayout, type Partition } from './partition-table.js';

const REFORMAT = 'make the card with mirleft image and mirleft flash, or format it as FAT32';
/** The VideoCore's bootloader in the Pi's EEPROM reads cards without partitions since then (rpi-eeprom#120). */
const BARE_SINCE = '26 May 2020';

/** Finds the volume, and tells what is wrong with it; undefined when there is none that can be read. */
export function findVolume(source: CardSource, tell: Tell): FatVolume | undefined {
  const layout = readLayout(source);
  if (layout.kind === 'foreign') {
    tell('boot', 'no-fat', undefined, layout.what, layout.hint);
    return undefined;
  }
  if (!source.isDevice) checkSize(source, tell);
  if (layout.kind === 'bare') {
    tell(
      'note',
      'no-partition-table',
      undefined,
      `has no partition table: a Pi whose bootloader is from before ${BARE_SINCE} does not boot it`,
      'if this is a partition of a device, name the whole device; else make the card with mirleft image',
    );
    return openVolume(source, tell);
  }
  const { partitions } = layout;
  for (const { number, offset, bytes } of partitions)
    if (offset + bytes > source.bytes)
      tell(
        'boot',
        'cut-off',
        undefined,
        `partition ${number} ends at byte ${offset + bytes}, and the card at ${source.bytes}`,
        'copy the image again; a card that is smaller than it says is a fake one',
      );
  return findPartition(source, partitions, tell);
}

/** The first FAT partition, as the VideoCore looks for it. */
function findPartition(source: CardSource, partitions: Partition[], tell: Tell): FatVolume | undefined {
  const part = ({ offset, bytes }: Partition): PartOfSource => new PartOfSource(source, offset, bytes);
  const first = partitions.find(({ type }) => isFatType(type));
  if (!first) {
    for (const partition of partitions) {
      const volume = silent(part(partition));
      if (!volume) continue;
      const type = `0x${partition.type.toString(16).padStart(2, '0')}`;
      const what = `partition ${partition.number} is FAT, but its type says ${type}: the VideoCore does not look there`;
      tell('boot', 'partition-type', undefined, what, 'set the type to 0c (fdisk: t)');
      return volume;
    }
    const found = partitions.map((partition) => foreignVolume(part(partition)) ?? 'of another kind');
    tell('boot', 'no-fat', undefined, `has no FAT partition: what is there is ${found.join(', ')}`, REFORMAT);
    return undefined;
  }
  const foreign = foreignVolume(part(first));
  if (foreign !== undefined) {
    tell('boot', 'no-fat', undefined, `partition ${first.number} says that it is FAT, and is ${foreign}`, REFORMAT);
    return undefined;
  }
  const before = partitions.filter(({ number }) => number < first.number);
  if (before.length > 0)
    tell(
      'note',
      'not-first-partition',
      undefined,
      `the FAT partition is number ${first.number}: some bootloaders only look at the first`,
      'let the FAT partition be the first',
    );
  return openVolume(part(first), tell);
}

function silent(part: PartOfSource): FatVolume | undefined {
  return guarded(
    () => undefined,
    'bad-fat',
    'boot',
    '',
    () => new FatVolume(part),
  );
}

function openVolume(source: CardSource | PartOfSource, tell: Tell): FatVolume | undefined {
  const volume = guarded(tell, 'bad-fat', 'boot', '', () => new FatVolume(source));
  if (volume && guarded(tell, 'bad-fat', 'boot', '', () => volume.isDirty))
    tell(
      'note',
      'not-unmounted',
      undefined,
      'was taken out, or lost power, while it was written',
      'fsck.fat -a on its partition mends what there is to mend',
    );
  return volume;
}

function checkSize({ name, bytes }: CardSource, tell: Tell): void {
  const power = 2 ** Math.ceil(Math.log2(bytes));
  if (bytes > 0 && power !== bytes)
    tell(
      'note',
      'image-size',
      undefined,
      `has ${bytes} bytes, which is no power of two: QEMU takes no such card, a Pi does`,
      `truncate -s ${power} ${name}`,
    );
}
