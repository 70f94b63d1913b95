import assert from 'node:assert/strict';
import { analyseTone } from '../../host-tools/measure/analysis.js';
import { PinFilter, type PinFilterOptions } from '../../host-tools/virtual-pi/pwm/pin-filter.js';
import type { Output, PinRun } from '../../host-tools/virtual-pi/pwm/pins.js';
import { Random } from '../../host-tools/virtual-pi/random.js';
import { MILLISECOND, SECOND } from '../../host-tools/virtual-pi/time.js';

/** 125 MHz. */
const CLOCK = 54;
const CLOCKS_A_MS = MILLISECOND / CLOCK;

/** A filter, and what it gave. */
class Heard {
  private readonly parts: { left: Float32Array; right: Float32Array }[] = [];
  readonly filter: PinFilter;

  constructor(options: PinFilterOptions) {
    this.filter = new PinFilter(options, (left, right) => {
      this.parts.push({ left: left.slice(), right: right.slice() });
    });
  }

  channel(name: 'left' | 'right'): Float32Array {
    const all = this.parts.map((part) => part[name]);
    const out = new Float32Array(all.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of all) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }
}

const runOf = (start: number, range: number, output: Output, words: Uint32Array, clock = CLOCK): PinRun => ({
  start,
  clock,
  range,
  output,
  words,
});

/** The pin's level in each clock of a period, written from the manual's description. */
function levels(word: number, range: number, output: Output): Uint8Array {
  const out = new Uint8Array(range);
  if (output === 'mark-space') return out.fill(1, 0, word);
  if (output === 'serial') return out.map((_, clock) => (clock < 32 ? (word >>> (31 - clock)) & 1 : 0));
  let context = 0;
  return out.map(() => {
    context += word;
    if (context < range) return 0;
    context -= range;
    return 1;
  });
}

/** Fourier coefficients 1 to `most` of a channel's signal of -1 and +1 that repeats after these words. */
function coefficients(words: readonly number[], range: number, output: Output, most: number): [number, number][] {
  const out = Array.from({ length: most + 1 }, (): [number, number] => [0, 0]);
  const total = words.length * range;
  let before = levels(words.at(-1) as number, range, output).at(-1) as number;
  let at = 0;
  for (const word of words)
    for (const level of levels(word, range, output)) {
      if (level !== before)
        for (let k = 1; k <= most; k++) {
          // An edge of height 2 at phase p: 2 exp(-jp) / (j 2 pi k).
          const phase = (2 * Math.PI * ((k * at) % total)) / total;
          const scale = (level - before) / (Math.PI * k);
          const sum = out[k] as [number, number];
          sum[0] -= scale * Math.sin(phase);
          sum[1] -= scale * Math.cos(phase);
        }
      before = level;
      at++;
    }
  return out;
}

/** The largest difference between a periodic signal's lines and the coefficients. */
function worst(samples: Float32Array, wanted: [number, number][]): number {
  let most = 0;
  for (let k = 1; k < wanted.length; k++) {
    let [re, im] = [0, 0];
    for (let i = 0; i < samples.length; i++) {
      const phase = (2 * Math.PI * ((k * i) % samples.length)) / samples.length;
      re += (samples[i] as number) * Math.cos(phase);
      im -= (samples[i] as number) * Math.sin(phase);
    }
    const [a, b] = wanted[k] as [number, number];
    most = Math.max(most, Math.hypot(re / samples.length - a, im / samples.length - b));
  }
  return 20 * Math.log10(most);
}

