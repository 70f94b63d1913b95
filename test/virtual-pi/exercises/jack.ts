// drivers/jack*.ts on PWM1: opened, fed, held, broken off, closed, late.

import assert from 'node:assert/strict';
import { DMA_WINDOW } from '../../../boot/memory-map.js';
import { RingHeader } from '../../../drivers/jack-keys.js';
import { JACK_HEADER, JACK_NUMBERS, JACK_PROGRESS, JACK_STAMPS, SLOTS } from '../../../drivers/window-map.js';
import { MICROSECOND, MILLISECOND } from '../../../host-tools/virtual-pi/time.js';
import { JackCall } from '../assembly/calls.js';
import { exercisesOf, type Rig } from './rig.js';
import { bridge, largestStep, same, trackWords, trimmed } from './sound.js';

const POLL = 50 * MICROSECOND;
const CTL = 0xfe20c800;
const STA = 0xfe20c804;
const DMAC = 0xfe20c808;
const FIF1 = 0xfe20c818;
const RNG1 = 0xfe20c810;
const RNG2 = 0xfe20c820;
const dma = (channel: number): number => 0xfe007000 + channel * 0x100;
const ENABLED = 0x8181;
const FROM_FIFO = 0xa1a1;
const RATE = 44_100;
/** A step that was late is over before its interrupts come. */
const LATER_MS = 5;
const CLOSED = 0;
const OPEN = 1;
const CLOSING = 2;

interface Shape {
  range: number;
  repeat: number;
  middle: number;
}

function shape(rig: Rig): Shape {
  const all = rig.wide(JackCall.Shape);
  return { range: Number(all >> 32n), repeat: Number((all >> 24n) & 0xffn), middle: Number(all & 0xffffffn) };
}

function opened(rig: Rig, rateHz = RATE): Shape {
  if (rig.call(JackCall.Signs) === 0) assert.equal(rig.call(JackCall.Probe, 0), 1);
  assert.equal(rig.call(JackCall.Open, rateHz), 0);
  return shape(rig);
}

/** Feeds `frames` frames from frame `from`, and lets them be played. */
function play(rig: Rig, frames: number, rateHz = RATE, from = 0): void {
  rig.call(JackCall.Feed, frames, from);
  rig.run((frames * 1e6) / rateHz + 220_000);
}

function closed(rig: Rig): void {
  rig.call(JackCall.Close);
  assert.equal(rig.call(JackCall.State), CLOSING);
  for (let i = 0; i < 100 && rig.call(JackCall.State) !== CLOSED; i++) rig.run(5000);
  assert.equal(rig.call(JackCall.State), CLOSED);
}

/** Looks at STA before CTL is written at the end: the FIFO's last words are waited for, and no longer. */
function looksAtEnd(rig: Rig): { count: number } {
  const { pwm1 } = rig.pi.blocks;
  const { read, write } = pwm1;
  const looks = { count: 0 };
  let since = 0;
  let last = 0;
  pwm1.read = (offset) => {
    if (rig.pi.timeline.now > last + MILLISECOND) since = 0;
    last = rig.pi.timeline.now;
    since++;
    return read.call(pwm1, offset);
  };
  pwm1.write = (offset, value) => {
    if (offset === 0 && value === ENABLED) looks.count = since;
    write.call(pwm1, offset, value);
  };
  return looks;
}

/** The processor does nothing, and takes no interrupt until it goes on: nothing holds the level. */
function standStill(rig: Rig, ms: number): void {
  rig.pi.cpu.stall(ms * MILLISECOND);
  rig.pi.kernel.hold((ms + LATER_MS) * MILLISECOND);
}

/** The jack played without any of its errors. */
function flawless(rig: Rig): void {
  for (const count of [
    JackCall.Underruns,
    JackCall.Starvations,
    JackCall.WriteErrors,
    JackCall.RegisterErrors,
    JackCall.EngineErrors,
  ])
    assert.equal(rig.call(count), 0, `count ${count}`);
}

