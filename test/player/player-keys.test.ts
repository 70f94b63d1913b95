// The player, key by key: what it plays and says.

import assert from 'node:assert/strict';
import { largestStep, rampStep } from '../drivers/jack-rig.js';
import { encodeQoa } from '../support/qoa.js';
import { compilePlayer, gainOf, NEXT, player, playing, PREVIOUS, RANGE } from './player-rig.js';
import { archive, ini, tone, wav16, wordsOf } from './program-rig.js';

describe('the player by keys', () => {
  before(compilePlayer);

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

  it('records where it stands and how much came before', () => {
    const rig = playing(2).run(1000);
    rig.press(NEXT, 500).press('\x1b[C', 50).press(' ', 500).press(' ', 50).press('\x1b[D');
    const places = rig.recordsOf('place');
    const [first, second, third, last] = places.map(({ frame }) => Number(frame));
    assert.ok(first && second && third && last);
    const appended = places.map((place) => Number(place['appended']));
    // Each frame that was appended moved the place on by one; the keys moved it by ten seconds.
    assert.deepEqual(
      places.map((place, i) => [place['index'], Number(place['frame']) - (appended[i] as number), place['paused']]),
      [
        [1, 441_000, 0],
        [1, 441_000, 1],
        [1, 441_000, 0],
        [1, 0, 0],
      ],
    );
    assert.equal(third, second);
    assert.ok(second > first);
    const played = rig.trackWords(1).length / 2 - (appended.at(-1) as number);
    assert.ok(Math.abs(played) < 4410, `${played} frames off what came out`);
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
    rig.press(NEXT, 500);
    assert.equal(at(), 1);
    rig.press(PREVIOUS, 500);
    assert.equal(at(), 0);
    rig.press(PREVIOUS, 500); // nothing before: from the start
    assert.deepEqual(rig.recordsOf('track').length, 3);
    assert.equal(rig.lines().at(-1), 'at 0:00 of 0:30');
    rig.press(NEXT, 4000);
    rig.press(PREVIOUS, 500); // more than 3 s in: from the start
    assert.equal(at(), 1);
    assert.equal(rig.lines().at(-1), 'at 0:00 of 0:30');
    rig.press(NEXT + NEXT, 500);
    assert.equal(rig.lines().at(-1), 'end of tracks; p plays the last, space all of them again');
    rig.press(NEXT, 100);
    rig.press(PREVIOUS, 500);
    assert.equal(at(), 2);
    assert.equal(rig.recordsOf('error').length, 0);
    assert.ok(largestStep(rig.words).step <= Math.max(largestStep(rig.trackWords()).step, rampStep(RANGE, 44100)));
  });

  it('passes over tracks that cannot be played, both ways', () => {
    const bad = { name: 'bad', data: Buffer.from('nothing') };
    const long = { name: 'long', data: wav16(tone(44100 * 5, 1), 44100, 1) };
    const rig = player(archive(ini('records = on'), bad, long, bad, long)).run(200);
    rig.press(NEXT, 200).press(PREVIOUS, 200).press(PREVIOUS, 200);
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
    rig.run(200).press(NEXT, 50).press(NEXT, 300).press(PREVIOUS, 1000);
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
    assert.deepEqual(rig.lines(), ['volume -2.0 dB', ...Array<string>(3).fill('volume 0.0 dB, the most')]);
    rig.press('-'.repeat(40), 300);
    assert.equal(rig.lines().at(-1), 'volume -60.0 dB, the least');
    assert.ok(largestStep(rig.trackWords()).step <= largestStep(words).step);
  });

  it('makes nothing louder that was set below what keys reach', () => {
    const rig = player(archive(ini('volume_db = -90'), { name: 'a', data: wav16(tone(44100)) })).run(100);
    rig.press('-+');
    assert.deepEqual(rig.lines().slice(-2), ['volume -90.0 dB, the least', 'volume -88.0 dB, the least']);
  });

  it('obeys a flood of keys bit by bit, and the sound goes on', () => {
    const rig = playing(1, 30, ['at_end = exit']);
    rig.press('-+'.repeat(500) + 'q'.repeat(2000), 1000);
    assert.equal(rig.lines().length, 1001);
    assert.doesNotMatch(rig.text, /bytes lost/);
    rig.press(NEXT).finish();
    assert.deepEqual(rig.recordsOf('underruns'), [{ event: 'underruns', count: 0 }]);
  });

  it('lists the keys', () => {
    const rig = playing();
    rig.press('?');
    assert.deepEqual(rig.lines(), [
      'space pause, left and right 10 s, page up and down tracks, + - volume; help and Enter: commands',
    ]);
  });
});
