import assert from 'node:assert/strict';
import { crc32 } from 'node:zlib';
import { random } from '../support/decoder.js';
import { runProgram, type Running } from '../support/module.js';
import { pick } from '../support/pick.js';

interface Stages {
  buffer: WebAssembly.Global;
  framesToWords(frames: number, count: number, channels: number, range: number, repeat: number, words: number): number;
  gainOf(tenths: number): number;
  setRate(rate: number): void;
  setDb(tenths: number): void;
  settle(): void;
  apply(ptr: number, frames: number, channels: number): void;
  crcReset(): void;
  crcAdd(ptr: number, frames: number, channels: number, bits: number): number;
}

const EDGES = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 2 ** 30, -(2 ** 30), 65536, -65536, 32767];

/** Noise of the full range, with the values at which things go wrong in front. */
function noise(samples: number, seed = 1): Int32Array {
  const { next } = random(seed);
  return Int32Array.from({ length: samples }, (_, i) => EDGES[i] ?? next() | 0);
}

/** What the stage should make of a frame, in exact arithmetic. */
const exactWord = (frame: number, range: number): number =>
  Number((BigInt(frame) * BigInt(range) + (BigInt(range) << 31n) + (1n << 31n)) >> 32n);
const exactGain = (frame: number, gain: number): number => Number((BigInt(frame) * BigInt(gain)) >> 30n);

