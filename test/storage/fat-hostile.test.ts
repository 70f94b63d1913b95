// Cards that lie: every one gives an error or what can be read, soon, and no sector beyond the partition is touched
// (the rig's device fails the test then).

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { testFolder } from '../media/sounds.js';
import { random } from '../support/decoder.js';
import { makeFat, withMbr } from '../support/fat-image.js';
import { pick } from '../support/pick.js';
import { Card, fails, Fat, FsError, FsFailure, noise } from './fat-rig.js';

/** FAT16 as mkfs.fat makes it here, and its table and root directory. */
const KIB = 2300;
const fatAt = (image: Buffer): number => image.readUInt16LE(14) * 512;
const rootAt = (image: Buffer): number => fatAt(image) + 2 * image.readUInt16LE(22) * 512;
const dataAt = (image: Buffer): number => rootAt(image) + image.readUInt16LE(17) * 32;
function setFat(image: Buffer, cluster: number, value: number): void {
  image.writeUInt16LE(value, fatAt(image) + 2 * cluster);
}

describe('storage/fat: hostile cards', () => {
  const file = path.join(testFolder(), 'card.img');
  let fat: Fat;
  const cards: Record<number, Buffer> = {};
  before(async () => {
    fat = await Fat.start();
    for (const bits of [12, 16, 32] as const) {
      makeFat(file, { bits, kib: { 12: 300, 16: KIB, 32: 400 }[bits], clusterSectors: 1 });
      const image = fs.readFileSync(file);
      fat.mount(image);
      fat.makeDirectory('/folder');
      fat.makeDirectory('/folder/inner');
      fat.writeFile('/folder/inner/deep file.bin', noise(3000, 1));
      fat.writeFile('/three', noise(1500, 2));
      fat.writeFile('/A long name, in two parts', noise(600, 3));
      cards[bits] = image;
    }
  });
  const card = (bits: 12 | 16 | 32): Buffer => Buffer.from(cards[bits] as Buffer);

  it('finds a volume in any partition, or without partitions, and says what else there is', () => {
    const volume = card(32);
    const mbr = withMbr(volume);
    fat.mount(mbr);
    assert.equal(fat.readFile('/three').length, 1500);
    fat.writeFile('/new', noise(5000, 1));
    fat.mount(mbr.subarray(2048 * 512));
    assert.equal(fat.readFile('/new').length, 5000);

    // Behind a partition of another kind, and behind one that only says that it is FAT.
    const third = withMbr(volume, { start: 4096 });
    third.copyWithin(446 + 32, 446, 446 + 16);
    third.writeUInt8(0x83, 446 + 4);
    third.writeUInt8(0x0c, 446 + 16 + 4);
    third.writeUInt32LE(100, 446 + 16 + 8);
    third.writeUInt32LE(100, 446 + 16 + 12);
    fat.mount(third);
    assert.equal(fat.readFile('/three').length, 1500);

    const blank = (): Buffer => Buffer.alloc(1 << 20);
    const named = (name: string): Buffer => {
      const sector = blank();
      sector.write(`\xeb\x76\x90${name}`, 'latin1');
      sector.writeUInt16LE(0xaa55, 510);
      return sector;
    };
    assert.equal(fat.tryMount(blank()), FsError.NotFat);
    assert.equal(fat.tryMount(blank().fill(0xff)), FsError.NotFat);
    assert.equal(fat.tryMount(named('EXFAT   ')), FsError.ExFat);
    assert.equal(fat.tryMount(named('NTFS    ')), FsError.NotFat);
    assert.equal(fat.tryMount(withMbr(named('EXFAT   '), { type: 7 })), FsError.ExFat);
    assert.equal(fat.tryMount(withMbr(named('NTFS    '), { type: 7 })), FsError.NotFat);
    assert.equal(fat.tryMount(withMbr(blank(), { start: 1, type: 0xee })), FsError.Gpt);
    assert.equal(fat.tryMount(withMbr(blank(), { type: 0x83 })), FsError.NotFat);
    assert.equal(fat.tryMount(Buffer.alloc(0)), FsError.Device);
    // A partition that begins behind the end, or ends there.
    const cut = withMbr(volume);
    assert.equal(fat.tryMount(cut.subarray(0, 2048 * 512)), FsError.NotFat);
    assert.equal(fat.tryMount(cut.subarray(0, 2050 * 512)), FsError.Corrupt);
    cut.writeUInt32LE(volume.length / 512 - 1, 446 + 12);
    assert.equal(fat.tryMount(cut), FsError.Corrupt);
    assert.equal(fat.exports.errorSector(), 2048);
  });

  it('says so when nothing is mounted, and when a card was changed', () => {
    fat.mount(card(16));
    fat.open('/three');
    fat.mount(card(32));
    fails(() => fat.read(0, 10), FsError.NotMounted);
    fails(() => fat.write(0, Buffer.from('x')), FsError.NotMounted);
    fails(() => fat.sync(), FsError.NotMounted);
    assert.equal(fat.readFile('/three').length, 1500);
    fat.tryMount(Buffer.alloc(512));
    fails(() => fat.lookUp('/three'), FsError.NotMounted);
    fails(() => fat.create('/x'), FsError.NotMounted);
    fails(() => fat.entryAt(0, 1), FsError.NotMounted);
    assert.equal(fat.exports.countFree(1), FsError.NotMounted);
    assert.equal(fat.exports.openFile(0), FsError.NotMounted);
    assert.equal(fat.exports.next(), FsError.NotMounted);
  });

  it('refuses every lie in a boot sector', () => {
    type Lie = [what: string, set: (image: Buffer) => void, error?: number];
    const lies: Record<number, Lie[]> = {
      16: [
        ['no signature', (image) => image.writeUInt16LE(0, 510), FsError.NotFat],
        ['no jump', (image) => image.writeUInt8(0, 0), FsError.NotFat],
        ['sectors of 100 bytes', (image) => image.writeUInt16LE(100, 11), FsError.NotFat],
        ['sectors of 4096 bytes', (image) => image.writeUInt16LE(4096, 11)],
        ['no sectors in a cluster', (image) => image.writeUInt8(0, 13)],
        ['three sectors in a cluster', (image) => image.writeUInt8(3, 13)],
        ['no reserved sector', (image) => image.writeUInt16LE(0, 14)],
        ['only reserved sectors', (image) => image.writeUInt16LE(0xffff, 14)],
        ['no FAT', (image) => image.writeUInt8(0, 16)],
        ['200 FATs', (image) => image.writeUInt8(200, 16)],
        ['no root directory', (image) => image.writeUInt16LE(0, 17)],
        ['a root directory that ends within a sector', (image) => image.writeUInt16LE(513, 17)],
        ['more sectors than there are', (image) => image.writeUInt16LE(image.length / 512 + 1, 19)],
        ['no sectors', (image) => image.writeUInt16LE(0, 19)],
        ['five sectors', (image) => image.writeUInt16LE(5, 19)],
        ['a FAT too small', (image) => image.writeUInt16LE(16, 22)],
        ['a FAT too large', (image) => image.writeUInt16LE(0xffff, 22)],
      ],
      32: [
        ['a FAT of 2^32 sectors', (image) => image.writeUInt32LE(0xffffffff, 36)],
        ['a FAT of 2^31 sectors', (image) => image.writeUInt32LE(0x80000000, 36)],
        ['no FAT at all', (image) => image.writeUInt32LE(0, 36)],
        ['a FAT too small', (image) => image.writeUInt32LE(1, 36)],
        ['a third FAT in use', (image) => image.writeUInt16LE(0x82, 40)],
        ['a version to come', (image) => image.writeUInt16LE(1, 42)],
        ['root directory in cluster 1', (image) => image.writeUInt32LE(1, 44)],
        ['root directory behind the end', (image) => image.writeUInt32LE(100_000, 44)],
        ['a root directory beside the root cluster', (image) => image.writeUInt16LE(512, 17)],
      ],
    };
    for (const bits of [16, 32] as const) {
      for (const [what, set, error = FsError.Corrupt] of lies[bits] as Lie[]) {
        const image = card(bits);
        set(image);
        assert.equal(fat.tryMount(image), error, what);
        if (error === FsError.Corrupt) assert.equal(fat.exports.errorSector(), 0, what);
        fails(() => fat.lookUp('/three'), FsError.NotMounted);
      }
    }
    // What is of no consequence is no reason to refuse a card.
    const odd = card(32);
    odd.writeUInt16LE(0xffff, 48); // FSInfo behind the reserved sectors
    odd.writeUInt8(0, 21);
    fat.mount(odd);
    assert.equal(fat.readFile('/three').length, 1500);
    // The second FAT in use alone.
    const second = card(32);
    second.fill(0xee, fatAt(second), fatAt(second) + second.readUInt32LE(36) * 512);
    second.writeUInt16LE(0x81, 40);
    fat.mount(second);
    assert.equal(fat.readFile('/three').length, 1500);
    fat.writeFile('/new', noise(2000, 1));
    assert(
      second.subarray(fatAt(second), fatAt(second) + second.readUInt32LE(36) * 512).every((byte) => byte === 0xee),
    );
  });

  it('finds what is wrong with a chain', () => {
    const image = card(16);
    fat.mount(image);
    const { cluster: first } = fat.lookUp('/three'); // three clusters, one behind the other
    const { cluster: folder } = fat.lookUp('/folder');
    const broken = (...links: [number, number][]): void => {
      const copy = Buffer.from(image);
      for (const [cluster, value] of links) setFat(copy, cluster, value);
      fat.mount(copy);
    };
    const cases: [string, [number, number][]][] = [
      ['a loop', [[first + 1, first]]],
      ['itself', [[first, first]]],
      ['out of range', [[first + 1, 0xffef]]],
      ['cluster 1', [[first, 1]]],
      ['a bad cluster', [[first, 0xfff7]]],
      ['too short', [[first + 1, 0xffff]]],
      ['a free cluster', [[first, 0]]],
    ];
    for (const [what, links] of cases) {
      broken(...links);
      fat.open('/three');
      assert.throws(
        () => fat.read(0, 1500),
        (error) => error instanceof FsFailure && error.code === FsError.Corrupt,
        what,
      );
      assert(fat.exports.errorCluster() >= first && fat.exports.errorCluster() <= first + 2, what);
      assert.equal(fat.list('/').length, 3);
      // Written to or removed, it ends too.
      fat.open('/three');
      for (const call of [() => fat.write(1500, noise(3000, 1)), () => fat.truncate(1), () => fat.remove('/three')]) {
        try {
          call();
        } catch (error) {
          assert(error instanceof FsFailure && error.code === FsError.Corrupt, `${what}: ${String(error)}`);
        }
      }
    }
    // A directory has no size: its slots go round.
    const full = card(16);
    const at = dataAt(full) + (folder - 2) * 512;
    for (let slot = 2; slot < 16; slot++) {
      full.copy(full, at + slot * 32, at + 64 + 32, at + 64 + 64); // the short entry of `inner`
      full.write(`I${slot}`.padEnd(8), at + slot * 32, 'latin1');
    }
    setFat(full, folder, folder);
    fat.mount(full);
    fails(() => fat.list('/folder'), FsError.Corrupt);
    fails(() => fat.lookUp('/folder/nothing'), FsError.Corrupt);
    fails(() => fat.create('/folder/nothing'), FsError.Corrupt);
  });

  it('does not go round through directories, nor into what is none', () => {
    const image = card(16);
    fat.mount(image);
    const folder = fat.lookUp('/folder');
    const inner = fat.lookUp('/folder/inner');
    const slotAt = (of: { directory: number; index: number }): number =>
      (of.directory ? dataAt(image) + (of.directory - 2) * 512 : rootAt(image)) + of.index * 32;
    for (const cluster of [folder.cluster, inner.cluster + 1, 0, 1, 0xfff0]) {
      const copy = Buffer.from(image);
      copy.writeUInt16LE(cluster, slotAt(inner) + 26);
      fat.mount(copy);
      assert.equal(fat.list('/folder').length, 1);
      fails(() => fat.list('/folder/inner'), FsError.Corrupt);
      fails(() => fat.lookUp('/folder/inner/deep file.bin'), FsError.Corrupt);
      fails(() => fat.remove('/folder/inner'), FsError.Corrupt);
      fails(() => fat.rename('/three', '/folder/inner/three'), FsError.Corrupt);
    }
    // A file that begins nowhere, or is larger than the card.
    const { index } = fat.lookUp('/three');
    for (const set of [
      (copy: Buffer, at: number) => copy.writeUInt16LE(0, at + 26),
      (copy: Buffer, at: number) => copy.writeUInt16LE(0xfff0, at + 26),
      (copy: Buffer, at: number) => copy.writeUInt32LE(0xffffffff, at + 28),
    ]) {
      const copy = Buffer.from(image);
      set(copy, rootAt(image) + index * 32);
      fat.mount(copy);
      fails(() => fat.open('/three'), FsError.Corrupt);
    }
  });

  it('writes nothing to a card or a file that is protected', () => {
    const image = card(16);
    const protectedCard = new Card(image);
    protectedCard.isWritable = false;
    fat.mount(protectedCard);
    assert.equal(fat.readFile('/three').length, 1500);
    fat.open('/three');
    for (const call of [
      () => fat.write(0, Buffer.from('x')),
      () => fat.truncate(0),
      () => fat.create('/new'),
      () => fat.makeDirectory('/new'),
      () => fat.remove('/three'),
      () => fat.rename('/three', '/four'),
      () => fat.openState('/player.state'),
    ]) {
      fails(call, FsError.ReadOnly);
    }
    fat.sync();
    fat.mount(image);
    const { index } = fat.lookUp('/three');
    image.writeUInt8(0x21, rootAt(image) + index * 32 + 11);
    fat.mount(image);
    fat.open('/three');
    fails(() => fat.write(0, Buffer.from('x')), FsError.ReadOnly);
    fails(() => fat.truncate(0), FsError.ReadOnly);
    fails(() => fat.remove('/three'), FsError.ReadOnly);
    fails(() => fat.rename('/A long name, in two parts', '/three'), FsError.ReadOnly);
  });

  it('reads what it can beside sectors that cannot be read', () => {
    const image = card(16);
    const bad = fat.mount(image);
    const { cluster } = fat.lookUp('/three');
    const sector = dataAt(image) / 512 + cluster - 2;
    bad.bad.add(sector + 1);
    fat.open('/three');
    assert.equal(fat.read(0, 512).length, 512);
    fails(() => fat.read(0, 1500), FsError.Device);
    assert.equal(fat.exports.blockError(), -5);
    assert.equal(fat.read(1024, 400).length, 400);
    fat.mount(bad);
    assert.equal(fat.readFile('/folder/inner/deep file.bin').length, 3000);
  });

  it('survives random changes of every card', () => {
    const { below, next } = random(5);
    for (const bits of [12, 16, 32] as const) {
      const whole = card(bits);
      // The boot sector, the FAT's and the directories' beginnings: where there is anything to be believed.
      const info = bits === 32 ? fatAt(whole) : 0;
      const spots = [
        0,
        info,
        fatAt(whole),
        bits === 32 ? fatAt(whole) + 2 * whole.readUInt32LE(36) * 512 : rootAt(whole),
      ];
      for (let round = 0; round < 700; round++) {
        const image = Buffer.from(whole);
        for (let n = 1 + below(8); n > 0; n--) {
          const at = pick(spots, below(round % 4 ? 4 : 1)) + below(round % 4 ? 3000 : 90);
          image[at % image.length] = next();
        }
        const limited = new Card(image);
        limited.limit = 60_000;
        const attempt = (call: () => unknown): void => {
          try {
            call();
          } catch (error) {
            if (!(error instanceof FsFailure)) throw error;
          }
        };
        if (fat.tryMount(limited)) continue;
        attempt(() => fat.tree());
        attempt(() => fat.writeFile('/a new file', noise(2000, 1)));
        attempt(() => fat.makeDirectory('/folder/new'));
        attempt(() => fat.rename('/three', '/folder/three'));
        attempt(() => fat.remove('/folder/inner/deep file.bin'));
        attempt(() => fat.openState('/player.state'));
        attempt(() => fat.saveState('state'));
        attempt(() => fat.exports.countFree(1 << 20));
        attempt(() => fat.tree());
      }
    }
  });
});
