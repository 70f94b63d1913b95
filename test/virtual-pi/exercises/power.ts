// drivers/power.ts: the watchdog as its users have it, and the ends of a program.

import assert from 'node:assert/strict';
import { MILLISECOND, SECOND } from '../../../host-tools/virtual-pi/time.js';
import { Call } from '../assembly/calls.js';
import { exercisesOf, type Rig } from './rig.js';

const RSTC = 0xfe10001c;
const RSTS = 0xfe100020;
const WDOG = 0xfe100024;
const PASSWORD = 0x5a000000;
/** Partition 63: halt. */
const HALT = 0x555;

/** Resets of the chip: kind, partition, and the milliseconds since the call. */
function resets(rig: Rig): { kind: string; partition: number; at: number }[] {
  const list: { kind: string; partition: number; at: number }[] = [];
  rig.pi.blocks.power.onReset = (kind, partition) => list.push({ kind, partition, at: rig.pi.timeline.now });
  return list;
}

export const powerExercises = exercisesOf({
  'the cause of the start is read': (rig) => {
    assert.equal(rig.call(Call.ResetCause), 1);
    for (const [status, cause] of [
      [0x1000, 1],
      [0x20, 2],
      [0x1020, 2],
      [0, 0],
      [0xefdf, 0],
      [0xfff, 2],
    ] as const) {
      rig.poke(RSTS, PASSWORD | status);
      assert.equal(rig.call(Call.ResetCause), cause, `0x${status.toString(16)}`);
    }
  },

  'an armed watchdog restarts from partition 0, in its time': (rig) => {
    const happened = resets(rig);
    rig.poke(RSTS, PASSWORD | 0xeaaaaa | HALT);
    rig.poke(RSTC, PASSWORD | 0xffffbf);
    const { power } = rig.pi.blocks;
    const { write } = power;
    const order: number[] = [];
    // What is read in the password's place must not be written back.
    power.read = (offset) => (power.peek(offset) | 0xa5000000) >>> 0;
    power.write = (offset, value) => {
      order.push(offset);
      write.call(power, offset, value);
    };
    rig.call(Call.ArmWatchdog, 1500);
    const from = rig.now;
    assert.deepEqual(order, [0x20, 0x24, 0x1c]);
    assert.equal(rig.peek(RSTS), 0xeaaaaa & 0xfffaaa, 'the partition is gone, all else is there');
    assert.equal(rig.peek(RSTC), (0xffffbf & ~0x30) | 0x20);
    rig.pass(1_499_000);
    assert.equal(happened.length, 0);
    rig.pass(2000);
    assert.equal(happened.length, 1);
    assert.equal(happened[0]?.kind, 'restart');
    assert.equal(happened[0].partition, 0);
    assert.ok(Math.abs(happened[0].at - from - 1500 * MILLISECOND) < MILLISECOND);
  },

  'a watchdog that is fed does not restart, and one that is stopped does not either': (rig) => {
    const happened = resets(rig);
    rig.call(Call.ArmWatchdog, 100);
    for (let i = 0; i < 10; i++) {
      rig.pass(90_000);
      rig.call(Call.FeedWatchdog, 100);
    }
    assert.equal(happened.length, 0);
    rig.call(Call.StopWatchdog);
    assert.equal(rig.peek(RSTC), 0x102);
    rig.pass(1_000_000);
    assert.equal(happened.length, 0);
  },

  'times are from a tick to 16 seconds': (rig) => {
    for (const [ms, ticks] of [
      [-5, 1],
      [0, 1],
      [1, 65],
      [1000, 65_536],
      [15_999, 1_048_510],
      [16_000, 0xfffff],
      [100_000, 0xfffff],
    ] as const) {
      rig.call(Call.FeedWatchdog, ms);
      assert.equal(rig.peek(WDOG), ticks);
    }
  },

  'restarting at once takes less than a millisecond': (rig) => {
    const happened = resets(rig);
    rig.poke(RSTS, PASSWORD | HALT | 0x1000);
    const from = rig.now;
    rig.call(Call.RestartNow);
    rig.pass(1000);
    assert.equal(happened.length, 1);
    assert.equal(happened[0]?.kind, 'restart');
    assert.equal(happened[0].partition, 0);
    // 10 ticks of 65536 Hz.
    const ticks = ((happened[0].at - from) / SECOND) * 65_536;
    assert.ok(ticks > 9.9 && ticks < 10.6, `${ticks} ticks`);
  },

  'a wanted restart goes to partition 0': (rig) => {
    rig.poke(RSTS, PASSWORD | HALT | 0x1000);
    assert.deepEqual(rig.ending(Call.Restart), { kind: 'exit', exit: 1, status: 0 });
    assert.equal(rig.peek(RSTS), 0x1000);
  },

  'power off': (rig) => {
    assert.deepEqual(rig.ending(Call.PowerOff), { kind: 'exit', exit: 2, status: 0 });
  },

  'the end of the emulator has a status': (rig) => {
    assert.deepEqual(rig.ending(Call.End, 7), { kind: 'exit', exit: 0, status: 7 });
  },
});