describe('audio/stages', () => {
  let running: Running<Stages>;
  let stages: Stages;
  let base: number;
  before(async () => {
    running = await runProgram<Stages>('test/audio/assembly/stages.ts', (memory) => ({
      crc32: (ptr: number, length: number, seed: number) =>
        crc32(new Uint8Array(memory().buffer, ptr, length), seed >>> 0) | 0,
    }));
    stages = running.exports;
    base = Number(stages.buffer.value);
  });

  const put = (samples: Int32Array, at = base): void => new Int32Array(running.memory.buffer, at).set(samples);
  const get = (count: number, at = base): number[] => Array.from(new Int32Array(running.memory.buffer, at, count));

  describe('words', () => {
    it('are rounded from 0 to the range, silence in the middle', () => {
      // 2834 is the range of 44.1 kHz. Odd ranges have no middle: silence is rounded up, (range + 1) >> 1.
      for (const range of [2834, 2835, 651, 1302, 2604, 3906, 15625]) {
        put(Int32Array.of(-(2 ** 31), 0, 2 ** 31 - 1));
        stages.framesToWords(base, 3, 1, range, 1, base + 64);
        const silence = (range + 1) >> 1;
        assert.deepEqual(get(6, base + 64), [0, 0, silence, silence, range, range]);
      }
    });

    it('come in pairs, right then left, each as often as the repeat says', () => {
      for (const channels of [1, 2]) {
        for (const repeat of [1, 2, 3, 4]) {
          for (const count of [1, 3, 4, 13]) {
            const frames = noise(count * channels, count);
            const words = base + 4096;
            put(frames);
            put(new Int32Array(count * repeat * 2 + 2).fill(-7), words);
            assert.equal(stages.framesToWords(base, count, channels, 2834, repeat, words), count * repeat);
            const expected = Array.from({ length: count }, (_, i) => {
              const left = exactWord(pick(frames, i * channels), 2834);
              const right = exactWord(pick(frames, i * channels + channels - 1), 2834);
              return new Array<number[]>(repeat).fill([right, left]).flat();
            }).flat();
            const label = `${channels} channels, ${repeat} times, ${count} frames`;
            assert.deepEqual(get(count * repeat * 2 + 2, words), [...expected, -7, -7], label);
            assert.deepEqual(get(frames.length), [...frames], 'the frames are left alone');
            if (channels === 2 && repeat === 1) {
              stages.framesToWords(base, count, channels, 2834, repeat, base);
              assert.deepEqual(get(count * 2), expected, `${label}, in place`);
            }
          }
        }
      }
    });
  });

  describe('volume', () => {
    it('has the gain of each tenth of a decibel, exactly rounded', () => {
      for (let tenths = 0; tenths > -1400; tenths--) {
        assert.equal(stages.gainOf(tenths), Math.round(2 ** 30 * 10 ** (tenths / 200)), `${tenths / 10} dB`);
      }
      assert.deepEqual(
        [-1400, -9999, 1, 60].map((x) => stages.gainOf(x)),
        [0, 0, 2 ** 30, 2 ** 30],
      );
    });

    it('at 0 dB changes nothing, elsewhere each sample by the gain, rounded down', () => {
      const frames = noise(75, 9);
      for (const tenths of [0, -1, -60, -200, -1390, -1400]) {
        stages.setDb(tenths);
        stages.settle();
        const gain = stages.gainOf(tenths);
        for (const channels of [1, 2]) {
          const count = channels === 1 ? 73 : 36;
          put(frames);
          stages.apply(base, count, channels);
          const expected = [...frames].map((x, i) => (i < count * channels ? exactGain(x, gain) : x));
          assert.deepEqual(get(75), expected);
        }
      }
    });

    it('changes evenly: the whole range in 64 ms, in any pieces, and stops exactly', () => {
      for (const rate of [8000, 44100, 192000]) {
        const whole = Math.floor(rate * 0.064);
        const step = Math.ceil(2 ** 30 / whole);
        for (const pieces of [[whole + 10], [1, 5, 300, 17]]) {
          stages.setRate(rate);
          stages.setDb(-2000);
          stages.settle();
          stages.setDb(0);
          const length = whole + 10;
          const gains: number[] = [];
          for (let i = 0; gains.length < length; i++) {
            const count = Math.min(pick(pieces, i % pieces.length), length - gains.length);
            put(new Int32Array(count * 2).fill(2 ** 30));
            stages.apply(base, count, 2);
            const got = get(count * 2);
            got.forEach((x, k) => assert.equal(x, got[k - (k % 2)], 'both channels alike'));
            gains.push(...got.filter((_, k) => k % 2 === 0));
          }
          const expected = gains.map((_, i) => Math.min(2 ** 30, (i + 1) * step));
          assert.deepEqual(gains, expected, `${rate} Hz`);
          assert.equal(gains[whole - 1], 2 ** 30);
        }
      }
    });

    it('turns round where a new target comes in the middle of a change', () => {
      stages.setRate(48000);
      stages.setDb(0);
      stages.settle();
      stages.setDb(-200);
      put(new Int32Array(1000).fill(2 ** 30));
      stages.apply(base, 1000, 1);
      const down = get(1000);
      stages.setDb(0);
      put(new Int32Array(2000).fill(2 ** 30));
      stages.apply(base, 2000, 1);
      const up = get(2000);
      const step = Math.ceil(2 ** 30 / 3072);
      assert.equal(down[999], 2 ** 30 - 1000 * step);
      assert.equal(up[0], pick(down, 999) + step);
      assert.deepEqual(up.slice(1000), new Array(1000).fill(2 ** 30));
    });
  });

  describe('the CRC of frames', () => {
    it('is that of their upper 16 bits, or of all 32, in any pieces', () => {
      const frames = noise(6000, 4);
      const halves = Buffer.from(Int16Array.from(frames, (x) => x >> 16).buffer);
      const whole = Buffer.from(Uint8Array.from(Buffer.from(frames.buffer)));
      for (const [bits, reference] of [
        [16, halves],
        [32, whole],
      ] as const) {
        for (const channels of [1, 2]) {
          for (const pieces of [[6000 / channels], [1, 512, 7, 90]]) {
            stages.crcReset();
            let done = 0;
            let sum = 0;
            for (let i = 0; done < frames.length; i++) {
              const count = Math.min(pick(pieces, i % pieces.length), (frames.length - done) / channels);
              put(frames.slice(done, done + count * channels));
              sum = stages.crcAdd(base, count, channels, bits);
              done += count * channels;
            }
            assert.equal(sum >>> 0, crc32(reference), `${bits} bits`);
          }
        }
      }
    });
  });
});
