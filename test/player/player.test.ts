// The player in virtual time: what it plays, prints and reports.

import assert from 'node:assert/strict';
import zlib from 'node:zlib';
import { largestStep, rampStep } from '../drivers/jack-rig.js';
import { decodeQoa, encodeQoa } from '../support/qoa.js';
import { compilePlayer, gainOf, player, playing, RANGE, REPORTING } from './player-rig.js';
import { archive, ini, type ProgramRig, tone, wav16, wordsOf } from './program-rig.js';

const crcOf = (samples: Int16Array): string =>
  zlib
    .crc32(Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength))
    .toString(16)
    .padStart(8, '0');

describe('the player', () => {
  before(compilePlayer);

  it('plays tracks in order, word for word, and tells what it did', () => {
    const first = tone(5000);
    const second = tone(3000, 1, 2);
    const rig = player(
      archive(REPORTING, { name: 'a.wav', data: wav16(first) }, { name: 'b.wav', data: wav16(second, 44100, 1) }),
    ).finish();
    assert.deepEqual(rig.ended, { kind: 0, status: 0 });
    assert.deepEqual(rig.trackWords(0), wordsOf(first, RANGE));
    assert.deepEqual(rig.trackWords(1), wordsOf(second, RANGE, 2 ** 30, 1));
    const { step } = largestStep(rig.words);
    const inTrack = Math.max(largestStep(rig.trackWords(0)).step, largestStep(rig.trackWords(1)).step);
    assert.ok(step <= Math.max(inTrack, rampStep(RANGE, 44100)), `a step of ${step}`);
    assert.deepEqual(rig.words.slice(-2), [0, 0]);

    const rate = Number(rig.board.tickRate);
    const firstTicks = rig.recordsOf('first')[0]?.['ticks'] as number;
    assert.ok(firstTicks / rate > 0.064 && firstTicks / rate < 0.07, `first after ${firstTicks / rate} s`);
    assert.deepEqual(rig.records, [
      {
        event: 'board',
        program: 'player',
        build: '0123456789abcdef',
        revision: 'b03115',
        memoryMiB: 2048,
        armHz: 700_000_000,
        coreHz: 700_000_000,
        milliCelsius: 48_300,
        entryLevel: 2,
      },
      { event: 'jack', rateHz: 44100, range: RANGE, repeat: 1 },
      { event: 'track', index: 0, name: 'a.wav', rateHz: 44100, channels: 2, frames: 5000 },
      { event: 'first', ticks: firstTicks, rate },
      { event: 'track', index: 1, name: 'b.wav', rateHz: 44100, channels: 1, frames: 3000 },
      { event: 'end', index: 0, frames: 5000, pcmCrc32: crcOf(first) },
      { event: 'end', index: 1, frames: 3000, pcmCrc32: crcOf(second) },
      { event: 'underruns', count: 0 },
      { event: 'done', failed: 0 },
    ]);
    assert.deepEqual(rig.lines(), [
      'Mirleft 0.1.0 player, build 0123456789abcdef',
      'Raspberry Pi 4 1.5 (b03115), 2048 MiB (960 low), entered in EL2',
      'ARM 700 MHz, core 700 MHz, timer 54.0 MHz, 48.3 C',
      'jack: capture',
      '1/2 a.wav  44100 Hz stereo 0:00',
      '2/2 b.wav  44100 Hz mono 0:00',
    ]);
  });

  it('plays what was one recording without a word between its tracks, and bridges a jump', () => {
    const whole = tone(9000);
    const cut = { name: 'a.wav', data: wav16(whole.slice(0, 10_000)) };
    const rest = { name: 'b.wav', data: wav16(whole.slice(10_000)) };
    // Begins far from where the one before ends.
    const other = { name: 'c.wav', data: wav16(Int16Array.from(tone(4000), (sample) => sample + 15_000)) };
    const rig = player(archive(REPORTING, cut, rest, other)).finish();
    const between = (from: number, to: number): number[] => {
      const last = rig.blocks.findLastIndex(({ kind, track }) => kind === 1 && track === from);
      const next = rig.blocks.findIndex(({ kind, track }) => kind === 1 && track === to);
      return rig.blocks.slice(last + 1, next).flatMap(({ words }) => words);
    };
    assert.deepEqual(between(0, 1), []);
    assert.deepEqual([...rig.trackWords(0), ...rig.trackWords(1)], wordsOf(whole, RANGE));
    assert.ok(between(1, 2).length > 0);
    assert.ok(largestStep(rig.words).step <= largestStep(rig.trackWords(0)).step);
    assert.equal(rig.recordsOf('underruns')[0]?.['count'], 0);
  });

  it('starts at -20 dB when nothing else is said, with the very first frame', () => {
    const samples = tone(2000);
    const rig = player(archive({ name: 'a.wav', data: wav16(samples) })).run(300);
    assert.deepEqual(rig.trackWords(), wordsOf(samples, RANGE, gainOf(-20)));
  });

  it('tells the end of a track when its last frame is heard, not when it is decoded', () => {
    const rig = player(archive(REPORTING, { name: 'a.wav', data: wav16(tone(44100)) }));
    rig.run(5000, () => rig.recordsOf('end').length > 0);
    assert.ok(rig.ms > 1064 && rig.ms < 1110, `told after ${rig.ms} ms`);
  });

  it('runs free a block a step, and makes the same words', () => {
    const samples = tone(20_000);
    const tracks = { name: 'a.wav', data: wav16(samples) };
    const free = ini('records = on', 'crc = on', 'volume_db = 0', 'at_end = exit', 'pace = free');
    const rig = player(archive(free, tracks)).finish();
    assert.deepEqual(rig.trackWords(), wordsOf(samples, RANGE));
    assert.equal(rig.recordsOf('end')[0]?.['pcmCrc32'], crcOf(samples));
    assert.ok(rig.ms < 400, `took ${rig.ms} ms`);
    const trackBlocks = rig.blocks.filter(({ kind }) => kind === 1);
    assert.equal(new Set(trackBlocks.map(({ ms }) => ms)).size, trackBlocks.length);
  });

  it('knows QOA by its content', () => {
    const samples = tone(6000);
    const file = encodeQoa(samples, 2, 44100);
    const rig = player(archive(REPORTING, { name: 'a.wav', data: file })).finish();
    const decoded = decodeQoa(file);
    assert.deepEqual(rig.trackWords(), wordsOf(decoded, RANGE));
    assert.equal(rig.recordsOf('end')[0]?.['pcmCrc32'], crcOf(decoded));
  });

  it('names the signs of the jack when they disagree', () => {
    const rig = player(archive(REPORTING, { name: 'a.wav', data: wav16(tone(10)) }), { lite: true }).finish();
    assert.match(rig.text, /\njack: capture \(signs disagree: DMA engine 7 is a board's, PWM1 does not answer\)\r\n/);
  });

  it('closes and opens the jack for another rate, with frames repeated for a low one', () => {
    const low = tone(1000, 2, 3);
    const high = tone(4000, 2, 4);
    const rig = player(
      archive(
        REPORTING,
        { name: 'a', data: wav16(low, 8000) },
        { name: 'b', data: wav16(high, 48000) },
        { name: 'c', data: wav16(tone(500), 48000) },
      ),
    ).finish();
    assert.deepEqual(rig.recordsOf('jack'), [
      { event: 'jack', rateHz: 8000, range: 3906, repeat: 4 },
      { event: 'jack', rateHz: 48000, range: 2604, repeat: 1 },
    ]);
    assert.deepEqual(rig.trackWords(0), wordsOf(low, 3906, 2 ** 30, 2, 4));
    assert.deepEqual(rig.trackWords(1), wordsOf(high, 2604));
    assert.deepEqual(
      rig.recordsOf('end').map(({ index, frames }) => [index, frames]),
      [
        [0, 1000],
        [1, 4000],
        [2, 500],
      ],
    );
    const opened = rig.notes.filter(({ offset }) => offset === 0x60).map(({ words }) => words);
    assert.deepEqual(rig.words.slice((opened[1] ?? 0) - 2, opened[1]), [0, 0]);
  });

  it('plays tracks that are shorter than what the jack holds', () => {
    const files = Array.from({ length: 70 }, (_, i) => ({ name: `${i}`, data: wav16(tone(1, 2, i)) }));
    const rig = player(archive(REPORTING, ...files)).finish();
    assert.deepEqual(
      rig.recordsOf('end').map(({ index, frames }) => [index, frames]),
      files.map((_, i) => [i, 1]),
    );
    assert.deepEqual(rig.ended, { kind: 0, status: 0 });
  });

  describe('at the end', () => {
    it('stays, closes the jack after a minute, and begins again by a key', () => {
      const rig = playing(2, 1).run(2500);
      assert.deepEqual(rig.lines(), [
        '2/2 2.wav  44100 Hz mono 0:01',
        'end of tracks; p plays the last, space all of them again',
      ]);
      assert.deepEqual(rig.words.slice(-2), [RANGE / 2, RANGE / 2]);
      rig.run(61_000);
      assert.deepEqual(rig.words.slice(-2), [0, 0]);
      const steps = rig.steps;
      rig.run(60_000);
      assert.ok(rig.steps - steps < 500, "a closed jack needs no steps but the LED's");
      rig.press(' ', 3000);
      assert.deepEqual(rig.lines(), [
        '1/2 1.wav  44100 Hz mono 0:01',
        '2/2 2.wav  44100 Hz mono 0:01',
        'end of tracks; p plays the last, space all of them again',
      ]);
      assert.equal(rig.ended, undefined);
    });
  });

  it('shows by its LED whether it plays, is paused, or has found errors', () => {
    const pattern = (rig: ProgramRig): number[] => {
      const from = rig.led.length;
      rig.run(4100);
      return rig.led.slice(from + 1).map(({ ms }, i) => Math.round((ms - (rig.led[from + i]?.ms ?? 0)) / 125));
    };
    const rig = playing();
    assert.deepEqual(pattern(rig).slice(0, 2), [8, 8]);
    rig.press(' ');
    assert.deepEqual(pattern(rig).slice(0, 2).sort(), [1, 15]);
    const failed = player(archive(ini('demo = off'), { name: 'bad', data: Buffer.from('nothing') })).run(2000);
    assert.deepEqual(pattern(failed).slice(0, 4).sort(), [1, 1, 1, 1]);
  });

  it('plays its own piece when there is nothing else: stereo, not loud, soft at both ends, the same each time', () => {
    const settings = ['records = on', 'crc = on', 'at_end = exit', 'pace = free', 'volume_db = 0'];
    const run = (): ProgramRig => player(archive(ini('demo = on', ...settings))).finish();
    const rig = run();
    const words = rig.trackWords();
    const [end] = rig.recordsOf('end');
    assert.equal(end?.['frames'], 470_400);
    assert.equal(words.length, 2 * 470_400);
    assert.equal(end['pcmCrc32'], run().recordsOf('end')[0]?.['pcmCrc32']);
    const level = (from: number, to: number): number =>
      words.slice(from, to).reduce((most, word) => Math.max(most, Math.abs(word - RANGE / 2)), 0) / (RANGE / 2);
    assert.ok(level(0, words.length) < 0.98, 'it does not clip');
    assert.ok(level(0, words.length) > 0.3, 'it can be heard');
    assert.ok(level(0, 8) < 0.01, 'it begins softly');
    assert.ok(level(words.length - 2000, words.length) < 0.003, 'it ends softly');
    const differs = words.some((word, i) => i % 2 === 0 && word !== words[i + 1]);
    assert.ok(differs, 'it is stereo');
  });

  it('plays an archive in an order of chance, each track once', () => {
    const names = ['a.wav', 'b.wav', 'c.wav', 'd.wav'];
    const members = names.map((name) => ({ name, data: wav16(tone(2000, 1), 44100, 1) }));
    const settings = ini('records = on', 'at_end = exit', 'order = shuffle');
    const rig = player(archive(settings, ...members)).finish();
    assert.deepEqual(
      rig
        .recordsOf('track')
        .map(({ name }) => name)
        .sort(),
      names,
    );
  });
});
