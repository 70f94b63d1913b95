// Much of everything: large directories, large files, full cards.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { testFolder } from '../media/sounds.js';
import { checkFat, makeFat } from '../support/fat-image.js';
import { Card, fails, Fat, FsError, noise, SECTOR } from './fat-rig.js';

/** Where a FAT32 volume of mkfs.fat has what, and its table to be set by hand. */
class Volume32 {
  readonly fatStart: number;
  readonly fatBytes: number;
  readonly dataStart: number;
  readonly clusterBytes: number;
  constructor(readonly image: Buffer) {
    this.clusterBytes = image.readUInt8(13) * SECTOR;
    this.fatStart = image.readUInt16LE(14) * SECTOR;
    this.fatBytes = image.readUInt32LE(36) * SECTOR;
    this.dataStart = this.fatStart + 2 * this.fatBytes;
  }
  at(cluster: number): number {
    return this.dataStart + (cluster - 2) * this.clusterBytes;
  }
  /** Makes these clusters a chain, in both copies. */
  chain(clusters: readonly number[]): void {
    for (const [i, cluster] of clusters.entries()) {
      for (const start of [this.fatStart, this.fatStart + this.fatBytes]) {
        this.image.writeUInt32LE(clusters[i + 1] ?? 0x0fffffff, start + cluster * 4);
      }
    }
  }
}

/** Slots of an empty file with a long name, and a short one that nothing else has. */
function slotsOf(name: string, number: number): Buffer {
  const short = Buffer.from(`T${number}`.padEnd(8) + 'WAV', 'latin1');
  const sum = short.reduce((sum, byte) => (((sum & 1) << 7) + (sum >> 1) + byte) & 0xff, 0);
  const parts = Math.ceil(name.length / 13);
  const units = Buffer.alloc(parts * 26, 0xff);
  units.write(`${name}\0`, 'utf16le');
  const slots = Buffer.alloc((parts + 1) * 32);
  for (let part = parts; part > 0; part--) {
    const slot = slots.subarray((parts - part) * 32);
    const from = (part - 1) * 26;
    slot.writeUInt8(part === parts ? part | 0x40 : part, 0);
    slot.writeUInt8(0x0f, 11);
    slot.writeUInt8(sum, 13);
    units.copy(slot, 1, from, from + 10);
    units.copy(slot, 14, from + 10, from + 22);
    units.copy(slot, 28, from + 22, from + 26);
  }
  short.copy(slots, parts * 32);
  slots.writeUInt8(0x20, parts * 32 + 11);
  slots.writeUInt32LE(0x00210000, parts * 32 + 22);
  return slots;
}

/** A card of which only the beginning is in memory; in every sector behind stands its number, until it is written. */
class EndlessCard extends Card {
  readonly written = new Map<number, Buffer>();
  constructor(
    readonly head: Buffer,
    readonly all: number,
  ) {
    super(head);
  }
  override get sectors(): number {
    return this.all;
  }
  override read(sector: number, to: Uint8Array): number {
    assert(sector + to.length / SECTOR <= this.all);
    this.reads++;
    const view = Buffer.from(to.buffer, to.byteOffset, to.length);
    for (let i = 0; i < to.length; i += SECTOR) {
      const at = sector + i / SECTOR;
      if (at * SECTOR < this.head.length) this.head.copy(view, i, at * SECTOR, (at + 1) * SECTOR);
      else if (!this.written.get(at)?.copy(view, i)) view.fill(0, i, i + SECTOR).writeUInt32LE(at, i);
    }
    return 0;
  }
  override write(sector: number, from: Uint8Array): number {
    for (let i = 0; i < from.length; i += SECTOR) {
      const at = sector + i / SECTOR;
      if (at * SECTOR < this.head.length) this.head.set(from.subarray(i, i + SECTOR), at * SECTOR);
      else this.written.set(at, Buffer.from(from.subarray(i, i + SECTOR)));
    }
    return 0;
  }
}

