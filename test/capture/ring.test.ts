import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as keys from '../../drivers/jack-keys.js';
import { SLOT_BYTES, SLOT_HEADER_BYTES, SLOT_PAIRS } from '../../drivers/window-map.js';
import { BlockHeader, BlockKind, Descriptor, JackRegister } from '../../drivers/jack-keys.js';
import { RingReader } from '../../host-tools/capture/ring.js';
import { Problem } from '../../host-tools/problem.js';
import { testFolder } from '../media/sounds.js';

const BYTES = 64 * 1024;
const BASE = 64;
const DESCRIPTOR = 8;

type Fields = Partial<Record<BlockHeader, number>>;
type Seen = ['block', number[], number, number] | ['register', number, number];

describe('the ring of the words', () => {
  const file = fs.openSync(path.join(testFolder(), 'ring'), 'w+');
  after(() => fs.closeSync(file));

  function put(at: number, value: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value >>> 0);
    fs.writeSync(file, bytes, 0, 4, at);
  }

  function block(at: number, words: number[], fields: Fields = {}): void {
    const header: Fields = {
      [BlockHeader.Kind]: keys.BLOCK_MAGIC | BlockKind.Track,
      [BlockHeader.Pairs]: words.length / 2,
      [BlockHeader.RateHz]: 44100,
      [BlockHeader.Repeat]: 1,
      [BlockHeader.Range]: 2834,
      [BlockHeader.Track]: 0,
      [BlockHeader.Number]: 1,
      [BlockHeader.Stamp]: 77,
      ...fields,
    };
    for (const [offset, value] of Object.entries(header)) put(BASE + at + Number(offset), value);
    words.forEach((word, i) => put(BASE + at + SLOT_HEADER_BYTES + i * 4, word));
  }

  function reader(bytes = BYTES): { ring: RingReader; seen: Seen[] } {
    fs.ftruncateSync(file, 0);
    fs.ftruncateSync(file, BASE + BYTES);
    const seen: Seen[] = [];
    const ring = new RingReader(
      { file, descriptor: DESCRIPTOR, base: BASE, bytes },
      {
        block: (words, kind, micros) => seen.push(['block', [...words], kind, micros]),
        register: (offset, value) => seen.push(['register', offset, value]),
      },
    );
    return { ring, seen };
  }

  const written = (count: number): void => put(DESCRIPTOR + Descriptor.Written, count);
  const opened = (rate: number, range: number): Seen[] => [
    ['register', JackRegister.NoteRate, rate],
    ['register', JackRegister.NoteRepeat, 1],
    ['register', JackRegister.Range1, range],
    ['register', JackRegister.Range2, range],
  ];

  it('gives blocks, and notes where they change or the jack is opened, and tells how far it has read', () => {
    const { ring, seen } = reader();
    assert.equal(ring.read(), 0);
    block(0, [1, 2], { [BlockHeader.Kind]: keys.BLOCK_MAGIC, [BlockHeader.Track]: keys.NO_TRACK });
    block(40, [3, 0xffffffff], { [BlockHeader.Number]: 2, [BlockHeader.Stamp]: 0xfffffffe });
    block(80, [5, 6], { [BlockHeader.Number]: 3, [BlockHeader.Track]: 1 });
    block(120, [7, 8], { [BlockHeader.Number]: 1, [BlockHeader.Track]: 1 });
    written(160);
    assert.equal(ring.read(), 160);
    assert.equal(ring.read(), 0);
    assert.deepEqual(seen, [
      ...opened(44100, 2834),
      ['block', [1, 2], BlockKind.Level, 77],
      ['register', JackRegister.NoteTrack, 0],
      ['block', [3, 0xffffffff], BlockKind.Track, 0xfffffffe],
      ['register', JackRegister.NoteTrack, 1],
      ['block', [5, 6], BlockKind.Track, 77],
      ...opened(44100, 2834),
      ['register', JackRegister.NoteTrack, 1],
      ['block', [7, 8], BlockKind.Track, 77],
    ]);
    const told = Buffer.alloc(8);
    fs.readSync(file, told, 0, 8, DESCRIPTOR + Descriptor.Read);
    assert.deepEqual([told.readUInt32LE(0), told.readUInt32LE(4)], [160, 0xffffffff - 160]);
  });

  it('refuses what cannot be, before it uses it', () => {
    const cases: [string, () => void, RegExp][] = [
      ['more than the ring', () => written(BYTES + 8), /65544 bytes are said to wait in 65536/],
      ['a count that goes back', () => written(-8), /are said to wait/],
      ['no header', () => written(40), /a block has no header/],
      ['a header of a kind there is not', () => block(0, [], { 0: keys.BLOCK_MAGIC | 9, 4: 1 }), /has no header/],
      ['no pairs', () => block(0, [], { [BlockHeader.Pairs]: 0 }), /has no header/],
      ['too many pairs', () => block(0, [], { [BlockHeader.Pairs]: 513 }), /has no header/],
      ['pairs without end', () => block(0, [], { [BlockHeader.Pairs]: -1 }), /has no header/],
      ['more words than were written', () => block(0, [], { [BlockHeader.Pairs]: 2 }), /longer than what was written/],
      ['half a header', () => written(16), /longer than what was written/],
      ['a block that is missing', () => block(0, [1, 2], { [BlockHeader.Number]: 3 }), /block 3 follows block 0/],
      ['a file that is too short', () => fs.ftruncateSync(file, BASE + 20), /cannot be read/],
    ];
    for (const [what, spoil, wanted] of cases) {
      const { ring, seen } = reader();
      written(40);
      spoil();
      assert.throws(
        () => ring.read(),
        (error) => error instanceof Problem && error.code === 'capture-lost' && wanted.test(error.message),
        what,
      );
      assert.equal(seen.filter(([kind]) => kind === 'block').length, 0);
    }
  });

  it('reads much faster than QEMU writes', () => {
    const { ring, seen } = reader();
    const words = Array.from({ length: SLOT_PAIRS * 2 }, (_, i) => i);
    const blocks = Math.floor(BYTES / SLOT_BYTES);
    for (let i = 0; i < blocks; i++) block(i * SLOT_BYTES, words, { [BlockHeader.Number]: 1 });
    const start = performance.now();
    const rounds = 60;
    const skipped = BYTES - blocks * SLOT_BYTES;
    for (let i = 0, count = 0; i < rounds; i++) {
      written((count += blocks * SLOT_BYTES));
      while (ring.read() > 0);
      count += skipped;
      seen.length = 0;
    }
    const perSecond = (rounds * blocks * words.length) / (performance.now() - start) / 1000;
    assert.ok(perSecond > 4, `${perSecond} million words a second`);
  });
});
