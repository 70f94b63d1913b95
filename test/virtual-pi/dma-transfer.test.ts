// What a DMA block's transfer information means: statements of BCM2711 ARM Peripherals 4.2.1.2 (TI) and 4.2.1.3.

import assert from 'node:assert/strict';
import { RAM_DISK } from '../../boot/memory-map.js';
import { Ti } from '../../host-tools/virtual-pi/dma/dma-registers.js';
import { WORD_READ, WRITE_RESPONSE, WRITES_IN_FLIGHT } from '../../host-tools/virtual-pi/dma/dma-transfer.js';
import { bus, CLOCK, FIFO, FIFO_DREQ, Rig } from './dma-rig.js';

const PERMAP = FIFO_DREQ << 16;
const PACED = PERMAP | Ti.SRC_INC | Ti.DEST_DREQ | Ti.WAIT_RESP;

describe('a DMA transfer', () => {
  let rig: Rig;
  beforeEach(() => {
    rig = new Rig({ ramDisk: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9) });
    rig.store(
      0x1000,
      Array.from({ length: 64 }, (_, i) => 0x100 + i),
    );
  });
  const carry = (
    transfer: number,
    bytes: number,
    more: { source?: number; destination?: number; stride?: number } = {},
  ) => {
    rig.block(0, { transfer, source: bus(0x1000), destination: bus(0x2000), bytes, ...more });
    rig.start(0);
    rig.run(20);
  };

  it('SRC_INC: the source address does not change without it', () => {
    carry(Ti.DEST_INC, 12);
    assert.deepEqual(rig.words(0x2000, 4), [0x100, 0x100, 0x100, 0]);
  });
  it('DEST_INC: the destination address does not change without it', () => {
    carry(Ti.SRC_INC, 12);
    assert.deepEqual(rig.words(0x2000, 2), [0x102, 0]);
  });
  it('TDMODE: YLENGTH transfers each of XLENGTH, with signed strides after each', () => {
    const stride = ((8 << 16) | (-12 & 0xffff)) >>> 0;
    carry(Ti.TDMODE | Ti.SRC_INC | Ti.DEST_INC, (3 << 16) | 8, { stride });
    assert.deepEqual(rig.words(0x2000, 11), [0x100, 0x101, 0, 0, 0, 0x100, 0, 0, 0, 0, 0]);
  });
  it('without TDMODE XLENGTH and YLENGTH are one length', () => {
    carry(Ti.SRC_INC, 0x10004, { destination: bus(0x3000) });
    rig.run(2000);
    assert.equal(rig.read(0x50c), bus(0x1000 + 0x10004));
  });
  it('SRC_IGNORE: nothing is read and nothing changes', () => {
    rig.store(0x2000, [7]);
    carry(Ti.SRC_INC | Ti.DEST_INC | Ti.SRC_IGNORE, 4);
    assert.deepEqual(rig.words(0x2000, 1), [7]);
    assert.equal(rig.read(0x500) & 2, 2);
  });
  it('DEST_IGNORE: the source is read, nothing is written', () => {
    carry(PERMAP | Ti.SRC_DREQ | Ti.DEST_INC | Ti.DEST_IGNORE, 8, { source: FIFO });
    assert.equal(rig.fifo.reads, 2);
    assert.deepEqual(rig.words(0x2000, 1), [0]);
  });
  it('SRC_DREQ gates the source reads', () => {
    rig.fifo.on = false;
    carry(PERMAP | Ti.SRC_DREQ | Ti.DEST_INC, 8, { source: FIFO });
    assert.equal(rig.fifo.reads, 0);
    rig.fifo.turn(true);
    rig.run(5);
    assert.deepEqual(rig.words(0x2000, 2), [1, 2]);
  });
  it('"byte aligned transfers" (4.1)', () => {
    rig.store(0x2000, [0xffffffff, 0xffffffff]);
    carry(Ti.SRC_INC | Ti.DEST_INC, 5, { source: (0xc0000000 + RAM_DISK + 1) >>> 0, destination: bus(0x2002) });
    assert.deepEqual(rig.words(0x2000, 2), [0x0302ffff, 0xff060504]);
    assert.deepEqual(rig.findings.list, []);
  });
  it('WAITS adds dummy cycles after each read and write', () => {
    const last = [0, 31].map((waits) => {
      const each = new Rig();
      each.block(0, { transfer: PACED | (waits << 21), source: bus(0x1000), destination: FIFO, bytes: 8 });
      each.start(0);
      each.run(20);
      return (each.fifo.written[1]?.at ?? 0) - (each.fifo.written[0]?.at ?? 0);
    });
    assert.equal(last[0], WORD_READ + WRITE_RESPONSE);
    assert.equal((last[1] ?? 0) - (last[0] ?? 0), 2 * 31 * 13.5);
  });
  it('DEST_DREQ gates the destination writes', () => {
    carry(PACED, 256, { destination: FIFO });
    rig.run(500);
    const before = rig.fifo.written.filter(({ at }) => at < rig.fifo.period).length;
    assert.equal(before, rig.fifo.threshold + 1);
    assert.equal(rig.fifo.overruns, 0);
    assert.equal(rig.fifo.gaps, 0);
  });
  it('WAIT_RESP ensures "that only one write is in flight"; without it the FIFO overruns (4.2.1.3)', () => {
    carry(PACED & ~Ti.WAIT_RESP, 256, { destination: FIFO });
    assert.ok(rig.fifo.overruns > 0);
    const atOnce = rig.fifo.written.filter(({ at }) => at < rig.fifo.period).length;
    assert.equal(atOnce, rig.fifo.threshold + 1 + WRITES_IN_FLIGHT);
  });
  it('reads a register at its own time: a stamp of the end of the block before', () => {
    rig.block(0, { transfer: PACED, source: bus(0x1000), destination: FIFO, bytes: 256, next: bus(0x20) });
    rig.block(0x20, { transfer: Ti.WAIT_RESP, source: CLOCK, destination: bus(0x40), bytes: 4 });
    rig.start(0);
    rig.run(5000);
    const last = (rig.fifo.written.at(-1)?.at ?? 0) / 6750;
    assert.equal(rig.words(0x40, 1)[0], Math.floor(last + 0.4));
  });
  it('channels run at once, each at its own times', () => {
    const stamps = { transfer: Ti.WAIT_RESP, source: CLOCK, bytes: 4 };
    rig.block(0, { transfer: PACED, source: bus(0x1000), destination: FIFO, bytes: 64, next: bus(0x20) });
    rig.block(0x20, { ...stamps, destination: bus(0x100) });
    rig.block(0x40, { transfer: PACED, source: bus(0x1080), destination: FIFO, bytes: 64, next: bus(0x60) });
    rig.block(0x60, { ...stamps, destination: bus(0x104) });
    rig.start(0, 5);
    rig.start(0x40, 4);
    rig.run(5000);
    const times = rig.fifo.written.map(({ at }) => at);
    assert.deepEqual(
      times,
      [...times].sort((a, b) => a - b),
    );
    assert.equal(rig.fifo.written.length, 32);
    assert.ok(rig.words(0x100, 2).every((us) => us > 80 && us < 5000));
  });
  it('a lite engine ignores 2D and the ignore bits (4.5)', () => {
    const transfer = Ti.SRC_INC | Ti.DEST_INC | Ti.DEST_IGNORE | Ti.TDMODE;
    rig.block(0, { transfer, source: bus(0x1000), destination: bus(0x2000), bytes: 8 });
    rig.start(0, 8);
    rig.run(5);
    assert.deepEqual(rig.words(0x2000, 3), [0x100, 0x101, 0]);
  });
  it('a lite engine has a length of 16 bits (4.5)', () => {
    rig.block(0, { transfer: Ti.SRC_INC, source: bus(0x1000), destination: bus(0x2000), bytes: 0x10008 });
    rig.start(0, 8);
    rig.run(5);
    assert.equal(rig.read(0x80c), bus(0x1008));
  });
});