describe('storage/fat: large things', () => {
  const file = path.join(testFolder(), 'card.img');
  let fat: Fat;
  before(async () => (fat = await Fat.start()));

  it('opens a file among 10,000 in one pass, and makes one more', () => {
    makeFat(file, { bits: 32, kib: 64 << 10, clusterSectors: 1 });
    const image = fs.readFileSync(file);
    const card = fat.mount(image);
    fat.makeDirectory('/many');
    const { cluster } = fat.lookUp('/many');
    const volume = new Volume32(image);
    const names = Array.from({ length: 10_000 }, (_, i) => `Track number ${i + 1}.wav`);
    const dots = image.subarray(volume.at(cluster), volume.at(cluster) + 64);
    const slots = Buffer.concat([dots, ...names.map(slotsOf)]);
    const chain = Array.from({ length: Math.ceil(slots.length / 512) }, (_, i) => cluster + i);
    volume.chain(chain);
    slots.copy(image, volume.at(cluster));
    fat.mount(image);
    const found = fat.list('/many');
    assert.deepEqual(
      found.map(({ name }) => name),
      names,
    );
    for (const name of [names[0], names[4711], names[9999], 'not there']) {
      fat.mount(image);
      card.reset();
      fat.card.reset();
      if (name === 'not there') fails(() => fat.lookUp(`/many/${name}`), FsError.NotFound);
      else fat.open(`/many/${name?.toUpperCase()}`);
      // The directory, and what of the FAT says where it goes on: each once.
      const once = chain.length + chain.length / 128 + 64;
      assert(fat.card.sectorsRead <= once, `${fat.card.sectorsRead} sectors of ${once}`);
    }
    // From its key a name is read without a pass.
    for (const { directory, index, name } of [found[0], found[5000], found[9999]].flatMap((one) => one ?? [])) {
      fat.mount(image);
      fat.card.reset();
      assert.equal(fat.entryAt(directory, index).name, name);
      assert(fat.card.reads <= 1 + chain.length / 128, `${fat.card.reads} reads`);
    }
    fat.writeFile('/many/Track number 10001.wav', Buffer.from('one more'));
    fat.mount(image);
    assert.equal(fat.readFile('/many/track NUMBER 10001.wav').toString(), 'one more');
    assert.equal(fat.list('/many').length, 10_001);
    const { exports } = fat;
    while (!exports.countFree(100));
    image.writeUInt32LE(exports.freeBytes() / 512, 512 + 488); // the chain that was made by hand was not counted
    fs.writeFileSync(file, image);
    assert.equal(checkFat(file), '');
  });

  it('has no directory of more than 65,536 slots', () => {
    makeFat(file, { bits: 32, kib: 40 << 10, clusterSectors: 1 });
    const image = fs.readFileSync(file);
    fat.mount(image);
    fat.makeDirectory('/full');
    const { cluster } = fat.lookUp('/full');
    const volume = new Volume32(image);
    volume.chain(Array.from({ length: 4096 }, (_, i) => cluster + i));
    const at = volume.at(cluster);
    const slots = Buffer.concat(Array.from({ length: 65_534 }, (_, i) => slotsOf('', i).subarray(-32)));
    slots.copy(image, at + 64);
    fat.mount(image);
    fails(() => fat.create('/full/ONE.MORE'), FsError.DirectoryFull);
    fat.remove('/full/T65533.WAV');
    fat.create('/full/FITS.IN');
    fails(() => fat.create('/full/needs two slots'), FsError.DirectoryFull);
  });

  it('reads 1 MiB that stands together in one call of the device, but for the FAT', () => {
    makeFat(file, { bits: 32, kib: 300 << 10, clusterSectors: 8 });
    const image = fs.readFileSync(file);
    const card = fat.mount(image);
    const data = noise(3 << 20, 5);
    fat.writeFile('/music.wav', data);
    const { directory, index } = fat.open('/music.wav');
    for (const offset of [0, 1 << 20, 4096, 512 * 777]) {
      fat.mount(image);
      fat.entryAt(directory, index);
      fat.check(fat.exports.openFile(0), 'open');
      fat.card.reset();
      assert(fat.read(offset, 1 << 20).equals(data.subarray(offset, offset + (1 << 20))));
      assert(fat.card.reads <= 3, `${fat.card.reads} reads`);
      assert(fat.card.sectorsRead <= 2048 + 16, `${fat.card.sectorsRead} sectors`);
      // And on from there, as a player does.
      fat.card.reset();
      fat.read(offset + (1 << 20), 1 << 18);
      assert(fat.card.reads <= 2, `${fat.card.reads} reads`);
    }
    // A decoder's way: pieces that are no sectors. No sector is read twice.
    card.reset();
    fat.card.reset();
    let at = 44;
    for (; at < 1 << 20; at += 4096) assert(fat.read(at, 4096).equals(data.subarray(at, at + 4096)));
    assert(fat.card.sectorsRead <= (1 << 11) + 32, `${fat.card.sectorsRead} sectors`);
  });

  it('reads and appends at the end of 4 GiB - 1, in pieces, forwards and backwards', () => {
    const kib = (4 << 20) + (300 << 10);
    makeFat(file, { bits: 32, kib, clusterSectors: 64 });
    const fd = fs.openSync(file, 'r');
    const head = Buffer.alloc(4 << 20);
    fs.readSync(fd, head, 0, head.length, 0);
    fs.closeSync(fd);
    const volume = new Volume32(head);
    const card = new EndlessCard(head, kib * 2);
    fat.mount(card);
    fat.create('/huge.wav');
    // What follows is set by hand: nobody writes 4 GiB here.
    const { index } = fat.lookUp('/huge.wav');
    const clusters = 131_072;
    // Every eight neighbours in another order, and a gap now and then.
    const chain = Array.from({ length: clusters }, (_, i) => 100 + (i ^ 5) + (i >> 10));
    volume.chain(chain);
    const slot = volume.at(2) + index * 32;
    head.writeUInt16LE((chain[0] as number) >> 16, slot + 20);
    head.writeUInt16LE((chain[0] as number) & 0xffff, slot + 26);
    head.writeUInt32LE(0xfffffffe, slot + 28);
    fat.mount(card);
    fat.open('/huge.wav');
    assert.equal(fat.exports.fileSize(0), 0xfffffffe);
    const sectorAt = (offset: number): number => {
      const cluster = chain[Math.floor(offset / 32768)] as number;
      return volume.at(cluster) / SECTOR + ((offset >> 9) & 63);
    };
    const test = (offset: number): void => {
      const got = fat.read(offset, 512);
      assert.equal(got.length, Math.min(512, 0xfffffffe - offset));
      assert.equal(got.readUInt32LE(0), sectorAt(offset), `at ${offset}`);
    };
    const reads = (run: () => void): number => {
      card.reads = 0;
      run();
      return card.reads;
    };
    // To the end: the FAT once, by lines of eight sectors, with what the mixed order costs.
    const last = 0xffffffff - 511;
    assert(reads(() => test(last)) < 400);
    // Backwards, step by step, and anywhere.
    const steps = Array.from({ length: 400 }, (_, i) => (last - i * 10_000_000 - (i % 3) * 512) & ~511);
    const offsets = steps.map((offset) => offset >>> 0).filter((offset) => offset < last);
    assert(offsets.length > 390);
    assert(reads(() => offsets.forEach(test)) < offsets.length * 8);
    const anywhere = offsets.map((_, i) => offsets[(i * 151) % offsets.length] as number);
    assert(reads(() => anywhere.forEach(test)) < offsets.length * 8);
    // One more byte fits, two do not.
    fat.write(0xfffffffe, Buffer.from('x'));
    fails(() => fat.write(0xffffffff, Buffer.from('y')), FsError.TooLarge);
    fails(() => fat.write(0xfffffff0, Buffer.alloc(16)), FsError.TooLarge);
    fat.sync();
    fat.mount(card);
    assert.equal(fat.open('/huge.wav').size, 0xffffffff);
    assert.equal(fat.read(0xfffffffe, 10).toString(), 'x');
    assert.equal(fat.read(0xffffffff, 10).length, 0);
    // Shorter again: what is free then was its own.
    fat.truncate(0xfffffff0 - 40_000);
    fat.mount(card);
    assert.equal(fat.open('/huge.wav').size, 0xfffffff0 - 40_000);
    test(0xffff0000);
  });

  it('counts free space in pieces while it changes, and fills a card to the last cluster', () => {
    for (const bits of [12, 16, 32] as const) {
      makeFat(file, { bits, kib: { 12: 900, 16: 2300, 32: 3000 }[bits], clusterSectors: 1 });
      const image = fs.readFileSync(file);
      // What FSInfo says is a hint only.
      if (bits === 32) image.writeUInt32LE(0, 512 + 488);
      fat.mount(image);
      const { exports } = fat;
      assert.equal(exports.freeBytes(), bits === 32 ? 0 : -1);
      assert.equal(exports.countFree(2), 0);
      fat.writeFile('/first', noise(20_000, 1));
      fat.remove('/first');
      fat.writeFile('/second', noise(30_000, 1));
      while (!exports.countFree(1));
      const free = exports.freeBytes();
      fat.mount(image);
      assert.equal(exports.countFree(1 << 20), 1);
      assert.equal(exports.freeBytes(), free);
      if (bits === 32) {
        assert.equal(fat.exports.clusters() * 512 - 512 - 30_208, free);
      }
      fat.create('/all');
      fat.check(exports.openFile(0), 'open');
      fails(() => fat.write(0, Buffer.alloc(free + 1)), FsError.NoSpace);
      assert.equal(exports.freeBytes(), free);
      fat.write(0, Buffer.alloc(1000));
      fails(() => fat.write(1000, Buffer.alloc(free)), FsError.NoSpace);
      fat.write(1000, noise(free - 1000, 3));
      fat.sync();
      assert.equal(exports.freeBytes(), 0);
      fails(() => fat.makeDirectory('/no room'), FsError.NoSpace);
      fs.writeFileSync(file, image);
      assert.equal(checkFat(file), '');
      fat.remove('/all');
      assert.equal(exports.freeBytes(), free);
    }
  });
});
