// The clock of the carrier: ticks to pairs and back, exactly.

import assert from 'node:assert/strict';
import { compileDrivers, rig } from './device-rig.js';

before(compileDrivers);

describe('the carrier’s clock', () => {
  it('is exact for a week, both ways', () => {
    const { drivers } = rig();
    const [rate, carrier] = [62_500_000n, 44_100n];
    drivers.clockBegin(1000n, carrier, rate);
    const week = 7n * 86_400n * rate;
    for (const after of [0n, 1n, 1417n, 1418n, rate, week + 12_345n]) {
      assert.equal(drivers.clockPairs(1000n + after), (after * carrier) / rate);
    }
    const pairs = (week * carrier) / rate + 100n;
    const tick = drivers.clockTick(pairs);
    assert.equal(drivers.clockPairs(tick), pairs);
    assert.equal(drivers.clockPairs(tick - 1n), pairs - 1n);
  });
});
