// What users of the power manager rely on, against the model.

import assert from 'node:assert/strict';
import { Findings } from '../../host-tools/virtual-pi/findings.js';
import { Power } from '../../host-tools/virtual-pi/firmware/power.js';
import { SECOND } from '../../host-tools/virtual-pi/time.js';
import { Timeline } from '../../host-tools/virtual-pi/timeline.js';

const RSTC = 0x1c;
const RSTS = 0x20;
const WDOG = 0x24;
const PASSWORD = 0x5a000000;
const FULL_RESET = PASSWORD | 0x20;

function made(status?: number) {
  const timeline = new Timeline();
  const findings = new Findings(() => timeline.now);
  const power = new Power({ timeline, findings }, status);
  const resets: [string, number, number][] = [];
  power.onReset = (kind, partition) => resets.push([kind, partition, timeline.now / SECOND]);
  const run = (seconds: number): void => timeline.runTo(timeline.now + seconds * SECOND);
  return { timeline, findings, power, resets, run };
}

describe('virtual Pi: power manager', () => {
  it('the watchdog resets after its ticks of 1/65536 s', () => {
    const { power, resets, run } = made();
    power.write(WDOG, PASSWORD | 65536);
    power.write(RSTC, FULL_RESET);
    run(0.999);
    assert.deepEqual(resets, []);
    run(0.002);
    assert.deepEqual(resets, [['restart', 0, 1]]);
    run(100);
    assert.equal(resets.length, 1);
  });

  it('it does not count before RSTC says what its end does', () => {
    const { power, resets, run } = made();
    power.write(WDOG, PASSWORD | 10);
    run(1);
    assert.deepEqual([power.read(WDOG), resets.length], [10, 0]);
    power.write(RSTC, PASSWORD | 0x10);
    run(1);
    assert.deepEqual([power.read(WDOG), resets.length], [10, 0]);
  });

  it('WDOG reads the ticks that are left; writing it again feeds the dog', () => {
    const { power, resets, run } = made();
    power.write(WDOG, PASSWORD | 65536);
    power.write(RSTC, FULL_RESET);
    run(0.75);
    assert.equal(power.read(WDOG), 16384);
    power.write(WDOG, PASSWORD | 65536);
    run(0.75);
    assert.deepEqual([power.read(WDOG), resets.length], [16384, 0]);
    run(0.25);
    assert.equal(resets.length, 1);
  });

  it('writing RSTC again while it counts does not start it anew', () => {
    const { power, resets, run } = made();
    power.write(WDOG, PASSWORD | 65536);
    power.write(RSTC, FULL_RESET);
    run(0.5);
    power.write(RSTC, FULL_RESET);
    run(0.5);
    assert.deepEqual(resets, [['restart', 0, 1]]);
  });

  it('RSTC = 0x102 stops it', () => {
    const { power, resets, run } = made();
    power.write(WDOG, PASSWORD | 65536);
    power.write(RSTC, FULL_RESET);
    run(0.5);
    power.write(RSTC, PASSWORD | 0x102);
    run(100);
    assert.equal(resets.length, 0);
    assert.deepEqual([power.read(RSTC), power.read(WDOG)], [0x102, 32768]);
  });

  it('the count has 20 bits', () => {
    const { power } = made();
    power.write(WDOG, PASSWORD | 0xffffff);
    assert.equal(power.read(WDOG), 0xfffff);
  });

  it('the partition stands in the even bits of RSTS; 63 halts', () => {
    for (const [status, kind, partition] of [
      [0, 'restart', 0],
      [0b000001, 'restart', 1],
      [0b000101, 'restart', 3],
      [0x400, 'restart', 32],
      [0xaaa, 'restart', 0],
      [0x555, 'halt', 63],
      [0x1575, 'halt', 63],
    ] as const) {
      const { power, resets, run } = made();
      power.write(RSTS, PASSWORD | status);
      power.write(WDOG, PASSWORD | 10);
      power.write(RSTC, FULL_RESET);
      run(1);
      assert.deepEqual(resets[0]?.slice(0, 2), [kind, partition], status.toString(16));
    }
  });

  it('a write without the password does nothing and is found', () => {
    const { power, findings, resets, run } = made(0x20);
    power.write(WDOG, 10);
    power.write(RSTS, 0x555);
    power.write(RSTC, 0x5b000020);
    run(1);
    assert.deepEqual([power.read(RSTC), power.read(RSTS), power.read(WDOG)], [0x102, 0x20, 0]);
    assert.equal(resets.length, 0);
    assert.deepEqual(
      findings.list.map(({ rule, register }) => [rule, register]),
      [
        ['no-password', 'WDOG'],
        ['no-password', 'RSTS'],
        ['no-password', 'RSTC'],
      ],
    );
  });

  it('the password reads as 0', () => {
    const { power } = made();
    power.write(RSTS, PASSWORD | 0x1000);
    assert.equal(power.read(RSTS), 0x1000);
  });
});
