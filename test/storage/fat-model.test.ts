// Random operations, against a model that is a list of names.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { memoryFolder } from '../media/sounds.js';
import { checkAndGet, makeFat } from '../support/fat-image.js';
import { Fat, FsError, FsFailure, noise } from './fat-rig.js';

const NAMES = [
  'a.txt',
  'B.TXT',
  'Long name with ümlauts.wav',
  'long name with Ümlauts.qoa',
  'x y.z',
  'δ',
  'ALBUM',
  'z',
];
const FOLDERS = ['', '/ALBUM', '/ALBUM/z', '/δ'];

type Operation =
  | { kind: 'create' | 'remove' | 'makeDirectory'; at: string }
  | { kind: 'write'; at: string; offset: number; bytes: number; seed: number }
  | { kind: 'truncate'; at: string; part: number }
  | { kind: 'rename'; at: string; to: string };

const place = fc
  .tuple(fc.constantFrom(...FOLDERS), fc.constantFrom(...NAMES))
  .map(([folder, name]) => `${folder}/${name}`);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('create' as const), at: place }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), at: place }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('makeDirectory' as const), at: place }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      at: place,
      offset: fc.double({ min: 0, max: 1.1, noNaN: true }),
      bytes: fc.integer({ min: 0, max: 9000 }),
      seed: fc.integer({ min: 1, max: 1000 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('truncate' as const),
      at: place,
      part: fc.double({ min: 0, max: 1.1, noNaN: true }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('rename' as const), at: place, to: place }) },
);

const parent = (at: string): string => at.slice(0, at.lastIndexOf('/'));

/** What the file system should be: content by path in small letters; null for a folder. */
class Model {
  readonly all = new Map<string, { path: string; data: Buffer | null }>();

  get(at: string): { path: string; data: Buffer | null } | undefined {
    return this.all.get(at.toLowerCase());
  }

  /** The error that comes before all others: there is no way there. */
  way(at: string): number {
    const folder = parent(at);
    if (folder === '') return 0;
    const above = this.way(folder);
    if (above) return above;
    const found = this.get(folder);
    return found ? (found.data ? FsError.NotADirectory : 0) : FsError.NotFound;
  }

  /** The path with its folders as they are spelled. */
  spell(at: string): string {
    return (this.get(parent(at))?.path ?? parent(at)) + at.slice(parent(at).length);
  }

  file(at: string): Buffer | number {
    const way = this.way(at);
    if (way) return way;
    const found = this.get(at);
    return found ? (found.data ?? FsError.IsADirectory) : FsError.NotFound;
  }

  make(at: string, data: Buffer | null): number {
    const error = this.way(at) || (this.get(at) ? FsError.Exists : 0);
    if (!error) this.all.set(at.toLowerCase(), { path: this.spell(at), data });
    return error;
  }

  below(at: string): string[] {
    return [...this.all.keys()].filter((key) => key.startsWith(`${at.toLowerCase()}/`));
  }

  remove(at: string): number {
    const error = this.way(at) || (this.get(at) ? 0 : FsError.NotFound);
    if (error) return error;
    if (this.get(at)?.data === null && this.below(at).length) return FsError.NotEmpty;
    this.all.delete(at.toLowerCase());
    return 0;
  }

  rename(at: string, to: string): number {
    const [from, into] = [at.toLowerCase(), to.toLowerCase()];
    const found = this.get(at);
    const error = this.way(at) || (found ? 0 : FsError.NotFound) || this.way(to);
    if (error || !found) return error;
    if (found.data === null && into.startsWith(`${from}/`)) return FsError.BadName;
    const other = this.get(to);
    if (other && into !== from && (other.data === null || found.data === null)) return FsError.Exists;
    const path = this.spell(to);
    for (const key of [from, ...this.below(at)]) {
      const entry = this.all.get(key);
      this.all.delete(key);
      const rest = key.slice(from.length);
      // Over another file, that one's name stays.
      const kept = other && into !== from ? other.path : path;
      if (entry) this.all.set(into + rest, { path: kept + entry.path.slice(found.path.length), data: entry.data });
    }
    return 0;
  }
}

