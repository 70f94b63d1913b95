// A live source that is followed: fills as clocks that differ make them, without a device.

import assert from 'node:assert/strict';
import { ClockFollower } from '../../host-tools/link/clock-follower.js';

/** The fill after each tenth of a second, with a source that is `ppm` fast. */
function fills(ppm: number, seconds: number, jitter = (_: number): number => 0): { fill: number; ratio: number }[] {
  const follower = new ClockFollower();
  let fill = 400;
  return Array.from({ length: seconds * 10 }, (_, i) => {
    fill += 100 * ((1 + ppm / 1e6) / follower.ratio - 1);
    follower.update(Math.round(fill + jitter(i)));
    return { fill, ratio: follower.ratio };
  });
}

describe('link/clock-follower', () => {
  it('ends where the clocks differ, near the fill that it began with', () => {
    for (const ppm of [300, -300, 50]) {
      const last = fills(ppm, 300).at(-1);
      assert.ok(last && Math.abs(last.ratio - 1 - ppm / 1e6) < 40e-6, `${ppm}: ${last?.ratio}`);
      assert.ok(Math.abs(last.fill - 400) < 12, `${ppm}: ${last.fill}`);
    }
  });

  it('is not moved by a fill that jumps as blocks come', () => {
    const ratios = fills(0, 120, (i) => (i % 3) * 20).slice(100);
    assert.ok(ratios.every(({ ratio }) => Math.abs(ratio - 1) < 100e-6));
  });

  it('never bends the pitch by more than a thousandth', () => {
    const ratios = fills(5000, 60).map(({ ratio }) => ratio);
    assert.equal(Math.max(...ratios), 1.001);
  });

  it('begins anew after a break', () => {
    const follower = new ClockFollower();
    for (let i = 0; i < 200; i++) follower.update(i < 100 ? 400 : 500);
    assert.ok(follower.ratio > 1);
    follower.restart();
    assert.equal(follower.ratio, 1);
    for (let i = 0; i < 200; i++) follower.update(700);
    assert.equal(follower.ratio, 1);
  });
});
