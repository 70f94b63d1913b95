// The UART: its divisors, its clock, and a change of rate only when it is quiet.

import assert from 'node:assert/strict';
import { compileDrivers, rig } from './device-rig.js';

before(compileDrivers);

describe('the UART', () => {
  it('finds divisors', () => {
    const { drivers } = rig();
    const table = [
      [3_000_000, 64],
      [2_000_000, 96],
      [1_500_000, 128],
      [1_000_000, 192],
      [921_600, 208],
      [115_200, 1667],
    ] as const;
    for (const [baud, divisor] of table) assert.equal(drivers.uartDivisor(48_000_000, baud), divisor, `${baud}`);
    assert.equal(drivers.uartBaud(48_000_000, 208), 923_077);
    for (const baud of [3_100_000, 4_000_000, 0, -5, 10]) assert.equal(drivers.uartDivisor(48_000_000, baud), -1);
    assert.equal(drivers.uartDivisor(64_000_000, 4_000_000), 64);
    assert.equal(drivers.uartDivisor(0, 115_200), -1);
  });

  it('asks the clock manager when the mailbox does not know', () => {
    const { drivers, clocks } = rig();
    clocks.preset(0xf0, 0x16, 0xfa00);
    assert.equal(drivers.uartClock(3_000_000n), 3_000_000);
    assert.equal(drivers.uartClock(0n), 48_000_000);
    assert.equal(drivers.uartClock(-1n), 48_000_000);
  });

  it('changes its rate only when it is quiet, LCR_H last', () => {
    const { drivers, uart, board } = rig();
    uart.busyUntil = board.ms(2);
    assert.equal(drivers.setUartBaud(48_000_000, 115_200, 921_600), 0);
    assert.ok(board.now >= board.ms(2));
    assert.deepEqual(uart.latched, [3, 16]);
    assert.deepEqual(uart.violations, []);
    assert.deepEqual(
      board.writes().map(([address]) => address & 0xff),
      [0x30, 0x44, 0x24, 0x28, 0x2c, 0x30],
    );
    assert.equal(uart.words.get(0x30), 0x301);
  });

  it('changes nothing when it stays busy', () => {
    const { drivers, uart, board } = rig();
    uart.busyUntil = board.ms(1000);
    assert.equal(drivers.setUartBaud(48_000_000, 115_200, 921_600), -2);
    assert.equal(board.writes().length, 0);
    assert.ok(board.now < board.ms(10) && board.now > board.ms(2.8), 'at least one FIFO’s time');
  });

  it('hands on its errors once', () => {
    const { drivers, uart } = rig();
    uart.words.set(0x04, 0x09);
    assert.equal(drivers.takeUartErrors(), 9);
    assert.equal(drivers.takeUartErrors(), 0);
  });
});