describe('storage/fat: against a model', () => {
  const folder = memoryFolder();
  const file = path.join(folder, 'card.img');
  let fat: Fat;
  before(async () => (fat = await Fat.start()));

  /** The FsError of a call, 0 if it throws none. */
  function code(call: () => void): number {
    try {
      call();
      return 0;
    } catch (error) {
      if (error instanceof FsFailure) return error.code;
      throw error;
    }
  }

  function run(model: Model, operation: Operation): void {
    const { kind, at } = operation;
    const found = model.file(at);
    if (kind === 'create') {
      assert.equal(
        code(() => fat.create(at)),
        model.make(at, Buffer.alloc(0)),
      );
    } else if (kind === 'makeDirectory') {
      assert.equal(
        code(() => fat.makeDirectory(at)),
        model.make(at, null),
      );
    } else if (kind === 'remove') {
      assert.equal(
        code(() => fat.remove(at)),
        model.remove(at),
      );
    } else if (kind === 'rename') {
      assert.equal(
        code(() => fat.rename(at, operation.to)),
        model.rename(at, operation.to),
      );
    } else if (typeof found === 'number') {
      assert.equal(
        code(() => fat.open(at)),
        found,
      );
    } else if (kind === 'write') {
      const offset = Math.floor(operation.offset * found.length);
      const data = noise(operation.bytes, operation.seed);
      fat.open(at);
      const isPast = offset > found.length;
      assert.equal(
        code(() => fat.write(offset, data)),
        isPast ? FsError.BadOffset : 0,
      );
      fat.sync();
      if (isPast) return;
      const whole = Buffer.alloc(Math.max(found.length, offset + data.length));
      found.copy(whole);
      data.copy(whole, offset);
      const entry = model.get(at);
      if (entry) entry.data = whole;
    } else if (kind === 'truncate') {
      const size = Math.floor(operation.part * found.length);
      fat.open(at);
      const isPast = size > found.length;
      assert.equal(
        code(() => fat.truncate(size)),
        isPast ? FsError.BadOffset : 0,
      );
      const entry = model.get(at);
      if (entry && !isPast) entry.data = found.subarray(0, size);
    }
  }

  for (const bits of [12, 16, 32] as const) {
    it(`does the same as a model on FAT${bits}`, () => {
      makeFat(file, { bits, kib: { 12: 1000, 16: 2300, 32: 1200 }[bits], clusterSectors: 1 });
      const start = fs.readFileSync(file);
      const image = Buffer.alloc(start.length);
      fc.assert(
        fc.property(fc.array(operation, { minLength: 30, maxLength: 80, size: 'max' }), (operations) => {
          start.copy(image);
          fat.mount(image);
          const model = new Model();
          for (const each of operations) run(model, each);
          // Also when it is mounted anew, so that nothing was left in the cache.
          for (const again of [false, true]) {
            if (again) fat.mount(image);
            const tree = fat.tree();
            const paths = [...model.all.values()].map(({ path, data }) => (data ? path : `${path}/`));
            assert.deepEqual(Object.keys(tree).sort(), paths.sort());
            for (const { path, data } of model.all.values()) if (data) assert(tree[path]?.equals(data), path);
          }
          // The count of free clusters that was kept is the one that is there.
          const { exports } = fat;
          const kept = exports.freeBytes();
          while (!exports.countFree(1));
          if (kept >= 0) assert.equal(exports.freeBytes(), kept);
          fs.writeFileSync(file, image);
          // mtools takes so few clusters of FAT32 for FAT16.
          const some = bits === 32 ? undefined : [...model.all.values()].find(({ data }) => data?.length);
          const { wrong, content } = checkAndGet(file, some?.path);
          assert.equal(wrong, '');
          if (some?.data) assert(content.equals(some.data));
        }),
        { seed: bits, numRuns: 150, includeErrorInReport: true },
      );
    });
  }
});