describe('the pin filter', () => {
  // A signal of random words that repeats after a millisecond: its lines are 1 kHz apart, and so are those of as many
  // samples. What the samples have up to 20 kHz must be what the edges have.
  for (const [output, range, rateHz] of [
    ['mark-space', 2500, 48_000],
    ['mark-space', 3125, 192_000],
    ['balanced', 2500, 48_000],
    ['balanced', 3125, 96_000],
    ['serial', 40, 48_000],
  ] as const)
    it(`has in the audio band what the pins have, within -130 dB: ${output}, range ${range}, ${rateHz} Hz`, () => {
      const random = new Random(7);
      const periods = CLOCKS_A_MS / range;
      const pick = (): number =>
        output === 'serial'
          ? random.word()
          : ((random.word() % 10 === 0 ? random.word() % 2 : random.next()) * range) | 0;
      const words = Uint32Array.from({ length: 2 * periods }, pick);
      const heard = new Heard({ rateHz });
      for (let ms = 0; ms < 8; ms++) heard.filter.run(runOf(ms * MILLISECOND, range, output, words));
      for (const [name, first] of [
        ['right', 0],
        ['left', 1],
      ] as const) {
        const own = [...words].filter((_, i) => i % 2 === first);
        const samples = heard.channel(name).subarray((4 * rateHz) / 1000, (5 * rateHz) / 1000);
        const error = worst(samples, coefficients(own, range, output, 20));
        assert.ok(error < -130, `${name}: ${error.toFixed(1)} dB`);
      }
    });

  it('maps low to -1, high to +1 and the middle to 0, and keeps the bias', () => {
    for (const [word, wanted] of [
      [0, -1],
      [1302, 0],
      [2604, 1],
      [5000, 1],
    ] as const)
      for (const output of ['mark-space', 'balanced'] as const) {
        const heard = new Heard({ rateHz: 48_000 });
        heard.filter.run(runOf(0, 2604, output, new Uint32Array(2 * 480).fill(word)));
        const samples = heard.channel('left').subarray(200, 400);
        for (const value of samples) assert.ok(Math.abs(value - wanted) < 1e-6, `${output} ${word}: ${value}`);
      }
  });

  it('is low before, between and behind runs, however long that is, and loses no time', () => {
    const heard = new Heard({ rateHz: 48_000 });
    const high = new Uint32Array(2 * 96).fill(2500); // 1.92 ms
    heard.filter.run(runOf(10 * MILLISECOND, 2500, 'mark-space', high));
    heard.filter.run(runOf(1010 * MILLISECOND, 2500, 'mark-space', high));
    heard.filter.settle(2 * SECOND);
    const samples = heard.channel('right');
    assert.equal(samples.length, 96_000 - heard.filter.delay);
    const at = (ms: number): number => samples[ms * 48] as number;
    for (const ms of [0, 5, 9, 14, 500, 1009, 1014, 1900]) assert.ok(Math.abs(at(ms) + 1) < 1e-6, `${ms}: ${at(ms)}`);
    for (const ms of [11, 1011]) assert.ok(Math.abs(at(ms) - 1) < 0.01, `${ms}: ${at(ms)}`);
    // The edge lies where the level is half way up.
    assert.ok(Math.abs(at(10)) < 1e-6 && Math.abs(at(1010)) < 1e-6);
  });

  it('gives the same samples however the periods are parted into runs', () => {
    for (const output of ['mark-space', 'balanced'] as const) {
      const random = new Random(3);
      const words = Uint32Array.from({ length: 2 * 600 }, () => random.word() % 2604);
      const [whole, parted] = [new Heard({ rateHz: 48_000 }), new Heard({ rateHz: 48_000 })];
      whole.filter.run(runOf(0, 2604, output, words));
      for (let from = 0; from < 600; from += 50)
        parted.filter.run(runOf(from * 2604 * CLOCK, 2604, output, words.subarray(2 * from, 2 * from + 100)));
      const [a, b] = [whole.channel('left'), parted.channel('left')];
      assert.equal(a.length, b.length);
      for (let i = 0; i < a.length; i++) assert.ok(Math.abs((a[i] as number) - (b[i] as number)) < 1e-6, `${i}`);
    }
  });

  it('follows a clock that is off by a fraction, over an hour', () => {
    const clock = CLOCK * (1 + 300e-6);
    const heard = new Heard({ rateHz: 48_000 });
    const start = 3600 * SECOND + 0.25;
    let last = -1;
    const filter = new PinFilter({ rateHz: 8000, passHz: 1000 }, (left) => (last = left.at(-1) as number));
    filter.run(runOf(start, 2604, 'mark-space', new Uint32Array(2 * 4000).fill(1302), clock));
    assert.ok(Math.abs(last) < 1e-6, `${last}`);
    // A tone of 1 kHz in words comes out 300 ppm lower.
    const words = tone(1000, 2604, 9600);
    heard.filter.run(runOf(0, 2604, 'mark-space', words, clock));
    const { frequencyHz } = analyseTone(heard.channel('left').subarray(600, 600 + 8192), 48_000);
    const wanted = (1000 * CARRIER) / 48_000 / (1 + 300e-6);
    assert.ok(frequencyHz !== null && Math.abs(frequencyHz / wanted - 1) < 2e-6, `${frequencyHz}`);
  });

  it('takes the bias away where a capacitor is asked for', () => {
    const heard = new Heard({ rateHz: 48_000, highPassHz: 20 });
    heard.filter.run(runOf(50 * MILLISECOND, 2500, 'mark-space', new Uint32Array(2 * 50_000).fill(1250)));
    const samples = heard.channel('left');
    assert.equal(samples[40 * 48], 0);
    // Half the range is a step of 1, and it falls by 1/e in 1 / (2 pi 20 Hz).
    const tau = 1 / (2 * Math.PI * 20);
    const at = (seconds: number): number => samples[Math.round((0.05 + seconds) * 48_000)] as number;
    for (const seconds of [0.002, tau, 2 * tau])
      assert.ok(Math.abs(at(seconds) - Math.exp(-seconds / tau)) < 0.01, `${seconds} s: ${at(seconds)}`);
    assert.ok(Math.abs(at(0.5)) < 1e-3);
  });

  it('takes what is told too late as soon as it can', () => {
    const heard = new Heard({ rateHz: 48_000 });
    heard.filter.settle(10 * MILLISECOND);
    heard.filter.run(runOf(9 * MILLISECOND, 2500, 'mark-space', new Uint32Array(2 * 500).fill(2500)));
    heard.filter.settle(30 * MILLISECOND);
    const samples = heard.channel('left');
    assert.ok(Math.abs((samples[15 * 48] as number) - 1) < 1e-6 && Math.abs((samples.at(-1) as number) + 1) < 1e-6);
  });
});

