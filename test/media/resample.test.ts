// The resampler: what it adds to a tone, and that it keeps time.

import assert from 'node:assert/strict';
import { Resampler } from '../../host-tools/media/resample.js';

const sine = (hz: number, rateHz: number, frames: number, channels = 1): Int16Array =>
  Int16Array.from({ length: frames * channels }, (_, i) =>
    Math.round(29_204 * Math.sin((2 * Math.PI * hz * Math.floor(i / channels)) / rateHz)),
  );

/** Everything but the tone, in decibels below it: the tone itself is found by least squares. */
function thdN(samples: Int16Array, hz: number, rateHz: number): number {
  let [ss, sc, cc, ys, yc] = [0, 0, 0, 0, 0];
  const angle = (i: number): number => (2 * Math.PI * hz * i) / rateHz;
  for (const [i, y] of samples.entries()) {
    const [s, c] = [Math.sin(angle(i)), Math.cos(angle(i))];
    ss += s * s;
    sc += s * c;
    cc += c * c;
    ys += y * s;
    yc += y * c;
  }
  const determinant = ss * cc - sc * sc;
  const [a, b] = [(ys * cc - yc * sc) / determinant, (yc * ss - ys * sc) / determinant];
  let [signal, rest] = [0, 0];
  for (const [i, y] of samples.entries()) {
    const tone = a * Math.sin(angle(i)) + b * Math.cos(angle(i));
    signal += tone * tone;
    rest += (y - tone) ** 2;
  }
  return 10 * Math.log10(rest / signal);
}

function resampled(input: Int16Array, ratio: number, channels = 1): Int16Array {
  const resampler = new Resampler(channels, ratio);
  const pieces: number[] = [];
  for (let at = 0; at < input.length; at += 480 * channels)
    pieces.push(...resampler.push(input.subarray(at, at + 480 * channels)));
  pieces.push(...resampler.finish());
  return Int16Array.from(pieces);
}

describe('media/resample', () => {
  it('keeps a 1 kHz tone clean at the ratios by which a live source follows a clock', () => {
    for (const ratio of [1, 1.0003, 0.9997, 1.001, 0.999]) {
      const out = resampled(sine(1000, 48_000, 48_000), ratio);
      const level = thdN(out.subarray(500, 47_000), 1000 * ratio, 48_000);
      assert.ok(level < -93, `${ratio}: ${level} dB`);
    }
  });

  it('makes as many frames as the ratio says, beginning with the first', () => {
    const out = resampled(sine(1000, 48_000, 48_000, 2), 1.001, 2);
    assert.ok(Math.abs(out.length / 2 - 48_000 / 1.001) <= 2, String(out.length / 2));
    assert.ok(Math.abs(out[0] as number) < 10);
    assert.ok(Math.abs((out[2 * 12] as number) - 29_204) < 20, 'a quarter of a period later');
    assert.deepEqual(
      out.filter((_, i) => i % 2 === 0),
      out.filter((_, i) => i % 2 === 1),
    );
  });

  it('changes nothing at a ratio of 1', () => {
    const input = sine(1000, 48_000, 5000);
    assert.deepEqual(resampled(input, 1).subarray(0, 5000), input);
  });

  it('goes down to another rate without folding back what is above it', () => {
    const kept = resampled(sine(1000, 48_000, 48_000), 2).subarray(200, 23_800);
    assert.ok(thdN(kept, 1000, 24_000) < -90);
    const folded = resampled(sine(15_000, 48_000, 48_000), 2).subarray(200, 23_800);
    assert.ok(Math.max(...folded.map(Math.abs)) < 5, 'a tone at 15 kHz in a band of 12 kHz');
  });

  it('follows a ratio that changes without a step', () => {
    const resampler = new Resampler(1, 1);
    const pieces: number[] = [];
    const input = sine(200, 48_000, 48_000);
    for (let at = 0; at < input.length; at += 480) {
      resampler.ratio = 1 + 0.001 * Math.sin(at / 5000);
      pieces.push(...resampler.push(input.subarray(at, at + 480)));
    }
    const steps = pieces.slice(1).map((value, i) => Math.abs(value - (pieces[i] as number)));
    assert.ok(Math.max(...steps.slice(100)) < 29_204 * ((2 * Math.PI * 200 * 1.002) / 48_000) + 1);
  });
});
