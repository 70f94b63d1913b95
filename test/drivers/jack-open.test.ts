// The jack, opened and closed: what the rate decides, the order of the writes, and errors that end soon.

import assert from 'node:assert/strict';
import { compileJack, constant, JackRig, largestStep, places, rampStep, Setting, State } from './jack-rig.js';

let wasm: Uint8Array;

before(async () => {
  wasm = await compileJack();
});

describe('the jack, opened', () => {
  it('has range, repeat, carrier and middle of the rate', () => {
    // rate, repeat = ceil(32000 / rate), range = round(125 MHz / (rate · repeat))
    const table = [
      [8000, 4, 3906],
      [11025, 3, 3779],
      [16000, 2, 3906],
      [22050, 2, 2834],
      [24000, 2, 2604],
      [31999, 2, 1953],
      [32000, 1, 3906],
      [44100, 1, 2834],
      [48000, 1, 2604],
      [96000, 1, 1302],
      [192000, 1, 651],
    ] as const;
    for (const [rate, repeat, range] of table) {
      const { jack } = new JackRig(wasm, 'emulator');
      jack.probe(Setting.auto);
      assert.equal(jack.open(rate), 0);
      assert.deepEqual([jack.repeat(), jack.range()], [repeat, range], `${rate} Hz`);
      assert.equal(jack.middle(), (range + 1) >> 1);
      assert.equal(jack.carrierHz(), rate * repeat);
      assert.equal(jack.rateHz(), rate);
    }
  });

  it('refuses absurd rates, a second open, and words without one', () => {
    const rig = new JackRig(wasm, 'emulator');
    for (const rate of [0, -1, 7999, 192001, 2147483647]) assert.equal(rig.open(rate), -1, String(rate));
    assert.equal(rig.jack.append(1), -3);
    assert.equal(rig.jack.room(), 0);
    assert.equal(rig.open(44100), 0);
    assert.equal(rig.jack.open(44100), -2);
    assert.equal(rig.jack.append(0), -4);
    assert.equal(rig.jack.append(513), -4);
  });

  it('starts the clock, then the PWM at duty 0, then the pins, then DMA', () => {
    const rig = new JackRig(wasm, 'board');
    assert.equal(rig.open(44100), 0);
    const writes = rig.board.writes();
    const at = (address: number): number[] => writes.filter((write) => write[0] === address).map((write) => write[1]);
    const first = (address: number, from = 0): number =>
      writes.findIndex((write, i) => i >= from && write[0] === address);
    assert.deepEqual(at(0xfe1010a4), [0x5a006000], 'PLLD / 6');
    assert.deepEqual(at(0xfe1010a0), [0x5a000000, 0x5a000006, 0x5a000016], 'stop, source, ENAB');
    // CTL: off, both channels in M/S mode, the FIFO on, and then cleared.
    assert.deepEqual(at(0xfe20c800), [0, 0x8181, 0xa1a1, 0xa1e1]);
    assert.deepEqual(at(0xfe20c810), [2834]);
    assert.deepEqual(at(0xfe20c820), [2834]);
    assert.deepEqual(at(0xfe20c808), [0x80000707]);
    assert.ok(first(0xfe1010a0) < first(0xfe20c800));
    assert.ok(first(0xfe20c820) < writes.findIndex((write) => write[0] === 0xfe20c800 && write[1] === 0x8181));
    const alt0 = first(0xfe200010);
    assert.ok(alt0 > writes.findIndex((write) => write[0] === 0xfe20c800 && write[1] === 0xa1e1));
    assert.ok(first(0xfe007504, alt0) > alt0, 'the engine starts last');
    assert.equal(rig.gpio.functionOf(40), 4);
    assert.equal(rig.gpio.functionOf(41), 4);
    assert.equal(rig.gpio.functionOf(43), 0);
    // CS: ACTIVE, END, INT, priority 1, panic 15, WAIT_FOR_OUTSTANDING_WRITES.
    assert.ok(at(0xfe007500).every((value) => [0, 0x80000000, 0x10f10006, 0x10f10007].includes(value >>> 0)));
    assert.deepEqual(rig.violations(), []);
  });

  it('ends with an error, and soon, when the hardware does not answer', () => {
    const stuck = new JackRig(wasm, 'board');
    stuck.clocks.preset(0xa0, 0x11, 0x1000);
    stuck.clocks.stopTicks = -1n;
    stuck.clocks.killWorks = false;
    assert.equal(stuck.open(44100), -5);
    const dead = new JackRig(wasm, 'board');
    dead.engines.dead = true;
    assert.equal(dead.open(44100), -6);
    assert.equal(dead.jack.state(), State.closed);
    assert.ok(dead.board.now < dead.board.ms(100));
  });

  it('takes another engine where the VideoCore keeps the usual one', () => {
    const rig = new JackRig(wasm, 'board');
    rig.channels = 0x1f;
    rig.open(44100);
    const channels = rig.board.writes().filter(([address]) => address >= 0xfe007000 && address < 0xfe007b00);
    assert.ok(channels.length > 0 && channels.every(([address]) => (address & 0xf00) === 0x400));
  });

  it('closes in time when the engine dies', () => {
    const rig = new JackRig(wasm, 'board');
    rig.open(44100);
    rig.run(100);
    rig.engines.ticksFor = () => 10n ** 15n;
    const before = rig.board.now;
    rig.close();
    assert.equal(rig.jack.state(), State.closed);
    assert.ok(rig.jack.engineErrors() > 0);
    assert.ok(rig.board.now - before < rig.board.ms(1500));
  });
});

