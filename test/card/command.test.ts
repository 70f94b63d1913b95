import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { CardReport } from '../../host-tools/card/options.js';
import { run, start, when } from '../cli/mirleft.js';
import { makeMusic, testFolder, tool } from '../media/sounds.js';
import { compiledTool } from '../support/compiled.js';
import { checkFat, firmwareFolder, readCard } from './card-rig.js';

const folder = testFolder();
const at = (...names: string[]): string => path.join(folder, ...names);

describe('mirleft image and mirleft card', () => {
  /** A path with the compiler and nothing else: no apt. */
  const offline = { PATH: at('bin') };

  before(() => {
    fs.mkdirSync(at('bin'));
    for (const name of ['clang', 'ld.lld'])
      fs.symlinkSync(execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim(), at('bin', name));
    firmwareFolder(at('firmware'));
    fs.mkdirSync(at('music'));
    makeMusic(at('music/a.wav'), 0.5, 44100, 16);
    tool('flac', '-s', '-f', at('music/a.wav'), '-o', at('music/b.flac'));
    fs.writeFileSync(at('music/cover.jpg'), 'x');
  });

  it('makes the image for the emulator where no VideoCore files can be had, with status 2 and a line', async () => {
    const { status, stdout, stderr } = await run(folder, ['image', '-m', 'music', '-o', 'a.img'], offline);
    assert.equal(status, 2);
    assert.equal(stdout, '');
    assert.equal(
      stderr.match(/^a Pi will not boot it: there are no VideoCore files \(.+; give the files with --firmware DIR\)$/gm)
        ?.length,
      1,
    );
    assert.match(stderr, /\na\.img: 2 tracks, 1 converted, 1 other file left out, 1 error\n/);
    assert.match(stderr, /\n {2}67\.1 MB, [\d.]+ MB written, 5\d\.\d MB free; no VideoCore files/);
    assert.match(stderr, /\n {2}mirleft run --card a\.img {3}boots it in QEMU\n$/);
    assert.doesNotMatch(stderr, /mirleft flash/);
    checkFat(at('a.img'));
    const kernel = readCard(at('a.img')).get('kernel8.img');
    assert.ok(kernel && kernel.length > 100_000 && kernel.includes('fault end build='));
    // Told beforehand it is no failure.
    const wanted = await run(
      folder,
      ['image', '--no-firmware', '-o', 'a.img', '--program', 'blink', '--json'],
      offline,
    );
    const report = JSON.parse(wanted.stdout) as CardReport;
    assert.deepEqual([wanted.status, report.firmware, report.errors], [0, null, []]);
  });

  it('prints the report as JSON, tells the firmware and the next steps, and puts the same onto a card', async () => {
    const words = ['-m', 'music', '--firmware', 'firmware'];
    const image = await run(folder, ['image', ...words, '-o', 'my card.img', '--size', '100m', '--json'], offline);
    assert.equal(image.status, 0, image.stderr);
    const report = JSON.parse(image.stdout) as CardReport;
    assert.deepEqual(
      [report.schema, report.target, report.bytes, report.firmware?.date, report.ignored, report.interrupted],
      [1, 'my card.img', 128 << 20, '2026-02-03', 1, false],
    );
    assert.deepEqual(
      report.tracks.map((track) => [track.given, track.path, track.converted]),
      [
        ...[
          ['music/a.wav', 'music/a.wav', false],
          ['music/b.flac', 'music/b.qoa', true],
        ],
      ],
    );
    const shown = await run(folder, ['image', ...words, '-o', 'my card.img'], offline);
    assert.match(shown.stderr, /VideoCore firmware of 2026-02-03\n {2}mirleft flash 'my card\.img' \/dev\/…/);

    fs.mkdirSync(at('card'));
    const card = await run(folder, ['card', 'card', ...words], offline);
    assert.equal(card.status, 0, card.stderr);
    assert.match(card.stderr, /note: card is on no FAT file system/);
    assert.deepEqual(fs.readFileSync(at('card/kernel8.img')), readCard(at('my card.img')).get('kernel8.img'));
  });

  it('tells what is wrong in a line each, and refuses wrong options', async () => {
    fs.writeFileSync(at('music/c.mp3'), 'no music');
    const { status, stderr } = await run(folder, ['image', '--no-firmware', '-m', 'music', '-o', 'b.img'], offline);
    assert.equal(status, 1);
    assert.match(stderr, /^error: music\/c\.mp3: is none of the formats/m);
    fs.rmSync(at('music/c.mp3'));
    for (const [words, line, wanted] of [
      [['image', '--size', '32M'], /--size <bytes> argument 32M is invalid: a size from 64M to 1T is wanted/, 2],
      [['image', '--firmware', 'music'], /error: music: holds no start4\.elf with fixup4\.dat/, 1],
      [['image', '-m', 'nothing'], /error: nothing: cannot be read \(no such file or folder\)/, 1],
      [['image', '--no-firmware', '--firmware', 'firmware'], /error: --no-firmware and --firmware contradict each/, 2],
      [['image', '--firmware', 'firmware', '--no-firmware'], /error: --no-firmware and --firmware contradict each/, 2],
      [['card', 'card', '--no-firmware', '--device-tree'], /error: --no-firmware and --device-tree contradict/, 2],
      [
        ['image', '-o', '/dev/none', '--no-firmware'],
        /error: \/dev\/none: would be a file among the devices; write/,
        1,
      ],
      [['card'], /missing required argument dir/, 2],
      [['card', 'nowhere', '--no-firmware'], /error: nowhere: cannot be read .*; mount the card/, 1],
    ] as const) {
      const told = await run(folder, [...words], offline);
      assert.match(told.stderr, line);
      assert.equal(told.status, wanted);
    }
    const json = await run(folder, ['card', 'nowhere', '--json'], offline);
    assert.match(json.stdout, /^\{"schema":1,"errors":\[\{"code":"not-found",/);
  });

  it('names the image where the disk is too small for it', async () => {
    const script = `ulimit -f 1000; exec "${process.execPath}" "$@"`;
    const words = ['image', '--no-firmware', '-p', 'blink', '-o', 'large.img'];
    const tool = await compiledTool('host-tools/cli/main.js');
    const env = { ...process.env, ...offline, NO_COLOR: '1' };
    const { status, stderr } = spawnSync('/bin/bash', ['-c', script, '-', tool, ...words], {
      ...{ cwd: folder, env, encoding: 'utf8' },
    });
    assert.equal(status, 1);
    assert.match(
      stderr,
      /^error: large\.img: cannot be written \(.*\); make room there, or name a place on another disk$/m,
    );
    assert.deepEqual(
      fs.readdirSync(folder).filter((name) => /mirleft|large\.img/.test(name)),
      [],
    );
  });

  it('leaves nothing after Ctrl-C', async () => {
    makeMusic(at('long.wav'), 100, 44100, 16);
    tool('flac', '-s', '-f', '-0', at('long.wav'));
    const running = start(folder, ['image', '--no-firmware', '-m', 'long.flac', '-o', 'long.img'], offline);
    await when(() => fs.readdirSync(folder).some((name) => fs.existsSync(at(name, 'track-0'))), 'the converted track');
    running.child.kill('SIGINT');
    const { status, stderr } = await running.ended;
    assert.equal(status, 130);
    assert.match(stderr, /interrupted: nothing is left half made/);
    assert.deepEqual(
      fs.readdirSync(folder).filter((name) => /mirleft|long\.img/.test(name)),
      [],
    );
  });
});
