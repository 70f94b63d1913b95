// A board that restarts in `mirleft run`, in QEMU and on the virtual Pi: what memory keeps, and which kernel boots.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Exit } from '../../drivers/board-keys.js';
import { buildImage } from '../../host-tools/build/image.js';
import { buildProgram, finishBuild, type Build } from '../../host-tools/build/program.js';
import { nextProgram } from '../../host-tools/cli/run-boots.js';
import { CardRun } from '../../host-tools/cli/run-card.js';
import { makeCard, MIB, putFiles } from '../card/fat-rig.js';
import { testFolder } from '../media/sounds.js';
import { otherBytes } from '../support/module.js';
import { run } from './mirleft.js';

const PROGRAM = path.resolve(import.meta.dirname, '../programs/restarts.ts');
const folder = testFolder();

const signed = (buildId: string): string => String(BigInt.asIntN(64, BigInt(`0x${buildId}`)));

describe('a board that restarts in mirleft run', () => {
  let build: Build;
  let next: { image: Uint8Array; buildId: string };
  before(async () => {
    build = await finishBuild(buildProgram({ program: PROGRAM }));
    next = await buildImage({ wasm: otherBytes(build.wasm) });
  });

  // In QEMU a minute of waiting takes none where time is counted in instructions.
  for (const [target, options] of [
    ['emulator', ['--deterministic']],
    ['virtual', []],
  ] as const) {
    const args = ['run', '--timeout', '200', '--on', target, ...options];

    it(`restarts after a fault as a board does, and finds the report in memory: ${target}`, async () => {
      const { status, stdout, stderr } = await run(folder, [...args, PROGRAM, '--restart-on-fault']);
      const kept = 'kept kind=trap text="unreachable executed"';
      const id = `build=${signed(build.buildId)}`;
      assert.deepEqual(stdout.split(/[\r\n]+/).filter(Boolean), [id, 'boot=1', id, 'boot=2', kept], stderr);
      assert.match(stderr, /^fault: trap: unreachable executed\n {2}at step \(.*restarts\.ts:\d+:\d+\)$/m);
      assert.equal(stderr.match(/^fault: /gm)?.length, 1);
      assert.notEqual(status, 0);
    });

    it(`ends with a fault where nobody asked for more: ${target}`, async () => {
      const { status, stdout } = await run(folder, [...args, PROGRAM]);
      assert.deepEqual([status, stdout.match(/boot/g)?.length], [1, 1]);
    });

    for (const snapshot of [[], ['--snapshot']])
      it(`boots the kernel that the card has then: ${[target, ...snapshot].join(' ')}`, async () => {
        const card = makeCard(path.join(folder, 'card.img'), { bytes: 64 * MIB, bits: 32, clusterSectors: 1 });
        putFiles(card, {
          'config.txt': 'arm_64bit=1\nkernel_address=0x80000\n',
          'kernel8.img': build.image,
          'next.img': next.image,
        });
        const before = fs.readFileSync(card);
        const { status, stdout, stderr } = await run(folder, [...args, '--card', card, ...snapshot]);
        const [first, second] = [...stdout.matchAll(/^build=(.*)$/gm)].map(([, id]) => id);
        assert.equal(first, signed(build.buildId), stderr);
        // QEMU keeps what is written to a snapshot to itself.
        const isOld = target === 'emulator' && snapshot.length > 0;
        assert.equal(second, signed(isOld ? build.buildId : next.buildId), stderr);
        assert.equal(status, 7, stderr);
        assert.equal(fs.readFileSync(card).equals(before), snapshot.length > 0);
      });
  }

  it('keeps the RAM disk that was named, and else has what the card has then: virtual', () => {
    const file = makeCard(path.join(folder, 'disk.img'), { bytes: 64 * MIB, bits: 32, clusterSectors: 1 });
    const config = 'arm_64bit=1\nkernel_address=0x80000\ninitramfs disk.tar 0x10000000\n';
    putFiles(file, { 'config.txt': config, 'kernel8.img': build.image, 'disk.tar': Buffer.from("the card's") });
    const named = path.join(folder, 'named.tar');
    fs.writeFileSync(named, 'named');
    const card = new CardRun(file, true, false);
    try {
      for (const [ramDisk, text] of [
        [named, 'named'],
        [undefined, "the card's"],
      ]) {
        const next = nextProgram(card, card.program, ramDisk, false);
        const boot = next({ kind: 'exit', exit: Exit.Restart, status: 0 });
        assert.equal(Buffer.from(boot?.ramDisk ?? []).toString(), text);
      }
    } finally {
      card.finish();
    }
  });

  it('starts a program again that stands in for the kernel of the card', async () => {
    const card = makeCard(path.join(folder, 'other.img'), { bytes: 64 * MIB, bits: 32, clusterSectors: 1 });
    putFiles(card, { 'config.txt': '', 'next.img': next.image });
    for (const target of ['emulator', 'virtual']) {
      if (target === 'virtual') putFiles(card, { 'next.img': next.image });
      const { status, stdout, stderr } = await run(folder, ['run', PROGRAM, '--on', target, '--card', card]);
      assert.equal(stdout, `build=${signed(build.buildId)}\nboot=1\nbuild=${signed(build.buildId)}\nboot=2\n`, stderr);
      assert.equal(status, 7, stderr);
    }
  });
});
