// The LED of the box: it shows what the board's own does, with the blinks that docs/player.md lists.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { ControlsRig, Pin } from './controls-rig.js';

const root = path.resolve(import.meta.dirname, '../..');

describe('the LED', () => {
  /** Levels of a pin over milliseconds, by what was written to set and clear it. */
  function levels(rig: ControlsRig, pin: number, ms: number): boolean[] {
    const [set, clear] = [0x1c + (pin >> 5) * 4, 0x28 + (pin >> 5) * 4];
    const bit = (1 << (pin & 31)) >>> 0;
    let level = false;
    let seen = 0;
    return Array.from({ length: ms }, () => {
      rig.ms++;
      rig.serviceLed();
      for (; seen < rig.writes.length; seen++) {
        const [offset, value] = rig.writes[seen] as [number, number];
        if (offset === set && value & bit) level = true;
        if (offset === clear && value & bit) level = false;
      }
      return level;
    });
  }

  const patterns = {
    Playing: 0x00ff,
    Paused: 0x0001,
    Idle: 0x0005,
    NoCard: 0x0015,
    Error: 0x0055,
    BadCard: 0x0155,
    NoTracks: 0x0555,
    NoJack: 0x1555,
  };

  it('shows at its pin what the board shows, lit by high or low', async () => {
    for (const high of [true, false]) {
      const rig = await ControlsRig.make();
      rig.start(`pin_led = ${Pin.led}`, `led_active = ${high ? 'high' : 'low'}`);
      const selects = rig.writes.findIndex(([offset]) => offset === 0x04);
      // Dark before it becomes an output.
      assert.deepEqual(rig.writes[selects - 1], [high ? 0x28 : 0x1c, 1 << Pin.led]);
      assert.equal(((rig.registers.get(0x04) ?? 0) >>> 6) & 7, 1);
      rig.show(patterns.NoCard);
      const ms = rig.ms;
      const own = levels(rig, 42, 4000);
      const again = await ControlsRig.make();
      again.start(`pin_led = ${Pin.led}`, `led_active = ${high ? 'high' : 'low'}`);
      again.ms = ms;
      again.show(patterns.NoCard);
      assert.deepEqual(levels(again, Pin.led, 4000), high ? own : own.map((level) => !level));
      assert.ok(own.includes(true) && own.includes(false));
    }
  });

  it('takes over what is being shown', async () => {
    const rig = await ControlsRig.make();
    rig.show(0xffff);
    rig.start(`pin_led = ${Pin.led}`);
    assert.deepEqual(
      rig.writes.filter(([offset, value]) => offset === 0x1c && value === 1 << Pin.led),
      [[0x1c, 1 << Pin.led]],
    );
  });

  it('blinks so often for each code, with a pause behind that is longer than any between', async () => {
    const source = fs.readFileSync(path.join(root, 'firmware/led.ts'), 'utf8');
    const manual = fs.readFileSync(path.join(root, 'docs/player.md'), 'utf8');
    for (const [name, bits] of Object.entries(patterns)) {
      const written = new RegExp(`^  ${name} = (0x[0-9a-f]{4}),$`, 'm').exec(source)?.[1];
      assert.equal(Number(written), bits, name);
      if (name === 'Playing') continue;
      const rig = await ControlsRig.make();
      rig.show(bits);
      const lit = levels(rig, 42, 1999);
      const edges = lit.flatMap((level, i) => (level !== (lit[i - 1] ?? false) ? [i] : []));
      const flashes = edges.length / 2;
      assert.match(manual, new RegExp(`^\\| ${flashes} +\\| `, 'm'), `${name}: ${flashes} flashes`);
      const dark = edges.slice(1).flatMap((edge, i) => (i % 2 === 0 ? [(edges[i + 2] ?? 1999) - edge] : []));
      const pause = dark.pop() ?? 0;
      assert.ok(
        dark.every((each) => each * 2 < pause),
        `${name}: ${dark.join()} and ${pause}`,
      );
    }
  });
});
