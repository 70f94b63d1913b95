// Sounds that the firmware makes itself: the sine and the plucked strings.

import assert from 'node:assert/strict';
import { type Running, runProgram } from '../support/module.js';

interface Exports {
  startSine(): void;
  sine(phase: number): number;
  phaseStep(milliHz: bigint, rateHz: number): number;
  resetStrings(rateHz: number): void;
  pluck(note: number, level: number, pan: number): void;
  renderStrings(ptr: number, frames: number): void;
  framesAt(): number;
}

describe('synthesis', () => {
  let program: Running<Exports>;
  before(async () => {
    program = await runProgram<Exports>('test/audio/assembly/synthesis.ts');
  });

  it('makes a sine with an error below -100 dB', () => {
    const { startSine, sine } = program.exports;
    startSine();
    let most = 0;
    for (let i = 0; i < 100_000; i++) {
      const phase = Math.floor((i * 2 ** 32) / 100_000) >>> 0;
      const exact = Math.sin((2 * Math.PI * phase) / 2 ** 32);
      most = Math.max(most, Math.abs(sine(phase) / 2 ** 31 - exact));
    }
    assert.ok(most < 1e-5, `${most}`);
    assert.ok(Math.abs(sine(0x40000000) / 2 ** 31 - 1) < 1e-8);
  });

  it('finds the phase of a frequency to the nearest step', () => {
    assert.equal(program.exports.phaseStep(12_000_000n, 48000), 2 ** 30);
    assert.equal(program.exports.phaseStep(1_000_000n, 44100), Math.round((1000 * 2 ** 32) / 44100));
  });

  /** Renders one second of stereo. */
  function second(): Int32Array {
    program.exports.renderStrings(program.exports.framesAt(), 44100);
    return new Int32Array(program.memory.buffer, program.exports.framesAt(), 2 * 44100).slice();
  }

  function energy(frames: Int32Array, hz: number): number {
    let [re, im] = [0, 0];
    for (let i = 0; i < 44100; i++) {
      re += (frames[2 * i] as number) * Math.cos((2 * Math.PI * hz * i) / 44100);
      im += (frames[2 * i] as number) * Math.sin((2 * Math.PI * hz * i) / 44100);
    }
    return Math.hypot(re, im);
  }

  it('plucks strings in tune within three cents', () => {
    for (const note of [40, 55, 69, 76, 88]) {
      program.exports.resetStrings(44100);
      program.exports.pluck(note, 256, 128);
      const frames = second();
      const wanted = 440 * 2 ** ((note - 69) / 12);
      const cents = Array.from({ length: 81 }, (_, i) => (i - 40) / 2);
      const levels = cents.map((cent) => energy(frames, wanted * 2 ** (cent / 1200)));
      const best = cents[levels.indexOf(Math.max(...levels))] as number;
      assert.ok(Math.abs(best) <= 3, `note ${note} is ${best} cents off`);
    }
  });

  it('lets strings fade, without an offset, and never wraps', () => {
    const { resetStrings, pluck } = program.exports;
    resetStrings(44100);
    for (let i = 0; i < 8; i++) pluck(40 + i, 256, i < 4 ? 0 : 256);
    let frames = second();
    const peak = (): number => frames.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    const first = peak();
    assert.ok(first > 2 ** 26 && first < 2 ** 31 - 1);
    const largest = frames.reduce((most, sample, i) => Math.max(most, Math.abs(sample - (frames[i - 2] ?? 0))), 0);
    assert.ok(largest < 2 ** 31, 'no sample jumps from one end of the scale to the other');
    for (let i = 0; i < 5; i++) frames = second();
    assert.ok(peak() < first / 30);
    const mean = frames.reduce((sum, sample) => sum + sample, 0) / frames.length;
    assert.ok(Math.abs(mean) < 2 ** 14);
  });

  it('makes the same frames from the same notes', () => {
    const run = (): Int32Array => {
      program.exports.resetStrings(44100);
      program.exports.pluck(60, 200, 100);
      return second();
    };
    assert.deepEqual(run(), run());
  });
});
