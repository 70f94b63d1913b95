// What the player keeps on its card, and when: player.state as it lies there, and how the next start takes it.

import assert from 'node:assert/strict';
import { Info } from '../../drivers/board-keys.js';
import type { ProgramSource } from '../../host-tools/virtual-pi/board/program.js';
import { SdCard, type SdCardOptions } from '../../host-tools/virtual-pi/sd/sd-card.js';
import { MemorySectors } from '../../host-tools/virtual-pi/sd/sector-store.js';
import { playerOf } from '../virtual-pi/pi-rig.js';
import { CardRig, cardImage } from './card-rig.js';
import { tone, wav16 } from './program-rig.js';

const RATE = 44_100;
const TICKS_OF_MS = 54_000;
const INI = 'records = on\nvolume_db = -10\n';
const MAGIC = 0x5453524d;
const PIN_PLAY = 17;
const PIN_LED = 12;

interface Kept {
  number: number;
  volume: number;
  seconds: number;
  path: string;
}

describe('the player remembers', () => {
  let program: ProgramSource;
  before(async () => {
    program = await playerOf();
  });

  const sound = (seconds: number, seed = 1): Buffer => wav16(tone(seconds * RATE, 1, seed), RATE, 1);
  const rigOf = (files: Readonly<Record<string, Uint8Array | string>>, options: Partial<SdCardOptions> = {}): CardRig =>
    new CardRig(program, cardImage(files), options);
  /** The versions on a card, the newest first. */
  const versions = (image: Buffer): Kept[] => {
    const all: Kept[] = [];
    for (let at = 0; at < image.length; at += 512) {
      if (image.readUInt32LE(at) !== MAGIC) continue;
      const bytes = image.readUInt32LE(at + 8);
      const body = image.subarray(at + 16, at + 16 + bytes);
      const number = image.readUInt32LE(at + 4);
      const [volume, seconds] = [body.readInt32LE(4), body.readUInt32LE(12)];
      all.push({ number, volume, seconds, path: body.subarray(20).toString() });
    }
    return all.sort((a, b) => b.number - a.number);
  };
  const kept = (rig: CardRig): Kept | undefined => versions(rig.image())[0];
  /** The volume of a player that has begun, as it says it after a step down. */
  const volume = (rig: CardRig): number => {
    rig.lines();
    rig.type('-');
    const line = rig.lines().find((text) => text.startsWith('volume '));
    return Number(line?.split(' ')[1]) + 2;
  };
  const restarted = (rig: CardRig, ms = 500): CardRig => {
    rig.card.powerOff(rig.pi.now, 'mixed');
    return new CardRig(program, rig.store).run(ms);
  };

  it('on a card whose every write takes as long as it may, without a stop', () => {
    const rig = rigOf({ 'player.ini': INI, 'a.wav': sound(15) }, { writeMs: 250, stopMs: 250 }).run(7000);
    assert.equal(rig.pi.ended, undefined);
    rig.clean();
    // The board ends a step after 2 s; that of several writes must be far from it.
    const longest = Number(rig.pi.machine.facts.get(Info.LongestStep)) / TICKS_OF_MS;
    assert.ok(longest < 1200, `a step of ${longest.toFixed(0)} ms`);
    assert.equal(kept(rig)?.path, 'a.wav');
  });

  it('the volume, until player.ini has another one', () => {
    const rig = rigOf({ 'player.ini': INI, 'a.wav': sound(15) }).run(500);
    rig.type('--').run(4000);
    assert.equal(volume(restarted(rig)), -14);
    const changed = rig.image();
    changed.write('volume_db = -30', changed.indexOf('volume_db = -10'));
    const other = new CardRig(program, changed).run(500);
    assert.equal(volume(other), -30);
    other.type('-').run(4000);
    assert.equal(volume(restarted(other)), -34);
  });

  it('a pause at once, and what is changed before the jack is switched off', () => {
    const rig = rigOf({ 'player.ini': `${INI}resume = /\n`, 'a.wav': sound(15), 'b.wav': sound(15) }).run(4000);
    rig.type('\x1b[6~---').run(50);
    rig.type(' ').run(100);
    assert.deepEqual([kept(rig)?.path, kept(rig)?.volume], ['b.wav', -160]);
    rig.type('-').run(100);
    assert.equal(kept(rig)?.volume, -160);
    const { gpio } = rig.pi.blocks;
    gpio.drive(PIN_PLAY, false);
    rig.run(900);
    gpio.drive(PIN_PLAY, true);
    rig.run(200);
    assert.equal(kept(rig)?.volume, -180);
    rig.clean();
  });

  it('what was kept on a card that is write-protected since, and says that nothing more is', () => {
    const rig = rigOf({ 'player.ini': INI, 'a.wav': sound(15) }).run(500);
    rig.type('--').run(4000);
    const again = new CardRig(program, rig.store);
    again.card.writeProtect();
    again.run(5000);
    assert.ok(again.lines().includes('player.state: write-protected; place and volume will not be remembered'));
    assert.equal(volume(again), -14);
    assert.doesNotMatch(again.text, /player\.state cannot/);
  });

  it('the volume that is changed after the end', () => {
    const rig = rigOf({ 'player.ini': INI, 'a.wav': sound(1) }).run(4000);
    assert.match(rig.text, /end of tracks/);
    rig.type('--').run(3000);
    assert.equal(volume(restarted(rig)), -14);
  });

  it('each second of a track, but not each step of the volume', () => {
    const rig = rigOf({ 'player.ini': `${INI}resume = /\n`, 'a.wav': sound(30) }).run(3500);
    const before = kept(rig)?.number ?? 0;
    assert.ok(before >= 2, `${before} versions in 3.5 s`);
    for (let i = 0; i < 20; i++) rig.type('-').run(180);
    const after = kept(rig);
    const count = (after?.number ?? 0) - before;
    assert.ok(count >= 3 && count <= 5, `${count} versions in 4 s`);
    // While nothing moves, the last of many steps is what counts.
    rig.type(' ').run(100);
    const paused = kept(rig)?.number ?? 0;
    for (let i = 0; i < 5; i++) rig.type('+').run(200);
    assert.equal(kept(rig)?.number, paused);
    rig.run(2500);
    assert.equal(kept(rig)?.number, paused + 1);
    assert.equal(kept(rig)?.volume, -400);
  });

  it('nothing to go on from after the end: all begins anew', () => {
    const rig = rigOf({ 'player.ini': `${INI}resume = /\n`, '1.wav': sound(3), '2.wav': sound(3, 2) }).run(7500);
    assert.match(rig.text, /end of tracks/);
    const again = restarted(rig, 4000);
    assert.deepEqual(again.played, ['1.wav', '2.wav']);
    assert.equal(again.records('place').length, 0);
    const first = again.trackWords(0).length;
    assert.equal(first, rig.trackWords(0).length);
  });

  it('no track where there is none', () => {
    const rig = rigOf({ 'player.ini': `${INI}resume = /\n` }).run(1000);
    rig.type('-').run(4000);
    assert.deepEqual(rig.played, ['demo']);
    assert.deepEqual([kept(rig)?.path, kept(rig)?.volume], ['', -120]);
  });

  it('and names folders that are to resume and have no track', () => {
    const ini = `${INI}resume = /Books\nresume = /Bokos\nresume = a.wav\n`;
    const rig = rigOf({ 'player.ini': ini, 'a.wav': sound(1), 'Books/1.wav': sound(1) }).run(500);
    const lines = rig.lines().filter((line) => line.startsWith('resume'));
    assert.deepEqual(lines, ['resume: there is no track in Bokos']);
  });

  it('says that player.ini cannot be read, and plays softly', () => {
    const image = cardImage({ 'player.ini': `volume_db = -60\n`, 'a.wav': sound(3) });
    const rig = new CardRig(program, image);
    rig.card.faults.failSector(Math.floor(image.indexOf('volume_db = -60') / 512));
    rig.run(1500);
    assert.ok(rig.lines().includes('player.ini cannot be read (the card failed): defaults are used'), rig.text);
    assert.equal(volume(rig), -20);
  });

  describe('a card that is pulled', () => {
    const files = { 'player.ini': `${INI}resume = /\npin_led = ${PIN_LED}\n`, 'a.wav': sound(60) };
    const pulled = (): CardRig => {
      const rig = rigOf(files).run(3500);
      rig.pi.blocks.slot.pull();
      return rig.run(5000, () => rig.text.includes('it goes on'));
    };
    /** The flashes between two long pauses. */
    const flashes = (rig: CardRig): number => {
      const isLit = (): boolean => rig.pi.blocks.gpio.levelOf(PIN_LED);
      let edges = 0;
      for (let pauses = 0; pauses < 2;) {
        const since = rig.ms;
        rig.run(3000, isLit);
        assert.ok(isLit(), 'no flash');
        if (rig.ms - since > 400 && pauses++) break;
        if (pauses) edges++;
        rig.run(3000, () => !isLit());
      }
      return edges;
    };

    it('when that is found while writing, too: the jack is let down, and it goes on', () => {
      const rig = pulled();
      assert.match(rig.text, /card: .*put it back and it goes on/);
      assert.doesNotMatch(rig.text, /player\.state/);
      rig.run(1000);
      const before = rig.trackWords().length;
      rig.pi.blocks.slot.insert(rig.card);
      rig.run(3000);
      assert.match(rig.text, /card: there again/);
      assert.deepEqual(rig.played, ['a.wav', 'a.wav']);
      assert.ok(rig.trackWords().length > before);
      assert.ok((kept(rig)?.seconds ?? 0) >= 5, JSON.stringify(kept(rig)));
      assert.equal(rig.pi.hardwareUnderruns, 0);
    });

    it('is not missed while it is paused', () => {
      const rig = rigOf(files).run(3500);
      rig.type(' ');
      rig.pi.blocks.slot.pull();
      rig.type('-').run(4000);
      assert.doesNotMatch(rig.text, /player\.state|card: the card/);
      rig.pi.blocks.slot.insert(rig.card);
      rig.run(1000);
      assert.equal(rig.played.length, 1);
      rig.type(' ').run(3000);
      assert.match(rig.text, /card: there again/);
      assert.equal(rig.played.length, 2);
      assert.ok((kept(rig)?.seconds ?? 0) >= 4, JSON.stringify(kept(rig)));
    });

    it('and put back as one that cannot be mounted: the LED says 5 instead of 3', () => {
      const rig = pulled().run(1000);
      assert.equal(flashes(rig), 3);
      rig.pi.blocks.slot.insert(new SdCard({ store: new MemorySectors(1 << 13), serial: 2 }));
      rig.run(2000);
      const line = 'card: no FAT file system: format the card as FAT32';
      assert.equal(flashes(rig), 5);
      assert.equal(rig.lines().filter((text) => text === line).length, 1, rig.text);
      rig.pi.blocks.slot.pull();
      rig.run(2000);
      assert.equal(flashes(rig), 3);
      rig.pi.blocks.slot.insert(rig.card);
      rig.run(3000);
      assert.equal(rig.played.length, 2);
    });
  });
});
