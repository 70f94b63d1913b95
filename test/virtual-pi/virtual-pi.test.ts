// The machine as a whole: one run is as the other, virtual time is the program's, and what the jack plays is what the
// program has sent.

import assert from 'node:assert/strict';
import { MILLISECOND, SECOND } from '../../host-tools/virtual-pi/time.js';
import { VirtualPi } from '../../host-tools/virtual-pi/virtual-pi.js';
import { archive, ini, tone, wav16, wordsOf } from '../player/program-input.js';
import type { TestModule } from '../support/module.js';
import { playerOf, programOf, runPi, Told, type PiRun, type PiRunOptions } from './pi-rig.js';

const RANGE = 2834; // 125 MHz / 44.1 kHz

describe('a virtual Pi', () => {
  const samples = tone(44_100 * 0.4);
  const ramDisk = archive(ini('jack = pwm1', 'volume_db = 0', 'records = on', 'crc = on', 'at_end = exit'), {
    name: 'tone.wav',
    data: wav16(samples),
  });
  let player: TestModule;
  let first: PiRun;
  let told: Told;

  function play(options: PiRunOptions = {}): [PiRun, Told] {
    const jack = new Told();
    return [runPi(player, { ramDisk, jack, ...options }), jack];
  }

  before(async () => {
    player = await playerOf();
    [first, told] = play();
  });

  it('plays every frame of a track, in order, with no finding and no fall of the pins', () => {
    assert.deepEqual(first.ended, { kind: 'exit', exit: 0, status: 0 }, first.console);
    assert.deepEqual(told.track, wordsOf(samples, RANGE));
    assert.deepEqual(first.pi.findings.list, []);
    assert.equal(first.pi.hardwareUnderruns, 0);
    assert.match(first.console, /"underruns","count":0/);
  });

  it('keeps the ring between what the driver asks for', () => {
    const { lowestMs = 0, highestMs = 0 } = first.pi.jack.fill ?? {};
    // The fill is 60 ms; blocks are of 512 pairs.
    const block = 512 / 44.1;
    assert.ok(highestMs > 60 && highestMs < 60 + block, `highest ${highestMs}`);
    assert.ok(lowestMs > 60 - 2 * block && lowestMs < 60, `lowest ${lowestMs}`);
  });

  it('is the same run twice: console, words and the times of both', () => {
    const [again, twice] = play();
    assert.equal(again.console, first.console);
    assert.deepEqual(twice.blocks, told.blocks);
    assert.deepEqual(twice.registers, told.registers);
    assert.deepEqual([again.pi.now, again.pi.steps], [first.pi.now, first.pi.steps]);
    assert.equal(again.pi.cpu.instructions, first.pi.cpu.instructions);
  });

  it('is the same however its time is cut', () => {
    for (const grainMs of [0.037, 250]) {
      const [again, twice] = play({ grainMs });
      assert.equal(again.console, first.console);
      assert.deepEqual(twice.blocks, told.blocks);
      assert.equal(again.pi.steps, first.pi.steps);
    }
  });

  it('sends the same words when its program takes no time', () => {
    const [free, twice] = play({ metered: false });
    assert.deepEqual(twice.track, told.track);
    assert.equal(free.pi.hardwareUnderruns, 0);
    assert.ok(free.pi.cpu.instructions < first.pi.cpu.instructions);
  });

  it('tells the pins every period that the jack was on, up to where time stands', () => {
    let periods = 0;
    let end = 0;
    const pins = {
      run: (run: { start: number; clock: number; range: number; words: Uint32Array }): void => {
        periods += run.words.length / 2;
        end = run.start + run.clock * run.range * (run.words.length / 2);
      },
    };
    const [run] = play({ pins, grainMs: 10 });
    assert.equal(periods, run.pi.blocks.pwm1.counts().periods);
    assert.ok(periods > 44_100 * 0.4 && end <= run.pi.now);
  });

  it('takes a program that is late at its word: the level is held, and that is counted', () => {
    const [run] = play({
      prepare: (pi) => pi.timeline.alarm(() => pi.cpu.stall(150 * MILLISECOND)).set(250 * MILLISECOND),
    });
    assert.equal(run.pi.hardwareUnderruns, 0);
    const [, count] = /"underruns","count":(\d+)/.exec(run.console) ?? [];
    assert.ok(Number(count) > 0, run.console);
  });

  it('ends a step that takes longer than two seconds, in whatever it spends them', async () => {
    const hang = runPi(await programOf('faults'), {
      words: [0],
      prepare: (pi) => pi.cpu.stall(2.2 * SECOND),
    });
    assert.match(hang.console, /^\r\nfault kind=hang\r\n/);
  });

  it('goes on after a step that takes less', async () => {
    const { ended } = runPi(await programOf('faults'), { words: [0], prepare: (pi) => pi.cpu.stall(1.8 * SECOND) });
    assert.deepEqual(ended, { kind: 'exit', exit: 0, status: 0 });
  });

  it('has booted when it is made, and starts the program when time passes', async () => {
    const pi = new VirtualPi({ program: await programOf('hello') });
    const booted = pi.now;
    assert.ok(booted > MILLISECOND / 4 && booted < 50 * MILLISECOND, `${booted / MILLISECOND} ms`);
    assert.deepEqual([pi.steps, pi.ended], [0, undefined]);
    pi.runTo(booted - 1);
    assert.equal(pi.now, booted, 'time does not go back');
    while (!pi.ended) pi.runTo(pi.now + MILLISECOND);
    assert.equal(pi.ended.kind, 'exit');
  });
});
