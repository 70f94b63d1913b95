import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { BlockKind, JackRegister } from '../../drivers/jack-keys.js';
import { feed, stamp, words, write } from './log-lines.js';
import { LogReader } from './log.js';

type Seen = ['block', number[], number, number] | ['register', number, number];

function read(text: string, size = 1 << 16): { seen: Seen[]; reader: LogReader } {
  const seen: Seen[] = [];
  const reader = new LogReader({
    block: (block, kind, micros) => seen.push(['block', [...block], kind, micros]),
    register: (offset, value) => seen.push(['register', offset, value]),
  });
  feed(reader, text, size);
  return { seen, reader };
}

describe('the log of the words', () => {
  const log =
    write(JackRegister.NoteRate, 44100) +
    write(JackRegister.Range1, 2834) +
    words(1, 2, 0xffffffff) +
    stamp(BlockKind.Level, 77) +
    'bcm2835-i2s: unimplemented device read  (size 4, offset 0x04)\n' +
    'bcm2835-cprman: unimplemented device write (size 4, offset 0x18, value 0x00001234)\n' +
    'bcm2835-i2c: unimplemented device write (size 4, offset 0x18, value 0x00001234)\n' +
    'bcm2835-i2s: unimplemented device write (size 2, offset 0x18, value 0x00001234)\n' +
    'bcm2835-i2s: unimplemented device write (size 4, offset 0x18, value 0x0000123g)\n' +
    '\n' +
    `${'long '.repeat(3000)}\n` +
    write(JackRegister.NoteTrack, 3) +
    words(4) +
    stamp(BlockKind.Track, 0xfffffffe) +
    words(5, 6);
  const wanted: Seen[] = [
    ['register', JackRegister.NoteRate, 44100],
    ['register', JackRegister.Range1, 2834],
    ['block', [1, 2, 0xffffffff], BlockKind.Level, 77],
    ['register', JackRegister.NoteTrack, 3],
    ['block', [4], BlockKind.Track, 0xfffffffe],
  ];

  it('gives blocks and notes in order, however it is cut, and skips every other line', () => {
    for (const size of [1, 7, 79, 80, 81, 1000, 1 << 20]) {
      const { seen, reader } = read(log, size);
      assert.deepEqual(seen, wanted, `pieces of ${size}`);
      assert.deepEqual([...reader.unstamped()], [5, 6]);
      assert.equal(reader.words, 4);
    }
  });

  it('holds a block of any length', () => {
    const values = Array.from({ length: 100_000 }, (_, i) => (i * 2654435761) >>> 0);
    const { seen } = read(words(...values) + stamp(BlockKind.Track));
    assert.deepEqual(seen, [['block', values, BlockKind.Track, 0]]);
  });

  it('survives bytes that are no text', () => {
    const noise = crypto.createHash('shake256', { outputLength: 100_000 }).update('noise').digest();
    const { seen } = read(`${noise.toString('latin1')}\n${log}`);
    assert.deepEqual(seen, wanted);
  });

  it('keeps nothing of what it has read, however long it goes on', () => {
    const values = Array.from({ length: 1024 }, (_, i) => i);
    const block = Buffer.from(words(...values) + stamp(BlockKind.Track));
    const blocks: number[] = [];
    const reader = new LogReader({ block: (each) => blocks.push(each.length), register: () => undefined });
    for (let i = 0; i < 1000; i++) reader.push(block);
    assert.deepEqual(blocks, Array(1000).fill(values.length));
    assert.deepEqual([reader.words, reader.unstamped().length], [1000 * values.length, 0]);
  });
});
