// The player swapped while it plays: the next module goes on at the frame behind the last one that the jack was given.

import assert from 'node:assert/strict';
import { CardRig, cardImage } from './card-rig.js';
import { tone, wav16, wordsOf, type Member } from './program-input.js';
import { compilePlayerSwap, PlayerAct, swapDisk } from './swap-disk.js';
import type { TestModule } from '../support/module.js';
import { runPi, Told, type PiRun, type PiRunOptions } from '../virtual-pi/pi-rig.js';

const RANGE = 2834;

const same = (one: readonly number[], other: readonly number[]): boolean =>
  one.length === other.length && one.every((word, i) => word === other[i]);

describe('the player across swaps', () => {
  let program: TestModule;
  before(async () => {
    program = await compilePlayerSwap();
  });

  const samples = tone(44_100 * 2);
  const file: Member = { name: 'tone.wav', data: wav16(samples) };

  function play(
    plan: [ms: number, act?: number][],
    settings: string[] = [],
    onConsole?: PiRunOptions['onConsole'],
    files: readonly Member[] = [file],
  ) {
    const ramDisk = swapDisk(files, program.wasm, plan, ['jack = pwm1', ...settings]);
    const told = new Told();
    const run = runPi(program, { ramDisk, jack: told, grainMs: 10, ...(onConsole ? { onConsole } : {}) });
    assert.deepEqual(run.ended, { kind: 'exit', exit: 0, status: 0 }, run.console);
    return { run, told };
  }

  const recordOf = ({ console }: PiRun, event: string): Record<string, unknown>[] =>
    [...console.matchAll(/^.*(\{"event".*\})\r?$/gm)]
      .map(([, json = '']) => JSON.parse(json) as Record<string, unknown>)
      .filter((record) => record['event'] === event);

  /** The level within the track, in pairs. */
  const heldOf = ({ blocks }: Told): number => {
    const [first, last] = [blocks.findIndex(([kind]) => kind === 1), blocks.findLastIndex(([kind]) => kind === 1)];
    return blocks.slice(first, last).reduce((sum, [kind, pairs]) => (kind === 0 ? sum + pairs : sum), 0);
  };

  it('plays each frame once, to the last, with its sum, across five swaps', () => {
    const { run, told } = play([[100], [150], [200], [250], [150]]);
    assert.deepEqual(told.track, wordsOf(samples, RANGE));
    assert.equal(heldOf(told), 0);
    assert.equal(run.pi.hardwareUnderruns, 0);
    const { run: alone, told: once } = play([]);
    assert.deepEqual(told.track, once.track);
    assert.deepEqual(recordOf(run, 'end'), recordOf(alone, 'end'));
    assert.equal(recordOf(run, 'end').length, 1);
    assert.deepEqual(
      recordOf(run, 'underruns').map(({ count }) => count),
      [0],
    );
  });

  it('tells the end of every track once, also of those that only the ring still has', () => {
    const files = Array.from({ length: 20 }, (_, i) => ({
      name: `${i}.wav`,
      data: wav16(tone(5000, 1, i), 44_100, 1),
    }));
    const ends = (plan: [ms: number, act?: number][]): unknown[] =>
      recordOf(play(plan, [], undefined, files).run, 'end');
    const alone = ends([]);
    assert.equal(alone.length, 20);
    for (const act of [PlayerAct.swap, PlayerAct.trap])
      assert.deepEqual(ends([[130], [310], [400, act], [150]]), alone);
  });

  for (const [name, act, pause] of [
    ['traps', PlayerAct.trap, false],
    ['hangs', PlayerAct.hang, true],
  ] as const)
    it(`goes on there when the next module ${name}`, () => {
      const { run, told } = play([[100], [300, act]]);
      assert.deepEqual(told.track, wordsOf(samples, RANGE));
      assert.equal(heldOf(told) > 0, pause);
      assert.ok(heldOf(told) < 44_100 * 0.3, `${heldOf(told)} pairs`);
      assert.equal(run.pi.hardwareUnderruns, 0);
      assert.match(run.console, new RegExp(`^fault kind=${name.slice(0, 4)}`, 'm'));
    });

  it('stays paused at its frame, and goes on from there', () => {
    let typed = 0;
    const { run, told } = play([[200], [700]], [], (text, pi) => {
      const starts = text.split('Mirleft 0.1.0 player, ').length - 1;
      if (typed === 0 && /"event":"first"/.test(text)) {
        typed++;
        pi.type(Buffer.from(' '));
      }
      if (typed === 1 && starts === 3) {
        typed++;
        pi.type(Buffer.from(' '));
      }
    });
    assert.equal(typed, 2, run.console);
    assert.match(run.console, /paused at 0:00[^]*on from 0:00/);
    assert.deepEqual(told.track, wordsOf(samples, RANGE));
    assert.ok(heldOf(told) > 44_100 * 0.5, `${heldOf(told)} pairs`);
    assert.deepEqual(
      recordOf(run, 'underruns').map(({ count }) => count),
      [0],
    );
  });

  it('keeps its volume, which is not the one of its settings', () => {
    let typed = false;
    const { told } = play([[400], [300]], [], (text, pi) => {
      if (typed || !/"event":"first"/.test(text)) return;
      typed = true;
      pi.type(Buffer.from('-'));
    });
    const loudest = (words: readonly number[]): number => Math.max(...words.map((word) => Math.abs(word - 1417)));
    const quarter = told.track.length / 4;
    assert.ok(typed && loudest(told.track.slice(-quarter)) < 0.95 * loudest(wordsOf(samples, RANGE).slice(-quarter)));
    assert.equal(heldOf(told), 0);
  });

  it('goes on with a card: the rest of its shuffled order, each track once and whole', () => {
    const names = ['a.wav', 'b.wav', 'c.wav', 'd.wav'];
    const tracks = names.map((_, i) => tone(44_100 * 0.6, 1, i + 1));
    const files = Object.fromEntries(names.map((name, i) => [name, wav16(tracks[i] ?? assert.fail(), 44_100, 1)]));
    const ini = 'records = on\nvolume_db = 0\nat_end = exit\norder = shuffle\n';
    const disk = swapDisk([], program.wasm, [[1000], [700, PlayerAct.trap]]);
    const rig = new CardRig(program, cardImage({ 'player.ini': ini, ...files }), {}, disk).finish();
    rig.clean();
    assert.match(rig.text, /fault kind=trap/);
    assert.match(rig.text, /^Mirleft 0\.1\.0 player, module 3\r\n/m);
    assert.deepEqual([...rig.played].sort(), names);
    for (const [index, samples] of tracks.entries())
      assert.ok(same(rig.trackWords(index), wordsOf(samples, RANGE, 2 ** 30, 1)), `track ${index}`);
    // The card is made ready anew, which is longer than a ring lasts that nobody has filled before: the level is held.
    assert.equal(rig.records('underruns')[0]?.['count'], 1);
  });

  it('goes on with the playlist that was chosen on the console', () => {
    const files = Object.fromEntries(
      ['a', 'b', 'c', 'd'].map((name) => [`${name}.wav`, wav16(tone(44_100 * 5, 1), 44_100, 1)]),
    );
    const image = cardImage({ 'player.ini': 'records = on\n', 'x/list.m3u': '/d.wav\n/b.wav\n', ...files });
    const rig = new CardRig(program, image, {}, swapDisk([], program.wasm, [[1500]])).run(500);
    rig.type('play x/list.m3u\r').run(2500);
    assert.match(rig.text, /^Mirleft 0\.1\.0 player, module 2\r\n/m);
    rig.lines();
    rig.type('queue\r').run(200);
    assert.deepEqual(
      rig.lines().filter((line) => /^[ >] +\d|tracks$/.test(line)),
      ['>    1  d.wav', '     2  b.wav', '2 tracks'],
    );
    assert.deepEqual(rig.played, ['a.wav', 'd.wav']);
  });
});
