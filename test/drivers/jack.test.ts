// The jack: its words in order and unchanged, level between them without a jump, lateness counted, both targets.

import assert from 'node:assert/strict';
import { compileJack, constant, JackRig, largestStep, rampStep, Setting, State } from './jack-rig.js';

let wasm: Uint8Array;
const places = ['board', 'emulator'] as const;

before(async function () {
  this.timeout(30_000);
  wasm = await compileJack();
});

describe('the jack, found out', () => {
  const modes = { pwm1: 1, capture: 2 };

  it('is PWM1 on a board and the capture in the emulator', () => {
    const board = new JackRig(wasm, 'board');
    assert.equal(board.jack.probe(Setting.auto), modes.pwm1);
    assert.equal(board.jack.signs(), 3);
    assert.equal(board.jack.disagree(), 0);
    const emulator = new JackRig(wasm, 'emulator');
    assert.equal(emulator.jack.probe(Setting.auto), modes.capture);
    assert.equal(emulator.jack.signs(), 0);
    assert.equal(emulator.jack.disagree(), 0);
  });

  it('names signs that disagree; the register that answers decides', () => {
    const board = new JackRig(wasm, 'board');
    board.engines.lite = false;
    assert.equal(board.jack.probe(Setting.auto), modes.pwm1);
    assert.equal(board.jack.signs(), 2);
    assert.equal(board.jack.disagree(), 1);
    const emulator = new JackRig(wasm, 'emulator');
    emulator.engines.lite = true;
    assert.equal(emulator.jack.probe(Setting.auto), modes.capture);
    assert.equal(emulator.jack.signs(), 1);
    assert.equal(emulator.jack.disagree(), 1);
  });

  it('obeys the setting, but opens no PWM1 that does not answer', () => {
    assert.equal(new JackRig(wasm, 'board').jack.probe(Setting.capture), modes.capture);
    const emulator = new JackRig(wasm, 'emulator');
    assert.equal(emulator.jack.probe(Setting.pwm1), modes.pwm1);
    assert.equal(emulator.jack.open(44100), -7);
    assert.equal(emulator.jack.state(), State.closed);
    assert.equal(new JackRig(wasm, 'board').jack.open(44100), -7, 'not probed');
  });
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
    // CTL: off, both channels in M/S mode, the FIFO on and cleared.
    assert.deepEqual(at(0xfe20c800), [0, 0x8181, 0xa1e1]);
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
    assert.ok(at(0xfe007500).every((value) => [0x80000000, 0x10f10006, 0x10f10007].includes(value >>> 0)));
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

describe('the level of the jack', () => {
  for (const place of places) {
    it(`rises in 64 ms, rests, and falls without a jump (${place})`, () => {
      for (const rate of [8000, 44100, 192000]) {
        const rig = new JackRig(wasm, place);
        rig.open(rate);
        rig.run(300);
        const { jack } = rig;
        const [carrier, middle, most] = [jack.carrierHz(), jack.middle(), rampStep(jack.range(), jack.carrierHz())];
        rig.close();
        assert.equal(jack.state(), State.closed);
        assert.equal(jack.rateHz(), 0);
        const words = rig.output();
        const top = words.findIndex((_, i) => words[i] === middle && words[i + 1] === middle);
        assert.ok(Math.abs(top / 2 - 0.064 * carrier) < 0.06 * 0.064 * carrier, `${top / 2} pairs up at ${rate} Hz`);
        assert.ok(largestStep(words).step <= most, `${JSON.stringify(largestStep(words))} at ${rate} Hz`);
        assert.deepEqual(words.slice(-2), [0, 0]);
        const up = words.slice(0, top);
        assert.ok(up.every((word, i) => i < 2 || word >= (up[i - 2] as number)));
        const end = words.length - words.toReversed().findIndex((word) => word === middle);
        assert.ok(
          words.slice(top, end).every((word) => word === middle),
          'constant while idle',
        );
        assert.equal(jack.underruns(), 0);
        assert.deepEqual(rig.violations(), []);
      }
    });

    it(`is bridged at start, pause, seek, track change and stop, for extreme levels (${place})`, () => {
      for (const rate of [32000, 44100, 192000]) {
        const rig = new JackRig(wasm, place);
        rig.open(rate);
        const { jack } = rig;
        const [range, most] = [jack.range(), rampStep(jack.range(), jack.carrierHz())];
        const play = (first: number, second: number, ms: number): void => {
          rig.queue.push(...constant(first, second, Math.round((ms * rate) / 1000)));
          rig.run(ms);
          while (rig.queue.length) rig.run(1);
        };
        play(range, 0, 40); // start while the ramp still runs
        rig.run(250); // pause
        play(0, range, 40); // resume
        play(range, range, 30); // seek, at once
        play(0, 0, 30); // the whole way down
        play(range, 0, 1);
        play(0, range, 1);
        rig.close();
        const worst = largestStep(rig.output());
        assert.ok(worst.step <= most, `${JSON.stringify(worst)}, ${most} allowed, at ${rate} Hz`);
        assert.equal(jack.underruns(), 0);
        assert.deepEqual(rig.violations(), []);
      }
    });
  }

  it('is constant for digital silence, from the ramp to the end', () => {
    const rig = new JackRig(wasm, 'emulator');
    rig.open(44100);
    const middle = rig.jack.middle();
    for (let track = 0; track < 3; track++) {
      rig.queue.push(...constant(middle, middle, 5000));
      rig.run(200);
    }
    rig.run(300);
    const words = rig.output();
    const top = words.indexOf(middle);
    assert.ok(words.length > 80_000);
    assert.ok(words.slice(top + 2).every((word) => word === middle));
    assert.equal(rig.jack.underruns(), 0);
  });
});

/** Words that tell where they come from. */
function numbered(pairs: number, range: number): number[] {
  return Array.from({ length: pairs * 2 }, (_, i) => (Math.imul(i + 1, 2654435761) >>> 8) % (range + 1));
}

describe('the words of the jack', function () {
  this.timeout(20_000);

  it('come out as they were appended, in order, in blocks of every length (capture)', () => {
    const rig = new JackRig(wasm, 'emulator');
    rig.open(44100);
    const words = numbered(30_000, rig.jack.range());
    rig.queue.push(...words);
    for (let size = 1; rig.queue.length; size = (size * 7 + 3) % 513 || 1) {
      const room = rig.jack.room();
      if (room) assert.equal(rig.appendNow(Math.min(size, room, rig.queue.length / 2)), 0);
      if (!room || !rig.queue.length) rig.run(1);
    }
    assert.deepEqual(rig.trackWords(), words);
    assert.equal(rig.jack.trackPairsAppended(), 30_000n);
    assert.equal(rig.jack.underruns(), 0);
  });

  it('come out as they were appended, with jittered steps, for 10 s (board)', () => {
    const rig = new JackRig(wasm, 'board');
    rig.open(44100);
    const words = numbered(441_000, rig.jack.range());
    let taken = 0;
    for (let i = 0; taken < words.length; i++) {
      if (!rig.queue.length) {
        rig.queue.push(...words.slice(taken, taken + 40_000));
        taken += 40_000;
        rig.starves = taken < words.length;
      }
      rig.run(1 + ((i * 7) % 30), (i % 5) * 2);
    }
    while (rig.queue.length) rig.run(5);
    rig.run(100);
    assert.equal(rig.jack.underruns(), 0);
    const out = rig.output();
    const from = out.findIndex((word, i) => word === words[0] && out[i + 1] === words[1] && out[i + 2] === words[2]);
    assert.ok(from > 0);
    assert.deepEqual(
      out.slice(from, from + words.length).findIndex((word, i) => word !== words[i]),
      -1,
    );
    assert.equal(rig.jack.trackPairsPlayed(), 441_000n);
    assert.deepEqual(rig.violations(), []);
  });

  it('tell a capture their track, rate and repeat before they come', () => {
    const rig = new JackRig(wasm, 'emulator');
    rig.open(8000);
    rig.jack.noteTrack(3);
    rig.queue.push(...constant(5, 6, 1024));
    rig.run(200);
    const place = (offset: number, value: number): number =>
      rig.lines.findIndex((line) => line.offset === offset && line.value === value);
    const word = rig.lines.findIndex(({ offset }) => offset === 0x18);
    assert.ok(place(0x60, 8000) >= 0 && place(0x60, 8000) < word);
    assert.ok(place(0x64, 4) >= 0 && place(0x64, 4) < word);
    assert.ok(place(0x10, 3906) >= 0 && place(0x10, 3906) < word);
    const firstTrack = rig.lines.findIndex(({ offset }) => offset === 0x44);
    assert.ok(place(0x68, 3) >= 0 && place(0x68, 3) < firstTrack);
    assert.equal(rig.board.log.filter(({ kind, address }) => kind === 'read' && address >>> 8 === 0xfe2030).length, 0);
  });

  it('go to GPIO 40 first: the order of a pair is kept through bridges', () => {
    const rig = new JackRig(wasm, 'emulator');
    rig.open(44100);
    rig.queue.push(...constant(2800, 100, 512));
    rig.run(200);
    const bridge = rig.blocks().filter(({ kind }) => kind === 0)[6]?.words ?? [];
    assert.ok((bridge.at(-2) as number) > 1417 && (bridge.at(-1) as number) < 1417, 'right up, left down');
  });
});

describe('the position of the jack', () => {
  it('is exact in a paced capture', () => {
    const rig = new JackRig(wasm, 'emulator');
    rig.board.ticksPerCall = 0n;
    rig.open(44100);
    const opened = rig.board.now;
    const middle = rig.jack.middle();
    rig.queue.push(...constant(middle, middle, 44100));
    rig.run(500);
    assert.equal(rig.jack.played(), ((rig.board.now - opened) * 44100n) / rig.board.tickRate);
    const ramp = rig.jack.played() - rig.jack.trackPairsPlayed();
    assert.ok(ramp >= 2822n && ramp < 2824n, `${ramp} pairs of ramp`);
    const first = rig.jack.firstTrackTick() - opened;
    assert.ok(first >= rig.board.ms(64) && first < rig.board.ms(64.1), `${first} ticks`);
    assert.ok(rig.jack.fillPairs() <= 2646 + 512, 'about 60 ms ahead');
  });

  it('is a block behind at most on a board, and knows when the first frame passed', () => {
    const rig = new JackRig(wasm, 'board');
    rig.open(44100);
    const opened = rig.board.now;
    const middle = rig.jack.middle();
    rig.queue.push(...constant(middle, middle, 44100));
    rig.run(500);
    const exact = Number(((rig.board.now - opened) * 44100n) / rig.board.tickRate);
    const played = Number(rig.jack.played());
    assert.ok(played <= exact + 8 && played >= exact - 520, `${played} of ${exact}`);
    const first = rig.jack.firstTrackTick() - opened;
    assert.ok(first >= rig.board.ms(63.9) && first < rig.board.ms(64.2), `${first} ticks`);
  });

  it('counts track blocks as played at once when running free, one a step; the held level takes its time', () => {
    const rig = new JackRig(wasm, 'emulator');
    rig.jack.setFree(true);
    rig.open(44100);
    rig.queue = constant(2000, 900, 44100 * 10);
    rig.starves = true;
    let steps = 0;
    while (rig.queue.length) {
      assert.equal(rig.jack.room(), 512);
      rig.appendNow(Math.min(512, rig.queue.length / 2));
      assert.equal(rig.jack.room(), 0);
      assert.equal(rig.jack.service(), 0n);
      steps++;
    }
    assert.equal(steps, Math.ceil(441_000 / 512));
    assert.ok(rig.board.now < rig.board.ms(10));
    assert.equal(rig.jack.trackPairsPlayed(), 441_000n);
    rig.jack.breakTrack();
    const before = rig.output().length / 2;
    rig.run(1000);
    const held = rig.output().length / 2 - before;
    assert.ok(held > 44100 && held < 44100 * 1.12, `${held} pairs in a second`);
    assert.equal(rig.jack.underruns(), 0);
    rig.close();
    assert.equal(rig.jack.state(), State.closed);
    assert.ok(largestStep(rig.output()).step <= rampStep(2834, 44100));
  });
});

describe('lateness at the jack', () => {
  for (const place of places) {
    it(`is no matter with a fill of 15 ms and steps of 2 ms (${place})`, () => {
      const rig = new JackRig(wasm, place);
      rig.jack.setFillMs(15);
      rig.open(44100);
      const middle = rig.jack.middle();
      for (let i = 0; i < 5; i++) {
        rig.queue = constant(middle, middle, 22_050);
        rig.run(700, 2);
      }
      assert.equal(rig.jack.trackPairsAppended(), 110_250n);
      assert.equal(rig.jack.underruns(), 0);
    });
  }

  for (const place of places) {
    it(`holds the last level for a track that starves, counts it once, and goes on without a bridge (${place})`, () => {
      const rig = new JackRig(wasm, place);
      rig.open(44100);
      rig.starves = true;
      rig.queue.push(...constant(2000, 700, 4000));
      rig.run(400);
      assert.equal(rig.jack.starvations(), 1);
      assert.equal(rig.jack.underruns(), 1);
      rig.starves = false;
      rig.queue.push(...constant(2001, 701, 1000));
      rig.run(60);
      assert.equal(rig.jack.underruns(), 1);
      const words = rig.output();
      const next = words.indexOf(2001);
      assert.deepEqual(words.slice(next - 2, next + 2), [2000, 700, 2001, 701]);
      assert.ok(largestStep(words).step <= 1);
      rig.jack.breakTrack();
      rig.run(300);
      assert.equal(rig.jack.starvations(), 1);
    });
  }

  it('counts a ring that ran dry, and ramps up from 0 again (board)', () => {
    const rig = new JackRig(wasm, 'board');
    rig.open(44100);
    rig.run(200);
    rig.board.advanceTo(rig.board.now + rig.board.ms(500)); // a step that takes far too long
    rig.run(200);
    assert.equal(rig.jack.underruns(), 1);
    const words = rig.output();
    const fall = words.findIndex((word, i) => word === 0 && i > 6000);
    assert.ok(fall > 0, 'the pins fell');
    assert.ok(largestStep(words.slice(fall)).step <= rampStep(2834, 44100));
    assert.equal(words.at(-1), 1417);
    rig.run(500);
    assert.equal(rig.jack.underruns(), 1);
  });

  it('counts a position that overtook what was appended (paced capture)', () => {
    const rig = new JackRig(wasm, 'emulator');
    rig.open(44100);
    rig.run(200);
    rig.board.advanceTo(rig.board.now + rig.board.ms(500));
    rig.run(200);
    assert.equal(rig.jack.underruns(), 1);
  });

  it('starts an engine again that missed a link, at the block it would have come to (board)', () => {
    const rig = new JackRig(wasm, 'board');
    rig.open(44100);
    const words = numbered(20_000, rig.jack.range());
    rig.queue.push(...words);
    rig.run(200);
    while (rig.engines.betweenBlocks || !rig.engines.atProgress) rig.engines.step();
    rig.engines.missLink();
    rig.run(500);
    const out = rig.output();
    const from = out.findIndex((word, i) => word === words[0] && out[i + 1] === words[1] && out[i + 2] === words[2]);
    const got = out.slice(from).filter((word, i, all) => word !== 0 || all[i ^ 1] !== 0);
    assert.deepEqual(got.slice(0, words.length), words);
    assert.equal(rig.jack.underruns(), 1, 'the FIFO ran empty meanwhile');
  });

  it('counts GAPO2 and BERR as the hardware tells them', () => {
    const rig = new JackRig(wasm, 'board');
    rig.open(44100);
    rig.run(100);
    rig.pwm.raise = 0x20;
    rig.run(20);
    assert.equal(rig.jack.underruns(), 1);
    rig.pwm.raise = 0x100;
    rig.run(20);
    assert.equal(rig.jack.underruns(), 1);
    assert.equal(rig.jack.registerErrors(), 1);
  });

  it('after WERR clears the FIFO and begins again at the block that was playing', () => {
    const rig = new JackRig(wasm, 'board');
    rig.open(44100);
    rig.queue.push(...constant(1500, 1300, 44100));
    rig.run(200);
    rig.pwm.raise = 0x04;
    rig.run(300);
    assert.equal(rig.jack.writeErrors(), 1);
    assert.equal(rig.jack.underruns(), 1);
    assert.equal(rig.pwm.clears, 1);
    const words = rig.output();
    const from = words.findIndex((word, i) => word === 1500 && words[i + 1] === 1300);
    assert.ok(
      words.slice(from, from + 35_000).every((word, i) => word === (i & 1 ? 1300 : 1500)),
      'right stays right',
    );
    assert.deepEqual(rig.violations(), []);
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

describe('the header of the ring', () => {
  it('says what a later module needs, with each block', () => {
    const rig = new JackRig(wasm, 'board');
    rig.open(48000);
    rig.jack.noteTrack(2);
    rig.queue.push(...constant(1000, 1600, 3000));
    rig.run(100);
    const word = (offset: number): number => rig.board.readVisible(0x1000000 + 512 + offset);
    assert.equal(word(0), 0x4b43414a);
    assert.deepEqual([word(4), word(8), word(12)], [1, 1, 1], 'version, PWM1, open');
    assert.deepEqual([word(16), word(20), word(24)], [48000, 2604, 1]);
    assert.ok(word(28) >= 12, 'blocks');
    assert.equal(BigInt(word(40)), rig.jack.trackPairsAppended());
    assert.equal(word(32) - word(40), word(32) - Number(rig.jack.trackPairsAppended()));
    assert.deepEqual([word(48), word(52)], [1000, 1600]);
    assert.deepEqual([word(56), word(60)], [2, 0]);
  });
});
