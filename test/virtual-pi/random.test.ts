import assert from 'node:assert/strict';
import { Random } from '../../host-tools/virtual-pi/random.js';

const take = (seed: number, count: number): number[] => {
  const random = new Random(seed);
  return Array.from({ length: count }, () => random.next());
};

describe('virtual Pi: random', () => {
  it('gives the same numbers for a seed and others for another', () => {
    assert.deepEqual(take(7, 5), take(7, 5));
    assert.notDeepEqual(take(7, 5), take(8, 5));
    assert.notDeepEqual(take(0, 5), take(1, 5));
  });

  for (const [name, numbers] of [
    ['spreads them from 0 to 1', take(3, 10_000)],
    ['spreads the first of small seeds as well', Array.from({ length: 10_000 }, (_, seed) => take(seed, 1)[0] ?? 0)],
  ] as const)
    it(name, () => {
      assert.ok(numbers.every((x) => x >= 0 && x < 1));
      for (let tenth = 0; tenth < 10; tenth++) {
        const inIt = numbers.filter((x) => Math.floor(x * 10) === tenth).length;
        assert.ok(Math.abs(inIt - 1000) < 120, `${tenth}: ${inIt}`);
      }
    });

  it('has gaps of 1 on average, of which e to the power of -x are longer than x', () => {
    const random = new Random(5);
    const gaps = Array.from({ length: 20_000 }, () => random.gap());
    assert.ok(Math.abs(gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length - 1) < 0.03);
    for (const x of [0.25, 0.5, 1, 1.5, 2, 3]) {
      const longer = gaps.filter((gap) => gap > x).length / gaps.length;
      assert.ok(Math.abs(longer - Math.exp(-x)) < 0.01, `${x}: ${longer}`);
    }
  });
});
