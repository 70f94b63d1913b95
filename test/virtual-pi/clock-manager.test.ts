// Statements of BCM2711 ARM Peripherals, 5.4 (General Purpose GPIO Clocks), against the model.

import assert from 'node:assert/strict';
import { SYNC_PERIODS } from '../../host-tools/virtual-pi/clocks/clock-generator.js';
import { ClockManager } from '../../host-tools/virtual-pi/clocks/clock-manager.js';
import { Findings } from '../../host-tools/virtual-pi/findings.js';
import { MICROSECOND, NEVER, PLLD_PERIOD, SECOND, TICK } from '../../host-tools/virtual-pi/time.js';
import { Timeline } from '../../host-tools/virtual-pi/timeline.js';

const CTL = 0xa0;
const DIV = 0xa4;
const PASSWORD = 0x5a000000;
const ENAB = 0x10;
const KILL = 0x20;
const BUSY = 0x80;
const MASH1 = 1 << 9;
const CRYSTAL = 1;
const PLLD = 6;

function made() {
  const timeline = new Timeline();
  const findings = new Findings(() => timeline.now);
  const manager = new ClockManager({ timeline, findings });
  const pwm = manager.clock('pwm');
  const write = (offset: number, value: number): void => manager.write(offset, (PASSWORD | value) >>> 0);
  const run = (units: number): void => timeline.runTo(timeline.now + units);
  /** Stands; then runs from `source` by `divisor`. */
  const started = (source: number, divisor: number, mash = 0): void => {
    write(DIV, divisor);
    write(CTL, mash | source);
    write(CTL, mash | source | ENAB);
    run(MICROSECOND);
  };
  const rules = (): string[] => findings.list.map(({ rule }) => rule);
  return { timeline, findings, manager, pwm, write, run, started, rules };
}

