// Cards as they are after a cut of power at every write: what was written reached the card up to there; or the last sector
// only in part; or of what was written since the last flush some is missing and the rest came in another order.

import { createHash } from 'node:crypto';
import { random } from '../support/decoder.js';
import { SECTOR, type Change } from './fat-rig.js';

/** A sector is torn between entries, of 32 bytes, 4, 2 or 1.5. */
const TEAR = 96;

/** A card as it is after a cut, and what was being done: the number of the last mark before it. */
export interface Cut {
  image: Buffer;
  step: number;
  what: string;
}

type Write = Exclude<Change, 'flush'>;

/** What a card was written, from `start` on; `marks` count the changes before each thing that was done. */
export interface Writing {
  start: Buffer;
  changes: Change[];
  marks: number[];
}

/** The cards; one that is as another was at the same mark comes once. */
export function* cuts(writing: Writing, seed: number): Generator<Cut> {
  const seen = new Set<string>();
  for (const cut of every(writing, seed)) {
    const key = `${cut.step} ${createHash('sha1').update(cut.image).digest('hex')}`;
    if (!seen.has(key)) yield cut;
    seen.add(key);
  }
}

function* every({ start, changes, marks }: Writing, seed: number): Generator<Cut> {
  const { below } = random(seed);
  const image = Buffer.from(start);
  const put = (to: Buffer, { sector, data }: Write, bytes = data.length): void => {
    data.copy(to, sector * SECTOR, 0, bytes);
  };
  /** The card at the last flush, and what was written since. */
  let flushed = Buffer.from(start);
  let since: Write[] = [];
  for (const [n, change] of changes.entries()) {
    if (change === 'flush') {
      flushed = Buffer.from(image);
      since = [];
      continue;
    }
    const step = marks.findLastIndex((mark) => mark <= n);
    const torn = Buffer.from(image);
    put(torn, change, below(change.data.length / SECTOR) * SECTOR + (1 + below(5)) * TEAR);
    yield { image: torn, step, what: `write ${n} torn` };
    for (let sectors = 1; sectors < Math.min(change.data.length / SECTOR, 4); sectors++) {
      const part = Buffer.from(image);
      put(part, change, sectors * SECTOR);
      yield { image: part, step, what: `${sectors} sectors of write ${n}` };
    }
    put(image, change);
    yield { image: Buffer.from(image), step, what: `after write ${n}` };
    since.push(change);
    if (since.length < 2) continue;
    const without = (lost: (i: number) => boolean): Buffer => {
      const mixed = Buffer.from(flushed);
      const order = since.map((write, i) => ({ write, at: below(1000), isLost: lost(i) }));
      for (const { write, isLost } of order.sort((a, b) => a.at - b.at)) if (!isLost) put(mixed, write);
      return mixed;
    };
    yield { image: without(() => below(3) === 0), step, what: `after write ${n}, some missing` };
    // Each of the few that most calls write, and one of many.
    const missing = since.length < 6 ? since.map((_, i) => i).slice(0, -1) : [below(since.length - 1)];
    for (const i of missing) {
      yield { image: without((j) => j === i), step, what: `after write ${n}, without ${since.length - 1 - i} before` };
    }
  }
}
