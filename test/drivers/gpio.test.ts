// The pins: their functions, pulls and levels, and which are refused.

import assert from 'node:assert/strict';
import { compileDrivers, rig } from './device-rig.js';

before(compileDrivers);

describe('the pins', () => {
  it('get a function by way of input, and leave their neighbours alone', () => {
    const { drivers, gpio } = rig();
    gpio.words.set(0x10, 0x3fffffff & ~7); // pins 41-49 on ALT3
    assert.equal(drivers.setPinFunction(40, 4), 1);
    assert.equal(drivers.setPinFunction(41, 4), 1);
    assert.deepEqual(
      [40, 41, 42, 43, 49].map((pin) => gpio.functionOf(pin)),
      [4, 4, 7, 7, 7],
    );
    assert.deepEqual(gpio.violations, []);
  });

  it('are driven by one write, without reading', () => {
    const { drivers, gpio, board } = rig();
    drivers.startLed();
    assert.equal(gpio.functionOf(42), 1);
    const from = board.log.length;
    drivers.setLed(true);
    drivers.setLed(false);
    drivers.setPin(5, true);
    assert.deepEqual(
      board.log.slice(from).map(({ kind, address, value }) => [kind, address, value]),
      [
        ['write', 0xfe200020, 1 << 10],
        ['write', 0xfe20002c, 1 << 10],
        ['write', 0xfe20001c, 1 << 5],
      ],
    );
    assert.equal(drivers.pinLevel(5), 1);
    assert.equal(drivers.pinLevel(42), 0);
  });

  it('pull up by 1 and down by 2', () => {
    const { drivers, gpio } = rig();
    drivers.setPinPull(17, 1);
    drivers.setPinPull(18, 2);
    assert.deepEqual([gpio.pullOf(16), gpio.pullOf(17), gpio.pullOf(18)], [0, 1, 2]);
    const named = (name: string): unknown => (drivers as unknown as Record<string, WebAssembly.Global>)[name]?.value;
    assert.deepEqual(
      ['None', 'Up', 'Down'].map((name) => named(`Pull.${name}`)),
      [0, 1, 2],
    );
    const functions = ['Input', 'Output', 'Alt5', 'Alt4', 'Alt0', 'Alt1', 'Alt2', 'Alt3'];
    assert.deepEqual(
      functions.map((name) => named(`PinFunction.${name}`)),
      [0, 1, 2, 3, 4, 5, 6, 7],
    );
  });

  it('are refused where they are the boot flash’s or do not exist', () => {
    const { drivers, board } = rig();
    for (const pin of [43, 58, -1, 1000]) {
      assert.equal(drivers.setPinFunction(pin, 1), 0);
      assert.equal(drivers.setPinPull(pin, 1), 0);
      assert.equal(drivers.setPin(pin, true), 0);
    }
    assert.equal(board.writes().length, 0);
  });
});
