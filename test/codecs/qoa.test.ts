import assert from 'node:assert/strict';
import { Decoder, ErrorCode, random } from '../support/decoder.js';
import { decodeQoa, encodeQoa } from '../support/qoa.js';
import { pick } from '../support/pick.js';

/** A sweep with noise and some clipping, different in each channel. */
function music(frames: number, channels: number, seed = 7): Int16Array {
  const { next } = random(seed);
  return Int16Array.from({ length: frames * channels }, (_, i) => {
    const t = Math.floor(i / channels);
    const tone = 40000 * Math.sin((t * t) / 90000 + (i % channels)) * Math.sin(t / 4000);
    return Math.max(-32768, Math.min(32767, Math.round(tone + (next() % 600) - 300)));
  });
}

const up = (pcm: Int16Array): Int32Array => Int32Array.from(pcm, (x) => x << 16);

/** A mono file of one frame with a predictor and slices given. */
function frameOf(history: number[], weights: number[], slices: bigint[], samples = slices.length * 20): Buffer {
  const file = Buffer.alloc(8 + 8 + 16 + slices.length * 8);
  file.write('qoaf');
  file.writeUInt32BE(samples, 4);
  file.writeUInt32BE((1 << 24) | 44100, 8);
  file.writeUInt16BE(samples, 12);
  file.writeUInt16BE(file.length - 8, 14);
  history.forEach((h, i) => file.writeInt16BE(h, 16 + 2 * i));
  weights.forEach((w, i) => file.writeInt16BE(w, 24 + 2 * i));
  slices.forEach((slice, i) => file.writeBigUInt64BE(slice, 32 + 8 * i));
  return file;
}

/** A slice: scale factor, then residual numbers; the rest are 0. */
function sliceOf(factor: number, residuals: number[]): bigint {
  let bits = BigInt(factor);
  for (let i = 0; i < 20; i++) bits = (bits << 3n) | BigInt(residuals[i] ?? 0);
  return bits;
}

