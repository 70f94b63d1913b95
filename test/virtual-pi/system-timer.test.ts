// Statements of BCM2711 ARM Peripherals, 10 (System Timer), against the model.

import assert from 'node:assert/strict';
import { Findings } from '../../host-tools/virtual-pi/findings.js';
import { SystemTimer } from '../../host-tools/virtual-pi/clocks/system-timer.js';
import { MICROSECOND } from '../../host-tools/virtual-pi/time.js';
import { Timeline } from '../../host-tools/virtual-pi/timeline.js';

const CS = 0x00;
const CLO = 0x04;
const CHI = 0x08;
const C1 = 0x10;
const C2 = 0x14;
const C3 = 0x18;

function made(start = 0) {
  const timeline = new Timeline();
  const findings = new Findings(() => timeline.now);
  const timer = new SystemTimer({ timeline, findings }, start);
  const run = (us: number): void => timeline.runTo(timeline.now + us * MICROSECOND);
  return { timeline, findings, timer, run, line: timer.interrupts[1] };
}

describe('virtual Pi: system timer', () => {
  it('10 CLO: the lower 32 bits of a counter that runs at 1 MHz', () => {
    const { timer, timeline } = made();
    timeline.runTo(1000 * MICROSECOND - 1);
    assert.equal(timer.read(CLO), 999);
    timeline.runTo(1000 * MICROSECOND);
    assert.equal(timer.read(CLO), 1000);
    timer.write(CLO, 5);
    assert.equal(timer.read(CLO), 1000);
  });

  it('10 CHI: the upper 32 bits of the free running counter', () => {
    const { timer, run } = made(0x7_ffff_ffff);
    assert.deepEqual([timer.read(CHI), timer.read(CLO)], [7, 0xffff_ffff]);
    run(1);
    assert.deepEqual([timer.read(CHI), timer.read(CLO)], [8, 0]);
  });

  it('10 C1: a match sets M1 and raises the interrupt of its channel alone', () => {
    const { timer, run, line } = made();
    run(10);
    timer.write(C1, 110);
    run(99);
    assert.equal(line?.level, false);
    run(1);
    assert.equal(line?.level, true);
    assert.equal(timer.read(CS), 0b0010);
    assert.deepEqual(
      timer.interrupts.map(({ level }) => level),
      [false, true, false, false],
    );
  });

  it('10 CS: a 1 clears the match and its interrupt, a 0 does nothing', () => {
    const { timer, run, line } = made();
    timer.write(C1, 5);
    timer.write(C3, 5);
    run(6);
    assert.equal(timer.read(CS), 0b1010);
    timer.write(CS, 0b1000);
    assert.equal(timer.read(CS), 0b0010);
    assert.equal(line?.level, true);
    timer.write(CS, 0b0010);
    assert.equal(line?.level, false);
  });

  it('10 C1: the compare register is kept, and matches again only after a whole turn', () => {
    const { timer, run, line } = made();
    timer.write(C1, 5);
    run(5);
    timer.write(CS, 2);
    assert.equal(timer.read(C1), 5);
    run(0xffff_ffff);
    assert.equal(line?.level, false);
    run(1);
    assert.equal(line?.level, true);
  });

  it('10 C1: a value that has passed, and the counter itself, wait for the next turn', () => {
    for (const late of [0, 1]) {
      const { timer, run, line } = made();
      run(100);
      timer.write(C1, 100 - late);
      run(1000);
      assert.equal(line?.level, false, String(late));
    }
  });

  it('10 C1: the compare is on the lower 32 bits, across their end', () => {
    const { timer, run, line } = made(0xffff_fff0);
    timer.write(C1, 0x10);
    run(0x1f);
    assert.equal(line?.level, false);
    run(1);
    assert.equal(line?.level, true);
  });

  it("finds a program that uses the firmware's channels", () => {
    const { timer, findings } = made();
    timer.write(C1, 1);
    timer.write(CS, 0b1010);
    assert.equal(findings.count, 0);
    timer.write(C2, 1);
    timer.write(CS, 0b0001);
    assert.deepEqual(
      findings.list.map(({ rule, register }) => [rule, register]),
      [
        ['forbidden', 'C2'],
        ['forbidden', 'CS'],
      ],
    );
  });
});
