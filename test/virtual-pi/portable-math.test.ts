import assert from 'node:assert/strict';
import { cosPi, exponential, sinPi } from '../../host-tools/virtual-pi/pwm/portable-math.js';

/** A few places of a double near 1. */
const CLOSE = 5e-16;

describe('portable math', () => {
  it('agrees with the engine to its own precision', () => {
    for (let i = -5000; i <= 5000; i++) {
      const x = i / 777;
      // Reduced exactly, as the engine's argument has to be a product with π.
      const y = Math.PI * (x - 2 * Math.round(x / 2));
      assert.ok(Math.abs(sinPi(x) - Math.sin(y)) < CLOSE, `sin ${x}`);
      const small = i / 5001;
      assert.ok(Math.abs(exponential(small) - Math.exp(small)) < 2 * CLOSE, `exp ${small}`);
      assert.ok(Math.abs(cosPi(small) - Math.cos(Math.PI * small)) < 2 * CLOSE, `cos ${small}`);
    }
  });

  it('is exact at whole numbers', () => {
    for (const x of [0, 1, -1, 2, 1000, -12345]) assert.equal(sinPi(x) + 0, 0);
    assert.equal(exponential(0), 1);
  });
});