const CARRIER = SECOND / CLOCK / 2604;

/** The words of a tone at 0.7 of full scale, for a nominal carrier of 48 kHz, dithered as a shaper does. */
function tone(hz: number, range: number, periods: number): Uint32Array {
  const random = new Random(11);
  return Uint32Array.from({ length: 2 * periods }, (_, i) => {
    const value = 0.5 + 0.35 * Math.sin((2 * Math.PI * hz * (i >> 1)) / 48_000);
    const dither = (random.next() + random.next() - 1) / 2;
    return Math.round(value * range + dither);
  });
}

describe('the plain PWM at a carrier of 48 kHz', () => {
  // dB at 1, 6 and 10 kHz. Mark-space: the harmonics of uniform sampling are J_n(n x) / n with x = 0.7 pi f / 48 kHz, and
  // at 10 kHz the second is still in the band. Balanced: what rounding to 2604 steps and the dither leave. Not whole
  // kilohertz, where the words repeat after a few and what is rounded away is no noise.
  for (const [output, wanted] of [
    ['mark-space', [33, 17, 13]],
    ['balanced', [67, 67, 66]],
  ] as const)
    it(`has the SINAD that uniform sampling leaves it: ${output}`, () => {
      const found = [1003, 5987, 9973].map((hz) => {
        const heard = new Heard({ rateHz: 48_000 });
        heard.filter.run(runOf(0, 2604, output, tone(hz, 2604, 9000)));
        return analyseTone(heard.channel('left').subarray(500, 500 + 8192), 48_000).sinadDb ?? 0;
      });
      for (const [i, sinad] of found.entries())
        assert.ok(Math.abs(sinad - (wanted[i] as number)) < 1, found.map((db) => db.toFixed(1)).join(' / '));
    });
});
