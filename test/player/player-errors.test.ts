// The player and bad input: one line for each error, and the sound goes on.

import assert from 'node:assert/strict';
import { compilePlayer, gainOf, player, RANGE, REPORTING } from './player-rig.js';
import { archive, ini, type Member, Revision, tone, wav16, wordsOf } from './program-rig.js';

describe('the player with bad input', () => {
  before(compilePlayer);

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
    const dotted = player(archive(folder, { ...loud, name: './player.ini' }, { ...good, name: './good.wav' })).run(300);
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
    const cut = `${'#'.repeat(16384 - 'volume_db = -4'.length - 1)}\nvolume_db = -40\n`;
    const rig = player(archive({ name: 'player.ini', data: Buffer.from(cut) }, good)).run(300);
    assert.equal(rig.lines()[4], 'player.ini is longer than 16384 bytes: the rest is not read');
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
