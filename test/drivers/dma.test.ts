// A DMA engine: started, torn down, and the control blocks that it refuses.

import assert from 'node:assert/strict';
import { compileDrivers, rig } from './device-rig.js';

before(compileDrivers);

describe('a DMA engine', () => {
  it('is enabled without disturbing the others, and reset', () => {
    const { drivers, board, engines } = rig();
    engines.write(0xff0, 0x11);
    assert.equal(drivers.engineSetUp(5), 0);
    assert.deepEqual(board.writes()[0], [0xfe007ff0, 0x31]);
    for (const channel of [-1, 11, 15]) assert.equal(drivers.engineSetUp(channel), -1);
    engines.dead = true;
    assert.equal(drivers.engineSetUp(5), -3);
    assert.ok(board.now < board.ms(50));
  });

  it('is started by a constant that keeps its priorities', () => {
    const { drivers, board } = rig();
    drivers.engineSetUp(5);
    const from = board.writes().length;
    drivers.engineStart(0xc1000020);
    assert.deepEqual(board.writes(from), [
      [0xfe007504, 0xc1000020],
      [0xfe007500, 0x10f10007],
    ]);
  });

  it('is torn down by the book: no next block, drain, CS 0, reset', () => {
    const { drivers, board } = rig();
    drivers.engineSetUp(5);
    const from = board.writes().length;
    assert.equal(drivers.engineTearDown(), 0);
    assert.deepEqual(
      board
        .writes(from)
        .slice(0, 3)
        .map(([address, value]) => [address & 0xff, value]),
      [
        [0x1c, 0],
        [0x00, 0],
        [0x00, 0x80000000],
      ],
    );
  });

  it('refuses control blocks that it cannot do', () => {
    const { drivers, memory } = rig();
    assert.equal(drivers.controlBlock(5, 0x10148, 4096, 0xc1000040), 0);
    assert.deepEqual(
      [...new Uint32Array(memory.buffer, drivers.page(), 8)],
      [0x10148, 0xc1000000, 0x7e20c818, 4096, 0, 0xc1000040, 0, 0],
    );
    assert.equal(drivers.controlBlock(5, 0, 0x10000, 0), 0);
    assert.equal(drivers.controlBlock(7, 0, 0xffff, 0), 0);
    assert.equal(drivers.controlBlock(7, 0, 0x10000, 0), -2, 'lite: 16 bits of length');
    assert.equal(drivers.controlBlock(7, 2, 16, 0), -2, 'lite: no 2D');
    assert.equal(drivers.controlBlock(5, 0, 0, 0), -2);
    assert.equal(drivers.controlBlock(5, 0, 4, 0xc1000010), -2, 'not aligned');
  });
});
