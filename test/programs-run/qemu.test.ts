// The four programs in QEMU: that they start, say who they are, play, and listen to keys. What exactly they do is
// tested in virtual time (programs.test.ts, ../player/).

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { RAM_DISK } from '../../boot/memory-map.js';
import { buildProgram, finishBuild, type Build } from '../../host-tools/build/program.js';
import { testFolder } from '../media/sounds.js';
import { playerBuild } from '../play/player.js';
import { archive, ini, tone, wav16, wordsOf } from '../player/program-rig.js';
import { runQemu, type QemuOptions } from '../support/qemu.js';

const RANGE = 2834;

describe('in QEMU', () => {
  const folder = testFolder();
  const samples = tone(3000);
  const disk = path.join(folder, 'disk.tar');

  const loader = (file: string): string[] => [
    '-device',
    `loader,file=${file},addr=0x${RAM_DISK.toString(16)},force-raw=on`,
  ];

  before(() => {
    const settings = ini('records = on', 'crc = on', 'volume_db = 0', 'at_end = exit', 'pace = free');
    fs.writeFileSync(disk, archive(settings, { name: 'a.wav', data: wav16(samples) }));
  });

  describe('the player', () => {
    let player: Build;
    before(async () => {
      player = await playerBuild();
    });

    for (const [level, elf] of [
      [2, false],
      [3, true],
    ] as const) {
      it(`says where it runs, entered in EL${level}, plays, and ends with its status`, async () => {
        const log = path.join(folder, `log${level}`);
        const run = await runQemu(player, { elf, args: [...loader(disk), '-d', 'unimp', '-D', log] });
        assert.equal(run.status, 0, run.console + run.errors);
        assert.match(run.console, new RegExp(`^Mirleft \\d+\\.\\d+\\.\\d+ player, build ${player.buildId}\r\n`));
        assert.match(run.console, new RegExp(`Raspberry Pi 4 1\\.\\d .*entered in EL${level}\r\n`));
        assert.match(run.console, /\njack: capture\r\n/);
        assert.match(run.console, /"event":"done","failed":0/);
        const words: number[] = [];
        let fresh: number[] = [];
        for (const line of fs.readFileSync(log, 'latin1').split('\n')) {
          const [, offset, value] = /i2s: .*write .*offset 0x(\w+), value 0x(\w+)/.exec(line) ?? [];
          if (offset === '18') fresh.push(parseInt(value ?? '', 16));
          if (offset === '44') words.push(...fresh);
          if (offset === '40' || offset === '44') fresh = [];
        }
        assert.deepEqual(words, wordsOf(samples, RANGE));
      });
    }

    it('plays what stands behind a hundred thousand folders', async () => {
      const file = path.join(folder, 'folders.tar');
      const one = archive({ name: 'd', data: Buffer.alloc(0), type: '5' }).subarray(0, 512);
      const settings = archive(ini('records = on', 'at_end = exit', 'pace = free')).subarray(0, -1024);
      const rest = archive({ name: 'a.wav', data: wav16(samples) });
      fs.writeFileSync(file, Buffer.concat([settings, ...Array.from({ length: 100_000 }, () => one), rest]));
      const run = await runQemu(player, { deterministic: true, args: loader(file) });
      fs.rmSync(file);
      assert.equal(run.status, 0, run.console + run.errors);
      assert.match(run.console, /"event":"done","failed":0/);
    });

    it('ends with a failing status when a track failed', async () => {
      const broken = path.join(folder, 'broken.tar');
      fs.writeFileSync(broken, archive(ini('at_end = exit'), { name: 'x', data: Buffer.from('no sound') }));
      const run = await runQemu(player, { args: loader(broken) });
      assert.equal(run.status, 1);
      assert.match(run.console, /1\/1 x: neither WAV nor QOA at byte 0/);
    });
  });

  it('tone, sampler and blink run and take keys', async () => {
    // They never end by themselves.
    const start = async (
      program: string,
      keys: string,
      told: RegExp,
      options: Pick<QemuOptions, 'args'> = {},
    ): Promise<void> => {
      let typed = false;
      const run = await runQemu(await finishBuild(buildProgram({ program })), {
        ...options,
        isEnough: (text) => told.test(text),
        onConsole: (text, write) => {
          if (!typed && text.includes('jack:')) write(Buffer.from(keys));
          typed ||= text.includes('jack:');
        },
      });
      assert.match(run.console, told);
    };
    await Promise.all([
      start('tone', 'l+', /Mirleft .* tone, .*\r\nleft\r\nvolume -18\.0 dB\r\n/s),
      start('sampler', '1+', /Mirleft .* sampler, .*a\.wav\r\n.*volume -18\.0 dB\r\n/s, { args: loader(disk) }),
      start('blink', '', /Mirleft .* blink, .*seconds: 1\r\nseconds: 2\r\n/s),
    ]);
  });
});
