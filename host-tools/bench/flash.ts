// How quickly an image is written into a file and compared: what is beside a card's own speed.

import { FileSource } from '../card/byte-source.js';
import { CardTree } from '../card/card-tree.js';
import { geometryOf } from '../card/fat-geometry.js';
import { writeImage } from '../card/fat-image.js';
import { flash } from '../card/flash.js';
import { planFlash } from '../card/flash-plan.js';
import { openFileTarget } from '../card/flash-target.js';
import type { Scratch } from '../emulator/scratch.js';
import { Problem } from '../problem.js';
import type { BenchRow } from './bench.js';

const USED_BYTES = 40 << 20;
const IMAGE_BYTES = 128 << 20;

/** `flash --to` of an image with 40 MiB of files, its start apart. Throws Problem. */
export async function flashSpeed(scratch: Scratch): Promise<BenchRow[]> {
  const image = scratch.file('card.img');
  const geometry = geometryOf(IMAGE_BYTES);
  const tree = new CardTree(geometry.clusterBytes);
  // Nothing that compresses, or is a hole.
  const source = new Uint8Array(Uint32Array.from({ length: USED_BYTES / 4 }, (_, i) => i * 2_654_435_761).buffer);
  tree.add({ path: 'file.bin', source, bytes: USED_BYTES });
  await writeImage(image, geometry, tree);
  const began = performance.now();
  const opened = FileSource.open(image);
  const plan = planFlash(opened);
  opened.close();
  const target = await openFileTarget(scratch.file('copy.img'), image, false);
  try {
    const flashing = flash({ image, plan, target });
    for (;;) {
      const { done, value } = await flashing.next();
      if (!done) continue;
      if (value.verifiedBytes !== plan.usedBytes) throw new Problem('unexpected', 'not all of it was compared');
      const measured = USED_BYTES / 1e6 / ((performance.now() - began) / 1000);
      const past = value.cacheBypassed ? 'past the cache' : 'through the cache';
      const how = `${(plan.usedBytes / 1e6).toFixed(0)} MB written and compared ${past}, wall time, this disk's speed in it`;
      return [
        { id: 'flash', what: 'flash --to, 40 MiB of files', unit: 'MB/s', goal: 150, atLeast: true, measured, how },
      ];
    }
  } finally {
    await target.close();
  }
}
