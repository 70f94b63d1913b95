// The timer: ticks to microseconds and back, and a wait that is never short.

import assert from 'node:assert/strict';
import { compileDrivers, rig } from './device-rig.js';

before(compileDrivers);

describe('the timer', () => {
  it('turns ticks into microseconds and back, rounding so that a wait is never short', () => {
    const { drivers, board } = rig();
    assert.equal(drivers.microseconds(1n), 54n);
    assert.equal(drivers.milliseconds(3n), 162_000n);
    assert.equal(drivers.toMicroseconds(54_000_053n), 1_000_000n);
    assert.equal(drivers.toMicroseconds(2n ** 60n), (2n ** 60n * 1_000_000n) / 54_000_000n);
    const before = board.now;
    drivers.pause(10n);
    assert.ok(board.now - before >= 540n && board.now - before < 600n);
  });

  it('knows the rate of the machine', () => {
    const { drivers, board } = rig();
    board.tickRate = 62_500_000n;
    assert.equal(drivers.microseconds(1n), 63n);
  });
});
