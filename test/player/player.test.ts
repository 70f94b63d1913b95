// The player in virtual time: what it plays, prints and reports, key by key.

import assert from 'node:assert/strict';
import zlib from 'node:zlib';
import { largestStep, rampStep } from '../drivers/jack-rig.js';
import { decodeQoa, encodeQoa } from '../support/qoa.js';
import {
  archive,
  compileFirmware,
  ini,
  type Member,
  ProgramRig,
  Revision,
  tone,
  wav16,
  wordsOf,
} from './program-rig.js';

const RANGE = 2834; // at 44.1 kHz
const REPORTING = ini('records = on', 'crc = on', 'volume_db = 0', 'at_end = exit');
const gainOf = (db: number): number => Math.round(2 ** 30 * 10 ** (db / 20));
const crcOf = (samples: Int16Array): string =>
  zlib
    .crc32(Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength))
    .toString(16)
    .padStart(8, '0');

describe('the player', function () {
  this.timeout(60_000);
  let wasm: Uint8Array;
  before(async () => {
    wasm = await compileFirmware('player');
  });

  const player = (ramDisk: Uint8Array, options = {}): ProgramRig =>
    new ProgramRig(wasm, { ramDisk, ...options }).start();

  /** Starts a player that keeps playing `seconds` long tracks, and is past the ramp. */
  function playing(tracks = 1, seconds = 30, settings: string[] = []): ProgramRig {
    const files = Array.from({ length: tracks }, (_, i) => ({
      name: `${i + 1}.wav`,
      data: wav16(tone(seconds * 44100, 1, i + 1), 44100, 1),
    }));
    const rig = player(archive(ini('volume_db = 0', 'records = on', ...settings), ...files)).run(100);
    rig.lines();
    return rig;
  }

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

  describe('with bad input', () => {
    const good = { name: 'good.wav', data: wav16(tone(800)) };

    it('gives one line for a file that cannot be played, and plays the others', () => {
      const damaged = archive(
        REPORTING,
        { name: 'junk.wav', data: Buffer.from('this is no sound at all, whatever its name says') },
        good,
        { name: Buffer.from('\x1b[2J"\\\r\n\x9b\xff -rf ..', 'latin1'), data: Buffer.alloc(0) },
        { name: 'cut.wav', data: wav16(tone(100)).subarray(0, 20) },
        good,
      );
      const rig = player(damaged).finish();
      assert.deepEqual(rig.ended, { kind: 0, status: 1 });
      const lines = rig.lines().slice(4);
      assert.deepEqual(lines, [
        '1/5 junk.wav: neither WAV nor QOA at byte 0',
        '2/5 good.wav  44100 Hz stereo 0:00',
        '3/5 �[2J"\\���� -rf ..: neither WAV nor QOA at byte 0',
        '4/5 cut.wav: the file ends too early at byte 12',
        '5/5 good.wav  44100 Hz stereo 0:00',
      ]);
      assert.doesNotMatch(rig.text, /[^\x20-\x7e\r\n�]/);
      assert.deepEqual(
        rig.recordsOf('error').map(({ index, name, code, offset }) => [index, name, code, offset]),
        [
          [0, 'junk.wav', 'not-audio', 0],
          [2, '\x1b[2J"\\\r\n�� -rf ..', 'not-audio', 0],
          [3, 'cut.wav', 'truncated', 12],
        ],
      );
      assert.deepEqual(rig.recordsOf('done'), [{ event: 'done', failed: 3 }]);
      assert.equal(rig.trackWords().length, 2 * 2 * 800);
    });

    it('goes on behind a damaged member of the archive', () => {
      const disk = archive(REPORTING, good, { name: 'lost.wav', data: wav16(tone(300)) }, good);
      const at = disk.indexOf('lost.wav');
      disk.fill(0x55, at, at + 200);
      const rig = player(disk).finish();
      assert.deepEqual(rig.recordsOf('error'), [
        {
          event: 'error',
          index: 1,
          name: 'archive',
          code: 'bad-archive',
          offset: at,
          text: 'damaged member of the archive',
        },
      ]);
      assert.deepEqual(rig.ended, { kind: 0, status: 1 });
      assert.equal(rig.recordsOf('end').length, 2);
    });

    it('names a damaged first member when more follows, and takes what is no archive for none', () => {
      const disk = archive({ name: 'lost.wav', data: wav16(tone(300)) }, good);
      disk.fill(0x55, 0, 200);
      const rig = player(disk).run(300);
      assert.deepEqual(rig.lines().slice(4), [
        '1/2 archive: damaged member of the archive at byte 0',
        '2/2 good.wav  44100 Hz stereo 0:00',
        'end of tracks; p plays the last, space all of them again',
      ]);
      const folder = archive({ name: 'x', data: Buffer.alloc(0) }, { name: 'd', type: '5', data: Buffer.alloc(0) });
      folder.fill(0x55, 0, 200);
      assert.equal(player(folder).run(100).lines()[4], '1/1 archive: damaged member of the archive at byte 0');
      assert.match(player(Buffer.alloc(5000, 0x55)).run(300).text, /\r\n1\/1 demo /);
    });

    it('looks through a large archive bit by bit and plays meanwhile', () => {
      const folders = (count: number): Member[] =>
        Array.from({ length: count }, () => ({ name: 'd', type: '5', data: Buffer.alloc(0) }));
      for (const members of [
        [REPORTING, good, ...folders(3000), good],
        [REPORTING, ...folders(3000), good, good],
      ]) {
        const rig = player(archive(...members)).finish();
        assert.deepEqual(
          rig.recordsOf('track').map(({ index }) => index),
          [0, 1],
        );
        assert.deepEqual(rig.recordsOf('underruns'), [{ event: 'underruns', count: 0 }]);
        assert.deepEqual(rig.ended, { kind: 0, status: 0 });
      }
      const rig = player(archive(REPORTING, good, ...folders(3000), good)).finish();
      assert.equal(rig.lines()[4], '1/1+ good.wav  44100 Hz stereo 0:00');
      assert.ok((rig.recordsOf('first')[0]?.['ticks'] as number) / Number(rig.board.tickRate) < 0.07);
      assert.equal(
        player(archive(...folders(3000)))
          .run(1000)
          .recordsOf('track').length,
        0,
      );
    });

    it('says so when it stops looking', () => {
      const last = archive(REPORTING, good, good);
      const at = last.lastIndexOf('good.wav');
      last.fill(0x55, at, at + 200);
      const rig = player(Buffer.concat([last, Buffer.alloc(65 << 20)])).finish();
      assert.match(rig.text, /nothing more found behind the damaged member within 64 MiB: not looked further/);
      assert.equal(rig.recordsOf('end').length, 1);
      assert.equal(rig.ended?.status, 1);
    });

    it('names wrong settings with their lines and goes on with their defaults', () => {
      const wrong = ini(
        'volume_db = 7',
        'records = on',
        'colour = red # ?',
        'at_end',
        'pace = \x1b[31m',
        'at_end = exit',
      );
      const rig = player(archive(wrong, good)).finish();
      assert.deepEqual(rig.lines().slice(4, 8), [
        'player.ini line 1: value not allowed: volume_db = 7',
        'player.ini line 3: unknown key: colour = red # ?',
        'player.ini line 4: not "key = value": at_end',
        'player.ini line 5: value not allowed: pace = �[31m',
      ]);
      assert.deepEqual(rig.trackWords(), wordsOf(tone(800), RANGE, gainOf(-20)));
    });

    it('takes settings from the first file, ./ before its name or not, and names those that come later', () => {
      const loud = ini('volume_db = 0');
      const folder = { name: './', type: '5', data: Buffer.alloc(0) };
      const dotted = player(archive(folder, { ...loud, name: './player.ini' }, { ...good, name: './good.wav' })).run(
        300,
      );
      assert.deepEqual(dotted.trackWords(), wordsOf(tone(800), RANGE));
      assert.equal(dotted.lines()[4], '1/1 good.wav  44100 Hz stereo 0:00');
      const late = player(archive(ini('records = on', 'at_end = exit'), good, loud)).finish();
      assert.deepEqual(late.lines().slice(4), [
        "player.ini is not the archive's first file: not obeyed",
        '1/1 good.wav  44100 Hz stereo 0:00',
      ]);
      assert.deepEqual(late.trackWords(), wordsOf(tone(800), RANGE, gainOf(-20)));
      assert.equal(late.ended?.status, 0);
    });

    it('obeys only whole lines of settings that are too long', () => {
      const cut = `${'#'.repeat(4096 - 'volume_db = -4'.length - 1)}\nvolume_db = -40\n`;
      const rig = player(archive({ name: 'player.ini', data: Buffer.from(cut) }, good)).run(300);
      assert.equal(rig.lines()[4], 'player.ini is longer than 4096 bytes: the rest is not read');
      assert.deepEqual(rig.trackWords(), wordsOf(tone(800), RANGE, gainOf(-20)));
    });

    it('says so when there is nothing to play, and ends with a failing status', () => {
      for (const disk of [archive(ini('demo = off', 'at_end = exit')), Buffer.from('')]) {
        const rig = player(disk.length ? disk : archive(ini('demo = off', 'at_end = exit')));
        rig.finish();
        assert.equal(rig.lines()[4], 'no tracks: give WAV or QOA files in an archive, or set demo = on');
        assert.deepEqual(rig.ended, { kind: 0, status: 1 });
        assert.equal(rig.words.length, 0);
      }
    });

    it('says so when the jack that was asked for is not there', () => {
      const pwm = ini('jack = pwm1', 'records = on', 'at_end = exit');
      const asked = player(archive(pwm, good)).finish();
      assert.deepEqual(asked.lines().slice(3), [
        'jack: PWM1, which does not answer',
        '1/1 good.wav: the jack does not open: there is no PWM1 here',
      ]);
      assert.deepEqual(asked.recordsOf('track'), []);
      assert.deepEqual(asked.recordsOf('error')[0]?.['code'], 'jack');
      assert.equal(asked.ended?.status, 1);
    });

    it('plays the first thousand tracks of too many', () => {
      const tiny = Array.from({ length: 1001 }, () => ({ name: 'x', data: Buffer.from('no') }));
      const rig = player(archive(ini('records = on'), ...tiny)).run(3000);
      assert.equal(rig.lines()[4], 'only the first 1000 tracks are played');
      assert.equal(rig.recordsOf('done')[0]?.['failed'], 1000);
    });

    it('ends when no track can be played', () => {
      const bad = { name: 'bad', data: Buffer.from('nothing') };
      const rig = player(archive(REPORTING, bad, bad, bad)).finish();
      assert.deepEqual(rig.recordsOf('done'), [{ event: 'done', failed: 3 }]);
      assert.deepEqual(rig.ended, { kind: 0, status: 1 });
    });

    it('refuses a board it is not for, and touches nothing of it', () => {
      const rig = player(archive(good), { revision: Revision.pi3 }).run(100);
      assert.match(rig.text, /^This firmware is for a Raspberry Pi 4, 400 or Compute Module 4\. This is .*a02082/);
      assert.deepEqual(rig.ended, { kind: 0, status: 1 });
      assert.equal(rig.words.length + rig.notes.length, 0);
    });

    it('goes on when the VideoCore falls silent', () => {
      for (const answers of [1, 2, 3, 4]) {
        const rig = player(archive(REPORTING, good), { answers });
        assert.ok(rig.ms < 150, `${rig.ms} ms in start`);
        rig.finish();
        assert.match(rig.text, /2048 MiB \(\? low\)/);
        assert.deepEqual(rig.trackWords(), wordsOf(tone(800), RANGE));
      }
    });

    it('loses no record on a slow console, and the sound goes on', () => {
      const bad = Array.from({ length: 120 }, (_, i) => ({
        name: Buffer.alloc(100, i % 2 ? 0x01 : 0x41),
        data: Buffer.from(`no sound ${i}`),
      }));
      const samples = tone(44100);
      const rig = player(archive(REPORTING, { name: 'a', data: wav16(samples) }, ...bad, good), {
        consoleBytesPerMs: 11,
      }).finish();
      assert.deepEqual(
        rig.recordsOf('error').map(({ index }) => index),
        bad.map((_, i) => i + 1),
      );
      assert.doesNotMatch(rig.text, /bytes lost/);
      assert.deepEqual(rig.recordsOf('underruns'), [{ event: 'underruns', count: 0 }]);
      assert.deepEqual(rig.trackWords(0), wordsOf(samples, RANGE));
      assert.equal(rig.ended?.status, 1);
    });
  });

  describe('by keys', () => {
    it('pauses and goes on without losing or doubling a frame, and without a jump', () => {
      const rig = playing().run(1000);
      rig.press(' ', 500);
      const before = rig.trackWords().length;
      assert.deepEqual(rig.words.slice(-2), [RANGE / 2, RANGE / 2]);
      rig.run(1000);
      assert.equal(rig.trackWords().length, before);
      rig.press(' ', 1000);
      const samples = tone(30 * 44100, 1, 1);
      const words = rig.trackWords();
      assert.deepEqual(words, wordsOf(samples.subarray(0, words.length / 2), RANGE, 2 ** 30, 1));
      assert.deepEqual(rig.lines(), ['paused at 0:01 of 0:30', 'on from 0:01 of 0:30']);
      assert.ok(largestStep(rig.words).step <= Math.max(largestStep(words).step, rampStep(RANGE, 44100)));
    });

    it('seeks ten seconds, within the track', () => {
      const rig = playing().run(1000);
      rig.press('\x1b[C', 300);
      assert.deepEqual(rig.lines(), ['at 0:11 of 0:30']);
      const samples = tone(30 * 44100, 1, 1);
      const words = rig.trackWords();
      // What follows the bridge is the track from ten seconds later on.
      const lastTrackRun = rig.blocks.slice(rig.blocks.findLastIndex(({ kind }) => kind === 0) + 1);
      const run = lastTrackRun.flatMap(({ words: each }) => each);
      const from = words.length / 2 - run.length / 2 + 10 * 44100;
      assert.deepEqual(run, wordsOf(samples.subarray(from, from + run.length / 2), RANGE, 2 ** 30, 1));
      rig.press('\x1b[D\x1b[D\x1b[D', 50);
      assert.deepEqual(rig.lines(), ['at 0:01 of 0:30', 'at 0:00 of 0:30', 'at 0:00 of 0:30']);
      assert.ok(largestStep(rig.words).step <= Math.max(largestStep(words).step, rampStep(RANGE, 44100)));
    });

    it('says no place when it cannot go there', () => {
      const broken = encodeQoa(tone(12 * 44100, 1), 1, 44100);
      for (let i = 80; i < 100; i++) broken[8 + i * (8 + 16 + 256 * 8)] = 9;
      const rig = player(archive(ini('records = on'), { name: 'a', data: broken })).run(300);
      rig.lines();
      rig.press('\x1b[C', 300);
      assert.match(rig.lines()[0] ?? '', /^1\/1 a: a broken frame at byte \d+$/);
    });

    it('has no checksum for a track that was not played as it is', () => {
      const rig = playing(1, 12, ['crc = on', 'at_end = exit']);
      rig.press('\x1b[C').finish();
      assert.deepEqual(Object.keys(rig.recordsOf('end')[0] ?? {}), ['event', 'index', 'frames']);
    });

    it('goes to the next track and the one before', () => {
      const rig = playing(3);
      const at = (): unknown => rig.recordsOf('track').at(-1)?.['index'];
      rig.press('n', 500);
      assert.equal(at(), 1);
      rig.press('p', 500);
      assert.equal(at(), 0);
      rig.press('p', 500); // nothing before: from the start
      assert.deepEqual(rig.recordsOf('track').length, 3);
      assert.equal(rig.lines().at(-1), 'at 0:00 of 0:30');
      rig.press('n', 4000);
      rig.press('p', 500); // more than 3 s in: from the start
      assert.equal(at(), 1);
      assert.equal(rig.lines().at(-1), 'at 0:00 of 0:30');
      rig.press('nn', 500);
      assert.equal(rig.lines().at(-1), 'end of tracks; p plays the last, space all of them again');
      rig.press('n', 100);
      rig.press('p', 500);
      assert.equal(at(), 2);
      assert.equal(rig.recordsOf('error').length, 0);
      assert.ok(largestStep(rig.words).step <= Math.max(largestStep(rig.trackWords()).step, rampStep(RANGE, 44100)));
    });

    it('passes over tracks that cannot be played, both ways', () => {
      const bad = { name: 'bad', data: Buffer.from('nothing') };
      const long = { name: 'long', data: wav16(tone(44100 * 5, 1), 44100, 1) };
      const rig = player(archive(ini('records = on'), bad, long, bad, long)).run(200);
      rig.press('n', 200).press('p', 200).press('p', 200);
      assert.deepEqual(
        rig.recordsOf('track').map(({ index }) => index),
        [1, 3, 1],
      );
      assert.equal(rig.recordsOf('error').length, 2);
    });

    it('goes on to the next track when the one before breaks half-way', () => {
      const long = { name: 'long', data: wav16(tone(44100 * 5, 1), 44100, 1) };
      const broken = encodeQoa(tone(51_200, 1), 1, 44100);
      broken[8 + 5 * (8 + 16 + 256 * 8)] = 9;
      const rig = player(archive(ini('records = on', 'crc = on'), long, { name: 'broken', data: broken }, long));
      rig.run(200).press('n', 50).press('n', 300).press('p', 1000);
      assert.deepEqual(
        rig.recordsOf('track').map(({ index }) => index),
        [0, 1, 2, 1, 2],
      );
      assert.ok(
        rig.recordsOf('end').every((end) => !('pcmCrc32' in end)),
        'no sum of a part',
      );
    });

    it('changes the volume in steps of 2 dB, slewed and within limits', () => {
      const rig = playing(1, 30);
      rig.press('-', 300);
      const words = rig.trackWords();
      const samples = tone(30 * 44100, 1, 1);
      const expected = wordsOf(samples.subarray(0, words.length / 2), RANGE, gainOf(-2), 1);
      assert.deepEqual(words.slice(-2000), expected.slice(-2000));
      rig.press('+++', 300);
      assert.deepEqual(rig.lines(), ['volume -2.0 dB', 'volume 0.0 dB', 'volume 0.0 dB', 'volume 0.0 dB']);
      rig.press('-'.repeat(40), 300);
      assert.equal(rig.lines().at(-1), 'volume -60.0 dB');
      assert.ok(largestStep(rig.trackWords()).step <= largestStep(words).step);
    });

    it('makes nothing louder that was set below what keys reach', () => {
      const rig = player(archive(ini('volume_db = -90'), { name: 'a', data: wav16(tone(44100)) })).run(100);
      rig.press('-+');
      assert.deepEqual(rig.lines().slice(-2), ['volume -90.0 dB', 'volume -88.0 dB']);
    });

    it('obeys a flood of keys bit by bit, and the sound goes on', () => {
      const rig = playing(1, 30, ['at_end = exit']);
      rig.press('-+'.repeat(500) + 'q'.repeat(2000), 1000);
      assert.equal(rig.lines().length, 1001);
      assert.doesNotMatch(rig.text, /bytes lost/);
      rig.press('n').finish();
      assert.deepEqual(rig.recordsOf('underruns'), [{ event: 'underruns', count: 0 }]);
    });

    it('lists the keys, and hints at the list once', () => {
      const rig = playing();
      rig.press('?xyz\x00\x1b[A');
      assert.deepEqual(rig.lines(), [
        'space pause, n next, p previous, left and right 10 s, + - volume',
        '? lists the keys',
      ]);
    });
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
});
