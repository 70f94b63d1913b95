import assert from 'node:assert/strict';
import path from 'node:path';
import fs from 'node:fs';
import { encodeQoa, QoaEncoder } from '../../host-tools/media/qoa.js';
import { readWav } from '../../host-tools/media/wav.js';
import { decodeQoa } from './qoa-reference.js';
import { makeMusic, testFolder } from './sounds.js';

/** Signal to noise in dB. */
function quality(original: Int16Array, decoded: Int16Array): number {
  let signal = 0;
  let noise = 0;
  for (let i = 0; i < original.length; i++) {
    signal += (original[i] as number) ** 2;
    noise += ((original[i] as number) - (decoded[i] as number)) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}

const sine = (length: number, amplitude: number, period: number): Int16Array =>
  Int16Array.from({ length }, (_, i) => Math.round(amplitude * Math.sin((2 * Math.PI * i) / period)));

describe('the QOA encoder', () => {
  it('writes the layout of the specification, down to the bits', () => {
    // One sample of 0: what is expected is 0 (the history is), and the least distance is 1 by scale factor 0.
    const file = encodeQoa(Int16Array.of(0), 44100, 1);
    const frame = '01' + '00ac44' + '0001' + '0020';
    const state = '0000000000000000' + '00000000e0004000';
    assert.equal(file.toString('hex'), '716f6166' + '00000001' + frame + state + '0000000000000000');
    // 45 is 21 · 2.1 and 7 · 6.4: nearest is 7 · 7 = 49 (index 1, code 6), 4 away; 45 · 0.75 = 34, 84 · 0.75 = 63,
    // 21 · 2.5 = 53.
    assert.equal(encodeQoa(Int16Array.of(45), 44100, 1).readBigUInt64BE(32), (1n << 60n) | (6n << 57n));
    // Negative: the same with the lowest bit of the code.
    assert.equal(encodeQoa(Int16Array.of(-45), 44100, 1).readBigUInt64BE(32), (1n << 60n) | (7n << 57n));
  });

  it('keeps the frame count at every length around the borders of slices and frames', () => {
    for (const frames of [1, 19, 20, 21, 5119, 5120, 5121, 10240, 10259]) {
      for (const channels of [1, 2]) {
        const decoded = decodeQoa(encodeQoa(sine(frames * channels, 8000, 50), 22050, channels));
        assert.deepEqual(
          [decoded.samples.length, decoded.rateHz, decoded.channels],
          [frames * channels, 22050, channels],
        );
      }
    }
  });

  it('is near the original for music', () => {
    const wav = makeMusic(path.join(testFolder(), 'music.wav'), 3, 44100, 16);
    const pcm = readWav(fs.readFileSync(wav));
    const samples = pcm.samples as Int16Array;
    const file = encodeQoa(samples, pcm.rateHz, 2);
    assert.ok(file.length < samples.byteLength / 4.9, `${file.length} bytes`);
    const db = quality(samples, decodeQoa(file).samples);
    assert.ok(db > 30, `${db} dB`);
  });

  it('survives full-scale squares, noise and silence', () => {
    const square = Int16Array.from({ length: 20000 }, (_, i) => ((i >> 5) & 1 ? 32767 : -32768));
    assert.ok(quality(square, decodeQoa(encodeQoa(square, 8000, 1)).samples) > 10);
    let seed = 1;
    const noise = Int16Array.from({ length: 20000 }, () => (seed = (Math.imul(seed, 1664525) + 1013904223) | 0) >> 18);
    assert.ok(quality(noise, decodeQoa(encodeQoa(noise, 8000, 1)).samples) > 12);
    // A slice has no zero: the least is a step of 1.
    const silence = decodeQoa(encodeQoa(new Int16Array(20000), 8000, 2)).samples;
    assert.ok(Math.max(...silence.map(Math.abs)) <= 2);
  });

  it('gives the same file whatever pieces the samples come in, and keeps none of them', () => {
    const samples = sine(2 * 23_456, 12_000, 77);
    const whole = encodeQoa(samples, 44100, 2);
    for (const step of [2, 40, 10_238, 10_240, 10_242, 30_000]) {
      const encoder = new QoaEncoder(44100, 2);
      const piece = new Int16Array(step);
      for (let at = 0; at < samples.length; at += step) {
        const next = samples.subarray(at, at + step);
        piece.set(next);
        encoder.push(piece.subarray(0, next.length));
        piece.fill(-1);
      }
      assert.equal(encoder.frames, 23_456);
      assert.deepEqual(Buffer.concat(encoder.finish()), whole, `pieces of ${step}`);
    }
    assert.equal(new QoaEncoder(44100, 2).frames, 0);
  });
});
