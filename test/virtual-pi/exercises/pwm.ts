// drivers/pwm.ts and drivers/jack-probe.ts. BCM2711 ARM Peripherals, 8.6.

import assert from 'node:assert/strict';
import { Call } from '../assembly/calls.js';
import { exercisesOf, type Rig } from './rig.js';

const CTL = 0xfe20c800;
const STA = 0xfe20c804;
const DMAC = 0xfe20c808;
const RNG1 = 0xfe20c810;
const DAT1 = 0xfe20c814;
const FIF1 = 0xfe20c818;
const RNG2 = 0xfe20c820;
const DAT2 = 0xfe20c824;
/** PWEN, MSEN; with USEF. */
const ENABLED = 0x8181;
const FROM_FIFO = 0xa1a1;
const RERR = 8;
const WERR = 4;
const GAPS = 0x30;
const BERR = 0x100;

function clocked(rig: Rig): Rig {
  assert.equal(rig.call(Call.StartPwmClock), 0);
  rig.pass(1);
  return rig;
}

/** Writes of the block's registers, with the microseconds since the one before. */
function watch(rig: Rig): [number, number, number][] {
  const { pwm1 } = rig.pi.blocks;
  const { write } = pwm1;
  const writes: [number, number, number][] = [];
  let last = rig.now;
  pwm1.write = (offset, value) => {
    writes.push([offset, value, Math.floor((rig.now - last) / 6750)]);
    last = rig.now;
    write.call(pwm1, offset, value);
  };
  return writes;
}

export const pwmExercises = exercisesOf({
  'both channels are made to play the FIFO, once enabled at duty 0': (rig) => {
    clocked(rig);
    rig.poke(DAT1, 55);
    rig.pass(20);
    rig.poke(RNG1, 99);
    rig.pass(20);
    const writes = watch(rig);
    rig.call(Call.PwmStart, 2834);
    assert.deepEqual(
      writes.map(([offset, value]) => [offset, value]),
      [
        [0x00, 0],
        [0x14, 0],
        [0x24, 0],
        [0x10, 2834],
        [0x20, 2834],
        [0x00, ENABLED],
        [0x00, FROM_FIFO],
        [0x00, FROM_FIFO | 0x40],
        [0x04, 0x13c],
        [0x08, 0x80000707],
      ],
    );
    // Each but STA and DMAC leaves the synchroniser its time.
    assert.ok(writes.slice(1, 9).every(([, , us]) => us >= 10));
    assert.deepEqual(
      [CTL, RNG1, RNG2, DAT1, DAT2, DMAC].map((at) => rig.peek(at)),
      [FROM_FIFO, 2834, 2834, 0, 0, 0x80000707],
    );
    assert.equal(rig.peek(STA) & ~2, 0);
    rig.pass(1000);
    assert.ok(rig.pinWords.every((word) => word === 0));
  },

  'words alternate between the pins': (rig) => {
    clocked(rig);
    rig.call(Call.PwmStart, 1000);
    for (const word of [10, 20, 30, 40, 1000, 0]) rig.call(Call.PwmWord, word);
    rig.pass(100);
    assert.deepEqual(
      rig.pinWords.slice(rig.pinWords.findIndex((word) => word !== 0)).slice(0, 6),
      [10, 20, 30, 40, 1000, 0],
    );
    const run = rig.runs.at(-1);
    assert.deepEqual([run?.clock, run?.range, run?.output], [54, 1000, 'mark-space']);
  },

  'another range is set with the channels enabled': (rig) => {
    clocked(rig);
    rig.call(Call.PwmStart, 2834);
    rig.call(Call.PwmStop);
    assert.deepEqual(
      [CTL, DMAC].map((at) => rig.peek(at)),
      [ENABLED, 0],
    );
    rig.pass(100);
    const writes = watch(rig);
    rig.call(Call.PwmStart, 651);
    assert.deepEqual(
      writes.map(([offset, value]) => [offset, value]),
      [
        [0x10, 651],
        [0x20, 651],
        [0x00, FROM_FIFO],
        [0x00, FROM_FIFO | 0x40],
        [0x04, 0x13c],
        [0x08, 0x80000707],
      ],
    );
    assert.ok(writes.slice(1, 5).every(([, , us]) => us >= 10));
    assert.equal(rig.peek(RNG2), 651);
  },

  'clearing the FIFO takes its words and the flags': (rig) => {
    clocked(rig);
    rig.call(Call.PwmStart, 60_000);
    for (let i = 0; i < 20; i++) rig.call(Call.PwmWord, i);
    assert.equal(rig.peek(STA) & 0xff, 1 | WERR);
    rig.call(Call.PwmClearFifo);
    assert.equal(rig.peek(STA) & 0xff, 2);
    assert.equal(rig.peek(CTL), FROM_FIFO);
  },

  'flags are taken once, and cleared': (rig) => {
    clocked(rig);
    rig.call(Call.PwmStart, 1000);
    assert.equal(rig.call(Call.PwmTakeFlags), 0);
    for (const clear of [false, true]) {
      for (let i = 0; i < 20; i++) rig.poke(FIF1, 5);
      rig.poke(RNG1, 1000); // too soon for the next
      rig.poke(RNG2, 1000);
      rig.forgive();
      rig.pass(200);
      assert.equal(rig.peek(STA) & 0x13c, WERR | RERR | GAPS | BERR);
      if (clear) rig.call(Call.PwmClearFlags);
      else assert.equal(rig.call(Call.PwmTakeFlags), WERR | RERR | GAPS | BERR);
      assert.equal(rig.peek(STA) & 0x13c, 0);
      assert.equal(rig.call(Call.PwmTakeFlags), 0);
    }
  },

  'the jack is PWM1 where it answers, whatever the engines say': (rig) => {
    clocked(rig);
    assert.equal(rig.call(Call.JackSigns), 3);
    const { dma, bus } = rig.pi.blocks;
    const { read } = dma;
    dma.read = (offset) => (offset === 0x720 ? 0 : read.call(dma, offset));
    assert.equal(rig.call(Call.JackSigns), 2);
    dma.read = (offset) => (offset === 0x720 ? 0xefffffff : read.call(dma, offset));
    assert.equal(rig.call(Call.JackSigns), 2);
    dma.read = (offset) => (offset === 0x720 ? 1 << 28 : read.call(dma, offset));
    const { find } = bus;
    bus.find = (address) => (address >= 0xfe20c800 && address < 0xfe20c830 ? undefined : find.call(bus, address));
    assert.equal(rig.call(Call.JackSigns), 1);
    bus.find = find;
  },

  'signs and setting make the mode': (rig) => {
    const [pwm1, capture] = [1, 2];
    for (const [signs, setting, mode] of [
      [0, 0, capture],
      [1, 0, capture],
      [2, 0, pwm1],
      [3, 0, pwm1],
      [0, 1, pwm1],
      [3, 2, capture],
    ] as const)
      assert.equal(rig.call(Call.JackMode, signs, setting), mode);
  },
});
