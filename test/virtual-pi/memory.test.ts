// RAM as the program and the DMA engines see it.

import assert from 'node:assert/strict';
import { DMA_WINDOW, DMA_WINDOW_BYTES, RAM_DISK, RAM_DISK_BYTES } from '../../boot/memory-map.js';
import { inRamDisk, inWindow, Memory } from '../../host-tools/virtual-pi/memory.js';

const END = DMA_WINDOW + DMA_WINDOW_BYTES;

describe('virtual Pi: memory', () => {
  it('a store reaches the engines with the barrier only, and is pending until then', () => {
    const memory = new Memory();
    const stores: [number, number][] = [];
    memory.onStore = (...store) => stores.push(store);
    memory.storeWord(DMA_WINDOW + 8, 0x80000001);
    assert.deepEqual([memory.loadWord(DMA_WINDOW + 8), memory.engineRead(DMA_WINDOW + 8)], [0x80000001, 0]);
    assert.deepEqual(stores, [[DMA_WINDOW + 8, 4]]);
    assert.deepEqual(
      [4, 5, 11, 12].map((offset) => memory.pending(DMA_WINDOW + offset, 4)),
      [false, true, true, false],
    );
    memory.barrier();
    assert.equal(memory.engineRead(DMA_WINDOW + 8), 0x80000001);
    assert.equal(memory.pending(DMA_WINDOW, 64), false);
  });

  it('what an engine writes both see at once, in the window only', () => {
    const memory = new Memory();
    assert.equal(memory.engineWrite(END - 4, 7), true);
    assert.deepEqual([memory.loadWord(END - 4), memory.engineRead(END - 4)], [7, 7]);
    for (const address of [DMA_WINDOW - 4, END, RAM_DISK]) assert.equal(memory.engineWrite(address, 7), false);
  });

  it('the RAM disk is read by both, zeros behind its end; elsewhere there is nothing', () => {
    const memory = new Memory(Uint8Array.of(1, 2, 3, 4, 0xff));
    assert.equal(memory.engineRead(RAM_DISK + 1), 0xff040302);
    assert.equal(memory.engineRead(RAM_DISK + 4), 0xff);
    assert.deepEqual(memory.copyFrom(RAM_DISK + 3, 4), Uint8Array.of(4, 0xff, 0, 0));
    for (const address of [RAM_DISK - 4, RAM_DISK + RAM_DISK_BYTES]) {
      assert.equal(memory.engineRead(address), undefined);
      assert.equal(memory.copyFrom(address, 4), undefined);
    }
  });

  it('a copy out of the window is as the program sees it, and the caller’s', () => {
    const memory = new Memory();
    memory.store(DMA_WINDOW, Uint8Array.of(1, 2));
    const copy = memory.copyFrom(DMA_WINDOW, 2);
    assert.deepEqual(copy, Uint8Array.of(1, 2));
    copy?.fill(9);
    assert.equal(memory.loadWord(DMA_WINDOW), 0x0201);
  });

  it('bytes lie in the window or in the RAM disk with all of them', () => {
    assert.deepEqual([inWindow(END - 4, 4), inWindow(END - 4, 5), inWindow(DMA_WINDOW, -1)], [true, false, false]);
    assert.deepEqual([inWindow(DMA_WINDOW - 1, 4), inRamDisk(RAM_DISK - 1, 4)], [false, false]);
    const end = RAM_DISK + RAM_DISK_BYTES;
    assert.deepEqual([inRamDisk(end - 4, 4), inRamDisk(end - 4, 5)], [true, false]);
  });
});
