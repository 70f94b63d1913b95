// drivers/gpio.ts. BCM2711 ARM Peripherals, 5.2.

import assert from 'node:assert/strict';
import { Call } from '../assembly/calls.js';
import { exercisesOf, type Rig } from './rig.js';

/** Free on a Pi 4's header or beside it, and what each register has at its ends, which are partly the board's. */
const PINS = [0, 1, 9, 10, 13, 16, 19, 20, 27, 29, 30, 31, 32, 33, 39, 40, 41, 42];
const INPUT = 0;
const OUTPUT = 1;
const FUNCTIONS = [INPUT, OUTPUT, 2, 3, 4, 5, 6, 7];
const LED = 42;

/** That pins of the board were changed is this exercise's doing, and nothing else is forgiven. */
function forgiveBoardPins(rig: Rig): void {
  for (const { text } of rig.pi.findings.list) assert.match(text, /belongs to the board/);
  rig.forgive();
}

export const gpioExercises = exercisesOf({
  'a pin goes from every function to every other, by way of input': (rig) => {
    const { gpio } = rig.pi.blocks;
    for (const from of FUNCTIONS)
      for (const to of FUNCTIONS) {
        assert.equal(rig.call(Call.SetPinFunction, 20, from), 1);
        assert.equal(gpio.functionOf(20), from);
        assert.equal(rig.call(Call.SetPinFunction, 20, to), 1);
        assert.equal(gpio.functionOf(20), to);
      }
  },

  'each pin has its function, and keeps it': (rig) => {
    const { gpio } = rig.pi.blocks;
    const before = Array.from({ length: 58 }, (_, pin) => gpio.functionOf(pin));
    for (const [i, pin] of PINS.entries()) {
      before[pin] = 1 + (i % 7);
      assert.equal(rig.call(Call.SetPinFunction, pin, 1 + (i % 7)), 1);
      assert.deepEqual(
        Array.from({ length: 58 }, (_, each) => gpio.functionOf(each)),
        before,
      );
    }
    forgiveBoardPins(rig);
  },

  'a function that a pin has already is not written': (rig) => {
    const { gpio } = rig.pi.blocks;
    rig.call(Call.SetPinFunction, 20, 4);
    const { write } = gpio;
    gpio.write = () => assert.fail('written');
    assert.equal(rig.call(Call.SetPinFunction, 20, 4), 1);
    gpio.write = write;
  },

  'each pin has its pull, and keeps it': (rig) => {
    const { gpio } = rig.pi.blocks;
    for (const pin of PINS) rig.call(Call.SetPinFunction, pin, INPUT);
    for (const pull of [1, 2, 0, 2, 1, 0])
      for (const pin of PINS) {
        const before = Array.from({ length: 58 }, (_, each) => gpio.pullOf(each));
        before[pin] = pull;
        assert.equal(rig.call(Call.SetPinPull, pin, pull), 1);
        assert.deepEqual(
          Array.from({ length: 58 }, (_, each) => gpio.pullOf(each)),
          before,
        );
        assert.equal(rig.call(Call.PinLevel, pin), pull === 1 ? 1 : 0);
      }
    forgiveBoardPins(rig);
  },

  'an output is driven high and low, and others stay': (rig) => {
    const { gpio } = rig.pi.blocks;
    for (const pin of PINS) {
      rig.call(Call.SetPinPull, pin, 0);
      rig.call(Call.SetPinFunction, pin, OUTPUT);
    }
    const levels = (): boolean[] => Array.from({ length: 58 }, (_, pin) => gpio.levelOf(pin));
    for (const high of [1, 0, 1])
      for (const pin of PINS) {
        const before = levels();
        before[pin] = high === 1;
        assert.equal(rig.call(Call.SetPin, pin, high), 1);
        assert.deepEqual(levels(), before);
        assert.equal(rig.call(Call.PinLevel, pin), high);
      }
    forgiveBoardPins(rig);
  },

  'levels from outside are read': (rig) => {
    const { gpio } = rig.pi.blocks;
    for (const pin of PINS) rig.call(Call.SetPinFunction, pin, INPUT);
    for (const pin of [...PINS, 43, 45, 57])
      for (const level of [true, false, true]) {
        gpio.drive(pin, level);
        assert.equal(rig.call(Call.PinLevel, pin), level ? 1 : 0);
      }
    for (const pin of [-1, 58, 64]) assert.equal(rig.call(Call.PinLevel, pin), 0);
  },

  'the LED is lit by a 1': (rig) => {
    const { gpio } = rig.pi.blocks;
    rig.call(Call.StartLed);
    assert.equal(gpio.functionOf(LED), OUTPUT);
    for (const on of [1, 0, 1]) {
      rig.call(Call.SetLed, on);
      assert.equal(gpio.levelOf(LED), on === 1);
    }
  },

  'the pin of the boot flash and those that do not exist are left alone': (rig) => {
    const { gpio } = rig.pi.blocks;
    const { write } = gpio;
    gpio.write = () => assert.fail('written');
    for (const pin of [43, -1, 58, 60, 1000]) {
      assert.equal(rig.call(Call.PinAllowed, pin), 0);
      assert.equal(rig.call(Call.SetPinFunction, pin, OUTPUT), 0);
      assert.equal(rig.call(Call.SetPinPull, pin, 1), 0);
      assert.equal(rig.call(Call.SetPin, pin, 1), 0);
    }
    for (const pin of [0, 42, 44, 57]) assert.equal(rig.call(Call.PinAllowed, pin), 1);
    gpio.write = write;
  },
});
