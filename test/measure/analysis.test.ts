import assert from 'node:assert/strict';
import { analyseTone, highestTone, levelAt, noiseDbfs, ppm } from '../../host-tools/measure/analysis.js';
import { drawnLevels, powerSpectrum } from '../../host-tools/measure/spectrum.js';
import { Random } from '../../host-tools/virtual-pi/random.js';

const RATE = 48_000;
const SIZE = 32_768;

/** Sines of frequency and amplitude, with a phase of their own, above a mean. */
function signal(lines: [number, number][], mean = 0): Float64Array {
  return Float64Array.from({ length: SIZE }, (_, i) =>
    lines.reduce((sum, [hz, amplitude]) => sum + amplitude * Math.sin((2 * Math.PI * hz * i) / RATE + hz), mean),
  );
}

const near = (value: number | null, wanted: number, within: number): void =>
  assert.ok(value !== null && Math.abs(value - wanted) <= within, `${value} is not ${wanted}, within ${within}`);

describe('the analysis', () => {
  it('sees nothing beside a pure tone down to 150 dB, wherever between bins it is', () => {
    for (const hz of [997, 1000, 1000.73, 5999.9]) {
      const tone = analyseTone(signal([[hz, 0.7]], 0.25), RATE);
      near(tone.frequencyHz, hz, hz * 2e-7);
      near(tone.levelDbfs, 20 * Math.log10(0.7), 0.001);
      assert.ok(tone.sinadDb !== null && tone.sinadDb > 150, `${tone.sinadDb} dB`);
      assert.ok(tone.thdDb !== null && tone.thdDb < -150);
      near(tone.bias, 0.25, 1e-6);
    }
  });

  it('tells harmonics from noise, and counts both in SINAD', () => {
    // -60 and -80 dB below the tone; one line that is no harmonic, 70 dB below.
    const tone = analyseTone(
      signal([
        [1000, 0.5],
        [2000, 0.5e-3],
        [3000, 0.5e-4],
        [3456, 0.5 * 10 ** (-70 / 20)],
      ]),
      RATE,
    );
    near(tone.thdDb, 10 * Math.log10(1e-6 + 1e-8), 0.01);
    near(tone.noiseDbfs, 20 * Math.log10(0.5) - 70, 0.01);
    near(tone.sinadDb, -10 * Math.log10(1e-6 + 1e-8 + 1e-7), 0.01);
  });

  it('leaves out what is above 20 kHz, and says that a tone has no harmonic below', () => {
    const tone = analyseTone(
      signal([
        [12_000, 0.5],
        [20_500, 0.3],
      ]),
      RATE,
    );
    near(tone.frequencyHz, 12_000, 0.01);
    assert.ok(tone.sinadDb !== null && tone.sinadDb > 150, `${tone.sinadDb} dB`);
    assert.equal(tone.thdDb, null);
  });

  it('measures white noise of a known power by its share in the band', () => {
    const random = new Random(1);
    // Uniform over ±a: a mean square of a²/3, spread evenly over 24 kHz.
    const noise = Float64Array.from({ length: SIZE }, () => 1e-3 * (2 * random.next() - 1));
    const wanted = 10 * Math.log10(((1e-6 / 3) * (19_980 / 24_000)) / 0.5);
    near(noiseDbfs(noise, RATE), wanted, 0.2);
    const tone = signal([[1000, 0.7]]).map((value, i) => value + (noise[i] as number));
    const found = analyseTone(tone, RATE);
    near(found.noiseDbfs, wanted, 0.2);
    near(found.sinadDb, 20 * Math.log10(0.7) - wanted, 0.2);
  });

  it('finds a level far below another line, and a deviation in millionths', () => {
    const samples = signal([
      [1000, 0.9],
      [6000, 1e-6],
    ]);
    near(levelAt(samples, RATE, 6000), -120, 0.01);
    near(ppm(analyseTone(signal([[1000.165, 0.7]]), RATE).frequencyHz ?? 0, 1000), 165, 0.3);
  });

  it('measures the line that is wanted beside a stronger one, and no tone in silence', () => {
    const lines: [number, number][] = [
      [8000, 0.5],
      [17_001, 0.3],
    ];
    near(analyseTone(signal(lines), RATE).frequencyHz, 8000, 0.01);
    const wanted = analyseTone(signal(lines), RATE, 17_000);
    near(wanted.frequencyHz, 17_001, 0.01);
    near(wanted.levelDbfs, 20 * Math.log10(0.3), 0.001);
    const nothing = analyseTone(signal([[1000, 1e-7]]), RATE);
    assert.deepEqual([nothing.frequencyHz, nothing.sinadDb, nothing.thdDb], [null, null, null]);
    assert.deepEqual([highestTone(192_000), highestTone(22_050)], [18_000, 10_022]);
  });

  it('draws a full-scale sine at 0 dB', () => {
    const levels = drawnLevels(powerSpectrum(signal([[1500, 1]]), RATE, SIZE));
    near(levels[1024] as number, 0, 0.001);
    near(levels[9000] as number, -200, 40);
  });
});
