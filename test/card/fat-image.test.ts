import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { CardTree, place, type CardFile } from '../../host-tools/card/card-tree.js';
import { fatTime } from '../../host-tools/card/fat-directory.js';
import { geometryOf, imageSizeFor, type Geometry } from '../../host-tools/card/fat-geometry.js';
import { writeImage } from '../../host-tools/card/fat-image.js';
import { Problem } from '../../host-tools/problem.js';
import { testFolder } from '../media/sounds.js';
import { checkFat, PARTITION, readCard } from './card-rig.js';

const folder = testFolder();
const at = (name: string): string => path.join(folder, name);
const MIB = 1 << 20;

const file = (name: string, bytes: number | Uint8Array): CardFile => {
  const source = typeof bytes === 'number' ? Buffer.alloc(bytes, name) : bytes;
  return { path: name, source, bytes: source.length };
};

async function write(name: string, imageBytes: number, files: readonly CardFile[]): Promise<Geometry> {
  const geometry = geometryOf(imageBytes);
  const tree = new CardTree(geometry.clusterBytes, geometry.clusters);
  for (const each of files) assert.equal(tree.add(each), undefined, each.path);
  await writeImage(at(name), geometry, tree);
  return geometry;
}

/** Writes the files, lets fsck.fat and mtools judge, and removes the image. */
async function roundTrip(name: string, imageBytes: number, files: readonly CardFile[]): Promise<void> {
  await write(name, imageBytes, files);
  checkFat(at(name));
  const read = readCard(at(name));
  assert.deepEqual([...read.keys()].sort(), files.map((each) => each.path).sort());
  for (const each of files) assert.ok(read.get(each.path)?.equals(each.source as Buffer), each.path);
  fs.rmSync(at(name));
}

/** Files of every length around clusters, in folders in folders. */
const some = [0, 1, 511, 512, 513, 4095, 4096, 4097, 32768, 100_000].map((bytes, i) =>
  file(`${'a/'.repeat(i % 4)}file of ${bytes} bytes.qoa`, bytes),
);

