import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { FileSource } from '../../host-tools/card/byte-source.js';
import { findFile } from '../../host-tools/card/card-files.js';
import { fatRoot, freeBytes, usedRegions } from '../../host-tools/card/fat-reader.js';
import { Problem } from '../../host-tools/problem.js';
import { testFolder } from '../media/sounds.js';
import {
  bytesSource,
  checkFat,
  deleteFile,
  freeByMtools,
  makeCard,
  MIB,
  noise,
  PARTITION,
  patch,
  putFiles,
  readAll,
  readImage,
  volumeOf,
  type CardShape,
} from './fat-rig.js';

const folder = testFolder();
const at = (name: string): string => path.join(folder, name);

const SHAPES: CardShape[] = [
  { bytes: 3 * MIB, bits: 12 },
  { bytes: 9 * MIB, bits: 12, clusterSectors: 8 },
  { bytes: 8 * MIB, bits: 16 },
  { bytes: 32 * MIB, bits: 16, clusterSectors: 4 },
  { bytes: 40 * MIB, bits: 32 },
  { bytes: 4200 * MIB, bits: 32, clusterSectors: 128 },
];

const FILES: Record<string, Buffer> = {
  'config.txt': Buffer.from('kernel=x\n'),
  empty: Buffer.alloc(0),
  'A long name with spaces.wav': noise(70_001, 1),
  'Größe – Übergröße 音楽.qoa': noise(512, 2),
  'exactly thirt': noise(65_536, 3),
  'folder/lower.txt': noise(511, 4),
  'folder/deep/deeper/x.bin': noise(200_000, 5),
  [`folder/${'n'.repeat(251)}.wav`]: noise(10, 6),
};

/** Files that lie in pieces: between two parts of one, others were, or are. */
function fragment(card: string): Buffer {
  const pieces = Array.from({ length: 8 }, (_, i) => `piece-${i}`);
  putFiles(card, Object.fromEntries(pieces.map((name) => [name, noise(60_000, 9)])));
  for (const name of pieces.filter((_, i) => i % 2)) deleteFile(card, name);
  const bytes = noise(400_000, 10);
  putFiles(card, { fragmented: bytes });
  return bytes;
}

