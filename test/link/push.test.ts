// `push` over the link, on a virtual Pi with the player: what reaches the jack, and what may be done meanwhile.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Channel } from '../../firmware/link/protocol.js';
import { lineBytes } from '../../host-tools/link/line-choice.js';
import type { PushTrack } from '../../host-tools/link/push-tracks.js';
import { openSound } from '../../host-tools/link/sound-file.js';
import { encodeQoa } from '../../host-tools/media/qoa.js';
import { formatFinding } from '../../host-tools/virtual-pi/findings.js';
import type { ProgramSource } from '../../host-tools/virtual-pi/board/program.js';
import { archive, ini, tone, wav16, wordsOf } from '../player/program-rig.js';
import { decodeQoa } from '../support/qoa.js';
import { playerOf } from '../virtual-pi/pi-rig.js';
import { AudioRig, STREAM } from './audio-rig.js';

const RANGE = 2604; // at 48 kHz
const SETTINGS = ini('volume_db = 0', 'records = on', 'demo = off');
const NO_TRACKS = archive(SETTINGS);
const FAST = 3_000_000;
const SLOW = 921_600;

describe('link/push', () => {
  let program: ProgramSource;
  let folder: string;
  let files = 0;
  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mirleft-push-'));
    program = await playerOf();
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  function track(data: Uint8Array): PushTrack {
    const name = path.join(folder, `${++files}`);
    fs.writeFileSync(name, data);
    return { name, open: (grew) => openSound(name, {}, grew) };
  }
  const clean = ({ pi }: AudioRig): void => {
    assert.deepEqual(pi.findings.list.map(formatFinding), []);
    assert.equal(pi.hardwareUnderruns, 0);
  };

  it('plays the words that the same tracks have from a card, one after the other without a gap', async () => {
    const [first, second] = [wav16(tone(24_000, 2), 48_000), wav16(tone(9600, 2, 2), 48_000)];
    const rig = new AudioRig(program, archive(SETTINGS, { name: 'a.wav', data: first }));
    rig.pass(1000);
    const link = await rig.connect(FAST);
    const { report, events } = await rig.push(link, [track(first), track(second)], { lineBytes: lineBytes(FAST) });
    assert.deepEqual(
      { ...report, lowestFillMs: 0 },
      { ...report, tracks: 2, failed: 0, underruns: 0, dry: 0, lowestFillMs: 0 },
    );
    const own = rig.trackWords(0);
    assert.equal(own.length, 48_000);
    assert.deepEqual(rig.trackWords(STREAM), [...own, ...wordsOf(tone(9600, 2, 2), RANGE)]);
    const kinds = rig.blocks.filter((block) => block.track === STREAM).map(({ kind }) => kind);
    assert.ok(!kinds.slice(kinds.indexOf(1), kinds.lastIndexOf(1)).includes(0), 'nothing comes between');
    assert.deepEqual(
      events.filter(({ event }) => event === 'track').map((e) => 'index' in e && e.index),
      [0, 1],
    );
    clean(rig);
  });

  for (const [baud, what] of [
    [FAST, 'samples'],
    [SLOW, 'QOA'],
  ] as const)
    it(`sounds within 300 ms at ${baud}, as ${what}, and never runs short`, async () => {
      const rig = new AudioRig(program, NO_TRACKS);
      rig.pass(300);
      const link = await rig.connect(baud);
      const samples = tone(96_000, 2);
      const { report, startMs, events } = await rig.push(link, [track(wav16(samples, 48_000))], {
        lineBytes: lineBytes(baud),
      });
      const late = rig.firstSampleMs - startMs;
      assert.ok(late > 0 && late <= 300, `${late} ms`);
      assert.deepEqual([report.underruns, report.dry], [0, 0]);
      // Until all was sent.
      const fills = events.flatMap((e) =>
        e.event === 'progress' && e.seconds > 0.4 && e.seconds < 1 ? [e.fillMs] : [],
      );
      assert.ok(Math.min(...fills) >= 300, String(fills));
      const sent = what === 'QOA' ? decodeQoa(encodeQoa(samples, 48_000, 2)) : samples;
      assert.deepEqual(rig.trackWords(STREAM), wordsOf(sent, RANGE));
      clean(rig);
    });

  it('pauses the track that plays, which goes on where it was when it is told to', async () => {
    const own = tone(66_150, 1, 7);
    const rig = new AudioRig(program, archive(SETTINGS, { name: 'own.wav', data: wav16(own, 44_100, 1) }));
    rig.pass(600);
    const link = await rig.connect(SLOW);
    let typed = false;
    await rig.push(link, [track(wav16(tone(8000, 1), 16_000, 1))], { lineBytes: lineBytes(SLOW) }, () => {
      // Keys and commands of the board have no say meanwhile.
      const keys = ' \x1b[6~\x1b[5~\x1b[C';
      const commands = ['pause', 'stop', 'next', 'seek 0:01', 'play', 'play 1'];
      if (!typed) void link.send(Channel.Console, Buffer.from(`${keys}${commands.join('\r')}\r`));
      typed = true;
    });
    assert.equal(rig.text.split('paused and sought there').length - 1, 7, rig.text);
    assert.equal(rig.trackWords(STREAM).length, 8000 * 4);
    await rig.until(link.close());
    rig.pass(300);
    const before = rig.trackWords(0).length;
    assert.ok(before > 0 && before < own.length * 2);
    rig.type(' ');
    rig.pass(1500);
    assert.deepEqual(rig.trackWords(0), wordsOf(own, 2834, undefined, 1));
    clean(rig);
  });

  it('seeks, pauses and goes on to the next', async () => {
    const rig = new AudioRig(program, NO_TRACKS);
    rig.pass(300);
    const link = await rig.connect(SLOW);
    const [first, second] = [tone(16_000 * 30, 1), tone(4000, 1, 3)];
    const asked: string[] = [];
    const places: number[] = [];
    const { report, events } = await rig.push(
      link,
      [track(wav16(first, 16_000, 1)), track(wav16(second, 16_000, 1))],
      { lineBytes: lineBytes(SLOW) },
      (event, push) => {
        if (event.event !== 'progress' || event.isWaiting) return;
        const ask = (what: string, when: boolean, act: () => void): boolean => {
          if (asked.includes(what)) return true;
          if (when) {
            asked.push(what);
            places.push(event.seconds);
            act();
          }
          return false;
        };
        if (!ask('ahead', event.seconds > 0.3, () => push.seek(10))) return;
        if (!ask('pause', event.seconds > 10.5, () => push.pause())) return;
        if (!ask('on', event.isPaused, () => push.pause())) return;
        if (!ask('back', event.seconds > 10.8, () => push.seek(-10))) return;
        ask('next', event.seconds > 1.1 && event.seconds < 9, () => push.next());
      },
    );
    assert.deepEqual(asked, ['ahead', 'pause', 'on', 'back', 'next']);
    assert.deepEqual([report.tracks, report.dry, report.underruns], [2, 0, 0]);
    // What was heard: stretches of the first one, each beginning 10 s from where it was asked for; then the second.
    const words = rig.trackWords(STREAM);
    const all = wordsOf(first, 3906, undefined, 1, 2);
    const tail = wordsOf(second, 3906, undefined, 1, 2);
    assert.deepEqual(words.slice(-tail.length), tail);
    const seconds = events.flatMap((e) => (e.event === 'progress' && e.index === 0 && !e.isWaiting ? [e.seconds] : []));
    const jumps = seconds
      .slice(1)
      .flatMap((at, i) => (Math.abs(at - (seconds[i] as number)) > 2 ? [at - (seconds[i] as number)] : []));
    assert.equal(jumps.length, 2);
    assert.ok(
      jumps.every((jump) => Math.abs(Math.abs(jump) - 10) < 0.6),
      String(jumps),
    );
    const rest = words.slice(0, -tail.length);
    const begin = 4 * 16_000 * (10 + (places[0] as number));
    const near = all.slice(begin - 4 * 3200, begin + 4 * 3200).join();
    const found = Array.from({ length: rest.length / 400 }, (_, i) => rest.slice(i * 400, i * 400 + 40).join());
    assert.ok(
      found.some((piece) => near.includes(piece)),
      'goes on 10 s later',
    );
    clean(rig);
  });

  it('goes over to QOA where the line is slower than it seems', async () => {
    const rig = new AudioRig(program, NO_TRACKS);
    rig.pass(300);
    const link = await rig.connect(SLOW);
    const samples = tone(96_000, 2);
    const { report, events } = await rig.push(link, [track(wav16(samples, 48_000))], { lineBytes: lineBytes(FAST) });
    assert.equal(events.filter(({ event }) => event === 'fallback').length, 1);
    assert.deepEqual([report.dry, report.underruns], [1, 0]);
    const words = rig.trackWords(STREAM);
    const all = wordsOf(samples, RANGE);
    const asTheyAre = words.findIndex((word, i) => word !== all[i]);
    assert.ok(asTheyAre > 2 * 4800, String(asTheyAre));
    assert.ok(Math.abs(words.length - all.length) < 2 * 4800, 'goes on where it was');
  });

  it('survives a noisy line', async () => {
    const rig = new AudioRig(program, NO_TRACKS);
    rig.pass(300);
    const link = await rig.connect(SLOW);
    rig.noise = 2e-6;
    const samples = tone(48_000, 2);
    const { report } = await rig.push(link, [track(wav16(samples, 48_000))], { lineBytes: lineBytes(SLOW) });
    assert.deepEqual([report.dry, report.underruns, report.failed], [0, 0, 0]);
    assert.ok(link.statistics.framesAgain > 0, 'something was lost');
    assert.deepEqual(rig.trackWords(STREAM), wordsOf(decodeQoa(encodeQoa(samples, 48_000, 2)), RANGE));
  });

  it('ends at once when it is told to, and says so', async () => {
    const rig = new AudioRig(program, NO_TRACKS);
    rig.pass(300);
    const link = await rig.connect(SLOW);
    const ending = new AbortController();
    const { report } = await rig.push(
      link,
      [track(wav16(tone(16_000 * 20, 1), 16_000, 1))],
      { lineBytes: lineBytes(SLOW), signal: ending.signal },
      (event) => {
        if (event.event === 'progress' && event.seconds > 0.3) ending.abort();
      },
    );
    assert.equal(report.interrupted, true);
    assert.ok(rig.trackWords(STREAM).length < 4 * 16_000 * 2);
    const { report: again } = await rig.push(link, [track(wav16(tone(1600, 1), 16_000, 1))], {});
    assert.equal(again.tracks, 1);
  });

  it('tells files that cannot be played, and plays the others', async () => {
    const rig = new AudioRig(program, NO_TRACKS);
    rig.pass(300);
    const link = await rig.connect(SLOW);
    const good = tone(1600, 1);
    const { report, events } = await rig.push(
      link,
      [track(Buffer.from('no sound')), track(wav16(good, 16_000, 1)), track(Buffer.alloc(0))],
      { lineBytes: lineBytes(SLOW) },
    );
    assert.deepEqual([report.tracks, report.failed], [1, 2]);
    assert.deepEqual(
      events.flatMap((e) => (e.event === 'problem' ? [e.problem.code] : [])),
      ['unknown-format', 'unknown-format'],
    );
    assert.deepEqual(rig.trackWords(STREAM), wordsOf(good, 3906, undefined, 1, 2));
  });
});
