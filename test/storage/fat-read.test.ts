// Cards that other tools made, read back.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { testFolder } from '../media/sounds.js';
import { makeFat, mtools, putFile } from '../support/fat-image.js';
import { Fat, noise, type Card } from './fat-rig.js';

describe('storage/fat: reading', () => {
  const folder = testFolder();
  let fat: Fat;
  before(async () => (fat = await Fat.start()));

  /** Mounts an image file without loading it. */
  function mountFile(file: string): Card {
    const fd = fs.openSync(file, 'r+');
    return fat.mount({ fd, bytes: fs.fstatSync(fd).size });
  }

  const LEAST = { 12: 1000, 16: 4200, 32: 67_000 };
  for (const bits of [12, 16, 32] as const) {
    for (let sectors = 1; sectors <= 128; sectors *= 2) {
      it(`reads FAT${bits} with clusters of ${sectors * 512} bytes, fragmented`, () => {
        const file = path.join(folder, `${bits}-${sectors}.img`);
        const cluster = sectors * 512;
        makeFat(file, { bits, kib: ((LEAST[bits] + 64) * sectors) / 2, clusterSectors: sectors, label: 'MUSIC BOX' });
        const files: Record<string, Buffer> = {};
        const put = (name: string, data: Buffer): void => {
          putFile(file, name, data);
          files[name] = data;
        };
        mtools(file, 'mmd', '::/a', '::/a/b c', '::/a/b c/Größe');
        // Every second of these goes, so that what comes then is in pieces.
        const small = Array.from({ length: 12 }, (_, i) => `/hole${i}`);
        for (const name of small) putFile(file, name, noise(cluster, 7));
        const holes = small.filter((_, i) => i % 2);
        mtools(file, 'mdel', ...holes.map((name) => `::${name}`));
        for (const name of small) if (!holes.includes(name)) files[name] = noise(cluster, 7);
        if (bits === 32) forgetHints(file);
        put('/a/pieces.wav', noise(cluster * 8 + 333, 1));
        put('/a/b c/Größe/ΩμέγαЖ.qoa', noise(cluster * 2, 2));
        put('/a/b c/empty', Buffer.alloc(0));
        put('/one', Buffer.from('1'));
        const card = mountFile(file);
        assert.equal(fat.exports.bits(), bits);
        assert.equal(fat.exports.clusterBytes(), cluster);
        const at = fat.exports.label();
        const label = fat.running.bytes().subarray(at, at + fat.exports.labelBytes());
        assert.equal(Buffer.from(label).toString(), 'MUSIC BOX');
        const tree = fat.tree();
        assert.deepEqual(
          Object.keys(tree).filter((name) => name.endsWith('/')),
          ['/a/', '/a/b c/', '/a/b c/Größe/'],
        );
        for (const [name, data] of Object.entries(files)) assert(tree[name]?.equals(data), name);
        assert.equal(Object.keys(tree).length, Object.keys(files).length + 3);
        // In pieces indeed: more reads than clusters that stand together would take.
        fat.open('/a/pieces.wav');
        card.reset();
        fat.read(0, cluster * 8);
        assert(card.reads >= 5, `${card.reads} reads`);
        fs.rmSync(file);
      });
    }
  }
});

/** Takes the place for the next file out of FSInfo, so that mtools begins with the first free cluster. */
function forgetHints(file: string): void {
  const fd = fs.openSync(file, 'r+');
  fs.writeSync(fd, Buffer.alloc(4, 0xff), 0, 4, 512 + 492);
  fs.closeSync(fd);
}