describe('the FAT reader', () => {
  for (const shape of SHAPES) {
    const name = `FAT${shape.bits} with clusters of ${(shape.clusterSectors ?? 1) * 512} bytes`;
    it(`reads ${name} as mtools has written it`, () => {
      const card = makeCard(at('card.img'), shape);
      putFiles(card, FILES);
      const fragmented = fragment(card);
      const { files, broken } = readImage(card);
      assert.deepEqual(broken, []);
      assert.ok(files.get('fragmented')?.equals(fragmented));
      for (const [name, bytes] of Object.entries(FILES)) assert.ok(files.get(name)?.equals(bytes), name);
      const source = FileSource.open(card);
      const volume = volumeOf(source);
      assert.equal(volume.layout.bits, shape.bits);
      assert.equal(volume.isDirty, false);
      assert.equal(freeBytes(volume), freeByMtools(card));
      const file = findFile(fatRoot(volume), 'FOLDER/Deep/deeper/X.BIN');
      assert.ok(file?.read(100_001, 1000).equals(noise(200_000, 5).subarray(100_001, 101_001)));
      assert.equal(findFile(fatRoot(volume), 'folder/../config.txt'), undefined);
      source.close();
    });

    if (shape.bytes > 64 * MIB) continue;
    it(`knows what of ${name} is in use: the rest may be anything`, () => {
      const card = at('card.img');
      const source = FileSource.open(card);
      const all = fs.readFileSync(card);
      const copy = noise(all.length, 7);
      all.copy(copy, 0, 0, PARTITION);
      const regions = usedRegions(volumeOf(source));
      source.close();
      for (const { offset, bytes } of regions)
        all.copy(copy, PARTITION + offset, PARTITION + offset, PARTITION + offset + bytes);
      const used = regions.reduce((sum, { bytes }) => sum + bytes, 0);
      assert.ok(used < 3 * MIB, `${used}`);
      fs.writeFileSync(at('copy.img'), copy);
      checkFat(at('copy.img'));
      assert.deepEqual(readImage(at('copy.img')), readImage(card));
    });
  }

  it('tells that a card was not unmounted', () => {
    for (const [bits, offset] of [
      [16, 2 + 1],
      [32, 4 + 3],
    ] as const) {
      const card = makeCard(at('dirty.img'), { bytes: bits === 16 ? 8 * MIB : 40 * MIB, bits });
      const source = FileSource.open(card);
      const { fatOffset } = volumeOf(source).layout;
      const byte = source.read(PARTITION + fatOffset + offset, 1);
      patch(card, PARTITION + fatOffset + offset, Buffer.from([(byte[0] ?? 0) & (bits === 16 ? 0x7f : 0xf7)]));
      assert.equal(volumeOf(source).isDirty, true, `FAT${bits}`);
      source.close();
    }
  });

  it('does not follow a chain into itself, out of the card, or a folder that is in itself', () => {
    const card = makeCard(at('loops.img'), { bytes: 8 * MIB, bits: 16 });
    putFiles(card, { 'loop.bin': noise(2048, 1), 'out.bin': noise(2048, 2), 'short.bin': noise(2048, 3) });
    putFiles(card, { 'a/b/c.txt': 'deep', 'good.txt': 'good', 'ring/x.txt': 'x' });
    const bytes = fs.readFileSync(card);
    const volume = volumeOf(bytesSource(bytes));
    const { fatOffset } = volume.layout;
    const slotOf = (short: string): number => bytes.indexOf(Buffer.from(short, 'latin1'));
    const clusterOf = (short: string): number => bytes.readUInt16LE(slotOf(short) + 26);
    const link = (cluster: number, to: number): void =>
      void bytes.writeUInt16LE(to, PARTITION + fatOffset + 2 * cluster);
    link(clusterOf('LOOP    BIN') + 1, clusterOf('LOOP    BIN'));
    link(clusterOf('OUT     BIN') + 1, 0xfff0);
    link(clusterOf('SHORT   BIN') + 1, 0xffff);
    link(clusterOf('RING       '), clusterOf('RING       '));
    // b is a.
    bytes.writeUInt16LE(clusterOf('A          '), slotOf('B          ') + 26);
    const { files, broken } = readAll(fatRoot(volumeOf(bytesSource(bytes))));
    assert.equal(files.get('good.txt')?.toString(), 'good');
    assert.deepEqual(
      broken.sort().map((line) => line.replace(/the FAT file system /, '')),
      [
        'a/b: is in itself, or in two places',
        'out.bin: has a chain to cluster 65520, which is none',
        `ring: has a chain from cluster ${clusterOf('RING       ')} that does not end`,
        'short.bin: has a file of 2048 bytes whose clusters hold 1024',
      ],
    );
    // A file of 2048 bytes ends before its chain comes round.
    assert.equal(files.get('loop.bin')?.length, 2048);
  });

  it('gives a long name to none but its own entry', () => {
    const card = makeCard(at('names.img'), { bytes: 8 * MIB, bits: 16 });
    putFiles(card, { 'A long name.wav': 'x', 'Another long name.wav': 'y' });
    const bytes = fs.readFileSync(card);
    // As another system renames the entry, and knows nothing of the long name before it.
    bytes.write('RENAMED WAV', bytes.indexOf('ALONGN~1WAV'), 'latin1');
    const { files, broken } = readAll(fatRoot(volumeOf(bytesSource(bytes))));
    assert.deepEqual([[...files.keys()], broken], [['RENAMED.WAV', 'Another long name.wav'], []]);
  });

  it('takes no number at its word: a thousand lying cards give problems, and none holds it up', () => {
    const cards = SHAPES.slice(0, 5).map((shape) => {
      const card = makeCard(at('fuzz.img'), shape);
      putFiles(card, { 'a/b/c/d.txt': noise(3000, 1), 'A long name indeed.wav': noise(40_000, 2) });
      return fs.readFileSync(card);
    });
    let seed = 1;
    const random = (below: number): number => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0) % below;
    const began = Date.now();
    for (let round = 0; round < 1000; round++) {
      const card = cards[round % cards.length] as Buffer;
      const undo: [number, number][] = [];
      for (let times = 1 + random(8); times > 0; times--) {
        // The boot sector's numbers, or anything of tables and folders.
        const place = PARTITION + (random(2) ? random(96) : random(400_000));
        undo.push([place, card[place] ?? 0]);
        card[place] = random(3) ? random(256) : 0xff * random(2);
      }
      try {
        const volume = volumeOf(bytesSource(card));
        readAll(fatRoot(volume));
        usedRegions(volume);
      } catch (error) {
        assert.ok(error instanceof Problem, `round ${round}: ${String(error)}`);
      }
      for (const [place, byte] of undo.reverse()) card[place] = byte;
    }
    assert.ok(Date.now() - began < 30_000);
  });
});
