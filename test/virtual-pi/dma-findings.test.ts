// What a program must not do with the DMA controller, and that what it may do is no finding.

import assert from 'node:assert/strict';
import { RAM_DISK } from '../../boot/memory-map.js';
import { Ti } from '../../host-tools/virtual-pi/dma/dma-registers.js';
import { bus, FIFO, FIFO_DREQ, NOWHERE, Rig, type Block } from './dma-rig.js';

const CS = 0x500;
const COPY = Ti.SRC_INC | Ti.DEST_INC | Ti.WAIT_RESP;
const PACED = (FIFO_DREQ << 16) | Ti.SRC_INC | Ti.DEST_DREQ | Ti.WAIT_RESP;

describe('findings of the DMA controller', () => {
  let rig: Rig;
  beforeEach(() => {
    rig = new Rig();
  });
  const block = (more: Partial<Block> = {}): Block => ({
    transfer: COPY,
    source: bus(0x1000),
    destination: bus(0x2000),
    bytes: 16,
    ...more,
  });
  const music = (next = 0): Block => block({ transfer: PACED, destination: FIFO, bytes: 256, next });
  const found = (rule: string, text: RegExp): void => {
    assert.deepEqual(rig.rules, [rule], rig.texts);
    assert.match(rig.texts, text);
  };

  describe('a control block', () => {
    const cases: [string, Partial<Block>, string, RegExp, number?][] = [
      ['reserved bits of TI', { transfer: COPY | 4 }, 'dma-block', /word 0: reserved/],
      ['nothing to transfer', { bytes: 0 }, 'dma-block', /nothing is to be transferred/],
      ['reserved bits of TXFR_LEN', { bytes: 0x40000010 }, 'dma-block', /word 3: reserved/],
      ['a link that is not aligned', { next: 4 }, 'dma-block', /not 256-bit aligned/],
      ['PERMAP without DREQ', { transfer: COPY | (5 << 16) }, 'dma-block', /PERMAP without/],
      ['DREQ without PERMAP', { transfer: COPY | Ti.DEST_DREQ }, 'dma-block', /DREQ 0/],
      ['a DREQ that nobody drives', { transfer: COPY | Ti.DEST_DREQ | (9 << 16) }, 'dma-block', /DREQ 9/],
      ['a FIFO without its DREQ', { transfer: Ti.SRC_INC, destination: FIFO }, 'dma-block', /without its DREQ/],
      ['wide writes to registers', { transfer: PACED | Ti.DEST_WIDTH, destination: FIFO }, 'dma-block', /128-bit/],
      ['a burst that stalls', { transfer: COPY | (9 << 12), source: FIFO, bytes: 4 }, 'dma-block', /burst/],
      ['a physical address', { source: 0x01001000 }, 'dma-address', /source: .*uncached alias/],
      ['memory outside the window', { source: 0xc0400000 }, 'dma-address', /source: .*outside/],
      ['the end of the window', { source: bus(0x1ffff8) }, 'dma-address', /source: .*outside/],
      ['writing the RAM disk', { destination: (0xc0000000 + RAM_DISK) >>> 0 }, 'dma-address', /destination: /],
      ['a peripheral that is not there', { destination: NOWHERE, bytes: 4 }, 'dma-address', /no peripheral/],
      ["the ARM's address of a peripheral", { transfer: PACED, destination: 0xfe20c018 }, 'dma-address', /0x7E/],
      ['half a register', { transfer: PACED, destination: FIFO, bytes: 6 }, 'dma-address', /words/],
      ['a long block for a lite engine', { bytes: 0x10010 }, 'dma-block', /16 bits/, 8],
      ['2D for a lite engine', { transfer: COPY | Ti.TDMODE }, 'dma-block', /reserved/, 8],
    ];
    for (const [name, change, rule, text, channel] of cases)
      it(name, () => {
        rig.block(0, block(change));
        rig.start(0, channel);
        rig.run(3);
        found(rule, text);
      });
    it('may copy from the RAM disk', () => {
      rig.block(0, block({ source: (0xc0000000 + RAM_DISK) >>> 0 }));
      rig.start(0);
      rig.run(3);
      assert.deepEqual(rig.findings.list, []);
    });
    it('outside the window', () => {
      rig.write(CS + 4, 0xc0000100);
      rig.write(CS, 1);
      rig.run(3);
      assert.equal(rig.rules[0], 'dma-address');
    });
  });

  describe('the barrier (1.3)', () => {
    it('a control block on its way', () => {
      rig.storeLate(0, [COPY, bus(0x1000), bus(0x2000), 16, 0, 0, 0, 0]);
      rig.start(0);
      rig.memory.barrier();
      found('no-barrier', /the control block/);
    });
    it('data on their way', () => {
      rig.block(0, block());
      rig.storeLate(0x100c, [1]);
      rig.start(0);
      rig.run(3);
      found('no-barrier', /data of the control block/);
    });
    it('data of a later block on their way', () => {
      rig.block(0, music(bus(0x20)));
      rig.block(0x20, block({ source: bus(0x3000) }));
      rig.start(0);
      rig.storeLate(0x3000, [1]);
      rig.run(5000);
      found('no-barrier', /data of the control block/);
    });
    it('other stores on their way are well', () => {
      rig.block(0, block());
      rig.storeLate(0x1010, [1]);
      rig.start(0);
      rig.run(3);
      assert.deepEqual(rig.findings.list, []);
    });
  });

  describe('a control block that is carried out', () => {
    beforeEach(() => {
      rig.block(0, music());
      rig.start(0);
      rig.run(100);
    });
    it('must not be changed in words 0 to 4', () => {
      rig.store(12, [512]);
      found('dma-block-changed', /word 3/);
    });
    it('may get a link, which comes too late', () => {
      rig.store(20, [bus(0x20)]);
      assert.deepEqual(rig.findings.list, []);
    });
    it('may be stored to with the same values', () => {
      rig.store(0, [PACED, bus(0x1000)]);
      assert.deepEqual(rig.findings.list, []);
    });
    it('may be changed when it has ended', () => {
      rig.run(5000);
      rig.store(12, [512]);
      assert.deepEqual(rig.findings.list, []);
    });
  });

  describe('registers', () => {
    const playing = (): void => {
      rig.block(0, music(bus(0)));
      rig.start(0);
      rig.run(100);
    };
    it('CONBLK_AD that is not aligned', () => {
      rig.write(CS + 4, bus(4));
      found('dma-block', /256-bit aligned/);
    });
    it('CONBLK_AD written while a block is carried out', () => {
      playing();
      rig.write(CS + 4, bus(0x20));
      found('changed-while-running', /carried out/);
    });
    it('NEXTCONBK written while it is not paused', () => {
      playing();
      rig.write(CS + 0x1c, 0);
      found('changed-while-running', /paused/);
    });
    it('priorities dropped while ACTIVE', () => {
      playing();
      rig.write(CS, 7);
      found('changed-while-running', /priorities/);
    });
    it('priorities dropped with ACTIVE are well', () => {
      playing();
      rig.write(CS, 0);
      assert.deepEqual(rig.findings.list, []);
    });
    it('a channel started while disabled does not run', () => {
      rig.block(0, block());
      rig.write(0xff0, 0x7fff & ~(1 << 5));
      rig.start(0);
      rig.run(3);
      found('unclocked', /ENABLE/);
      assert.equal(rig.read(CS) & 3, 0);
    });
    it('disabling an operating channel is fatal until RESET', () => {
      playing();
      rig.write(0xff0, 0);
      rig.write(0xff0, 0x7fff);
      const sent = rig.fifo.written.length;
      rig.run(500);
      found('changed-while-running', /fatal/);
      assert.equal(rig.fifo.written.length, sent);
      rig.write(CS, 0x80000000);
      rig.start(0);
      rig.run(500);
      assert.ok(rig.fifo.written.length > sent);
    });
    it('PAGE moves the alias beyond the first GiB', () => {
      rig.block(0, block({ destination: FIFO, transfer: PACED }));
      rig.write(0xff0, 0x01007fff);
      rig.start(0);
      rig.run(3);
      assert.ok(rig.rules.every((rule) => rule === 'dma-address') && rig.rules.length === 2);
    });
    it("the VideoCore's channels", () => {
      rig.block(0, block());
      rig.start(0, 1);
      rig.run(3);
      found('forbidden', /VideoCore/);
    });
    it('a 40-bit engine started', () => {
      rig.write(0xb04, bus(0) >>> 5);
      rig.write(0xb00, 1);
      found('forbidden', /40-bit/);
    });
    it('restarting with an error set', () => {
      rig.block(0, block({ source: NOWHERE, bytes: 4 }));
      rig.start(0);
      rig.run(3);
      rig.write(CS, 1);
      assert.deepEqual(rig.rules, ['dma-address', 'forbidden']);
    });
    it('TI, SOURCE_AD, DEST_AD, TXFR_LEN and STRIDE cannot be written', () => {
      for (let offset = 8; offset <= 0x18; offset += 4) rig.write(CS + offset, 1);
      assert.deepEqual(rig.rules, Array<string>(5).fill('read-only-write'));
      assert.equal(rig.read(CS + 0x14), 0);
    });
  });
});
