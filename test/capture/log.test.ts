import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { FrameMaker, wordToSample } from '../../host-tools/capture/frames.js';
import { JackCapture, trueRate, type FrameSink, type JackState } from '../../host-tools/capture/jack.js';
import { LogReader } from '../../host-tools/capture/log.js';
import { BlockKind, JackRegister } from '../../drivers/jack-keys.js';

/** Lines as QEMU writes them. */
const write = (offset: number, value: number): string =>
  `bcm2835-i2s: unimplemented device write (size 4, offset 0x${offset.toString(16).padStart(2, '0')}, value 0x${(value >>> 0).toString(16).padStart(8, '0')})\n`;
const words = (...values: number[]): string => values.map((value) => write(JackRegister.Fifo, value)).join('');
const stamp = (kind: BlockKind, micros = 0): string => write(JackRegister.Stamps + 4 * kind, micros);

/** Feeds the text in pieces of `size`. */
function feed(reader: { push(chunk: Buffer): void }, text: string, size: number): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
}

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

  it('is read much faster than QEMU writes it', () => {
    const block = Buffer.from(words(...Array.from({ length: 1024 }, (_, i) => i)) + stamp(BlockKind.Track));
    let count = 0;
    const reader = new LogReader({ block: (each) => (count += each.length), register: () => undefined });
    const start = performance.now();
    for (let i = 0; i < 1000; i++) reader.push(block);
    const perSecond = count / (performance.now() - start) / 1000;
    assert.ok(perSecond > 2.5, `${perSecond} million words a second`);
  });
});

describe('frames from words', () => {
  it('turns a duty into a sample, clamped and symmetric', () => {
    assert.deepEqual(
      [0, 1, 1417, 2833, 2834].map((word) => wordToSample(word, 2834)),
      [-32768, -32745, 0, 32745, 32767],
    );
  });

  it('undoes order and repetition across blocks of any length', () => {
    const maker = new FrameMaker();
    maker.range = [100, 200];
    maker.setRepeat(3);
    const pairs = [
      [25, 0],
      [50, 100],
      [75, 200],
    ].flatMap(([right, left]) => [right, left, right, left, right, left] as number[]);
    for (const size of [1, 2, 3, 4, 5, 18]) {
      const out: number[] = [];
      for (let at = 0; at < pairs.length; at += size)
        out.push(...maker.frames(Uint32Array.from(pairs.slice(at, at + size))));
      assert.deepEqual(out, [-32768, -16384, 0, 0, 32767, 16384], `blocks of ${size} words`);
    }
  });
});

describe('a capture of the jack', () => {
  class Sink implements FrameSink {
    readonly seen: [number, number, number[], number[]][] = [];
    open(track: number, state: JackState): void {
      this.seen.push([track, state.rateHz, [], []]);
    }
    frames(samples: Int16Array, kind: BlockKind): void {
      this.seen.at(-1)?.[kind === BlockKind.Track ? 3 : 2].push(...samples);
    }
  }
  const open = (rate: number, range: number): string =>
    write(JackRegister.NoteRate, rate) +
    write(JackRegister.NoteRepeat, 1) +
    write(JackRegister.Range1, range) +
    write(JackRegister.Range2, range);
  const zero = words(0, 0) + stamp(BlockKind.Level);
  const middle = words(50, 50) + stamp(BlockKind.Level);

  it('gives each track its ramps, bridges and held level, and hashes only the words of tracks', () => {
    const sink = new Sink();
    const kept: Buffer[] = [];
    const capture = new JackCapture([sink], [{ append: (bytes) => kept.push(Buffer.from(bytes)) }]);
    const log =
      open(44100, 100) +
      (zero + middle) +
      write(JackRegister.NoteTrack, 0) +
      (middle + words(75, 25, 75, 25) + stamp(BlockKind.Track) + middle) +
      write(JackRegister.NoteTrack, 1) +
      (words(100, 0) + stamp(BlockKind.Track) + zero) +
      open(48000, 200) +
      (words(100, 100) + stamp(BlockKind.Level)) +
      write(JackRegister.NoteTrack, 2) +
      (words(0, 200) + stamp(BlockKind.Track)) +
      words(9);
    feed(capture, log, 100);
    assert.deepEqual(sink.seen, [
      [0, 44100, [-32768, -32768, 0, 0, 0, 0, 0, 0], [-16384, 16384, -16384, 16384]],
      [1, 44100, [-32768, -32768], [-32768, 32767]],
      [2, 48000, [0, 0], [32767, -32768]],
    ]);
    const tracks = Buffer.from(Uint32Array.of(75, 25, 75, 25, 100, 0, 0, 200).buffer);
    assert.deepEqual(Buffer.concat(kept), tracks);
    assert.deepEqual(capture.totals(), {
      words: 8,
      wordsSha256: crypto.createHash('sha256').update(tracks).digest('hex'),
      allWords: 8 + 12 + 1,
      unstamped: 1,
    });
    assert.deepEqual(capture.trackFrames, [2, 1, 1]);
  });

  it('gives everything to one track where the program names none', () => {
    const sink = new Sink();
    const capture = new JackCapture([sink], [], false);
    feed(capture, open(44100, 100) + zero + words(75, 25) + stamp(BlockKind.Track), 1000);
    assert.deepEqual(sink.seen, [[0, 44100, [-32768, -32768], [-16384, 16384]]]);
  });

  it('tells the rate that the clock really gives', () => {
    const { trueRateHz, deviationPpm } = trueRate({ rateHz: 44100, range: 2834, repeat: 1 });
    assert.equal(trueRateHz.toFixed(3), '44107.269');
    assert.equal(deviationPpm.toFixed(2), '164.83');
    assert.equal(trueRate({ rateHz: 8000, range: 3906, repeat: 4 }).trueRateHz.toFixed(3), '8000.512');
  });
});
