// Power is cut at every write of puts: whatever was on the card is whole, and the name leads to the old content, the new
// one, or nothing; and the same put again goes through.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { testFolder } from '../media/sounds.js';
import { cuts } from '../storage/fat-cuts.js';
import { Fat, noise, type Change } from '../storage/fat-rig.js';
import { makeFat, repaired } from '../support/fat-image.js';
import { pick } from '../support/pick.js';
import { FilesRig } from './files-rig.js';

const OLD = noise(3000, 1);
const BY = noise(9000, 2);
const SMALL = noise(2500, 3);
const LARGE = noise(70_000, 4);

describe('link/files: power cuts', () => {
  const folder = testFolder();
  let rig: FilesRig;
  let fat: Fat;
  before(async () => {
    rig = await FilesRig.start();
    fat = await Fat.start();
  });

  function prepared(bits: 12 | 32): Buffer {
    const file = path.join(folder, 'start.img');
    makeFat(file, { bits, kib: 700, clusterSectors: 1 });
    const image = fs.readFileSync(file);
    rig.mount(image);
    rig.makeFolder('music');
    rig.put('music/old.wav', OLD);
    rig.put('by.bin', BY);
    return image;
  }

  /** Puts one after the other, each with what its name leads to before. */
  const puts = [
    { name: 'music/a new one.wav', content: SMALL, before: undefined },
    { name: 'music/old.wav', content: SMALL, before: OLD },
    { name: 'music/old.wav', content: LARGE, before: SMALL },
    { name: 'large', content: LARGE, before: undefined },
  ];

  for (const bits of [12, 32] as const)
    it(`leaves files complete or absent on FAT${bits}`, () => {
      const start = prepared(bits);
      const card = rig.mount(Buffer.from(start));
      const changes: Change[] = (card.changes = []);
      const marks = puts.map(({ name, content }) => {
        const mark = changes.length;
        rig.put(name, content);
        return mark;
      });
      let count = 0;
      for (const { image, repaired: after, step, what } of repaired(folder, cuts({ start, changes, marks }, bits))) {
        count++;
        const put = pick(puts, step);
        // As a player finds it, and when fsck.fat was there before it.
        for (const found of [image, after]) {
          try {
            check(found, step);
            again(found, put);
          } catch (error) {
            throw new Error(`${put.name}, ${what}: ${String(error)}`, { cause: error });
          }
        }
      }
      assert(count > 150, `${count} cuts`);
    });

  function check(image: Buffer, step: number): void {
    const { name, content, before } = pick(puts, step);
    fat.mount(Buffer.from(image));
    const tree = fat.tree();
    const now = tree[`/${name}`];
    const allowed = [before, content];
    assert(
      allowed.some((wanted) => (wanted && now ? wanted.equals(now) : wanted === now)),
      `${now?.length} bytes that nobody put there`,
    );
    const others = new Map<string, Buffer>([
      ['by.bin', BY],
      ['music/old.wav', OLD],
    ]);
    for (const done of puts.slice(0, step)) others.set(done.name, done.content);
    others.delete(name);
    for (const [other, wanted] of others) assert(tree[`/${other}`]?.equals(wanted), `${other} is not what it was`);
  }

  /** The same put goes through, from wherever it was. */
  function again(image: Buffer, { name, content }: { name: string; content: Buffer }): void {
    rig.mount(image);
    const { from } = rig.put(name, content);
    assert(from <= content.length);
    assert(rig.get(name).equals(content), 'another content than was put');
    assert.equal(rig.stat(name).sum, zlib.crc32(content));
    assert(!rig.list('').some((entry) => entry.name.startsWith('.mirleft-put')), 'what is left of a put');
  }

  it('goes on near where power was cut', () => {
    const content = noise(1_500_000, 8);
    const file = path.join(folder, 'long.img');
    makeFat(file, { bits: 16, kib: 4000, clusterSectors: 1 });
    const card = rig.mount(fs.readFileSync(file));
    const begun = rig.begin('long', content);
    rig.feed(content, begun, 1_200_000);
    rig.mount(Buffer.from(card.backing as Buffer)); // what the service had in memory is lost
    const { from } = rig.begin('long', content);
    assert(from >= 900_000 && from <= 1_200_000, `from ${from}`);
  });
});
