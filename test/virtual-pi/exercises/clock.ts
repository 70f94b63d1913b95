// drivers/clock-manager.ts. Registers by their addresses, as BCM2711 ARM Peripherals, 5.4, has the generators.

import assert from 'node:assert/strict';
import { Call } from '../assembly/calls.js';
import { exercisesOf, type Rig } from './rig.js';

const PWMCTL = 0xfe1010a0;
const PWMDIV = 0xfe1010a4;
const UARTCTL = 0xfe1010f0;
const UARTDIV = 0xfe1010f4;
const GP0CTL = 0xfe101070;
const BUSY = 0x80;
const STAYS_BUSY = -1;
/** PLLD, ENAB, BUSY. */
const RUNS = 0x96;

const pwmHz = ({ pi }: Rig): number => Math.round(6.75e9 / pi.blocks.clocks.clock('pwm').period());

export const clockExercises = exercisesOf({
  'the PWM clock starts from standing still at 125 MHz': (rig) => {
    assert.equal(rig.call(Call.StartPwmClock), 0);
    rig.pass(1);
    assert.equal(rig.peek(PWMCTL), RUNS);
    assert.equal(rig.peek(PWMDIV), 6 << 12);
    assert.equal(pwmHz(rig), 125_000_000);
  },

  'the PWM clock is set from another divisor, another source, MASH': (rig) => {
    for (const [control, divisor] of [
      [0x16, 0x5000],
      [0x16, 0x6001],
      [0x216, 0x6000],
      [0x416, 0x6000],
      [0x616, 0xc123],
      [0x11, 0x6000],
      [0x06, 0x6000],
    ] as const) {
      rig.pi.blocks.clocks.clock('pwm').preset(control, divisor);
      const { answer, us } = rig.timed(Call.StartPwmClock);
      assert.equal(answer, 0);
      assert.ok(us < 1000, `${us} µs`);
      rig.pass(1);
      assert.deepEqual([rig.peek(PWMCTL), rig.peek(PWMDIV)], [RUNS, 0x6000], `from 0x${control.toString(16)}`);
      assert.equal(pwmHz(rig), 125_000_000);
    }
  },

  'a PWM clock that runs as it should is left alone': (rig) => {
    const clock = rig.pi.blocks.clocks.clock('pwm');
    clock.preset(0x16, 0x6000);
    let changes = 0;
    clock.onChange(() => changes++);
    assert.equal(rig.call(Call.StartPwmClock), 0);
    rig.pass(1000);
    assert.equal(changes, 0);
  },

  'a generator stops with its source and MASH kept': (rig) => {
    for (const [control, name] of [
      [PWMCTL, 'pwm'],
      [GP0CTL, 'gp0'],
    ] as const) {
      // So slow that its last period has to be waited for: 750 MHz / 4095.
      rig.pi.blocks.clocks.clock(name).preset(0x616, 0xfff000);
      const { answer, us } = rig.timed(Call.StopClock, control);
      assert.equal(answer, 0);
      assert.equal(rig.peek(control), 0x606);
      assert.ok(us < 100, `${us} µs`);
    }
  },

  'a generator whose source stands stops by KILL, after 10 ms': (rig) => {
    rig.pi.blocks.clocks.clock('pwm').preset(0x617, 0x6000);
    const { answer, us } = rig.timed(Call.StopClock, PWMCTL);
    assert.equal(answer, 0);
    assert.equal(rig.peek(PWMCTL), 0x607);
    assert.ok(us > 9_900 && us < 11_000, `${us} µs`);
  },

  'a generator that stays busy is an error, after 20 ms, and nothing is written to it after that': (rig) => {
    const { clocks } = rig.pi.blocks;
    clocks.clock('pwm').preset(0x16, 0x5000);
    const { peek, write } = clocks;
    const writes: number[] = [];
    clocks.read = (offset) => peek.call(clocks, offset) | (offset === 0xa0 ? BUSY : 0);
    clocks.write = (offset, value) => {
      writes.push(offset, value);
      write.call(clocks, offset, value);
    };
    for (const [call, at] of [
      [Call.StartPwmClock, 0],
      [Call.StopClock, PWMCTL],
    ] as const) {
      writes.length = 0;
      const { answer, us } = rig.timed(call, at);
      assert.equal(answer, STAYS_BUSY);
      assert.ok(us > 19_900 && us < 22_000, `${us} µs`);
      assert.deepEqual(writes, [0xa0, 0x5a000006, 0xa0, 0x5a000026, 0xa0, 0x5a000006]);
    }
    assert.equal(rig.peek(PWMDIV), 0x5000);
  },

  "a generator's rate is told by its registers": (rig) => {
    const generator = rig.pi.blocks.clocks.clock('uart');
    assert.equal(rig.call(Call.UartClockHz), 48_000_000);
    for (const [control, divisor, hz] of [
      [0x16, 0x6000, 125_000_000],
      [0x16, 0xfff000, 183_150],
      [0x216, 0xfa00, 48_000_000],
      [0x216, 0x6001, 124_994_914],
      [0x11, 0x1000, 54_000_000],
      [0x411, 0x1b555, 1_975_616],
      [0x06, 0x6000, 0],
      [0x14, 0x6000, 0],
      [0x15, 0x6000, 0],
      [0x17, 0x6000, 0],
      [0x12, 0x6000, 0],
      [0x1e, 0x6000, 0],
      [0x19, 0x6000, 0],
      [0x16, 0, 0],
    ] as const) {
      generator.preset(control, divisor);
      assert.equal(rig.call(Call.ClockHz, UARTCTL, UARTDIV), hz, `0x${control.toString(16)} 0x${divisor.toString(16)}`);
      assert.equal(rig.call(Call.UartClockHz), hz);
    }
    rig.forgive(); // presets change the clock of a UART that is on
  },
});
