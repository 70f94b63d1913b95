import assert from 'node:assert/strict';
import { BlockKind } from '../../drivers/jack-keys.js';
import { bandPeak, disturbances, isHeard } from '../../host-tools/measure/clicks.js';
import type { Stretch } from '../../host-tools/measure/recorder.js';

/** The peak of a quarter of a second, in dBFS. */
function peak(rateHz: number, signal: (seconds: number) => number): number {
  const samples = Float32Array.from({ length: rateHz / 4 }, (_, i) => signal(i / rateHz));
  return 20 * Math.log10(bandPeak(samples, rateHz));
}

const sine = (hz: number, amplitude: number) => (t: number) => amplitude * Math.sin(2 * Math.PI * hz * t);
/** From low to the middle in 64 ms. */
const ramp = (t: number): number => {
  const x = Math.min(1, Math.max(0, (t - 0.1) / 0.064));
  return x * x * (3 - 2 * x) - 1;
};

describe('a click', () => {
  for (const rateHz of [48_000, 192_000])
    it(`is what lies between 2 and 20 kHz, at ${rateHz} Hz`, () => {
      assert.ok(Math.abs(peak(rateHz, sine(5000, 0.5)) + 6.02) < 0.05);
      assert.ok(Math.abs(peak(rateHz, sine(19_000, 0.5)) + 6.02) < 0.15);
      for (const hz of [100, 900, 23_000]) assert.ok(peak(rateHz, sine(hz, 0.7)) < -100, `${hz} Hz`);
      // Neither a bias nor a slope is one.
      assert.ok(peak(rateHz, (t) => 0.3 + t) < -120);
    });

  it('is -6 dBFS where the level jumps from low to the middle, and less than -110 where it is led there', () => {
    const step = peak(192_000, (t) => (t < 0.1 ? -1 : 0));
    assert.ok(Math.abs(step + 6) < 1, `${step}`);
    assert.ok(peak(192_000, ramp) < -110);
    const rounded = peak(192_000, (t) => Math.round(ramp(t) * 1302) / 1302);
    assert.ok(Math.abs(rounded + 66) < 3, `${rounded}`);
  });

  it('is heard where it is loud enough, and louder than the sound beside it', () => {
    assert.deepEqual(
      [isHeard(-66.8, -116.8), isHeard(-40, -66), isHeard(-40, -42), isHeard(-59, -63)],
      [false, true, false, true],
    );
  });

  const track = (index: number, fromSeconds: number, toSeconds: number): Stretch => ({
    kind: BlockKind.Track,
    track: index,
    fromSeconds,
    toSeconds,
  });
  const level = (fromSeconds: number, toSeconds: number): Stretch => ({
    kind: BlockKind.Level,
    track: undefined,
    fromSeconds,
    toSeconds,
  });

  it('is looked for where the jack goes from level to track, from track to level and from track to track', () => {
    const found = disturbances(
      [
        level(0.1, 0.2),
        track(0, 0.2, 1),
        level(1, 1.05), // sought
        track(0, 1.05, 2),
        level(2, 5), // paused
        track(0, 5, 6),
        level(6, 6.05),
        track(1, 6.05, 7),
        track(2, 7, 8), // nothing between them
        level(8, 8.1),
      ],
      [0.9],
    );
    assert.deepEqual(
      found.map(({ event, from, to }) => [event, from, to]),
      [
        ['start', 0.1, 0.2],
        ['seek', 1, 1.05],
        ['pause', 2, 2.15],
        ['resume', 4.85, 5],
        ['track', 6, 6.05],
        ['track', 7, 7],
        ['stop', 8, 8.1],
      ],
    );
    // What is undisturbed lies beside each.
    for (const { from, to, own } of found) assert.ok(own[1] < from || own[0] > to);
  });
});
