// drivers/dma.ts. Registers and control blocks as BCM2711 ARM Peripherals, 4.2, has them.

import assert from 'node:assert/strict';
import { DMA_WINDOW } from '../../../boot/memory-map.js';
import { Call } from '../assembly/calls.js';
import { exercisesOf, type Rig } from './rig.js';

const ENABLE = 0xfe007ff0;
const cs = (channel: number): number => 0xfe007000 + channel * 0x100;
const CONBLK_AD = 0x04;
const NEXTCONBK = 0x1c;
const DEBUG = 0x20;
const BUS = 0xc0000000;
/** TI: WAIT_RESP, SRC_INC, DEST_INC. */
const COPY = 0x118;
const STUCK = -3;
const REFUSED = -2;
const NO_CHANNEL = -1;
/** WAIT_FOR_OUTSTANDING_WRITES, PANIC_PRIORITY 15, PRIORITY 1. */
const STEADY = 0x10f10000;

/** In the window: where blocks, sources and targets of the exercises lie. */
const BLOCKS = 0x180000;
const SOURCE = 0x190000;
const TARGET = 0x1a0000;
const bus = (offset: number): number => (DMA_WINDOW + offset + BUS) >>> 0;

/** Writes a block by the driver. */
const block = (rig: Rig, channel: number, at: number, from: number, to: number, bytes: number, next = 0, ti = COPY) =>
  rig.call(Call.WriteBlock, channel, DMA_WINDOW + BLOCKS + at, ti, from, to, bytes, next);

/** A chain of three copies of `bytes` bytes each, in the window. */
function chain(rig: Rig, channel: number, bytes: number): void {
  const words = Array.from({ length: (3 * bytes) / 4 }, (_, i) => i * 3 + 1);
  rig.lay(SOURCE, words);
  for (let i = 0; i < 3; i++) {
    const next = i < 2 ? bus(BLOCKS + (i + 1) * 32) : 0;
    assert.equal(block(rig, channel, i * 32, bus(SOURCE + i * bytes), bus(TARGET + i * bytes), bytes, next), 0);
  }
}

const copied = (rig: Rig, blocks: number, bytes: number): boolean =>
  rig.words(TARGET, (blocks * bytes) / 4).every((word, i) => word === i * 3 + 1) &&
  rig.words(TARGET + blocks * bytes, 1)[0] === 0;

/** Engine writes of CS and their order. */
function watch(rig: Rig): [number, number][] {
  const { dma } = rig.pi.blocks;
  const { write } = dma;
  const writes: [number, number][] = [];
  dma.write = (offset, value) => {
    writes.push([offset, value]);
    write.call(dma, offset, value);
  };
  return writes;
}

