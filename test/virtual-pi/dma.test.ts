// The DMA controller's registers and chains: statements of BCM2711 ARM Peripherals, chapter 4.

import assert from 'node:assert/strict';
import { Cs, Ti } from '../../host-tools/virtual-pi/dma/dma-registers.js';
import { BLOCK_LOAD, WORD_READ, WRITE_RESPONSE } from '../../host-tools/virtual-pi/dma/dma-transfer.js';
import { MICROSECOND } from '../../host-tools/virtual-pi/time.js';
import { bus, CLOCK, FIFO, FIFO_DREQ, NOWHERE, Rig, SCRATCH } from './dma-rig.js';

const CS = 0x500;
const COPY = Ti.SRC_INC | Ti.DEST_INC | Ti.WAIT_RESP;
const PACED = (FIFO_DREQ << 16) | Ti.SRC_INC | Ti.DEST_DREQ | Ti.WAIT_RESP;
const copy = (source: number, destination: number, bytes: number, next = 0, more = 0) => ({
  transfer: COPY | more,
  source: bus(source),
  destination: bus(destination),
  bytes,
  next,
});

describe('the DMA controller', () => {
  let rig: Rig;
  beforeEach(() => {
    rig = new Rig();
    rig.store(
      0x1000,
      Array.from({ length: 64 }, (_, i) => 0x100 + i),
    );
  });
  const clean = (): void => assert.deepEqual(rig.findings.list, []);

  describe('control blocks (4.2.1.1)', () => {
    it('is started by CONBLK_AD and then ACTIVE, and carries the block out', () => {
      rig.block(0, copy(0x1000, 0x2000, 16));
      rig.start(0);
      rig.run(5);
      assert.deepEqual(rig.words(0x2000, 5), [0x100, 0x101, 0x102, 0x103, 0]);
      clean();
    });
    it('goes on with the block at NEXTCONBK', () => {
      rig.block(0, copy(0x1000, 0x2000, 4, bus(0x20)));
      rig.block(0x20, copy(0x1004, 0x2004, 4));
      rig.start(0);
      rig.run(5);
      assert.deepEqual(rig.words(0x2000, 2), [0x100, 0x101]);
      clean();
    });
    it('stops and clears ACTIVE when NEXTCONBK is 0, with 0 in CONBLK_AD', () => {
      rig.block(0, copy(0x1000, 0x2000, 4));
      rig.start(0);
      rig.run(5);
      assert.equal(rig.read(CS) & Cs.ACTIVE, 0);
      assert.equal(rig.read(CS + 4), 0);
    });
    it('loads all words of a block at the start of its transfer: a link stored later comes too late', () => {
      rig.block(0, { transfer: PACED, source: bus(0x1000), destination: FIFO, bytes: 64 });
      rig.block(0x20, copy(0x1000, 0x2000, 4));
      rig.start(0);
      rig.run(5);
      rig.store(0x14, [bus(0x20)]);
      rig.run(2000);
      assert.deepEqual(rig.words(0x2000, 1), [0]);
      assert.equal(rig.read(CS) & Cs.ACTIVE, 0);
      clean();
    });
    it('runs a block linked to itself for ever', () => {
      rig.block(0, { transfer: PACED, source: bus(0x1000), destination: FIFO, bytes: 16, next: bus(0) });
      rig.start(0);
      rig.run(11 * 1000);
      assert.ok(Math.abs(rig.fifo.taken.length - 1000) <= 2, `${rig.fifo.taken.length} words`);
      assert.deepEqual(rig.fifo.taken.slice(0, 6), [0x100, 0x101, 0x102, 0x103, 0x100, 0x101]);
      assert.equal(rig.fifo.gaps, 0);
      clean();
    });
    it('shows the progress in SOURCE_AD and TXFR_LEN', () => {
      rig.block(0, { transfer: PACED, source: bus(0x1000), destination: FIFO, bytes: 256 });
      rig.start(0);
      rig.run(11 * 20);
      const sent = rig.fifo.written.length;
      assert.ok(sent > 20 && sent < 40);
      assert.equal(rig.read(CS + 0xc), bus(0x1000 + 4 * sent));
      assert.equal(rig.read(CS + 0x14), 256 - 4 * sent);
      assert.equal(rig.read(CS + 0x10), FIFO);
      assert.equal(rig.read(CS + 8), PACED);
    });
    it('reads what a barrier has brought to memory only', () => {
      rig.block(0, copy(0x1000, 0x2000, 4));
      rig.storeLate(0x1000, [7]);
      rig.start(0);
      rig.run(5);
      assert.deepEqual(rig.words(0x2000, 1), [0x100]);
    });
    it('ends words ahead of time in no other way than step by step', () => {
      const runs = [1, 3, 2000].map((step) => {
        const each = new Rig();
        each.block(0, { transfer: PACED, source: bus(0x1000), destination: FIFO, bytes: 256, next: bus(0x20) });
        each.block(0x20, { transfer: COPY, source: CLOCK, destination: bus(0x40), bytes: 4, next: bus(0) });
        each.start(0);
        for (let us = 0; us < 6000; us += step) each.run(step);
        return [each.fifo.written, each.words(0x40, 1)];
      });
      assert.deepEqual(runs[0], runs[1]);
      assert.deepEqual(runs[1]?.[0], runs[2]?.[0]);
    });
  });

  describe('CS (4.2.1.2)', () => {
    it('ACTIVE pauses when cleared, and resumes when set', () => {
      rig.block(0, { transfer: PACED, source: bus(0x1000), destination: FIFO, bytes: 256 });
      rig.start(0);
      rig.run(200);
      rig.write(CS, 0x10f10000);
      const sent = rig.fifo.written.length;
      assert.equal(rig.read(CS) & (Cs.ACTIVE | Cs.PAUSED), Cs.PAUSED);
      rig.run(500);
      assert.equal(rig.fifo.written.length, sent);
      rig.write(CS, 0x10f10001);
      rig.run(2000);
      assert.equal(rig.fifo.written.length, 64);
      clean();
    });
    it('ACTIVE does not start while the address is 0', () => {
      rig.write(CS, 1);
      rig.run(10);
      assert.equal(rig.read(CS) & Cs.END, 0);
      rig.block(0, copy(0x1000, 0x2000, 4));
      rig.write(CS + 4, bus(0));
      rig.run(10);
      assert.equal(rig.read(CS) & Cs.END, Cs.END);
    });
    it('END is set when the transfer is complete, and cleared by writing 1', () => {
      rig.block(0, copy(0x1000, 0x2000, 4));
      rig.start(0);
      assert.equal(rig.read(CS) & Cs.END, 0);
      rig.run(5);
      assert.equal(rig.read(CS) & Cs.END, Cs.END);
      rig.write(CS, 0x10f10000);
      assert.equal(rig.read(CS) & Cs.END, Cs.END);
      rig.write(CS, 0x10f10000 | Cs.END);
      assert.equal(rig.read(CS) & Cs.END, 0);
    });
    it('INT is set with INTEN, "even if the next CB has INTEN = 0", and cleared by writing 1', () => {
      rig.block(0, copy(0x1000, 0x2000, 4, bus(0x20), Ti.INTEN));
      rig.block(0x20, copy(0x1000, 0x2000, 4));
      rig.start(0);
      rig.run(5);
      assert.equal(rig.read(CS) & Cs.INT, Cs.INT);
      assert.equal(rig.read(0xfe0), 1 << 5);
      assert.equal(rig.dma.lines[5]?.level, true);
      rig.write(CS, Cs.INT);
      assert.equal(rig.read(CS) & Cs.INT, 0);
      assert.equal(rig.dma.lines[5].level, false);
      assert.equal(rig.read(0xfe0), 0);
    });
    it('INT stays 0 without INTEN', () => {
      rig.block(0, copy(0x1000, 0x2000, 4));
      rig.start(0);
      rig.run(5);
      assert.equal(rig.read(CS) & Cs.INT, 0);
    });
    it('the interrupt comes at the time of the last response, not of the call that looks', () => {
      let at = 0;
      rig.dma.lines[5]?.watch(() => (at = rig.timeline.now));
      rig.block(0, copy(0x1000, 0x2000, 4, 0, Ti.INTEN));
      rig.start(0);
      rig.run(1000);
      assert.ok(at > BLOCK_LOAD && at < MICROSECOND, `${at}`);
    });
    it('channels 7 and 8 share interrupt 119, 9 and 10 share 120 (6.2.4)', () => {
      const ids = rig.dma.interrupts.map(({ id }) => id);
      assert.deepEqual(ids, [112, 113, 114, 115, 116, 117, 118, 119, 120]);
      rig.block(0, copy(0x1000, 0x2000, 4, 0, Ti.INTEN));
      for (const channel of [7, 8]) rig.start(0, channel);
      rig.run(5);
      const line = rig.dma.interrupts[7]?.line;
      rig.write(0x700, Cs.INT);
      assert.equal(line?.level, true);
      rig.write(0x800, Cs.INT);
      assert.equal(line.level, false);
    });
    it('DREQ is the state of the selected request; DREQ_STOPS_DMA tells that it holds the engine', () => {
      rig.fifo.on = false;
      rig.block(0, { transfer: PACED, source: bus(0x1000), destination: FIFO, bytes: 16 });
      rig.start(0);
      rig.run(5);
      assert.equal(rig.read(CS) & (Cs.DREQ | Cs.DREQ_STOPS_DMA), Cs.DREQ_STOPS_DMA);
      rig.fifo.turn(true);
      assert.equal(rig.read(CS) & Cs.DREQ, Cs.DREQ);
      rig.run(5);
      assert.equal(rig.fifo.written.length, 4);
      assert.equal(rig.read(CS) & Cs.DREQ_STOPS_DMA, 0);
    });
    it('DREQ reads 1 with PERMAP 0, once a block is loaded', () => {
      assert.equal(rig.read(CS), 0);
      rig.block(0, copy(0x1000, 0x2000, 4));
      rig.start(0);
      rig.run(5);
      assert.equal(rig.read(CS) & Cs.DREQ, Cs.DREQ);
    });
    it('WAIT_FOR_OUTSTANDING_WRITES: CONBLK_AD and ACTIVE come before END', () => {
      rig.block(0, { ...copy(0x1000, 0x2000, 4), transfer: Ti.SRC_INC | Ti.DEST_INC });
      rig.start(0);
      const seen: number[] = [];
      for (let i = 0; i < 400; i++) {
        rig.timeline.runTo(rig.timeline.now + 13.5);
        if (rig.read(CS) & Cs.WAITING_FOR_OUTSTANDING_WRITES) seen.push(rig.read(CS), rig.read(CS + 4));
      }
      assert.ok(seen.length > 0);
      assert.equal((seen[0] ?? 0) & (Cs.ACTIVE | Cs.END), 0);
      assert.equal(seen[1], 0);
      assert.equal(rig.read(CS) & (Cs.END | Cs.WAITING_FOR_OUTSTANDING_WRITES), Cs.END);
    });
    it('ABORT gives the block up and loads the next', () => {
      rig.block(0, { transfer: PACED, source: bus(0x1000), destination: FIFO, bytes: 256, next: bus(0x20) });
      rig.block(0x20, copy(0x1000, 0x2000, 4));
      rig.start(0);
      rig.run(100);
      rig.write(CS, 0x10f10001 | Cs.ABORT);
      assert.equal(rig.read(CS) & Cs.ABORT, 0);
      rig.run(5);
      assert.deepEqual(rig.words(0x2000, 1), [0x100]);
      assert.ok(rig.fifo.written.length < 64);
    });
    it('RESET resets the channel, and cannot be read', () => {
      rig.block(0, { transfer: PACED, source: bus(0x1000), destination: FIFO, bytes: 256, next: bus(0) });
      rig.start(0);
      rig.run(100);
      rig.write(CS, Cs.RESET);
      const sent = rig.fifo.written.length;
      rig.run(500);
      assert.equal(rig.fifo.written.length, sent);
      assert.deepEqual([rig.read(CS), rig.read(CS + 4), rig.read(CS + 8)], [0, 0, 0]);
    });
  });

  describe('other registers (4.2.1.2)', () => {
    it('NEXTCONBK can be overwritten while paused; its bottom 5 bits read 0', () => {
      rig.block(0, { transfer: PACED, source: bus(0x1000), destination: FIFO, bytes: 64 });
      rig.block(0x20, copy(0x1000, 0x2000, 4));
      rig.start(0);
      rig.run(50);
      rig.write(CS, 0x10f10000);
      rig.write(CS + 0x1c, bus(0x20));
      assert.equal(rig.read(CS + 0x1c), bus(0x20));
      rig.write(CS, 0x10f10001);
      rig.run(500);
      assert.deepEqual(rig.words(0x2000, 1), [0x100]);
      clean();
    });
    it('DEBUG: VERSION is 2, and LITE is set for channels 7 to 10', () => {
      const debug = Array.from({ length: 11 }, (_, channel) => rig.read(channel * 0x100 + 0x20));
      assert.deepEqual(debug, [...Array<number>(7).fill(2 << 25), ...Array<number>(4).fill((2 << 25) | (1 << 28))]);
    });
    it('ENABLE has all channels on after reset', () => assert.equal(rig.read(0xff0), 0x7fff));
    it('channels 11 to 14 answer as 40-bit engines', () => {
      assert.deepEqual([rig.read(0xb00), rig.read(0xb0c), rig.read(0xb04)], [8, 0x10000400, 0]);
    });
  });

  describe('errors (4.4)', () => {
    const broken = (): void => {
      rig.block(0, { transfer: COPY, source: NOWHERE, destination: bus(0x2000), bytes: 4, next: bus(0x20) });
      rig.block(0x20, copy(0x1000, 0x2000, 4));
      rig.start(0);
      rig.run(5);
    };
    it('a read error sets READ_ERROR and ERROR, clears ACTIVE and generates an interrupt', () => {
      broken();
      assert.equal(rig.read(CS) & (Cs.ACTIVE | Cs.ERROR | Cs.INT), Cs.ERROR | Cs.INT);
      assert.equal(rig.read(CS + 0x20) & 7, 4);
      assert.equal(rig.dma.lines[5]?.level, true);
      assert.deepEqual(rig.rules, ['dma-address']);
    });
    it('READ_ERROR remains set until it is cleared by writing a 1', () => {
      broken();
      rig.write(CS, 0x10f10000 | Cs.INT);
      assert.equal(rig.read(CS) & Cs.ERROR, Cs.ERROR);
      rig.write(CS + 0x20, 4);
      assert.equal(rig.read(CS) & Cs.ERROR, 0);
    });
    it('ABORT with ACTIVE goes on with the next block', () => {
      broken();
      rig.write(CS + 0x20, 4);
      rig.write(CS, 0x10f10001 | Cs.ABORT);
      rig.run(5);
      assert.deepEqual(rig.words(0x2000, 1), [0x100]);
    });
  });

  it('tells an observer when blocks are loaded and when they end', () => {
    const seen: string[] = [];
    rig.dma.observer = {
      onBlock: (channel, address, { source, bytes, next }, what, at) => {
        assert.equal(at, rig.timeline.now);
        seen.push(`${channel} ${address - bus(0)} ${source - bus(0)} ${bytes} ${next} ${what}`);
      },
    };
    rig.block(0, copy(0x1000, 0x2000, 8, bus(0x20)));
    rig.block(0x20, copy(0x1000, 0x2000, 4));
    rig.start(0);
    rig.run(5);
    const first = `5 0 4096 8 ${bus(0x20)}`;
    assert.deepEqual(seen, [`${first} load`, `${first} end`, '5 32 4096 4 0 load', '5 32 4096 4 0 end']);
  });
  it('does nothing while it is stalled, and goes on afterwards', () => {
    rig.block(0, { transfer: PACED, source: bus(0x1000), destination: FIFO, bytes: 256 });
    rig.start(0);
    rig.run(100);
    const sent = rig.fifo.written.length;
    rig.dma.stall(5, 300 * MICROSECOND);
    rig.run(299);
    assert.equal(rig.fifo.written.length, sent);
    rig.run(1000);
    assert.equal(rig.fifo.written.length, 64);
    assert.ok(rig.fifo.gaps > 0);
  });
  it('a later and shorter stall does not cut an earlier one', () => {
    rig.block(0, { transfer: PACED, source: bus(0x1000), destination: FIFO, bytes: 256 });
    rig.dma.stall(5, 300 * MICROSECOND);
    rig.dma.stall(5, 10 * MICROSECOND);
    rig.start(0);
    rig.run(299);
    assert.equal(rig.fifo.written.length, 0);
    rig.run(1000);
    assert.equal(rig.fifo.written.length, 64);
  });
  it('writes registers one after the other at their times', () => {
    rig.block(0, { transfer: Ti.SRC_INC | Ti.WAIT_RESP, source: bus(0x1000), destination: SCRATCH, bytes: 12 });
    rig.start(0);
    rig.run(5);
    assert.deepEqual(rig.scratch, [0x100, 0x101, 0x102]);
    const first = BLOCK_LOAD + WORD_READ;
    const step = WORD_READ + WRITE_RESPONSE;
    assert.deepEqual(rig.scratchAt, [first, first + step, first + 2 * step]);
    clean();
  });
});
