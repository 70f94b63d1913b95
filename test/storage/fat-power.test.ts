// Power is cut at every write of a script (see fat-cuts.ts).

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { memoryFolder } from '../media/sounds.js';
import { makeFat, repaired } from '../support/fat-image.js';
import { pick } from '../support/pick.js';
import { cuts } from './fat-cuts.js';
import { Fat, FsError, FsFailure, noise, SECTOR } from './fat-rig.js';
import { checkTree, prepare, record, state, steps, type Session } from './fat-session.js';

/** A folder that is there under two names: fsck.fat empties the second, then deletes it, then its long name. */
const PASSES = 3;
const KIB = { 12: 300, 16: 2200, 32: 400 };

describe('storage/fat: power cuts', () => {
  const folder = memoryFolder();
  after(() => fs.rmSync(folder, { recursive: true }));
  let fat: Fat;
  before(async () => (fat = await Fat.start()));

  function begin(bits: 12 | 16 | 32): Session {
    const file = path.join(folder, 'start.img');
    makeFat(file, { bits, kib: KIB[bits], clusterSectors: 1 });
    const start = fs.readFileSync(file);
    fat.mount(start);
    prepare(fat);
    return record(fat, start);
  }

  const fixed = <Each extends { image: Buffer }>(all: Iterable<Each>): Generator<Each & { repaired: Buffer }> =>
    repaired(folder, all, PASSES);

  for (const bits of [12, 16, 32] as const) {
    it(`loses nothing on FAT${bits} but what is being written`, () => {
      const session = begin(bits);
      let count = 0;
      for (const { step, what, image, repaired } of fixed(cuts(session, bits))) {
        count++;
        try {
          fat.mount(repaired);
          checkTree(fat.tree(), session, step);
          checkState(repaired, step);
          checkState(image, step); // and without fsck.fat, which no player runs
        } catch (error) {
          throw new Error(`${pick(steps, step).name}, ${what}: ${String(error)}`, { cause: error });
        }
      }
      assert(count > 200, `${count} cuts`);
    });
  }

  it('never has a file that gets another name in its folder under two', () => {
    const file = path.join(folder, 'start.img');
    makeFat(file, { bits: 16, kib: KIB[16], clusterSectors: 1 });
    const start = fs.readFileSync(file);
    // Three entries each, of sixteen in a sector: some names lie in two.
    const all = Array.from({ length: 12 }, (_, i) => ({
      content: noise(700, i + 1),
      names: [`/Track ${i} of an album.wav`, `/Track ${i} of another.wav`, `/Song ${i}.wav`, `/SONG${i}.WAV`],
    }));
    fat.mount(start);
    for (const { content, names } of all) fat.writeFile(pick(names, 0), content);
    const card = fat.mount(Buffer.from(start));
    card.changes = [];
    for (const { names } of all) for (let i = 1; i < names.length; i++) fat.rename(pick(names, i - 1), pick(names, i));
    const check = (image: Buffer, what: string): void => {
      fat.mount(image);
      const tree = Object.entries(fat.tree());
      assert.equal(tree.length, all.length, what);
      for (const { content, names } of all) {
        const paths = tree.filter(([, data]) => data.equals(content)).map(([at]) => at);
        assert.equal(paths.length, 1, `${what}: ${paths.join()}`);
        assert(
          names.includes(pick(paths, 0)) || /^\/[A-Z0-9~]{1,8}\.WAV$/.test(pick(paths, 0)),
          `${what}: ${paths.join()}`,
        );
      }
    };
    let count = 0;
    for (const { image, repaired, what } of fixed(cuts({ start, changes: card.changes, marks: [0] }, 16))) {
      count++;
      check(image, what);
      check(repaired, `${what}, repaired`);
    }
    assert(count > 40, `${count} cuts`);
  });

  it('cuts an entry of FAT12 that lies in two sectors', () => {
    // Files of three clusters, so that one ends with a cluster whose entry does: 341, or 682 with the first two longer.
    for (const [extra, tail] of [
      [1, 341],
      [3, 682],
    ] as const) {
      const file = path.join(folder, 'start.img');
      makeFat(file, { bits: 12, kib: 1000, clusterSectors: 1, options: ['-r', '512'] });
      const start = fs.readFileSync(file);
      fat.mount(start);
      fat.writeFile('/FIRST', Buffer.alloc(extra * SECTOR));
      for (let i = 0; i < 360; i++) fat.writeFile(`/F${i}`, noise(3 * SECTOR, i + 1));
      fat.remove('/F302');
      const grows = `/F${(tail - extra - 4) / 3}`;
      assert.equal(fat.lookUp(grows).cluster + 2, tail);
      const card = fat.mount(Buffer.from(start));
      card.changes = [];
      fat.open(grows);
      fat.write(3 * SECTOR, noise(2 * SECTOR, 99));
      fat.sync();
      fat.truncate(3 * SECTOR);
      const before = fat.tree();
      let count = 0;
      for (const { repaired, what } of fixed(cuts({ start, changes: card.changes, marks: [0] }, tail))) {
        count++;
        fat.mount(repaired);
        const found = fat.tree();
        for (const [name, data] of Object.entries(before)) {
          if (name !== grows) assert(found[name]?.equals(data), `${what}: ${name}`);
        }
      }
      assert(count > 10, `${count} cuts`);
    }
  });

  it('goes on after a cut without a repair, and harms nothing', () => {
    const session = begin(32);
    const all = [...cuts(session, 4)].filter((_, i) => i % 5 === 0);
    const extra = noise(2500, 99);
    for (const { image, step, what } of all) {
      fat.mount(image);
      try {
        fat.writeFile('/by.after', extra);
        fat.open('/folder/stander.bin');
        fat.write(3000, Buffer.from('more'));
        fat.sync();
      } catch (error) {
        throw new Error(`${pick(steps, step).name}, ${what}: ${String(error)}`, { cause: error });
      }
    }
    for (const { repaired, step, what } of fixed(all)) {
      fat.mount(repaired);
      const found = fat.tree();
      assert(found['/by.after']?.equals(extra), what);
      delete found['/by.after'];
      const stander = found['/folder/stander.bin'];
      assert(stander && stander.subarray(3000).equals(Buffer.from('more')), what);
      checkTree({ ...found, '/folder/stander.bin': stander.subarray(0, 3000) }, session, step);
    }
  });

  it('survives a device that fails at any call, and from then on or only then', () => {
    const session = begin(32);
    const card = fat.mount(Buffer.from(session.start));
    card.reset();
    for (const { run } of steps) run(fat);
    const calls = card.calls;
    assert(calls > 150, `${calls} calls`);
    const left: { image: Buffer; step: number }[] = [];
    for (let n = 1; n <= calls; n++) {
      const failing = fat.mount(Buffer.from(session.start));
      failing.reset();
      failing.failFrom = n;
      failing.failTo = n % 2 ? n : Infinity;
      const step = steps.findIndex(({ name, run }) => {
        try {
          run(fat);
          return false;
        } catch (error) {
          assert(error instanceof FsFailure, `${name}, call ${n}: ${String(error)}`);
          assert.equal(error.code, FsError.Device, `${name}, call ${n}: ${String(error)}`);
          assert.equal(fat.exports.blockError(), failing.failWith);
          return true;
        }
      });
      // A line of the cache that fails is read again by the sector: a single failure may go unnoticed.
      if (step < 0) assert(n % 2, `call ${n} failed unnoticed`);
      else left.push({ image: failing.backing as Buffer, step });
    }
    assert(left.length > calls / 2);
    for (const { repaired, step } of fixed(left)) {
      fat.mount(repaired);
      checkTree(fat.tree(), session, step);
      checkState(repaired, step);
    }
  });

  /** The state is the old one or the new one. */
  function checkState(image: Buffer, step: number): void {
    const first = steps.findIndex(({ name }) => name === 'save the state, 0');
    if (step < first) return;
    fat.mount(image);
    fat.openState('/player.state');
    const old = step === first ? '' : state(step - first - 1);
    assert([old, state(step - first)].includes(fat.loadState()), 'neither the old nor the new state');
  }
});