describe('virtual Pi: clock manager', () => {
  it('5.4 PASSWD: a write without 5a does nothing, and is a finding', () => {
    const { manager, rules } = made();
    manager.write(DIV, 0x6000);
    manager.write(CTL, 0x59000006);
    assert.deepEqual([manager.read(DIV), manager.read(CTL)], [0, 0]);
    assert.deepEqual(rules(), ['no-password', 'no-password']);
  });

  it('5.4 PASSWD: reads as 0', () => {
    const { manager, write } = made();
    write(DIV, 0x6000);
    assert.equal(manager.read(DIV), 0x6000);
  });

  it('5.4 SRC: 6 is PLLD, 750 MHz on this chip; by 6 it gives 125 MHz', () => {
    const { pwm, started, rules } = made();
    started(PLLD, 6 << 12);
    assert.equal(SECOND / pwm.period(), 125e6);
    assert.deepEqual(rules(), []);
  });

  it('5.4 SRC: 1 is the crystal, 54 MHz on this chip', () => {
    const { pwm, started } = made();
    started(CRYSTAL, 2 << 12);
    assert.equal(pwm.period(), 2 * TICK);
  });

  it('5.4 SRC: 0 is ground: no clock comes, and BUSY does not rise', () => {
    const { manager, pwm, started, rules } = made();
    started(0, 6 << 12);
    assert.equal(pwm.period(), NEVER);
    assert.equal(manager.read(CTL), ENAB);
    assert.deepEqual(rules(), ['forbidden']);
  });

  it('5.4 ENAB: starts the clock some periods of the source later, and BUSY says when it runs', () => {
    const { manager, pwm, write, run } = made();
    write(DIV, 6 << 12);
    write(CTL, PLLD);
    write(CTL, PLLD | ENAB);
    run(SYNC_PERIODS * PLLD_PERIOD - 1);
    assert.deepEqual([manager.read(CTL), pwm.period()], [PLLD | ENAB, NEVER]);
    run(1);
    assert.deepEqual([manager.read(CTL), pwm.period()], [PLLD | ENAB | BUSY, 54]);
  });

  it('5.4 ENAB: the clock does not stop at once, "the cycle must be allowed to complete"; then BUSY goes low', () => {
    const { manager, pwm, write, run, started } = made();
    started(CRYSTAL, 4000 << 12);
    const period = 4000 * TICK;
    const since = SYNC_PERIODS * TICK;
    run(MICROSECOND);
    write(CTL, CRYSTAL);
    run(since + period - 2 * MICROSECOND - 1);
    assert.deepEqual([manager.read(CTL), pwm.period()], [CRYSTAL | BUSY, period]);
    run(1);
    assert.deepEqual([manager.read(CTL), pwm.period()], [CRYSTAL, NEVER]);
  });

  it('5.4 ENAB: set again before the final period has ended, the clock goes on', () => {
    const { manager, write, run, started } = made();
    started(CRYSTAL, 4000 << 12);
    write(CTL, CRYSTAL);
    write(CTL, CRYSTAL | ENAB);
    run(SECOND / 1000);
    assert.equal(manager.read(CTL), CRYSTAL | ENAB | BUSY);
  });

  it('5.4 KILL: stops and resets the generator at once', () => {
    const { manager, pwm, write, started } = made();
    started(CRYSTAL, 4000 << 12);
    write(CTL, CRYSTAL | KILL);
    assert.equal(manager.read(CTL) & BUSY, 0);
    assert.equal(pwm.period(), NEVER);
  });

  it('5.4 BUSY: "clock sources and setups must not be changed while this flag is set"', () => {
    for (const change of [CRYSTAL | ENAB, PLLD | MASH1 | ENAB, PLLD | 0x100 | ENAB, CRYSTAL]) {
      const { write, started, rules } = made();
      started(PLLD, 6 << 12);
      write(CTL, change);
      assert.deepEqual(rules(), ['changed-while-running'], change.toString(16));
    }
  });

  it('5.4 BUSY: a source taken away leaves a cycle that never completes; KILL ends it', () => {
    const { manager, write, run, started } = made();
    started(PLLD, 6 << 12);
    write(CTL, 0);
    run(SECOND);
    assert.equal(manager.read(CTL), BUSY);
    write(CTL, KILL);
    assert.equal(manager.read(CTL) & BUSY, 0);
  });

  it('5.4 SRC, MASH: "do not change this control at the same time as asserting ENAB"', () => {
    for (const change of [PLLD, CRYSTAL | MASH1]) {
      const { write, rules } = made();
      write(DIV, 6 << 12);
      write(CTL, CRYSTAL);
      write(CTL, change | ENAB);
      assert.deepEqual(rules(), ['changed-while-running']);
    }
  });

  it('a divisor written while BUSY is set is not latched, also while it stops', () => {
    const { manager, pwm, write, run, started, rules } = made();
    started(CRYSTAL, 4000 << 12);
    write(DIV, 5 << 12);
    write(CTL, CRYSTAL);
    write(DIV, 5 << 12);
    assert.deepEqual(rules(), ['changed-while-running', 'changed-while-running']);
    assert.equal(pwm.period(), 4000 * TICK);
    run(SECOND);
    assert.equal(manager.read(DIV), 4000 << 12);
    write(DIV, 5 << 12);
    assert.equal(manager.read(DIV), 5 << 12);
  });

  it('a divisor written right after ENAB, before BUSY is up, is a finding too', () => {
    const { manager, write, rules } = made();
    write(DIV, 6 << 12);
    write(CTL, PLLD);
    write(CTL, PLLD | ENAB);
    write(DIV, 7 << 12);
    assert.deepEqual(rules(), ['changed-while-running']);
    assert.equal(manager.read(DIV), 6 << 12);
  });

  it('5.4 MASH: 0 is integer division, with the fraction left out; 1 divides by DIVI + DIVF / 4096 on average', () => {
    const integer = made();
    integer.started(PLLD, 0x7800);
    assert.equal(integer.pwm.period(), 7 * PLLD_PERIOD);
    const fractional = made();
    fractional.started(PLLD, 0x7800, MASH1);
    assert.equal(fractional.pwm.period(), 7.5 * PLLD_PERIOD);
  });

  it('5.4 DIVI: at least 1, 2, 3 and 5 for MASH 0, 1, 2 and 3', () => {
    for (const [mash, least] of [1, 2, 3, 5].entries()) {
      const right = made();
      right.started(PLLD, least << 12, mash << 9);
      assert.deepEqual(right.rules(), []);
      const wrong = made();
      wrong.started(PLLD, ((least - 1) << 12) | 0xfff, mash << 9);
      assert.deepEqual(wrong.rules(), ['forbidden']);
    }
  });

  it('the firmware leaves the UART at 48 MHz, EMMC2 at 100 MHz and PWM standing', () => {
    const { manager, rules } = made();
    assert.equal(SECOND / manager.clock('uart').period(), 48e6);
    assert.equal(SECOND / manager.clock('emmc2').period(), 100e6);
    assert.equal(manager.clock('pwm').period(), NEVER);
    assert.deepEqual([manager.read(0xf0) & 0x9f, manager.read(0xf4)], [0x96, 0xfa00]);
    assert.deepEqual([manager.read(0x1d0) & 0x9f, manager.read(0x1d4)], [0x96, 0x7800]);
    assert.deepEqual(rules(), []);
  });

  it('a change of the period is told when it comes, with the new period in place', () => {
    const { manager, pwm, write, run, started, timeline } = made();
    const seen: number[] = [];
    pwm.onChange(() => seen.push(pwm.period()));
    started(PLLD, 6 << 12);
    pwm.skewPpm = -1e6 / 2;
    pwm.skewPpm = 0;
    write(CTL, PLLD);
    run(MICROSECOND);
    assert.deepEqual(seen, [54, 108, 54, NEVER]);
    assert.equal(timeline.nextAt, NEVER);
    assert.equal(manager.clock('gp0').period(), NEVER);
  });

  it('skewPpm: 300 makes it 300 millionths faster, also when set while it stands', () => {
    const { pwm, started } = made();
    pwm.skewPpm = 300;
    started(PLLD, 6 << 12);
    assert.equal(pwm.period(), 54 / 1.0003);
  });
});
