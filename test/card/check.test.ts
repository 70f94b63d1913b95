import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { checkCard } from '../../host-tools/card/check.js';
import type { CheckReport } from '../../host-tools/card/check-report.js';
import { Problem } from '../../host-tools/problem.js';
import { run } from '../cli/mirleft.js';
import { EMPTY_STATE } from './card-rig.js';
import {
  at,
  card,
  check,
  codes,
  config,
  CONFIG,
  fixupFile,
  folder,
  GOOD,
  kernel,
  startFile,
  wav,
} from './check-rig.js';
import { deleteFile, MIB, noise, PARTITION, patch, putFiles } from './fat-rig.js';

describe('mirleft check', () => {
  it('finds nothing on a card that is right, and tells what is on it', async () => {
    const report = await check(card());
    assert.deepEqual(codes(report), []);
    const { fileSystem, label, firmwareDate, buildId, tracks, kind } = report;
    assert.deepEqual(
      { fileSystem, label, firmwareDate, buildId, tracks, kind },
      {
        ...{ fileSystem: 'FAT32', label: 'CARD', firmwareDate: '2022-08-26', buildId: '0123456789abcdef' },
        ...{ tracks: 1, kind: 'image' },
      },
    );
  });

  it('reads config.txt as a Pi 4 does: filters, includes, the last word of each', async () => {
    const lines = (...more: string[]): string => config([...CONFIG, ...more, '']);
    for (const fine of [
      ['[pi3]', 'kernel=none.img', '[all]'],
      ['[none]', 'kernel=none.img'],
      ['[pi3]', '[pi4]', 'kernel=kernel8.img'],
      ['kernel=none.img', '[pi4]', 'kernel=/KERNEL8.IMG'],
      ['[tryboot]', 'kernel=none.img', '[pi4]', 'kernel=none.img', '[all]'],
      ['# kernel=none.img', '  boot_delay=0  '],
      ['[cm4]', 'include none.txt'],
      ['[board-type=0x11]', 'kernel_address=524288'],
    ])
      assert.deepEqual(codes(await check(lines(...fine))), [], fine.join());
    for (const wrong of [
      ['[pi4]', 'kernel=none.img'],
      ['[pi3]', 'kernel=kernel8.img', '[all]', 'kernel=none.img'],
      ['[PI4]', 'KERNEL=none.img'],
    ])
      assert.deepEqual(codes(await check(lines(...wrong))), ['boot no-kernel'], wrong.join());
    const included = card({ 'config.txt': 'include more.txt\n', 'more.txt': CONFIG.join('\r\n') });
    assert.deepEqual(codes(await check(included)), []);
    const circle = card({ 'config.txt': [...CONFIG, 'include config.txt', ''].join('\n') });
    assert.deepEqual(codes(await check(circle)), ['note config-include']);
  });

  it('takes packed kernels, and the cut-down firmware beside the full one', async () => {
    const files = { 'start4cd.elf': startFile(800), 'fixup4cd.dat': fixupFile(800), 'kernel8.img': gzipSync(kernel()) };
    const report = await check(card({ ...files, 'config.txt': [...CONFIG, 'gpu_mem=16', ''].join('\n') }));
    assert.deepEqual([codes(report), report.buildId], [[], '0123456789abcdef']);
  });

  it('leaves files alone that are no music', async () => {
    const others = { 'photo.jpg': noise(90_000, 8), 'music/._one.mp3': noise(100, 9), 'notes.txt': 'RIFF and so on' };
    assert.deepEqual(codes(await check(card(others))), []);
  });

  it('counts tracks as the player does: not in hidden folders, nor by content', async () => {
    const report = await check(card({ 'music/.Trash/two.wav': wav(), 'music/three.wave': wav() }));
    assert.deepEqual([codes(report), report.tracks], [[], 2]);
  });

  it('needs no room for a state that is there', async () => {
    const file = card({ 'player.state': EMPTY_STATE });
    const { freeBytes } = await check(file);
    putFiles(file, { 'fill.bin': Buffer.alloc((freeBytes ?? 0) - 65_536) });
    assert.deepEqual(codes(await check(file)), []);
  });

  it('says that an empty file is empty', async () => {
    fs.writeFileSync(at('empty.img'), '');
    const { findings } = await check(at('empty.img'));
    assert.deepEqual(
      findings.map(({ code, what }) => [code, what]),
      [['no-fat', 'is empty']],
    );
  });

  it('tells that there is no room left', async () => {
    const file = card({ 'fill.bin': Buffer.alloc(61 * MIB + 600 * 1024) });
    const report = await check(file);
    assert.ok((report.freeBytes ?? 0) < 1.5 * MIB);
    const left = report.freeBytes ?? 0;
    putFiles(file, { 'more.bin': Buffer.alloc(left - 65_536) });
    assert.deepEqual(codes(await check(file)), ['note no-room']);
  });

  it('comes to an end with whatever is broken', async () => {
    const file = card({ 'music/deep/two.wav': wav() });
    const good = fs.readFileSync(file);
    let seed = 7;
    const random = (below: number): number => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0) % below;
    const inUse = 3 * MIB;
    for (let round = 0; round < 60; round++) {
      for (let times = 1 + random(20); times > 0; times--)
        patch(file, random(4) ? PARTITION + random(inUse) : random(PARTITION + 512), Buffer.from([random(256)]));
      await check(file);
      if (round % 10 === 9) fs.writeFileSync(file, good);
    }
  });

  it('checks a folder, which is on no FAT here', async () => {
    const mounted = at('mounted');
    for (const [name, bytes] of Object.entries(GOOD)) {
      fs.mkdirSync(path.dirname(path.join(mounted, name)), { recursive: true });
      fs.writeFileSync(path.join(mounted, name), bytes);
    }
    fs.writeFileSync(at('outside.flac'), 'fLaC');
    fs.symlinkSync(at('outside.flac'), path.join(mounted, 'music/link.flac'));
    // Names that are no UTF-8 are files like others.
    fs.writeFileSync(
      Buffer.concat([Buffer.from(`${mounted}/music/`), Buffer.from([0xff]), Buffer.from('.wav')]),
      wav(),
    );
    const report = await check(mounted);
    assert.deepEqual([codes(report), report.kind, report.tracks], [['boot no-fat'], 'folder', 2]);
  });

  it('is at its end soon, and told so, when it is interrupted', async () => {
    const ending = new AbortController();
    const checking = checkCard({ target: card({ 'music/two.wav': wav() }), signal: ending.signal });
    for (;;) {
      const { done, value } = await checking.next();
      if (done) {
        assert.deepEqual([value.interrupted, value.tracks], [true, 0]);
        return;
      }
      if (value.event === 'looking') ending.abort();
    }
  });

  it('fails for what cannot be read', async () => {
    await assert.rejects(check(at('none.img')), (error) => error instanceof Problem && error.code === 'not-found');
    await assert.rejects(check('/dev/null'), (error) => error instanceof Problem && error.code === 'usage');
  });

  it('tells it in lines, and as JSON, with its exit status', async () => {
    const file = card();
    const fine = await run(folder, ['check', 'card.img']);
    assert.deepEqual([fine.status, fine.stderr], [0, '']);
    assert.match(
      fine.stdout,
      /^card\.img: fine \(FAT32, [\d.]+ MB free, VideoCore firmware of 2022-08-26, kernel of build 0123456789abcdef, 1 track\)\n$/,
    );
    deleteFile(file, 'fixup4.dat');
    const wrong = await run(folder, ['check', 'card.img']);
    assert.equal(wrong.status, 1);
    assert.match(
      wrong.stdout,
      /^will not boot: fixup4\.dat: is missing, and start4\.elf is there; take both .*\ncard\.img: 1 problem \(/,
    );
    const json = await run(folder, ['check', '--json', 'card.img']);
    const report = JSON.parse(json.stdout) as CheckReport;
    assert.deepEqual([json.status, report.schema, codes(report)], [1, 1, ['boot no-fixup-file']]);
    const none = await run(folder, ['check', '--json', 'none.img']);
    assert.deepEqual([none.status, (JSON.parse(none.stdout) as CheckReport).errors[0]?.code], [1, 'not-found']);
  });
});
