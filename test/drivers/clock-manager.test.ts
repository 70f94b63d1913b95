// The clock manager: what is written, in which order, and that waits end.

import assert from 'node:assert/strict';
import { compileDrivers, rig } from './device-rig.js';

const CM_PWMCTL = 0xfe1010a0;
const CM_PWMDIV = 0xfe1010a4;

before(compileDrivers);

describe('the clock of the PWM', () => {
  it('is stopped, set and started, with the password in each write', () => {
    const { drivers, clocks, board } = rig();
    clocks.preset(0xa0, 0x11, 0x2000);
    assert.equal(drivers.startPwmClock(), 0);
    assert.deepEqual(board.writes(), [
      [CM_PWMCTL, 0x5a000001], // ENAB off, the source kept
      [CM_PWMDIV, 0x5a006000],
      [CM_PWMCTL, 0x5a000006],
      [CM_PWMCTL, 0x5a000016],
    ]);
    assert.deepEqual(clocks.violations, []);
  });

  it('is left alone when it runs as it should', () => {
    const { drivers, board } = rig();
    drivers.startPwmClock();
    const count = board.writes().length;
    assert.equal(drivers.startPwmClock(), 0);
    assert.equal(board.writes().length, count);
  });

  it('is killed only when BUSY stays, and given up when that does not help', () => {
    const { drivers, clocks, board } = rig();
    clocks.preset(0xa0, 0x16, 0x2000);
    clocks.stopTicks = -1n;
    assert.equal(drivers.startPwmClock(), 0);
    assert.ok(board.writes().some(([, value]) => value === 0x5a000026));
    assert.deepEqual(clocks.violations, []);

    const stuck = rig();
    stuck.clocks.preset(0xa0, 0x16, 0x2000);
    stuck.clocks.stopTicks = -1n;
    stuck.clocks.killWorks = false;
    assert.equal(stuck.drivers.startPwmClock(), -1);
    assert.ok(stuck.board.now < stuck.board.ms(50));
    assert.ok(stuck.board.writes().every(([address]) => address !== CM_PWMDIV));
  });

  it('tells the UART’s rate from the generator', () => {
    const { drivers, clocks } = rig();
    assert.equal(drivers.uartClockHz(), 0);
    clocks.preset(0xf0, 0x16, 0xfa00);
    assert.equal(drivers.uartClockHz(), 48_000_000);
    clocks.preset(0xf0, 0x11, 0x1000);
    assert.equal(drivers.uartClockHz(), 54_000_000);
    clocks.preset(0xf0, 0x15, 0x1000);
    assert.equal(drivers.uartClockHz(), 0, 'a source nobody knows');
  });
});
