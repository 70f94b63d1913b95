// The bridge between two levels of the jack: its length, and each of its words.

import assert from 'node:assert/strict';
import { compileDrivers, rig } from './device-rig.js';

before(compileDrivers);

describe('a bridge', () => {
  it('is a smoothstep of 64 ms for half the range, exact at both ends', () => {
    const { drivers, memory } = rig();
    assert.equal(drivers.bridgePairs(1417, 2834, 44100), Math.ceil(0.064 * 44100));
    assert.equal(drivers.bridgePairs(-2834, 2834, 44100), Math.ceil(2 * 0.064 * 44100));
    assert.equal(drivers.bridgePairs(0, 2834, 44100), 0);
    assert.ok(drivers.bridgePairs(1, 651, 192000) > 0);
    const length = 400;
    const [a, b, c, d] = [100, 300, 2500, 2000];
    drivers.writeBridge(drivers.page(), a, b, c, d, length, 0, length);
    const words = new Uint32Array(memory.buffer, drivers.page(), 2 * length);
    for (let i = 0; i < length; i++) {
      const t = (i + 1) / length;
      const smooth = 3 * t * t - 2 * t * t * t;
      assert.ok(Math.abs((words[2 * i] as number) - (a + (b - a) * smooth)) <= 0.5 + 1e-9);
      assert.ok(Math.abs((words[2 * i + 1] as number) - (c + (d - c) * smooth)) <= 0.5 + 1e-9);
    }
    assert.deepEqual([...words.slice(-2)], [b, d]);
  });
});