describe('the FAT32 writer', () => {
  it('writes images of every size and cluster size that fsck.fat and mtools find nothing wrong with', async () => {
    for (const [mib, clusterBytes] of [
      [64, 512],
      [256, 512],
      [512, 4096],
      [2048, 4096],
      [4096, 4096],
      [16384, 8192],
      [32768, 16384],
      [65536, 32768],
    ] as const) {
      assert.equal(geometryOf(mib * MIB).clusterBytes, clusterBytes, `${mib} MiB`);
      await roundTrip('sizes.img', mib * MIB, some);
    }
  });

  it('aligns partition and clusters to 4 MiB, has enough clusters for FAT32, and stays on cards sold short', () => {
    for (let imageBytes = 64 * MIB; imageBytes <= 2 ** 40; imageBytes *= 2) {
      const geometry = geometryOf(imageBytes);
      const { firstSector, sectors, reservedSectors, fatSectors, clusterBytes, clusters, dataOffset } = geometry;
      assert.equal((firstSector * 512) % (4 * MIB), 0);
      assert.equal(dataOffset % (4 * MIB), 0);
      assert.equal(dataOffset, (firstSector + reservedSectors + 2 * fatSectors) * 512);
      assert.ok(clusters >= 65_525 && clusters < 0x0ffffff5);
      assert.ok(fatSectors * 128 >= clusters + 2);
      assert.ok(reservedSectors >= 32 && reservedSectors <= 65_535);
      const end = (firstSector + sectors) * 512;
      assert.ok(dataOffset + clusters * clusterBytes <= end);
      assert.equal(end, imageBytes < 2 ** 31 ? imageBytes : (imageBytes / 8) * 7);
    }
    assert.deepEqual([1, 64 * MIB, 64 * MIB + 1, 2 ** 40, 2 ** 40 + 1].map(imageSizeFor), [
      ...[64 * MIB, 64 * MIB, 128 * MIB, 2 ** 40, NaN],
    ]);
  });

  it('gives the same bytes for the same input, and other serial numbers for another', async () => {
    await write('same-1.img', 64 * MIB, some);
    await write('same-2.img', 64 * MIB, some);
    await write('other.img', 64 * MIB, [
      ...some.slice(0, -1),
      file(some.at(-1)?.path ?? '', Buffer.alloc(100_000, 'x')),
    ]);
    const [one, two, other] = ['same-1.img', 'same-2.img', 'other.img'].map((name) => fs.readFileSync(at(name)));
    assert.ok(one && two && other);
    assert.ok(one.equals(two));
    assert.notEqual(other.readUInt32LE(PARTITION + 67), one.readUInt32LE(PARTITION + 67));
    // Type, and where the partition is; boot sector and FSInfo stand there twice.
    assert.deepEqual([one[450], one.readUInt32LE(454), one.readUInt16LE(510)], [0x0c, PARTITION / 512, 0xaa55]);
    assert.equal(one.readUInt32LE(440), one.readUInt32LE(PARTITION + 67));
    const sectors = (first: number): Buffer => one.subarray(PARTITION + first * 512, PARTITION + (first + 2) * 512);
    assert.ok(sectors(0).equals(sectors(6)));
    assert.equal(one.toString('latin1', PARTITION + 71, PARTITION + 82), 'MIRLEFT    ');
    const fat = (copy: number): Buffer => {
      const { reservedSectors, fatSectors } = geometryOf(64 * MIB);
      const start = PARTITION + (reservedSectors + copy * fatSectors) * 512;
      return one.subarray(start, start + fatSectors * 512);
    };
    assert.ok(fat(0).equals(fat(1)));
  });

  it('dates everything by SOURCE_DATE_EPOCH, within what FAT can tell', async () => {
    const before = process.env['SOURCE_DATE_EPOCH'];
    try {
      process.env['SOURCE_DATE_EPOCH'] = String(Date.UTC(2024, 1, 29, 23, 58, 59) / 1000);
      const { dataOffset } = await write('dated.img', 64 * MIB, [file('A', 1)]);
      const entry = fs.readFileSync(at('dated.img')).subarray(dataOffset + 32);
      assert.equal(entry.readUInt16LE(24), (44 << 9) | (2 << 5) | 29);
      assert.equal(entry.readUInt16LE(22), (23 << 11) | (58 << 5) | 29);
    } finally {
      if (before === undefined) delete process.env['SOURCE_DATE_EPOCH'];
      else process.env['SOURCE_DATE_EPOCH'] = before;
    }
    assert.deepEqual(fatTime(0), fatTime(Date.UTC(1980, 0, 1) / 1000));
    assert.deepEqual(fatTime(9e12), fatTime(Date.UTC(2107, 11, 31, 23, 59, 58) / 1000));
  });

  it('keeps a thousand alike names in one folder apart, long, odd and short ones', async () => {
    const alike = Array.from({ length: 1000 }, (_, i) => file(`music/the same beginning, number ${i}.qoa`, 10));
    const odd = [
      ...['KERNEL8.IMG', 'lower.txt', 'Mixed.Txt', 'no ending', '.dot', 'two.dots.here', 'thesam~1.qoa'],
      ...['ä', 'Ünïcödé – ünd läng.wav', '音楽/日本語の曲.qoa', 'a'.repeat(251) + '.wav', 'x+,;=[].qoa'],
      ...['exactly 13 un', 'exactly twenty-six units!.', "it's", '$~1'],
    ]
      .map((name) => name.replace(/\.$/, '!'))
      .map((name) => file(`music/${name}`, Buffer.from(name)));
    await roundTrip('names.img', 64 * MIB, [...alike, ...odd]);
    // Pairs of surrogates, which mtools does not read.
    const { dataOffset } = await write('pairs.img', 64 * MIB, [file('😀🎵', 10)]);
    checkFat(at('pairs.img'));
    const long = fs.readFileSync(at('pairs.img')).subarray(dataOffset + 32, dataOffset + 64);
    assert.equal(long.toString('utf16le', 1, 9), '😀🎵');
  });

  it('puts each file into one piece, and what is not used takes no room on the disk', async () => {
    const big = Buffer.alloc(3 * MIB, 'big');
    const geometry = await write('sparse.img', 4096 * MIB, [
      file('small', 10),
      file('deep/big', big),
      file('last', 10),
    ]);
    const stat = fs.statSync(at('sparse.img'));
    assert.equal(stat.size, 4096 * MIB);
    assert.ok(stat.blocks * 512 < 4 * MIB, `${stat.blocks} blocks`);
    const tree = new CardTree(geometry.clusterBytes);
    tree.add(file('deep/big', big));
    const { root } = place(tree.root, geometry);
    assert.deepEqual(
      root.folders[0]?.files.map(({ clusters }) => clusters),
      [big.length / 4096],
    );
    const head = Buffer.alloc(geometry.dataOffset + 8 * MIB);
    const descriptor = fs.openSync(at('sparse.img'), 'r');
    fs.readSync(descriptor, head, 0, head.length, 0);
    fs.closeSync(descriptor);
    assert.ok(head.includes(big), 'in one piece');
  });

  it('counts the room of directories, and says why a file does not fit', async () => {
    const geometry = geometryOf(64 * MIB);
    const tree = new CardTree(geometry.clusterBytes, 20);
    assert.equal(tree.add(file('A', 512 * 18)), undefined);
    assert.equal(tree.clusters, 19);
    assert.equal(tree.add(file('folder/B', 512)), 'room');
    assert.equal(tree.clusters, 19, 'nothing is added then');
    assert.equal(tree.add(file('C', 512)), undefined);
    assert.equal(tree.add(file('D', 1)), 'room');
    assert.equal(tree.add(file('E', 0)), undefined);
    assert.equal(new CardTree(512).add({ ...file('F', 0), bytes: 2 ** 32 }), 'length');
    const full = new CardTree(512);
    const name = (i: number): string => `${i} ${'x'.repeat(240)}`;
    let count = 0;
    while (full.add(file(name(count), 0)) === undefined) count++;
    assert.equal(full.add(file(name(count), 0)), 'folder');
    assert.equal(count, Math.floor((65_536 - 1) / 20));
    // To the last cluster.
    const rest = geometry.clusters - 1;
    await roundTrip('full.img', 64 * MIB, [file('ALL', rest * 512)]);
  });

  it('says what a file of this computer lacks, and whether it can be read', async () => {
    fs.writeFileSync(at('host'), 'twelve bytes');
    const rejects = (bytes: number, source: string, message: RegExp): Promise<void> =>
      assert
        .rejects(
          write('broken.img', 64 * MIB, [{ path: 'X', source: { file: source }, bytes }]),
          (error) => error instanceof Problem && error.file === source && message.test(error.message),
        )
        .finally(() => fs.rmSync(at('broken.img'), { force: true }));
    await rejects(13, at('host'), /shorter than the 13 bytes/);
    await rejects(13, at('gone'), /cannot be read/);
    await write('host.img', 64 * MIB, [{ path: 'X', source: { file: at('host') }, bytes: 6 }]);
    assert.equal(String(readCard(at('host.img')).get('X')), 'twelve');
  });
});