describe('codecs/qoa', () => {
  let decoder: Decoder;
  before(async () => {
    decoder = await Decoder.load();
  });

  const decode = (file: Buffer, sizes?: number[]): number[] => {
    assert.equal(decoder.open(file).error, 0);
    const all = Array.from(decoder.readAll(sizes), (x) => x >> 16);
    assert.equal(decoder.state().error, 0);
    return all;
  };

  describe('worked out by hand', () => {
    it('dequantises', () => {
      // No prediction: all weights and taps 0. Scale factor 0 is round(1^2.75) = 1; its residuals are
      // 0.75 -> 1, -0.75 -> -1, 2.5 -> 3, -2.5 -> -3, 4.5 -> 5, -4.5 -> -5, 7, -7 (halves away from zero).
      // residual >> 4 is 0 for the positive ones and -1 for the negative ones, so weights change by a negative
      // residual: w -= sign(h). Up to the first negative one every prediction is 0:
      const zero = [0, 0, 0, 0];
      assert.deepEqual(decode(frameOf(zero, zero, [sliceOf(0, [0, 2, 4, 6])])).slice(0, 4), [1, 3, 5, 7]);
      // A first sample of each negative residual:
      for (const [q, sample] of [
        [1, -1],
        [3, -3],
        [5, -5],
        [7, -7],
      ] as const) {
        assert.equal(decode(frameOf(zero, zero, [sliceOf(0, [q])]))[0], sample);
      }
      // Factors 7 (2^2.75 = 6.73) and 2048 (16^2.75 = 2^11): 7 * 0.75 = 5.25 -> 5, 7 * 2.5 = 17.5 -> 18,
      // 7 * 4.5 = 31.5 -> 32, 7 * 7 = 49; 2048 * 0.75 = 1536, * 2.5 = 5120, * 4.5 = 9216, * 7 = 14336.
      for (const [factor, samples] of [
        [1, [5, -5, 18, -18, 32, -32, 49, -49]],
        [15, [1536, -1536, 5120, -5120, 9216, -9216, 14336, -14336]],
      ] as const) {
        samples.forEach((sample, q) => {
          assert.equal(decode(frameOf(zero, zero, [sliceOf(factor, [q])]))[0], sample);
        });
      }
    });

    it('predicts from four taps and moves the weights by their signs', () => {
      // Taps 1000, -2000, 3000, -4000, oldest first; weights 4096, 8192, -8192, 16384 (of 8192).
      // Sum: 4096000 - 16384000 - 24576000 - 65536000 = -102400000; >> 13 = -12500.
      // Factor 15, residual 2 = 5120: sample -7380. Delta 5120 >> 4 = 320; weights by the taps' signs:
      // 4096 + 320 = 4416, 8192 - 320 = 7872, -8192 + 320 = -7872, 16384 - 320 = 16064.
      // Taps now -2000, 3000, -4000, -7380.
      // Sum: -2000 * 4416 = -8832000; 3000 * 7872 = 23616000; -4000 * -7872 = 31488000;
      // -7380 * 16064 = -118552320; together -72280320; / 8192 = -8823.28, >> 13 = -8824.
      // Residual 7 = -14336: sample -23160. Delta -14336 >> 4 = -896, by the signs - + - -:
      // 4416 + 896 = 5312, 7872 - 896 = 6976, -7872 + 896 = -6976, 16064 + 896 = 16960.
      // Taps 3000, -4000, -7380, -23160.
      // Sum: 15936000 - 27904000 + 51482880 - 392793600 = -353278720; / 8192 = -43124.8, >> 13 = -43125.
      // Residual 0 = 1536: -41589, clamped to -32768.
      const file = frameOf([1000, -2000, 3000, -4000], [4096, 8192, -8192, 16384], [sliceOf(15, [2, 7, 0])]);
      assert.deepEqual(decode(file).slice(0, 3), [-7380, -23160, -32768]);
    });

    it('counts a tap of 0 as positive, and clamps above', () => {
      // Taps 0, 0, 0, 32767, weights 0, 0, 0, 16384: 32767 * 16384 >> 13 = 65534; + 1536 = 67070 -> 32767.
      // Delta 1536 >> 4 = 96, all signs positive: weights 96, 96, 96, 16480.
      // Taps 0, 0, 32767, 32767: (32767 * 96 + 32767 * 16480) >> 13 = 32767 * 16576 >> 13 = 66301 -> with -1536
      // 64765, clamped 32767. Delta -96, all positive: weights 0, 0, 0, 16384.
      // Taps 0, 32767, 32767, 32767: 65534 again; residual 7 = -14336 leaves 51198 -> 32767.
      const file = frameOf([0, 0, 0, 32767], [0, 0, 0, 16384], [sliceOf(15, [0, 1, 7])]);
      assert.deepEqual(decode(file).slice(0, 3), [32767, 32767, 32767]);
      // The same taps with a small weight show what the zeros got: weights 0, 0, 0, 0, residual 6 = 14336, delta 896.
      // Sample 14336; weights 896 each; taps 0, 0, 32767, 14336: (32767 + 14336) * 896 >> 13 = 42204288 >> 13 = 5151;
      // + 1536 = 6687. Weights 992; taps 0, 32767, 14336, 6687: 53790 * 992 = 53359680 >> 13 = 6513; + 1536 = 8049.
      const zeros = frameOf([0, 0, 0, 32767], [0, 0, 0, 0], [sliceOf(15, [6, 0, 0])]);
      assert.deepEqual(decode(zeros).slice(0, 3), [14336, 6687, 8049]);
    });
  });

  it('agrees with a plain decoder, whatever the sizes of reads', () => {
    for (const channels of [1, 2]) {
      for (const frames of [1, 19, 20, 21, 5119, 5120, 5121, 12345]) {
        const file = encodeQoa(music(frames, channels), channels, 44100);
        const reference = up(decodeQoa(file));
        for (const sizes of [[512], [1, 7, 19, 20, 21, 40, 300], [6000]]) {
          const opened = decoder.open(file);
          assert.deepEqual([opened.error, opened.frames, opened.bits, opened.warning], [0, frames, 16, 0]);
          assert.deepEqual(decoder.readAll(sizes), reference, `${channels} channels, ${frames} frames, ${sizes}`);
          assert.equal(decoder.position, frames);
        }
      }
    }
  });

  it('encodes well in the tests, so that what it decodes is music and not noise', () => {
    const pcm = music(20000, 2);
    const decoded = decodeQoa(encodeQoa(pcm, 2, 48000));
    const power = (of: (i: number) => number): number => pcm.reduce((sum, _, i) => sum + of(i) ** 2, 0);
    const ratio = power((i) => pick(pcm, i)) / power((i) => pick(pcm, i) - pick(decoded, i));
    assert(10 * Math.log10(ratio) > 20, `${10 * Math.log10(ratio)} dB`);
  });

  it('wraps as 32-bit arithmetic does when weights run away', () => {
    const { next } = random(5);
    const slices = Array.from({ length: 256 }, () => (15n << 60n) | (BigInt(next()) << 28n) | BigInt(next() >>> 4));
    const loud = slices.map(() => sliceOf(15, new Array<number>(20).fill(6)));
    for (const content of [slices, loud]) {
      const file = frameOf([-32768, 32767, -32768, 32767], [32767, -32768, 32767, -32768], content);
      assert.deepEqual(decode(file), Array.from(decodeQoa(file)));
    }
  });

  it('seeks to what decoding from the start yields there', () => {
    for (const channels of [1, 2]) {
      const file = encodeQoa(music(16000, channels, 3), channels, 32000);
      const reference = up(decodeQoa(file));
      decoder.open(file);
      const { below } = random(11);
      const places = [0, 20, 5119, 5120, 5121, 10240, 15999, 16000, ...Array.from({ length: 40 }, () => below(16001))];
      for (const place of places) {
        assert.equal(decoder.seek(place), true);
        assert.equal(decoder.position, place);
        const part = decoder.read(700);
        assert.deepEqual(part, reference.slice(place * channels, (place + 700) * channels), `from ${place}`);
      }
      assert.equal(decoder.seek(16001), false);
      assert.equal(decoder.seek(-1), false);
    }
  });

  it('plays a streamed file, whose header does not know its length', () => {
    for (const frames of [1, 5110, 5120, 5121, 10240, 11000]) {
      const file = encodeQoa(music(frames, 2), 2, 44100, { claimed: 0 });
      const opened = decoder.open(file);
      assert.deepEqual([opened.error, opened.warning, opened.frames], [0, ErrorCode.UnknownLength, frames]);
      assert.deepEqual(decoder.readAll(), up(decodeQoa(file)));
    }
  });

  it('refuses what is not to be played', () => {
    const good = encodeQoa(music(100, 2), 2, 44100);
    const changed = (change: (file: Buffer) => void): Buffer => {
      const file = Buffer.from(good);
      change(file);
      return file;
    };
    const cases: [string, Buffer, number, number][] = [
      ['no channels', changed((f) => f.writeUInt8(0, 8)), ErrorCode.BadChannels, 8],
      ['three channels', changed((f) => f.writeUInt8(3, 8)), ErrorCode.BadChannels, 8],
      ['rate 0', changed((f) => f.writeUIntBE(0, 9, 3)), ErrorCode.AbsurdRate, 9],
      ['rate 7999', changed((f) => f.writeUIntBE(7999, 9, 3)), ErrorCode.AbsurdRate, 9],
      ['rate 192001', changed((f) => f.writeUIntBE(192001, 9, 3)), ErrorCode.AbsurdRate, 9],
      ['only a header', good.subarray(0, 8), ErrorCode.NoFrames, 8],
      ['half a header', good.subarray(0, 12), ErrorCode.Truncated, 12],
      ['half a frame', good.subarray(0, 60), ErrorCode.Truncated, 60],
    ];
    for (const [name, file, error, offset] of cases) {
      const opened = decoder.open(file);
      assert.deepEqual([opened.error, opened.errorOffset], [error, offset], name);
      assert.equal(decoder.read(100), undefined, name);
      assert.equal(decoder.seek(0), false, name);
    }
  });

  it('names the byte at which a frame is broken, and plays up to it', () => {
    const pcm = music(12000, 2);
    const good = encodeQoa(pcm, 2, 44100);
    const second = 8 + 8 + 2 * (16 + 2048);
    const cases: [string, (file: Buffer) => void, number][] = [
      ['channels', (f) => f.writeUInt8(1, second), second],
      ['rate', (f) => f.writeUIntBE(48000, second + 1, 3), second + 1],
      ['no samples', (f) => f.writeUInt16BE(0, second + 4), second + 4],
      ['too few samples', (f) => f.writeUInt16BE(5100, second + 4), second + 4],
      ['too many samples', (f) => f.writeUInt16BE(5121, second + 4), second + 4],
      ['size', (f) => f.writeUInt16BE(4000, second + 6), second + 6],
    ];
    for (const [name, change, offset] of cases) {
      const file = Buffer.from(good);
      change(file);
      assert.equal(decoder.open(file).error, 0, name);
      const all = decoder.readAll();
      assert.deepEqual(all, up(decodeQoa(good)).slice(0, 5120 * 2), name);
      const { error, errorOffset } = decoder.state();
      assert.deepEqual([error, errorOffset], [ErrorCode.BrokenFrame, offset], name);
      // The other frames are still there.
      assert.equal(decoder.seek(10240), true);
      assert.deepEqual(decoder.read(100), up(decodeQoa(good)).slice(10240 * 2, 10340 * 2), name);
    }
  });

  it('does not believe a last frame that claims more than it has', () => {
    const claim = (samples: number): Buffer => {
      const file = frameOf([0, 0, 0, 0], [0, 0, 0, 0], [sliceOf(3, [2])]);
      file.writeUInt16BE(samples, 12);
      file.writeUInt16BE(24 + 8 * Math.ceil(samples / 20), 14);
      return Buffer.concat([file, Buffer.alloc(samples > 5120 ? 3000 : 0)]);
    };
    for (const [samples, error, offset] of [
      [5120, ErrorCode.Truncated, 40],
      [5121, ErrorCode.BrokenFrame, 12],
    ] as const) {
      assert.equal(decoder.open(claim(samples)).error, 0);
      assert.equal(decoder.read(20), undefined);
      const state = decoder.state();
      assert.deepEqual([state.error, state.errorOffset], [error, offset]);
    }
  });

  it('plays the whole frames of a file that was cut', () => {
    const good = encodeQoa(music(12000, 2), 2, 44100);
    const opened = decoder.open(good.subarray(0, good.length - 100));
    assert.deepEqual([opened.error, opened.warning, opened.frames], [0, ErrorCode.Truncated, 10240]);
    assert.deepEqual(decoder.readAll(), up(decodeQoa(good)).slice(0, 20480));
    assert.equal(decoder.state().error, 0);
  });
});
