// The player with a card: which tracks it finds and in which order, what it remembers, and what it does when the card is
// slow, damaged, pulled, or none.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ProgramSource } from '../../host-tools/virtual-pi/board/program.js';
import type { SdCardOptions } from '../../host-tools/virtual-pi/sd/sd-card.js';
import { checkFat } from '../support/fat-image.js';
import { encodeQoa } from '../support/qoa.js';
import { playerOf } from '../virtual-pi/pi-rig.js';
import { CardRig, cardImage } from './card-rig.js';
import { NEXT } from './player-rig.js';
import { tone, wav16, wordsOf } from './program-rig.js';

const RATE = 44_100;
const RANGE = 2834;
const INI = 'records = on\nvolume_db = 0\n';
const ENDING = `${INI}at_end = exit\n`;

describe('the player with a card', () => {
  let program: ProgramSource;
  before(async () => {
    program = await playerOf();
  });

  const short = (seed: number, frames = 3000): Buffer => wav16(tone(frames, 1, seed), RATE, 1);
  const rigOf = (files: Readonly<Record<string, Uint8Array | string>>, options: Partial<SdCardOptions> = {}): CardRig =>
    new CardRig(program, cardImage(files), options);
  const playAll = (files: Readonly<Record<string, Uint8Array | string>>): CardRig => {
    const rig = rigOf(files).finish();
    rig.clean();
    return rig;
  };

  it('plays all folders in natural order, word for word', () => {
    const names = ['1.wav', '2.wav', '10.wav', 'Album/1 a.wav', 'Album/Zugabe/Ä.wav', 'Büch/x.WAV', 'z.qoa'];
    const files = Object.fromEntries(
      [...names].reverse().map((name) => {
        const samples = tone(3000, 1, names.indexOf(name));
        return [name, name.endsWith('qoa') ? encodeQoa(samples, 1, RATE) : wav16(samples, RATE, 1)];
      }),
    );
    const rig = playAll({
      'player.ini': ENDING,
      'cover.jpg': 'no sound',
      '.hidden.wav': short(1),
      'config.txt': '',
      ...files,
    });
    assert.deepEqual(rig.pi.ended, { kind: 'exit', exit: 0, status: 0 });
    assert.deepEqual(rig.played, names);
    for (const [track, name] of names.entries())
      if (!name.endsWith('qoa'))
        assert.deepEqual(rig.trackWords(track), wordsOf(tone(3000, 1, track), RANGE, 2 ** 30, 1), name);
    assert.match(rig.text, /card: 32 MiB on EMMC2, 4 bit at \d+ MHz, FAT16 MUSIC/);
  });

  it('reads ahead: a card that is busy for half a second is not heard', () => {
    const samples = tone(4 * RATE);
    const rig = rigOf({ 'player.ini': ENDING, 'a.wav': wav16(samples), 'b.wav': short(2) });
    rig.run(400);
    for (let ms = 0; ms < 3000; ms += 700) {
      rig.card.faults.late(500);
      rig.run(700);
    }
    rig.finish();
    rig.clean();
    assert.deepEqual(rig.trackWords(0), wordsOf(samples, RANGE));
    assert.equal(rig.records('underruns')[0]?.['count'], 0);
  });

  it('opens the next track before the one before ends: nothing comes between two parts of one recording', () => {
    const whole = tone(4 * RATE, 1);
    const cut = 2 * RATE + 77;
    const rig = playAll({
      'player.ini': ENDING,
      'a.wav': wav16(whole.slice(0, cut), RATE, 1),
      'b.wav': wav16(whole.slice(cut), RATE, 1),
    });
    assert.deepEqual(rig.trackWords(), wordsOf(whole, RANGE, 2 ** 30, 1));
    const last = rig.blocks.findLastIndex(({ kind, track }) => kind === 1 && track === 0);
    assert.equal(rig.blocks[last + 1]?.track, 1);
    assert.equal(rig.blocks[last + 1]?.kind, 1);
  });

  it('skips what it cannot play, and says why', () => {
    const rig = playAll({
      'player.ini': ENDING,
      'a.wav': short(1),
      'b.mp3': Buffer.from('ID3 and so on'),
      'c.wav': Buffer.concat([short(2).subarray(0, 20)]),
      'd.wav': short(3),
      'e.wav': '',
    });
    assert.deepEqual(rig.played, ['a.wav', 'd.wav']);
    const lines = rig.lines();
    for (const line of ['2/5 b.mp3: neither WAV nor QOA at byte 0', '3/5 c.wav: the file ends too early at byte 12'])
      assert.ok(lines.includes(line), `${line} in ${lines.join('\n')}`);
    assert.deepEqual(rig.pi.ended, { kind: 'exit', exit: 0, status: 1 });
  });

  it('plays what a playlist names, in its order, and counts lines that lead nowhere', () => {
    const rig = playAll({
      'player.ini': `${ENDING}playlist = lists/best.m3u8\n`,
      'a.wav': short(1),
      'lists/best.m3u8': '#EXTM3U\r\nc/x.wav\r\n../a.wav\r\n/A.WAV\r\nmissing.wav\r\nc\\x.wav\r\n',
      'lists/c/x.wav': short(2),
    });
    assert.deepEqual(rig.played, ['lists/c/x.wav', 'A.WAV', 'lists/c/x.wav']);
    assert.ok(rig.lines().includes('2 lines of the playlist lead to no track, the first is line 3'));
  });

  it('finds the tracks of a long playlist in time, however slow the card is', () => {
    const names = Array.from({ length: 1000 }, (_, i) => `${i} of a thousand with a name that takes some room.wav`);
    const files = Object.fromEntries(names.map((name) => [`all/${name}`, short(1, 300)]));
    // By seven, a thousand is gone through in another order than that of the folder.
    const lines = names.map((_, i) => names[(i * 7 + 3) % 1000]);
    const image = cardImage({
      'player.ini': `${INI}playlist = all/list.m3u\n`,
      'all/list.m3u': lines.join('\r\n'),
      ...files,
    });
    for (const readMs of [0.5, 50]) {
      const rig = new CardRig(program, image, { readMs });
      rig.run(60_000, () => rig.played.length > 3);
      assert.deepEqual(
        rig.played.slice(0, 4),
        lines.slice(0, 4).map((name) => `all/${name}`),
        rig.text,
      );
      assert.equal(rig.pi.ended, undefined);
      if (readMs < 1) assert.ok(rig.ms < 2000, `${rig.ms} ms`);
    }
  });

  it('plays all folders where the playlist is not there', () => {
    const rig = playAll({ 'player.ini': `${ENDING}playlist = none.m3u\n`, 'a.wav': short(1) });
    assert.deepEqual(rig.played, ['a.wav']);
    assert.ok(rig.lines().includes('playlist: there is no such file; all folders are played'));
  });

  it('shuffles: each track once, another order the next time', () => {
    const files = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`${i}.wav`, short(i, 500)]));
    const settings = { 'player.ini': `${ENDING}order = shuffle\n` };
    const first = playAll({ ...settings, ...files });
    const natural = Object.keys(files);
    assert.deepEqual([...first.played].sort(), [...natural].sort());
    assert.notDeepEqual(first.played, natural);
    const second = new CardRig(program, first.store).finish();
    assert.deepEqual([...second.played].sort(), [...natural].sort());
    assert.notDeepEqual(second.played, first.played);
  });

  it('repeats all tracks, or one, until another is asked for', () => {
    const files = { 'a.wav': short(1), 'b.wav': short(2), 'c.wav': short(3) };
    const all = rigOf({ 'player.ini': `${INI}repeat = all\n`, ...files }).run(1000);
    assert.deepEqual(all.played.slice(0, 7), ['a.wav', 'b.wav', 'c.wav', 'a.wav', 'b.wav', 'c.wav', 'a.wav']);
    const one = rigOf({ 'player.ini': `${INI}repeat = one\n`, ...files }).run(500);
    assert.deepEqual(new Set(one.played), new Set(['a.wav']));
    assert.ok(one.played.length > 3);
    one.type(NEXT).run(300);
    assert.equal(one.played.at(-1), 'b.wav');
    for (const rig of [all, one]) rig.clean();
  });

  describe('remembers', () => {
    const long = (seed: number): Buffer => wav16(tone(20 * RATE, 1, seed), RATE, 1);
    const book = { 'a.wav': short(0), 'Book/1.wav': long(1), 'Book/2.wav': long(2), 'Music/3.wav': long(3) };
    const settings = { 'player.ini': `${INI}resume = book\n` };

    it('the second of a track in a folder that is to go on, through any cut', () => {
      const rig = rigOf({ ...settings, ...book }).run(500);
      rig.type(NEXT).run(4600);
      assert.equal(rig.played.at(-1), 'Book/2.wav');
      rig.clean();
      rig.card.powerOff(rig.pi.now, 'mixed');
      const again = new CardRig(program, rig.store).run(600);
      assert.equal(again.played[0], 'Book/2.wav');
      const words = again.trackWords(2).slice(0, 2000);
      const all = wordsOf(tone(20 * RATE, 1, 2), RANGE, 2 ** 30, 1);
      const seconds = [3, 4, 5].filter(
        (second) => JSON.stringify(all.slice(second * RATE * 2, second * RATE * 2 + 2000)) === JSON.stringify(words),
      );
      assert.equal(seconds.length, 1, 'goes on at a whole second of where it was');
      again.clean();
    });

    it('not the place in other folders, but the volume everywhere', () => {
      const rig = rigOf({ ...settings, ...book }).run(500);
      rig.type(NEXT + NEXT).run(200);
      rig.type('---').run(4000);
      assert.equal(rig.played.at(-1), 'Music/3.wav');
      rig.clean();
      const again = new CardRig(program, rig.store).run(600);
      assert.equal(again.played[0], 'a.wav');
      again.type('+');
      assert.ok(again.lines().includes('volume -4.0 dB'), again.text);
    });

    it('in a file that keeps its clusters, on a card that stays whole', () => {
      const rig = rigOf({ ...settings, ...book }).run(6000);
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mirleft-kept-'));
      try {
        const image = path.join(folder, 'card.img');
        fs.writeFileSync(image, rig.image());
        assert.equal(checkFat(image), '');
      } finally {
        fs.rmSync(folder, { recursive: true });
      }
    });

    it('nothing on a card that is write-protected, and plays', () => {
      const rig = rigOf({ ...settings, ...book });
      rig.card.writeProtect();
      rig.run(1500);
      assert.equal(rig.played[0], 'a.wav');
      assert.match(rig.text, /player\.state: write-protected; place and volume will not be remembered/);
      rig.clean();
    });
  });

  it('goes on after a card that did not answer for long, and passes over what it hangs at twice', () => {
    const files = Object.fromEntries([1, 2, 3].map((i) => [`${i}.wav`, wav16(tone(20 * RATE, 1, i), RATE, 1)]));
    const rig = rigOf({ 'player.ini': `${INI}at_end = exit\n`, ...files });
    rig.run(300);
    rig.card.faults.late(2500, 3);
    rig.finish();
    assert.match(rig.text, /card: .*it is opened again/);
    assert.match(rig.text, /card: there again/);
    assert.deepEqual([...new Set(rig.played)], ['1.wav', '2.wav', '3.wav']);
    assert.deepEqual(rig.pi.ended, { kind: 'exit', exit: 0, status: 0 });

    const twice = rigOf({ 'player.ini': `${INI}at_end = exit\n`, ...files });
    twice.run(300);
    for (let i = 1; i <= 2; i++) {
      twice.card.faults.late(2500, 3);
      twice.run(60_000, () => twice.text.split('there again').length > i);
    }
    twice.finish();
    assert.equal(twice.text.match(/\d\.wav: reading failed/g)?.length, 1, twice.text);
    assert.deepEqual(twice.pi.ended, { kind: 'exit', exit: 0, status: 1 });
  });

  it('reads nothing while the card is busy with something else', () => {
    // A sector that cannot be read, and the state written each second on a slow card.
    const image = cardImage({
      'player.ini': `${INI}resume = /\n`,
      'player.state': Buffer.alloc(65_536),
      'a.wav': wav16(tone(40 * RATE)),
      'b.wav': short(2),
    });
    const rig = new CardRig(program, image, { writeMs: 240 });
    // A fifth of a second into a second of the track: then the state is being written.
    const second = 11.2 * RATE * 4;
    rig.card.faults.failSector(Math.floor((image.indexOf('WAVE') + second) / 512));
    rig.run(25_000);
    rig.clean();
    assert.equal(rig.pi.ended, undefined, rig.text);
    assert.match(rig.text, /a\.wav: reading failed at byte \d+/);
    assert.doesNotMatch(rig.text, /^card: .*opened again/m);
    assert.ok(rig.played.includes('b.wav'));
  });

  it('lets the jack down when the card is pulled, and goes on there when it is put back', () => {
    // More than is read ahead.
    const samples = tone(40 * RATE);
    const rig = rigOf({ 'player.ini': INI, 'a.wav': wav16(samples), 'b.wav': short(2) }).run(1500);
    rig.pi.blocks.slot.pull();
    // What was read ahead is played, as far as it goes.
    rig.run(40_000, () => rig.text.includes('it goes on'));
    assert.match(rig.text, /card: .*put it back and it goes on/);
    rig.run(3000);
    const before = rig.trackWords(0).length;
    rig.pi.blocks.slot.insert(rig.card);
    rig.run(4000);
    assert.match(rig.text, /card: there again/);
    assert.deepEqual(rig.played.slice(0, 2), ['a.wav', 'a.wav']);
    const all = wordsOf(samples, RANGE);
    const resumed = rig.trackWords(0).slice(before, before + 2000);
    const second = Math.floor(before / 2 / RATE);
    assert.deepEqual(resumed, all.slice(second * RATE * 2, second * RATE * 2 + 2000));
    assert.equal(rig.pi.hardwareUnderruns, 0);
  });

  it('says so when there is no card, when it holds no FAT, and when there is nothing to play', () => {
    const none = rigOf({ 'a.wav': short(1) });
    none.pi.blocks.slot.pull();
    none.run(2500);
    assert.match(none.text, /^card: /m);
    const bare = new CardRig(program, Buffer.alloc(1 << 22)).run(1000);
    assert.match(bare.text, /card: no FAT file system: format the card as FAT32/);
    const empty = rigOf({ 'player.ini': `${INI}demo = off\n` }).run(1000);
    assert.match(empty.text, /no tracks/);
  });

  it('survives a card whose folders are damaged, and plays what is whole', () => {
    const image = cardImage({ 'player.ini': ENDING, 'a.wav': short(1), 'Folder/b.wav': short(2) });
    // The folder's own entries, `.` and `..`, are overwritten.
    const at = image.indexOf('.          \x10');
    assert.ok(at > 0);
    image.fill(0x5a, at, at + 64);
    const rig = new CardRig(program, image).finish();
    assert.deepEqual(rig.played, ['a.wav']);
    assert.match(rig.text, /1 folders are left out: the file system is damaged/);
  });
});
