// What the firmware writes, checked and read by other tools.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { testFolder } from '../media/sounds.js';
import { checkFat, getFile, makeFat, mtools } from '../support/fat-image.js';
import { fails, Fat, FsError, noise } from './fat-rig.js';

const SIZES = [0, 1, 511, 512, 513, 4095, 4096, 4097, 70_000];
/** Least size in KiB for each kind, with small clusters. */
const KIB = { 12: 1440, 16: 2600, 32: 34_000 };

describe('storage/fat: writing', () => {
  const folder = testFolder();
  const file = path.join(folder, 'card.img');
  let fat: Fat;
  before(async () => (fat = await Fat.start()));

  function mount(bits: 12 | 16 | 32, clusterSectors = 1, kib = KIB[bits]): Buffer {
    makeFat(file, { bits, kib, clusterSectors });
    const image = fs.readFileSync(file);
    fat.mount(image);
    return image;
  }

  /** The card, for other tools; nothing may be wrong with it. */
  function save(image: Buffer): void {
    fs.writeFileSync(file, image);
    assert.equal(checkFat(file), '');
  }

  for (const bits of [12, 16, 32] as const) {
    it(`makes files and folders on FAT${bits} that others read`, () => {
      for (const clusterSectors of bits === 32 ? [1] : [1, 8]) {
        const image = mount(bits, clusterSectors, KIB[bits] * clusterSectors);
        const files: Record<string, Buffer> = {};
        fat.makeDirectory('/Hörbücher');
        fat.makeDirectory('/Hörbücher/Teil 1');
        for (const size of SIZES) {
          const name = `/Hörbücher/Teil 1/file of ${size} bytes.bin`;
          files[name] = noise(size, size + 1);
          // Pieces that are no sectors, of two files in turn, so that both are in pieces on the card.
          fat.create(name);
          fat.check(fat.exports.openFile(0), name);
          fat.create(`${name}2`);
          fat.check(fat.exports.openFile(1), name);
          for (let at = 0; at < size; at += 1500) {
            for (const which of [0, 1]) fat.write(at, noise(size, size + 1).subarray(at, at + 1500), which);
          }
          fat.sync(0);
          fat.sync(1);
          files[`${name}2`] = noise(size, size + 1);
        }
        save(image);
        assert.deepEqual(Object.keys(fat.tree()).length, SIZES.length * 2 + 2);
        for (const [name, data] of Object.entries(files)) {
          assert(getFile(file, name).equals(data), name);
          assert(fat.readFile(name).equals(data), name);
        }
        // Shorter, longer, and over what is there.
        for (const [name, data] of Object.entries(files)) {
          fat.open(name);
          const size = Math.floor(data.length / 3);
          fat.truncate(size);
          fat.write(size, Buffer.from('and more'));
          if (size > 10) fat.write(5, Buffer.from('over'));
          fat.sync();
          const changed = Buffer.concat([data.subarray(0, size), Buffer.from('and more')]);
          if (size > 10) changed.write('over', 5);
          files[name] = changed;
        }
        save(image);
        for (const [name, data] of Object.entries(files)) assert(getFile(file, name).equals(data), name);
        // Away with it all.
        fails(() => fat.remove('/Hörbücher'), FsError.NotEmpty);
        for (const name of Object.keys(files)) fat.remove(name.toUpperCase());
        fat.remove('/hörbücher/teil 1');
        fat.remove('HÖRBÜCHER');
        assert.deepEqual(fat.tree(), {});
        save(image);
        assert.equal(mtools(file, 'mdir', '-b', '::/').trim(), '');
      }
    });
  }

  it('reads what it has just written, in parts of sectors and whole ones', () => {
    mount(16);
    fat.create('/file');
    fat.check(fat.exports.openFile(0), 'open');
    const data = noise(2048, 1);
    fat.write(0, data);
    assert(fat.read(100, 10).equals(data.subarray(100, 110)));
    const other = noise(1024, 2);
    fat.write(0, other);
    assert(fat.read(100, 10).equals(other.subarray(100, 110)));
    fat.write(105, Buffer.from('x'));
    assert.equal(fat.read(105, 1).toString(), 'x');
    fat.write(2048, Buffer.from('tail'));
    assert.equal(fat.read(2040, 100).subarray(8).toString(), 'tail');
    // Nothing of it is there for others before `sync`, then all of it.
    assert.equal(fat.lookUp('/file').size, 0);
    fat.sync();
    assert.equal(fat.readFile('/file').length, 2052);
  });

  it('gives names that other tools know', () => {
    const image = mount(32);
    const names = [
      ...['PLAIN.TXT', 'lower.txt', 'Mixed.Txt', 'two.dots.wav', 'a', '.hidden', 'no ext', 'sp ace.x', '13units-exact'],
      ...['13units-exactly-twice.26.', 'üöä.wav', 'Ωμέγα.qoa', 'Жар-птица.m3u', '日本語.wav', 'a+b,c;d=e.f'],
      'x'.repeat(255),
      '日'.repeat(255),
    ].map((name) => name.replace(/\.$/, '_'));
    for (const name of names) fat.writeFile(`/${name}`, Buffer.from(name));
    save(image);
    for (const name of names) assert.equal(getFile(file, `/${name}`).toString(), name);
    const listed = mtools(file, 'mdir', '-b', '::/').trim().split('\n');
    assert.deepEqual(listed.sort(), names.map((name) => `::/${name}`).sort());
    assert.deepEqual(
      fat.list('/').map(({ name }) => name),
      names,
    );
    for (const name of names) {
      assert.equal(fat.lookUp(`/${name}`).name, name);
      assert.equal(fat.lookUp(name.toUpperCase()).name, name);
      fails(() => fat.create(name.toLowerCase()), FsError.Exists);
    }
    // mtools knows no pairs of surrogates, and takes brackets for patterns.
    fat.writeFile('/[1].wav', Buffer.from('one'));
    fat.writeFile('/🎵 music 🎵.wav', Buffer.from('notes'));
    assert.equal(fat.lookUp('/🎵 MUSIC 🎵.wav').name, '🎵 music 🎵.wav');
    assert.deepEqual(
      fat.list('/').map(({ name }) => name),
      [...names, '[1].wav', '🎵 music 🎵.wav'],
    );
    save(image);
  });
});
