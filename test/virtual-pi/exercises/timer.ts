// drivers/timer.ts and drivers/revision.ts. BCM2711 ARM Peripherals, 10; Raspberry Pi documentation, revision codes.

import assert from 'node:assert/strict';
import { DMA_WINDOW } from '../../../boot/memory-map.js';
import { MICROSECOND } from '../../../host-tools/virtual-pi/time.js';
import { Call, TEXT } from '../assembly/calls.js';
import { exercisesOf } from './rig.js';

const wide = (value: number): [number, number] => [value >>> 0, Math.floor(value / 2 ** 32)];

export const timerExercises = exercisesOf({
  'ticks, and how many make a time': (rig) => {
    assert.equal(rig.call(Call.TickRate), 54_000_000);
    for (const [count, ticks] of [
      [0, 0],
      [1, 54],
      [1000, 54_000],
      [86_400_000_000, 4_665_600_000_000],
    ] as const)
      assert.equal(rig.call(Call.Microseconds, ...wide(count)), ticks);
    assert.equal(rig.call(Call.Milliseconds, ...wide(1)), 54_000);
    assert.equal(rig.call(Call.Milliseconds, ...wide(100_000_000)), 5_400_000_000_000);
    for (const [ticks, us] of [
      [53, 0],
      [54, 1],
      [54_000_053, 1_000_000],
      [54_000_000 * 1_000_000, 1_000_000_000_000],
    ] as const)
      assert.equal(rig.call(Call.ToMicroseconds, ...wide(ticks)), us);
  },

  "microseconds are the system timer's": (rig) => {
    const first = rig.call(Call.SystemMicroseconds);
    assert.ok(Math.abs(first - rig.now / MICROSECOND) < 20);
    rig.pass(12_345);
    assert.ok(Math.abs(rig.call(Call.SystemMicroseconds) - rig.now / MICROSECOND) < 20);
  },

  'a delay takes its time': (rig) => {
    for (const us of [0, 1, 20, 3000]) {
      const before = rig.now;
      rig.call(Call.Delay, ...wide(us));
      const took = (rig.now - before) / MICROSECOND;
      assert.ok(took >= us && took < us + 20, `${took} µs for ${us}`);
    }
  },

  'a wait ends when its condition is met, or its time has passed': (rig) => {
    const at = DMA_WINDOW + 0x180000;
    rig.lay(0x180000, [0xff1234]);
    const met = rig.timed(Call.WaitFor, at, 0xffff, 0x1234, 1000);
    assert.equal(met.answer, 1);
    assert.ok(met.us < 20, `${met.us} µs`);
    const never = rig.timed(Call.WaitFor, at, 0xff00, 0x3400, 1000);
    assert.equal(never.answer, 0);
    assert.ok(never.us >= 1000 && never.us < 1100, `${never.us} µs`);
    const alarm = rig.pi.timeline.alarm(() => rig.lay(0x180000, [0]));
    alarm.set(rig.now + 500 * MICROSECOND);
    const later = rig.timed(Call.WaitFor, at, 0xff, 0, 1000);
    assert.equal(later.answer, 1);
    assert.ok(later.us >= 500 && later.us < 540, `${later.us} µs`);
    rig.lay(0x180000, [1]);
    assert.equal(rig.call(Call.WaitFor, at, 1, 0, 0), 0);
  },
});

export const revisionExercises = exercisesOf({
  'revision codes are taken apart': (rig) => {
    // Code, type, MiB, revision, supported.
    for (const [code, type, memory, minor, supported, name] of [
      [0xc03114, 0x11, 4096, 4, 1, 'Raspberry Pi 4'],
      [0xd03115, 0x11, 8192, 5, 1, 'Raspberry Pi 4'],
      [0xa03111, 0x11, 1024, 1, 1, 'Raspberry Pi 4'],
      [0xb03115, 0x11, 2048, 5, 1, 'Raspberry Pi 4'],
      [0xc03130, 0x13, 4096, 0, 1, 'Raspberry Pi 400'],
      [0xb03140, 0x14, 2048, 0, 1, 'Compute Module 4'],
      [0xa03150, 0x15, 1024, 0, 0, 'Compute Module 4S'],
      [0x902120, 0x12, 512, 0, 0, 'another board'],
      [0xa02082, 0x08, 1024, 2, 0, 'another board'],
      [0x8030f8, 0x0f, 256, 8, 0, 'another board'],
      [0x403110, -1, 0, 0, 0, 'another board'],
      [0x000010, -1, 0, 0, 0, 'another board'],
      [0x2c03114, 0x11, 4096, 4, 1, 'Raspberry Pi 4'],
      [0xc02114, 0x11, 4096, 4, 0, 'Raspberry Pi 4'],
      [0xc0b114, 0x11, 4096, 4, 0, 'Raspberry Pi 4'],
      [0xc0311f, 0x11, 4096, 15, 1, 'Raspberry Pi 4'],
      [0xc03914, 0x91, 4096, 4, 0, 'another board'],
    ] as const) {
      const each = `0x${code.toString(16)}`;
      assert.equal(rig.call(Call.BoardType, code), type, each);
      assert.equal(rig.call(Call.BoardMemory, code), memory, each);
      assert.equal(rig.call(Call.BoardMinor, code), minor, each);
      assert.equal(rig.call(Call.IsSupported, code), supported, each);
      const bytes = rig.call(Call.BoardName, code);
      const text = rig.pi.memory.copyFrom(DMA_WINDOW + TEXT, bytes) ?? new Uint8Array(0);
      assert.equal(new TextDecoder().decode(text), name, each);
    }
  },
});
