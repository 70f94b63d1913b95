// The revision code: which boards it names, and which of them have this chip.

import assert from 'node:assert/strict';
import { compileDrivers, rig } from './device-rig.js';

before(compileDrivers);

describe('the revision code', () => {
  it('tells boards that have this chip from others', () => {
    const { drivers, memory } = rig();
    const name = (code: number): string => {
      const length = drivers.nameOf(code);
      return Buffer.from(memory.buffer, drivers.page(), length).toString();
    };
    // From the table of the documentation; 0xb03115 is the emulator's.
    const boards = [
      [0xa03111, 'Raspberry Pi 4', 1024, 1, 1],
      [0xb03115, 'Raspberry Pi 4', 2048, 5, 1],
      [0xc03114, 'Raspberry Pi 4', 4096, 4, 1],
      [0xd03114, 'Raspberry Pi 4', 8192, 4, 1],
      [0xc03130, 'Raspberry Pi 400', 4096, 0, 1],
      [0xa03140, 'Compute Module 4', 1024, 0, 1],
      [0xc04170, 'another board', 4096, 0, 0], // Pi 5
      [0xa020d3, 'another board', 1024, 3, 0], // 3B+
      [0x0010, 'another board', 0, 0, 0], // old style
    ] as const;
    for (const [code, model, memoryMiB, minor, supported] of boards) {
      assert.equal(name(code), model, code.toString(16));
      assert.equal(drivers.boardMemoryMiB(code), memoryMiB);
      assert.equal(drivers.boardMinor(code), minor);
      assert.equal(drivers.isSupported(code), supported, code.toString(16));
    }
    // Overvoltage and warranty bits do not count.
    assert.equal(drivers.isSupported(0x80c03114 | 0), 1);
  });
});