export const dmaExercises = exercisesOf({
  'addresses are those of the bus': (rig) => {
    assert.equal(rig.call(Call.BusAddress, 0x01000020) >>> 0, 0xc1000020);
    assert.equal(rig.call(Call.BusAddress, 0x3b123450) >>> 0, 0xfb123450);
    assert.equal(rig.call(Call.BusRegister, 0xfe20c818), 0x7e20c818);
    assert.equal(rig.call(Call.BusRegister, 0xfeffffff), 0x7effffff);
    assert.equal(rig.call(Call.BusRegister, 0xfe003004), 0x7e003004);
  },

  'channels 7 to 10 are lite, and their DEBUG says so': (rig) => {
    for (let channel = 0; channel < 11; channel++) {
      assert.equal(rig.call(Call.IsLite, channel), channel < 7 ? 0 : 1);
      assert.equal((rig.call(Call.DmaDebug, channel) >>> 28) & 1, channel < 7 ? 0 : 1);
    }
  },

  'an engine is the wanted one, or the highest that the VideoCore leaves': (rig) => {
    const { firmware } = rig.pi.blocks;
    assert.equal(rig.call(Call.ArmEngine, 5), 5);
    firmware.dmaChannels = 0x3780;
    assert.equal(rig.call(Call.ArmEngine, 5), 5, 'not one of the full engines: it does not say');
    firmware.dmaChannels = 0x37d5;
    assert.equal(rig.call(Call.ArmEngine, 5), 6);
    firmware.dmaChannels = 0x7f15;
    assert.equal(rig.call(Call.ArmEngine, 5), 4);
    firmware.dmaChannels = 0xff81;
    assert.equal(rig.call(Call.ArmEngine, 5), 0);
    firmware.dmaChannels = 0xff7f;
    assert.equal(rig.call(Call.ArmEngine, 3), 3);
  },

  'an engine copies a chain of blocks': (rig) => {
    for (const channel of [5, 0, 7, 10]) {
      rig.call(Call.EngineUse, channel);
      rig.lay(TARGET, new Array<number>(400).fill(0));
      assert.equal(rig.call(Call.EngineSetUp), 0);
      assert.equal(rig.call(Call.EngineActive), 0);
      chain(rig, channel, 400);
      const writes = watch(rig);
      rig.call(Call.EngineStart, bus(BLOCKS));
      assert.equal(rig.call(Call.EngineActive), 1);
      assert.deepEqual(writes, [
        [channel * 0x100 + CONBLK_AD, bus(BLOCKS)],
        [channel * 0x100, STEADY | 7],
      ]);
      assert.equal((rig.peek(cs(channel)) & 0xfff10000) >>> 0, STEADY + 0x00000000);
      rig.pass(100);
      assert.equal(rig.call(Call.EngineActive), 0);
      assert.ok(copied(rig, 3, 400), `channel ${channel}`);
      assert.equal(rig.call(Call.EngineTakeError), 0);
      assert.equal(rig.call(Call.EngineTearDown), 0);
    }
  },

  'starting clears END and INT': (rig) => {
    assert.equal(rig.call(Call.EngineSetUp), 0);
    rig.lay(SOURCE, [1]);
    block(rig, 5, 0, bus(SOURCE), bus(TARGET), 4, 0, COPY | 1);
    rig.call(Call.EngineStart, bus(BLOCKS));
    rig.pass(20);
    assert.equal(rig.peek(cs(5)) & 7, 6);
    block(rig, 5, 0, bus(SOURCE), bus(TARGET), 0x40000);
    rig.call(Call.EngineStart, bus(BLOCKS));
    assert.equal(rig.peek(cs(5)) & 7, 1);
    assert.equal(rig.call(Call.EngineStop), 0);
    assert.equal(rig.peek(cs(5)) & 7, 0);
  },

  'setting up enables the channel, without disturbing the others': (rig) => {
    rig.poke(ENABLE, 0x11);
    assert.equal(rig.call(Call.EngineSetUp), 0);
    assert.equal(rig.peek(ENABLE), 0x31);
    rig.call(Call.EngineUse, 10);
    assert.equal(rig.call(Call.EngineSetUp), 0);
    assert.equal(rig.peek(ENABLE), 0x431);
    assert.equal(rig.peek(cs(10)) & ~0x38, STEADY);
    for (const channel of [-1, 11, 15]) {
      rig.call(Call.EngineUse, channel);
      assert.equal(rig.call(Call.EngineSetUp), NO_CHANNEL);
    }
    rig.call(Call.EngineUse, 0);
    assert.equal(rig.call(Call.EngineSetUp), 0);
  },

  'setting up takes a running engine over': (rig) => {
    chain(rig, 5, 0x8000);
    rig.poke(cs(5) + CONBLK_AD, bus(BLOCKS));
    rig.poke(cs(5), 0x10ff0001);
    rig.pass(20);
    assert.equal(rig.peek(cs(5)) & 1, 1);
    const { answer, us } = rig.timed(Call.EngineSetUp);
    assert.equal(answer, 0);
    assert.ok(us < 500, `${us} µs`);
    assert.equal(rig.peek(cs(5)) & ~0x38, STEADY);
    assert.equal(rig.peek(cs(5) + CONBLK_AD), 0, 'it was reset');
    rig.pass(1000);
    assert.ok(!copied(rig, 1, 0x8000));
  },

  'stopping awaits outstanding writes before the reset': (rig) => {
    assert.equal(rig.call(Call.EngineSetUp), 0);
    chain(rig, 5, 0x8000);
    rig.call(Call.EngineStart, bus(BLOCKS));
    rig.pass(20);
    const { dma } = rig.pi.blocks;
    const writes = watch(rig);
    const { read } = dma;
    const since = rig.now;
    // Writes are out for 100 µs after CS = 0.
    dma.read = (offset) => read.call(dma, offset) | (offset === 0x500 && rig.now < since + 675_000 ? 1 << 6 : 0);
    const { answer, us } = rig.timed(Call.EngineStop);
    assert.equal(answer, 0);
    assert.ok(us >= 100 && us < 300, `${us} µs`);
    assert.deepEqual(writes, [
      [0x500, 0],
      [0x500, 0x80000000],
      [0x520, 7],
      [0x500, STEADY | 6],
    ]);
  },

  'an engine whose writes stay out, or that does not come out of reset, is stuck': (rig) => {
    const { dma } = rig.pi.blocks;
    const { read } = dma;
    for (const [bits, most] of [
      [1 << 6, 10_500],
      [0x80000000, 10_500],
      [1, 10_500],
    ] as const) {
      dma.read = (offset) => (read.call(dma, offset) | (offset === 0x500 ? bits : 0)) >>> 0;
      const { answer, us } = rig.timed(Call.EngineStop);
      assert.equal(answer, STUCK);
      assert.ok(us > 9_900 && us < most, `${us} µs`);
      assert.equal(rig.call(Call.EngineSetUp), STUCK);
    }
    dma.read = (offset) => (read.call(dma, offset) | (offset === 0x500 ? 1 : 0)) >>> 0;
    const { answer, us } = rig.timed(Call.EngineTearDown);
    assert.equal(answer, STUCK);
    assert.ok(us > 109_000 && us < 112_000, `${us} µs`);
    rig.forgive(); // the register that never changes is the exercise's
  },

  'tearing down lets the block that runs end, and no further one': (rig) => {
    assert.equal(rig.call(Call.EngineSetUp), 0);
    chain(rig, 5, 0x8000);
    rig.call(Call.EngineStart, bus(BLOCKS));
    rig.pass(20);
    const writes = watch(rig);
    assert.equal(rig.call(Call.EngineTearDown), 0);
    assert.ok(copied(rig, 1, 0x8000));
    assert.deepEqual(writes, [
      [0x500, STEADY],
      [0x500 + NEXTCONBK, 0],
      [0x500, STEADY | 1],
      [0x500, 0],
      [0x500, 0x80000000],
      [0x520, 7],
      [0x500, STEADY | 6],
    ]);
    rig.pass(1000);
    assert.ok(copied(rig, 1, 0x8000));
    assert.equal(rig.call(Call.EngineActive), 0);
  },

  'a bus error is told once, and the engine goes on after it': (rig) => {
    for (const error of [1, 2, 4]) {
      assert.equal(rig.call(Call.EngineSetUp), 0);
      assert.equal(rig.call(Call.EngineTakeError), 0);
      // Nothing answers there.
      block(rig, 5, 0, 0x7e900000, bus(TARGET), 4);
      rig.call(Call.EngineStart, bus(BLOCKS));
      rig.pass(20);
      rig.forgive();
      assert.equal(rig.peek(cs(5) + DEBUG) & 7, 4);
      assert.equal(rig.call(Call.EngineTakeError), 1, String(error));
      assert.equal(rig.peek(cs(5) + DEBUG) & 7, 0);
      assert.equal(rig.call(Call.EngineTakeError), 0);
    }
    assert.equal(rig.call(Call.EngineStop), 0);
    chain(rig, 5, 400);
    rig.call(Call.EngineStart, bus(BLOCKS));
    rig.pass(100);
    assert.ok(copied(rig, 3, 400));
  },

  'all three errors are cleared by stopping': (rig) => {
    const { dma } = rig.pi.blocks;
    const { read, write } = dma;
    let errors = 7;
    dma.read = (offset) =>
      read.call(dma, offset) | (offset === 0x520 ? errors : offset === 0x500 && errors ? 0x100 : 0);
    dma.write = (offset, value) => {
      if (offset === 0x520) errors &= ~value;
      write.call(dma, offset, value);
    };
    assert.equal(rig.call(Call.EngineTakeError), 1);
    assert.equal(errors, 0);
    errors = 7;
    assert.equal(rig.call(Call.EngineStop), 0);
    assert.equal(errors, 0);
  },

  'control blocks that an engine cannot do are refused': (rig) => {
    const from = bus(SOURCE);
    const to = bus(TARGET);
    rig.lay(BLOCKS, new Array<number>(8).fill(0x55));
    for (const [channel, bytes, next, ti] of [
      [5, 0, 0, COPY],
      [5, 0x40000000, 0, COPY],
      [7, 0x10000, 0, COPY],
      [7, 16, 0, COPY | 2],
      [10, 16, 0, COPY | 2],
      ...[1, 2, 4, 8, 16].map((low) => [5, 16, bus(BLOCKS) + low, COPY] as const),
    ] as const)
      assert.equal(block(rig, channel, 0, from, to, bytes, next, ti), REFUSED);
    assert.deepEqual(rig.words(BLOCKS, 8), new Array<number>(8).fill(0x55));
    for (const [channel, bytes, next, ti] of [
      [5, 0x3fffffff, 0, COPY],
      [6, 0x10000, 0, COPY],
      [6, 16, 0, COPY | 2],
      [7, 0xffff, 0, COPY],
      [9, 16, bus(BLOCKS) + 32, COPY],
    ] as const) {
      assert.equal(block(rig, channel, 0, from, to, bytes, next, ti), 0);
      assert.deepEqual(rig.words(BLOCKS, 8), [ti, from, to, bytes, 0, next, 0, 0]);
    }
  },
});
