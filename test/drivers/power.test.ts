// The power manager: the watchdog, restarts and their cause.

import assert from 'node:assert/strict';
import { BoardExit } from '../support/board-model.js';
import { compileDrivers, rig } from './device-rig.js';

before(compileDrivers);

describe('the power manager', () => {
  it('arms, feeds and stops the watchdog', () => {
    const { drivers, power, board } = rig();
    power.words.set(0x1c, 0x102).set(0x20, 0x1000 | 0x555);
    drivers.armWatchdog(1000);
    assert.equal(power.words.get(0x24), 65536);
    assert.equal(power.words.get(0x1c), 0x122);
    assert.equal(power.words.get(0x20), 0x1000, 'partition 0');
    assert.deepEqual(
      board.writes().map(([address]) => address & 0xff),
      [0x20, 0x24, 0x1c],
    );
    drivers.feedWatchdog(100_000);
    assert.equal(power.words.get(0x24), 0xfffff, 'no more than 20 bits');
    drivers.feedWatchdog(0);
    assert.equal(power.words.get(0x24), 1);
    drivers.stopWatchdog();
    assert.equal(power.words.get(0x1c), 0x102);
    assert.deepEqual(power.violations, []);
  });

  it('restarts into partition 0', () => {
    const { drivers, power } = rig();
    power.words.set(0x20, 0x555);
    drivers.restartNow();
    assert.equal(power.words.get(0x20), 0);
    assert.equal(power.words.get(0x24), 10);
    assert.equal((power.words.get(0x1c) ?? 0) & 0x30, 0x20);
    power.words.set(0x20, 0x555);
    assert.throws(() => drivers.restart(), new BoardExit(1, 0));
    assert.equal(power.words.get(0x20), 0);
  });

  it('knows a cause of reset when there is one, and ends as asked', () => {
    const { drivers, power } = rig();
    assert.equal(drivers.resetCause(), 0);
    power.words.set(0x20, 0x1000);
    assert.equal(drivers.resetCause(), 1);
    power.words.set(0x20, 0x1020);
    assert.equal(drivers.resetCause(), 2);
    assert.throws(() => drivers.powerOff(), new BoardExit(2, 0));
    assert.throws(() => drivers.end(3), new BoardExit(0, 3));
  });
});