/** What the pins have from silence over a whole track to silence, but for how long the middle is held. */
function whole(rig: Rig, { range, repeat, middle }: Shape, frames: number, rateHz: number, from = 0): void {
  const carrier = rateHz * repeat;
  const track = trackWords(range, repeat, frames, from);
  const mid = [middle, middle];
  const start = [
    ...bridge([0, 0], mid, range, carrier),
    ...bridge(mid, track.slice(0, 2), range, carrier),
    ...track,
    ...bridge(track.slice(-2), mid, range, carrier),
  ];
  const end = bridge(mid, [0, 0], range, carrier);
  const words = trimmed(rig.pinWords);
  const held = words.length - trimmed(start).length - trimmed(end).length;
  assert.ok(held >= 0, `${words.length} words`);
  const pairs = new Array<number>(held).fill(middle);
  same(words, trimmed([...start, ...pairs, ...end]), 'pins');
  same(trimmed(rig.blocks.flatMap((block) => block.words)), words, 'blocks');
  same(
    rig.blocks.filter(({ kind }) => kind === 1).flatMap((block) => block.words),
    track,
    'track',
  );
}

export const jackExercises = exercisesOf(
  {
    'the engine is the one that the VideoCore leaves': (rig) => {
      rig.pi.blocks.firmware.dmaChannels = 0x37d5;
      const it = opened(rig);
      assert.equal(rig.peek(dma(6)) & 1, 1);
      assert.equal(rig.peek(dma(5)) & 1, 0);
      assert.equal(rig.call(JackCall.Signs), 3);
      assert.equal(rig.call(JackCall.Disagree), 0);
      play(rig, 500);
      closed(rig);
      whole(rig, it, 500, RATE);
    },

    'a track comes to the pins word for word, at each rate, one after the other': (rig) => {
      for (const [rateHz, range, repeat] of [
        [44_100, 2834, 1],
        [8000, 3906, 4],
        [48_000, 2604, 1],
        [22_050, 2834, 2],
      ] as const) {
        rig.runs.length = rig.blocks.length = rig.notes.length = 0;
        const before = rig.now;
        const it = opened(rig, rateHz);
        assert.deepEqual(it, { range, repeat, middle: (range + 1) >> 1 });
        assert.deepEqual(
          [RNG1, RNG2].map((at) => rig.peek(at)),
          [range, range],
        );
        assert.deepEqual(
          [CTL, DMAC].map((at) => rig.peek(at)),
          [FROM_FIFO, 0x80000707],
        );
        const { gpio } = rig.pi.blocks;
        assert.deepEqual([gpio.functionOf(40), gpio.functionOf(41)], [4, 4]);
        const frames = Math.floor(rateHz / 20);
        play(rig, frames, rateHz);
        closed(rig);
        whole(rig, it, frames, rateHz);
        flawless(rig);
        assert.equal(rig.pi.hardwareUnderruns, 0);
        assert.deepEqual(
          [CTL, DMAC, dma(5) + 4].map((at) => rig.peek(at)),
          [ENABLED, 0, 0],
        );
        // One unbroken run of periods of that range.
        const loud = rig.runs.filter(({ start, words }) => start > before && words.some((word) => word !== 0));
        for (const [i, run] of loud.entries()) {
          assert.deepEqual([run.range, run.clock, run.output], [range, 54, 'mark-space']);
          const last = loud[i - 1];
          if (last) assert.equal(run.start, last.start + (last.words.length / 2) * range * 54);
        }
        assert.deepEqual(
          rig.notes.filter(([offset]) => offset !== 0x68),
          [
            [0x60, rateHz],
            [0x64, repeat],
            [0x10, range],
            [0x20, range],
          ],
        );
        rig.run(20_000);
      }
    },

    'what each rate makes': (rig) => {
      for (const [rateHz, range, repeat] of [
        [11_025, 3779, 3],
        [31_999, 1953, 2],
        [32_000, 3906, 1],
        [192_000, 651, 1],
      ] as const) {
        assert.deepEqual(opened(rig, rateHz), { range, repeat, middle: (range + 1) >> 1 });
        const looks = looksAtEnd(rig);
        closed(rig);
        assert.ok(looks.count > 0 && looks.count < 40, `${looks.count} looks at STA`);
        assert.ok(largestStep(trimmed(rig.pinWords)) <= 5, 'ramps only');
        rig.run(10_000);
      }
      assert.equal(rig.pi.hardwareUnderruns, 0);
      flawless(rig);
    },

    'what cannot be is refused': (rig) => {
      assert.equal(rig.call(JackCall.Open, RATE), -7);
      assert.equal(rig.call(JackCall.Probe, 0), 1);
      for (const rateHz of [0, -1, 7999, 192_001]) assert.equal(rig.call(JackCall.Open, rateHz), -1);
      assert.equal(rig.call(JackCall.Append, 1), -3);
      opened(rig);
      assert.equal(rig.call(JackCall.Open, RATE), -2);
      assert.equal(rig.call(JackCall.Append, 0), -4);
      assert.equal(rig.call(JackCall.Append, 513), -4);
      closed(rig);
      const { clocks } = rig.pi.blocks;
      clocks.clock('pwm').preset(0x16, 0x5000);
      clocks.read = (offset) => clocks.peek(offset) | 0x80;
      assert.equal(rig.call(JackCall.Open, RATE), -5);
      Reflect.deleteProperty(clocks, 'read');
      clocks.clock('pwm').preset(0x16, 0x6000);
      const { dma: engines } = rig.pi.blocks;
      engines.read = (offset) => engines.peek(offset) | (offset === 0x500 ? 0x40 : 0);
      assert.equal(rig.call(JackCall.Open, RATE), -6);
      Reflect.deleteProperty(engines, 'read');
      opened(rig);
      closed(rig);
    },

    'without PWM1 there is no jack that can be opened': (rig) => {
      const { bus } = rig.pi.blocks;
      const { find } = bus;
      bus.find = (address) => (address >= 0xfe20c800 && address < 0xfe20c830 ? undefined : find.call(bus, address));
      assert.equal(rig.call(JackCall.Probe, 1), 1);
      assert.equal(rig.call(JackCall.Signs), 1);
      assert.equal(rig.call(JackCall.Disagree), 1);
      assert.equal(rig.call(JackCall.Open, RATE), -7);
      bus.find = find;
    },

    'no words: the level is held, with no step': (rig) => {
      const { middle } = opened(rig);
      rig.run(700_000);
      const words = trimmed(rig.pinWords);
      assert.ok(words.length > 2 * RATE * 0.65, `${words.length}`);
      assert.equal(words.at(-1), middle);
      assert.ok(largestStep(words) <= 1);
      assert.equal(rig.pi.hardwareUnderruns, 0);
      const fill = rig.call(JackCall.FillPairs);
      assert.ok(fill > RATE * 0.035 && fill < RATE * 0.061, `${fill} pairs ahead`);
      flawless(rig);
      closed(rig);
    },

    'the ring is as full as it is told': (rig) => {
      rig.call(JackCall.SetFill, 120);
      opened(rig);
      rig.call(JackCall.Feed, RATE, 0);
      rig.run(300_000);
      for (let i = 0; i < 20; i++) {
        const fill = rig.call(JackCall.FillPairs);
        assert.ok(fill > RATE * 0.085 && fill <= RATE * 0.151, `${fill} pairs ahead`);
        rig.run(7000);
      }
      flawless(rig);
    },

    'position, stamps and header tell how far it is': (rig) => {
      const it = opened(rig);
      assert.equal(rig.wide(JackCall.FirstTrackTick), -1n);
      rig.call(JackCall.NoteTrack, 3);
      rig.call(JackCall.Feed, 8000, 0);
      rig.run(200_000);
      const header = (at: RingHeader): number => rig.pi.memory.loadWord(DMA_WINDOW + JACK_HEADER + at);
      const last = header(RingHeader.Last);
      const track = trackWords(it.range, 1, 8000);
      const appended = rig.call(JackCall.TrackAppended);
      assert.deepEqual([RingHeader.Magic, RingHeader.Version, RingHeader.Mode, RingHeader.State].map(header), [
        0x4b43414a,
        2,
        1,
        OPEN,
      ]);
      assert.deepEqual([RingHeader.RateHz, RingHeader.Range, RingHeader.Repeat].map(header), [RATE, it.range, 1]);
      assert.deepEqual([RingHeader.Track, RingHeader.Underruns].map(header), [3, 0]);
      assert.equal(header(RingHeader.TrackPairs), appended);
      assert.deepEqual(
        [RingHeader.FirstWord, RingHeader.SecondWord].map(header),
        track.slice(2 * appended - 2, 2 * appended),
      );
      assert.ok(rig.notes.some(([offset, value]) => offset === 0x68 && value === 3));

      const played = rig.call(JackCall.Played);
      const trackPlayed = rig.call(JackCall.TrackPlayed);
      assert.equal(rig.call(JackCall.FillPairs), header(RingHeader.Pairs) - played);
      const onPins = trimmed(rig.pinWords).length / 2;
      assert.ok(onPins >= played - 20 && onPins - played < 800, `${onPins} on the pins, ${played} played`);
      assert.equal(header(RingHeader.Pairs) - appended, played - trackPlayed, 'all before the track was played');

      // The stamps are the microseconds at which the engine had done with each block.
      const done = rig.words(JACK_PROGRESS, 1)[0] ?? 0;
      assert.ok(done > 10 && done <= last);
      for (let number = 1; number <= done; number++) {
        const stamp = rig.words(JACK_STAMPS + (number % SLOTS) * 4, 1)[0] ?? 0;
        const micros = rig.blocks[number - 1]?.micros ?? 0;
        assert.ok(stamp - micros >= 0 && stamp - micros <= 2, `block ${number}: ${stamp}, moved at ${micros}`);
        assert.equal(rig.words(JACK_NUMBERS + (number % SLOTS) * 4, 1)[0], number);
      }
      const first = rig.blocks.findIndex(({ kind }) => kind === 1);
      const tick = Number(rig.wide(JackCall.FirstTrackTick));
      assert.ok(Math.abs(tick / 54 - (rig.blocks[first - 1]?.micros ?? 0)) < 5, `first at ${tick / 54} µs`);
      rig.run(200_000);
      assert.equal(rig.call(JackCall.TrackPlayed), 8000);
      closed(rig);
      assert.equal(header(RingHeader.State), CLOSED);
      flawless(rig);
    },

    'a track that is broken off is bridged to the middle, and the next one from there': (rig) => {
      const { range, middle } = opened(rig);
      rig.call(JackCall.Feed, 100_000, 0);
      rig.run(250_000);
      rig.call(JackCall.BreakTrack);
      const appended = rig.call(JackCall.TrackAppended);
      play(rig, 700, RATE, 5000);
      closed(rig);
      const first = trackWords(range, 1, appended);
      const second = trackWords(range, 1, 700, 5000);
      same(
        rig.blocks.filter(({ kind }) => kind === 1).flatMap(({ words }) => words),
        [...first, ...second],
        'tracks',
      );
      const words = trimmed(rig.pinWords);
      const start = bridge([0, 0], [middle, middle], range, RATE).concat(
        bridge([middle, middle], first.slice(0, 2), range, RATE),
        first,
        bridge(first.slice(-2), second.slice(0, 2), range, RATE),
        second,
        bridge(second.slice(-2), [middle, middle], range, RATE),
      );
      same(words.slice(0, trimmed(start).length), trimmed(start), 'pins');
      flawless(rig);
    },

    'words that are late within a track: the last level is held, and it is counted': (rig) => {
      const { range } = opened(rig);
      rig.call(JackCall.Feed, 3000, 0, 1);
      rig.run(400_000);
      assert.equal(rig.call(JackCall.Starvations), 1);
      assert.equal(rig.call(JackCall.Underruns), 1);
      assert.equal(rig.pi.hardwareUnderruns, 0);
      const words = trimmed(rig.pinWords);
      assert.deepEqual(words.slice(-2), trackWords(range, 1, 1, 2999));
      play(rig, 1000, RATE, 3000);
      closed(rig);
      assert.equal(rig.call(JackCall.Underruns), 1);
      same(
        rig.blocks.filter(({ kind }) => kind === 1).flatMap((block) => block.words),
        trackWords(range, 1, 4000),
        'track',
      );
    },

    'a processor that stands still with its interrupts: the pins fall once, and the level comes up from 0': (rig) => {
      const { range, middle } = opened(rig);
      rig.call(JackCall.Feed, 30_000, 0);
      rig.run(250_000);
      assert.equal(rig.call(JackCall.Underruns), 0);
      standStill(rig, 150);
      rig.run(200_000);
      assert.equal(rig.pi.hardwareUnderruns, 1);
      assert.equal(rig.call(JackCall.Underruns), 1);
      assert.equal(rig.call(JackCall.Starvations), 0);
      assert.equal(rig.pi.memory.loadWord(DMA_WINDOW + JACK_HEADER + RingHeader.Underruns), 1);
      rig.run(1_100_000);
      closed(rig);
      assert.equal(rig.call(JackCall.Underruns), 1);
      assert.equal(rig.pi.hardwareUnderruns, 1);
      same(
        rig.blocks.filter(({ kind }) => kind === 1).flatMap(({ words }) => words),
        trackWords(range, 1, 30_000),
        'all of the track, after all',
      );
      const { runs } = rig;
      const end = ({ start, clock, range: clocks, words }: (typeof runs)[number]): number =>
        start + (words.length / 2) * clocks * clock;
      const fall = runs.findIndex((run, i) => i > 0 && run.start > end(runs[i - 1] ?? run) + 10 * MILLISECOND);
      const again = trimmed(runs.slice(fall).flatMap(({ words }) => words));
      const up = trimmed(bridge([0, 0], [middle, middle], range, RATE));
      same(again.slice(0, up.length), up, 'up from 0');
    },

    'a processor that is late with its interrupts by any part of a block: no word is lost or doubled, and both count the same':
      (rig) => {
        rig.call(JackCall.SetFill, 30);
        const { range } = opened(rig);
        // From less than what lies ahead to a block more.
        const [from, to, steps] = [26, 44, 12];
        let frames = 0;
        for (let i = 0; i <= steps; i++) {
          rig.call(JackCall.Feed, 4000, frames);
          frames += 4000;
          rig.run(50_000);
          const before = rig.call(JackCall.Underruns);
          const hardware = rig.pi.hardwareUnderruns;
          standStill(rig, from + ((to - from) * i) / steps);
          rig.run(350_000);
          assert.equal(rig.call(JackCall.Underruns) - before, rig.pi.hardwareUnderruns - hardware, `step ${i}`);
        }
        const { hardwareUnderruns } = rig.pi;
        assert.ok(hardwareUnderruns > 0 && hardwareUnderruns <= steps, `${hardwareUnderruns} of ${steps + 1}`);
        closed(rig);
        const track = trackWords(range, 1, frames);
        same(
          rig.blocks.filter(({ kind }) => kind === 1).flatMap(({ words }) => words),
          track,
          'track',
        );
        // The engine's words are on the pins each once, and each on its side: pairs that are silent are left out whole.
        const loud = (words: readonly number[]): number[] =>
          words.filter((_, j) => (words[j & ~1] ?? 0) !== 0 || (words[j | 1] ?? 0) !== 0);
        same(loud(rig.pinWords), loud(rig.blocks.flatMap(({ words }) => words)), 'pins');
      },

    'a word that is lost in a full FIFO: the block is played again, left and right in their places': (rig) => {
      const { range } = opened(rig);
      rig.call(JackCall.Feed, 20_000, 0);
      rig.run(250_000);
      for (let i = 0; i < 17; i++) rig.poke(FIF1, 1);
      assert.equal(rig.peek(STA) & 4, 4);
      rig.run(10_000);
      assert.equal(rig.call(JackCall.WriteErrors), 1);
      assert.equal(rig.call(JackCall.Underruns), 1);
      rig.run(700_000);
      closed(rig);
      assert.equal(rig.call(JackCall.WriteErrors), 1);
      assert.equal(rig.call(JackCall.Underruns), 1);
      // The end of the track is on the pins as it is.
      const tail = trackWords(range, 1, 3000, 17_000);
      const words = trimmed(rig.pinWords);
      const [first, second, third] = tail;
      const at = words.findIndex(
        (word, i) => i % 2 === 0 && word === first && words[i + 1] === second && words[i + 2] === third,
      );
      assert.ok(at >= 0, 'left and right');
      same(words.slice(at, at + tail.length), tail, 'pins');
    },

    'errors of registers and of the engine are counted, and are no underruns': (rig) => {
      opened(rig);
      rig.run(100_000);
      const { range } = shape(rig);
      rig.poke(RNG1, range);
      rig.poke(RNG2, range);
      rig.forgive();
      rig.run(20_000);
      assert.equal(rig.call(JackCall.RegisterErrors), 1);
      const { dma: engines } = rig.pi.blocks;
      let error = 0x100;
      const { write } = engines;
      engines.read = (offset) => engines.peek(offset) | (offset === 0x500 ? error : 0);
      engines.write = (offset, value) => {
        if (offset === 0x520 && value & 7) error = 0;
        write.call(engines, offset, value);
      };
      rig.run(20_000);
      assert.equal(rig.call(JackCall.EngineErrors), 1);
      assert.equal(rig.call(JackCall.Underruns), 0);
      rig.run(20_000);
      assert.equal(rig.call(JackCall.EngineErrors), 1);
      closed(rig);
    },

    'an engine that stands still does not hold up a close for ever': (rig) => {
      opened(rig);
      rig.run(100_000);
      rig.pi.blocks.dma.stall(5, 5000 * MILLISECOND);
      rig.call(JackCall.Close);
      rig.run(400_000);
      assert.equal(rig.call(JackCall.State), CLOSING);
      rig.run(600_000);
      assert.equal(rig.call(JackCall.State), CLOSED);
      assert.equal(rig.call(JackCall.EngineErrors), 1);
    },
  },
  POLL,
);
