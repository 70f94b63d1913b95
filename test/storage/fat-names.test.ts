// Names, of cards that lie and of all alphabets.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { testFolder } from '../media/sounds.js';
import { makeFat } from '../support/fat-image.js';
import { fails, Fat, FsError, noise } from './fat-rig.js';

/** The root directory of FAT16, and what comes behind it. */
const rootAt = (image: Buffer): number => (image.readUInt16LE(14) + 2 * image.readUInt16LE(22)) * 512;
const dataAt = (image: Buffer): number => rootAt(image) + image.readUInt16LE(17) * 32;

describe('storage/fat: names', () => {
  let fat: Fat;
  let made: Buffer;
  before(async () => {
    fat = await Fat.start();
    const file = path.join(testFolder(), 'card.img');
    makeFat(file, { bits: 16, kib: 2300, clusterSectors: 1 });
    made = fs.readFileSync(file);
    fat.mount(made);
    fat.makeDirectory('/folder');
    fat.makeDirectory('/folder/inner');
    fat.writeFile('/three', noise(1500, 2));
    fat.writeFile('/A long name, in two parts', noise(600, 3));
  });
  const card = (): Buffer => Buffer.from(made);

  it('takes only long names that are whole, and shows nothing that steers', () => {
    const image = card();
    fat.mount(image);
    const { index } = fat.lookUp('/A long name, in two parts');
    const at = rootAt(image) + index * 32;
    const listed = (set: (copy: Buffer) => void): string | undefined => {
      const copy = Buffer.from(image);
      set(copy);
      fat.mount(copy);
      return fat.list('/').at(-1)?.name;
    };
    const short = 'ALONGN~1';
    assert.equal(
      listed(() => undefined),
      'A long name, in two parts',
    );
    assert.equal(
      listed((copy) => copy.writeUInt8(copy.readUInt8(at) ^ 1, at)),
      short.replace('A', '@'),
    );
    assert.equal(
      listed((copy) => copy.writeUInt8(0, at - 32 + 13)),
      short,
    );
    assert.equal(
      listed((copy) => copy.writeUInt8(2, at - 32)),
      short,
    );
    assert.equal(
      listed((copy) => copy.writeUInt8(0x41, at - 32)),
      'A long name, ',
    );
    assert.equal(
      listed((copy) => copy.writeUInt8(0xe5, at - 64)),
      short,
    );
    assert.equal(
      listed((copy) => copy.writeUInt8(0x7f, at - 64)),
      short,
    );
    for (const unit of [0x2f, 1, 0x0a, 0x1b, 0x7f]) {
      assert.equal(
        listed((copy) => copy.writeUInt16LE(unit, at - 32 + 1)),
        short,
        `unit ${unit}`,
      );
    }
    assert.equal(
      listed((copy) => copy.writeUInt16LE(0xd800, at - 32 + 1)),
      '\ufffd long name, in two parts',
    );
    // `..` as a long name, and control characters in a short one.
    const dots = (copy: Buffer): void => {
      copy.fill(0xe5, at - 64, at - 63);
      copy.writeUInt8(0x41, at - 32);
      Buffer.from('..\0', 'utf16le').copy(copy, at - 32 + 1);
    };
    assert.equal(listed(dots), short);
    assert.equal(
      listed((copy) => copy.writeUInt8(0x1b, at)),
      '_LONGN~1',
    );
    assert.equal(
      listed((copy) => copy.writeUInt8(0x2f, at + 3)),
      'ALO_GN~1',
    );
    assert.equal(
      listed((copy) => copy.writeUInt8(0x05, at)),
      '\ufffdLONGN~1',
    );
    // A code page's letters, and small letters as Windows marks them.
    assert.equal(
      listed((copy) => copy.writeUInt8(0x8e, at)),
      'ÄLONGN~1',
    );
    const small = listed((copy) => {
      copy.fill(0xe5, at - 64, at - 63);
      copy.fill(0xe5, at - 32, at - 31);
      copy.write('SONG1   WAV', at, 'latin1');
      copy.writeUInt8(0x18, at + 12);
    });
    assert.equal(small, 'song1.wav');
    // Paths that must lead nowhere.
    fat.mount(image);
    for (const name of ['..', '/folder/..', '/folder/./inner', '/\n', '/\x7f', '/' + 'x'.repeat(256), '/a\x00b']) {
      fails(() => fat.lookUp(name), FsError.BadName);
      fails(() => fat.create(name), FsError.BadName);
    }
    fails(() => fat.lookUp(Buffer.from([0x2f, 0xff])), FsError.BadName);
    for (const name of ['/a:b', '/a?', '/a*', '/a"', '/<', '/|', '/a\\b', '/dot.', '/space ', '/ ']) {
      fails(() => fat.create(name), FsError.BadName);
    }
    fails(() => fat.create('/three/x'), FsError.NotADirectory);
    fails(() => fat.create('/nowhere/x'), FsError.NotFound);
    fails(() => fat.create('/'), FsError.Exists);
    fails(() => fat.remove('/'), FsError.BadName);
    fails(() => fat.rename('/folder', '/folder/inner/below'), FsError.BadName);
    fails(() => fat.open('/folder'), FsError.IsADirectory);
    fails(() => fat.list('/three'), FsError.NotADirectory);
    assert.equal(fat.lookUp('//folder///INNER/').name, 'inner');
    assert(fat.lookUp('').isDirectory);
  });

  it('brings nothing to light that stood behind the end of a directory', () => {
    const image = card();
    fat.mount(image);
    const names = fat.list('/').map(({ name }) => name);
    const end = rootAt(image) + ((fat.list('/').at(-1)?.index ?? 0) + 1) * 32;
    for (let at = end + 32; at < dataAt(image); at += 32) {
      image.write('GHOST      ', at, 'latin1');
      image.writeUInt16LE(5, at + 26);
    }
    fat.mount(image);
    for (const name of ['/ONE', '/two with a long name', '/THREE.S']) {
      fat.create(name);
      names.push(name.slice(1));
      assert.deepEqual(
        fat.list('/').map(({ name }) => name),
        names,
      );
    }
  });

  it('folds the letters of alphabets in use as JavaScript does', () => {
    const { exports } = fat;
    const odd = new Map([[0x3c2, 0x3c3]]);
    for (let unit = 0; unit < 0xffff; unit++) {
      const lower = String.fromCharCode(unit).toLowerCase();
      const folded = exports.folded(unit);
      if (folded !== unit) assert.equal(folded, odd.get(unit) ?? lower.charCodeAt(0), `U+${unit.toString(16)}`);
      const isUsed =
        unit < 0x180 ||
        (unit >= 0x388 && unit <= 0x3ab) ||
        (unit >= 0x400 && unit < 0x530) ||
        (unit >= 0x1e00 && unit < 0x1e96);
      const isAlone = [0x130, 0x3a2, 0x4c0].includes(unit); // no single unit in small letters, or no letter
      if (isUsed && !isAlone && lower.length === 1) assert.equal(folded, lower.charCodeAt(0), `U+${unit.toString(16)}`);
    }
  });

  it('has a code and a text for every error', () => {
    const { exports } = fat;
    const text = (ptr: number): string => {
      const bytes = fat.running.view().getUint32(ptr - 4, true);
      return Buffer.from(fat.running.bytes().subarray(ptr, ptr + bytes)).toString('utf16le');
    };
    const codes = Object.values(FsError).map((error) => text(exports.errorCode(error)));
    const texts = Object.values(FsError).map((error) => text(exports.errorText(error)));
    assert.equal(new Set(codes).size, codes.length);
    assert.equal(new Set(texts).size, texts.length);
    assert(codes.every((code) => /^[a-z-]+$/.test(code)));
  });
});