describe('the jack, at another rate', () => {
  for (const place of places) {
    it(`closes and opens again (${place})`, () => {
      const rig = new JackRig(wasm, place);
      for (const rate of [44100, 8000, 192000, 48000]) {
        const from = rig.output().length;
        assert.equal(rate === 44100 ? rig.open(rate) : rig.reopen(rate), 0);
        const { jack } = rig;
        const most = rampStep(jack.range(), jack.carrierHz());
        rig.queue.push(...constant(jack.range(), 0, 3000));
        rig.run(300);
        jack.close();
        assert.equal(jack.open(rate), -2, 'not yet closed');
        rig.close();
        const worst = largestStep(rig.output().slice(from));
        assert.ok(worst.step <= most, `${JSON.stringify(worst)}, ${most} allowed, at ${rate} Hz`);
        assert.equal(jack.service(), 2n ** 63n - 1n);
      }
      assert.equal(rig.jack.underruns(), 0);
      assert.deepEqual(rig.violations(), []);
    });
  }

  for (const place of places) {
    it(`closes with a ramp when the ring is full of short blocks (${place})`, () => {
      const rig = new JackRig(wasm, place);
      rig.open(44100);
      rig.run(70);
      const { jack } = rig;
      const middle = jack.middle();
      rig.queue = constant(middle, middle, 8000);
      while (rig.appendNow(8) === 0);
      rig.queue = [];
      rig.jack.breakTrack();
      rig.close();
      assert.equal(jack.state(), State.closed);
      assert.equal(jack.engineErrors(), 0);
      const words = rig.output();
      assert.deepEqual(words.slice(-2), [0, 0]);
      assert.ok(largestStep(words).step <= rampStep(jack.range(), jack.carrierHz()));
      assert.deepEqual(rig.violations(), []);
    });
  }

  it('leaves the FIFO at duty 0 before DMA stops, and keeps the channels enabled', () => {
    const rig = new JackRig(wasm, 'board');
    rig.open(44100);
    rig.run(100);
    const from = rig.board.writes().length;
    rig.close();
    const writes = rig.board.writes(from);
    const leave = writes.findIndex(([address, value]) => address === 0xfe20c800 && value === 0x8181);
    const stop = writes.findIndex(([address, value]) => address === 0xfe007500 && value === 0);
    assert.ok(leave >= 0 && stop > leave);
    assert.equal(writes.filter(([address]) => address === 0xfe20c800).length, 1, 'one write of CTL');
    assert.equal(rig.gpio.functionOf(40), 4, 'pins stay the PWM’s');
  });
});
