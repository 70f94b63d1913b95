import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { BlockKind, JackRegister } from '../../drivers/jack-keys.js';
import { FrameMaker, wordToSample } from '../../host-tools/capture/frames.js';
import { JackCapture, trueRate, type FrameSink, type JackState } from '../../host-tools/capture/jack.js';
import { LogReader } from '../support/log.js';
import { feed, stamp, words, write } from '../support/log-lines.js';

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
    feed(new LogReader(capture), log, 100);
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
      allWords: 8 + 12,
    });
    assert.deepEqual(capture.trackFrames, [2, 1, 1]);
  });

  it('gives everything to one track where the program names none', () => {
    const sink = new Sink();
    const capture = new JackCapture([sink], [], false);
    feed(new LogReader(capture), open(44100, 100) + zero + words(75, 25) + stamp(BlockKind.Track), 1000);
    assert.deepEqual(sink.seen, [[0, 44100, [-32768, -32768], [-16384, 16384]]]);
  });

  it('tells the rate that the clock really gives', () => {
    const { trueRateHz, deviationPpm } = trueRate({ rateHz: 44100, range: 2834, repeat: 1 });
    assert.equal(trueRateHz.toFixed(3), '44107.269');
    assert.equal(deviationPpm.toFixed(2), '164.83');
    assert.equal(trueRate({ rateHz: 8000, range: 3906, repeat: 4 }).trueRateHz.toFixed(3), '8000.512');
  });
});
