import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { testFolder } from '../media/sounds.js';
import { checkFat, makeFat } from '../support/fat-image.js';
import { fails, Fat, FsError } from './fat-rig.js';

const PLACE = 32768;

describe('storage/state-file', () => {
  const file = path.join(testFolder(), 'card.img');
  let fat: Fat;
  let image: Buffer;
  before(async () => (fat = await Fat.start()));
  beforeEach(() => {
    makeFat(file, { bits: 16, kib: 2300, clusterSectors: 1 });
    image = fs.readFileSync(file);
    fat.mount(image);
  });

  it('keeps the newest of many versions, of every length', () => {
    fat.openState('/player.state');
    assert.equal(fat.loadState(), '');
    for (const bytes of [0, 1, 495, 496, 497, 2031, 2032, 5]) {
      fat.saveState('x'.repeat(bytes));
      assert.equal(fat.loadState(), 'x'.repeat(bytes));
      fat.mount(image);
      fat.openState('/player.state');
      assert.equal(fat.loadState(), 'x'.repeat(bytes));
    }
    fails(() => fat.saveState('x'.repeat(2033)), FsError.TooLarge);
    assert.equal(fat.loadState(), 'xxxxx');
    fs.writeFileSync(file, image);
    assert.equal(checkFat(file), '');
  });

  it('is made in pieces of a few sectors, and is empty until the last of them', () => {
    fails(() => fat.findState('/player.state'), FsError.NotFound);
    const { card } = fat;
    const written: number[] = [];
    let isReady = false;
    for (let piece = 0; !isReady; piece++) {
      assert.ok(piece < 10, 'no end of pieces');
      if (piece) assert.equal(fat.lookUp('/player.state').size, 0);
      card.reset();
      card.changes = [];
      isReady = fat.makeState('/player.state', 1);
      written.push(card.changes.reduce((sum, change) => sum + (change === 'flush' ? 0 : change.data.length / 512), 0));
    }
    assert.ok(written.length > 3 && Math.max(...written) <= 4, `sectors a piece: ${written.join()}`);
    assert.equal(fat.lookUp('/player.state').size, 2 * PLACE);
    fat.saveState('first');
    fs.writeFileSync(file, image);
    assert.equal(checkFat(file), '');
  });

  it('is so where the directory must grow by a cluster of 64 KiB, which it does once', () => {
    makeFat(file, { bits: 32, kib: 80_000, clusterSectors: 128 });
    image = fs.readFileSync(file);
    // The root's one cluster is full of empty files.
    const root = (image.readUInt16LE(14) + image.readUInt8(16) * image.readUInt32LE(36)) * 512;
    for (let i = 0; i < 2048; i++) {
      image.write(`F${i}`.padEnd(11), root + i * 32, 'latin1');
      image.writeUInt8(0x20, root + i * 32 + 11);
    }
    fat.mount(image);
    while (!fat.exports.countFree(1000));
    const free = fat.exports.freeBytes();
    const { card } = fat;
    const written: number[] = [];
    fails(() => fat.findState('/player.state'), FsError.NotFound);
    for (let isReady = false; !isReady;) {
      assert.ok(written.length < 60, 'no end of pieces');
      if (written.length === 20) fat.writeFile('/other', Buffer.from('grows too'));
      card.reset();
      card.changes = [];
      isReady = fat.makeState('/player.state', 1);
      written.push(card.changes.reduce((sum, change) => sum + (change === 'flush' ? 0 : change.data.length / 512), 0));
    }
    // Two FATs and FSInfo beside the four sectors.
    assert.ok(written.length > 20 && Math.max(...written) <= 8, `sectors a piece: ${written.join()}`);
    fat.saveState('first');
    assert.equal(free - fat.exports.freeBytes(), 3 * 65_536);
    fs.writeFileSync(file, image);
    assert.equal(checkFat(file), '');
  });

  it('is new after it was deleted, also at the place where it was', () => {
    fat.openState('/player.state');
    fat.saveState('old');
    fat.saveState('older');
    fat.remove('/player.state');
    fat.mount(image);
    fat.openState('/player.state');
    assert.equal(fat.loadState(), '');
    fat.saveState('new');
    fat.mount(image);
    fat.openState('/player.state');
    assert.equal(fat.loadState(), 'new');
  });

  it('says so when the card is full, and takes nothing of it', () => {
    while (!fat.exports.countFree(1000));
    fat.writeFile('/all', Buffer.alloc(fat.exports.freeBytes() - PLACE));
    const free = fat.exports.freeBytes();
    fails(() => fat.openState('/player.state'), FsError.NoSpace);
    assert.equal(fat.exports.freeBytes(), free);
    fs.writeFileSync(file, image);
    assert.equal(checkFat(file), '');
  });

  it('writes a version by one call and one flush, and nothing else', () => {
    fat.openState('/player.state');
    fat.saveState('one');
    fat.card.reset();
    fat.saveState('two');
    assert.deepEqual([fat.card.reads, fat.card.writes, fat.card.flushes], [0, 1, 1]);
  });

  it('takes the version before for one that is damaged, and none for a file of something else', () => {
    fat.openState('/player.state');
    fat.saveState('first');
    fat.saveState('second');
    const places = [fat.readFile('/player.state').indexOf('first'), fat.readFile('/player.state').indexOf('second')];
    assert.deepEqual(
      [...places].sort((a, b) => a - b),
      [16, PLACE + 16],
    );
    for (const [at, left] of [
      [places[1], 'first'],
      [places[0], 'second'],
    ] as const) {
      const damaged = Buffer.from(image);
      fat.mount(damaged);
      fat.open('/player.state');
      fat.write(at as number, Buffer.from('F'));
      fat.openState('/player.state');
      assert.equal(fat.loadState(), left);
      fat.saveState('third');
      fat.mount(damaged);
      fat.openState('/player.state');
      assert.equal(fat.loadState(), 'third');
    }
    // Shorter than it must be, as after a cut while it was made, and without anything that is a version.
    fat.writeFile('/other.state', Buffer.from('volume=7'));
    fat.openState('/other.state');
    assert.equal(fat.loadState(), '');
    assert.equal(fat.lookUp('/other.state').size, 2 * PLACE);
    fat.saveState('mine');
    assert.equal(fat.loadState(), 'mine');
    fails(() => fat.openState('/no/where'), FsError.NotFound);
  });
});
