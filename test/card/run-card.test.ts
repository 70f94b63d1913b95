import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildProgram, finishBuild, type Build } from '../../host-tools/build/program.js';
import { jumpTo, readCardBoot } from '../../host-tools/card/boot-card.js';
import { FileSectors } from '../../host-tools/card/file-sectors.js';
import { readOurKernel } from '../../host-tools/card/kernel-image.js';
import { machineArguments } from '../../host-tools/emulator/arguments.js';
import { Problem } from '../../host-tools/problem.js';
import { run, start } from '../cli/mirleft.js';
import { testFolder, tool } from '../media/sounds.js';
import { makeCard, MIB, noise, putFiles, readImage } from './fat-rig.js';

const folder = testFolder();
const at = (name: string): string => path.join(folder, name);
const PROGRAM = path.resolve(import.meta.dirname, '../programs/boot-counter.ts');
const CONFIG = 'arm_64bit=1\nkernel_address=0x80000\n';

/** A card with these files beside a config.txt. */
function card(name: string, files: Record<string, Uint8Array | string>, bytes = 64 * MIB): string {
  const file = makeCard(at(name), { bytes, bits: 32, clusterSectors: bytes > 1024 * MIB ? 8 : 1 });
  putFiles(file, { 'config.txt': CONFIG, ...files });
  return file;
}

const problem =
  (code: string, words: RegExp) =>
  (error: unknown): boolean =>
    error instanceof Problem && error.code === code && words.test(error.line());

describe('mirleft run --card', () => {
  let build: Build;
  before(async () => (build = await finishBuild(buildProgram({ program: PROGRAM }))));

  it('finds the module and its build id in a kernel', () => {
    const found = readOurKernel(Buffer.from(build.image));
    assert.equal(found?.buildId, build.buildId);
    assert.equal(found.wasm.length, build.moduleBytes);
    assert.ok(WebAssembly.validate(Uint8Array.from(found.wasm)));
    assert.equal(readOurKernel(noise(200_000, 1)), undefined);
  });

  for (const target of ['emulator', 'virtual']) {
    it(`boots the kernel of a card on the ${target}, and what it writes stays there`, async () => {
      card('counts.img', { 'kernel8.img': build.image, 'music/a.bin': noise(5000, 2) });
      const before = readImage(at('counts.img'));
      for (const boots of [1, 2]) {
        const { status, stdout, stderr } = await run(folder, ['run', '--card', 'counts.img', '--on', target]);
        assert.deepEqual([status, stdout], [5, `boot ${boots}\n`], stderr);
        assert.match(
          stderr,
          new RegExp(`^counts\\.img: kernel8\\.img of [\\d,]+ bytes, build ${build.buildId}; Ctrl-C ends$`, 'm'),
        );
      }
      assert.equal(fs.readFileSync(at('counts.img')).readUInt32LE(512), 2);
      assert.deepEqual(readImage(at('counts.img')), before);
    });

    it(`leaves the card as it was with --snapshot on the ${target}`, async () => {
      card('snapshot.img', { 'kernel8.img': build.image });
      const before = fs.readFileSync(at('snapshot.img'));
      for (let times = 0; times < 2; times++) {
        const { stdout, stderr } = await run(folder, ['run', '--card', 'snapshot.img', '--snapshot', '--on', target]);
        assert.equal(stdout, 'boot 1\n', stderr);
        assert.doesNotMatch(stderr, /error/);
      }
      assert.ok(fs.readFileSync(at('snapshot.img')).equals(before));
    });

    it(`takes a kernel's name, and a file for memory, from config.txt on the ${target}`, async () => {
      card('named.img', {
        'config.txt': `${CONFIG}kernel=mine.bin\n[pi3]\nkernel=other.bin\n[all]\ninitramfs data/first.bin,second.bin 0x10000000\n`,
        'mine.bin': gzipSync(build.image),
        'data/first.bin': 'from ',
        'second.bin': 'the card...',
      });
      const { stdout, stderr } = await run(folder, ['run', '--card', 'named.img', '--on', target]);
      assert.equal(stdout, 'boot 1\nfrom the card...\n', stderr);
    });

    it(`starts a program instead of the card's kernel on the ${target}`, async () => {
      card('program.img', { 'kernel8.img': 'no kernel' });
      const { stdout, stderr } = await run(folder, ['run', PROGRAM, '--card', 'program.img', '--on', target]);
      assert.equal(stdout, 'boot 1\n', stderr);
    });
  }

  it('says so when what was written cannot be put onto the card', () => {
    card('gone.img', { 'kernel8.img': build.image });
    const file = new FileSectors(at('gone.img'), 64 * MIB, false);
    file.write(1, new Uint8Array(512).fill(1));
    assert.throws(() => file.putBack(), problem('write-failed', /gone\.img: cannot be written/));
    file.close();
  });

  it('takes a card of 4 GiB, which counts in blocks', async () => {
    card('large.img', { 'kernel8.img': build.image }, 4096 * MIB);
    for (const [target, boots] of [
      ['emulator', 1],
      ['virtual', 2],
    ]) {
      const { stdout, stderr } = await run(folder, ['run', '--card', 'large.img', '--on', String(target)]);
      assert.equal(stdout, `boot ${boots}\n`, stderr);
    }
    fs.rmSync(at('large.img'));
  });

  it('is the same every time with --deterministic', async () => {
    card('same.img', { 'kernel8.img': build.image });
    const { stdout } = await run(folder, ['run', '--card', 'same.img', '--deterministic', '--snapshot']);
    assert.equal(stdout, 'boot 1\n');
  });

  it('loads a kernel to where config.txt says', async () => {
    // Of a few instructions that may lie anywhere: it prints where it is.
    const source = `
      mrs x0, mpidr_el1
      and x0, x0, #3
      cbnz x0, 2f
      movz x1, #0xfe20, lsl #16
      movk x1, #0x1000
      adr x2, .
      lsr x2, x2, #16
      add w2, w2, #'0'
      str w2, [x1]
      2: wfi
      b 2b`;
    fs.writeFileSync(at('where.S'), source);
    tool('clang', '--target=aarch64-none-elf', '-c', at('where.S'), '-o', at('where.o'));
    tool('ld.lld', '--oformat', 'binary', '-Ttext', '0', at('where.o'), '-o', at('where.img'));
    card('where.img.card', {
      'config.txt': 'kernel_address=0x50000\n',
      'kernel8.img': fs.readFileSync(at('where.img')),
    });
    const running = start(folder, ['run', '--card', 'where.img.card', '--timeout', '20']);
    await running.until(/^5/m);
    running.child.kill('SIGINT');
    assert.deepEqual((await running.ended).stdout, '5');
    assert.deepEqual([...new Uint32Array(jumpTo(0x200000).buffer)], [0xd2800010, 0xf2a00410, 0xd61f0200]);
  });

  it('tells a fault of the kernel without its source', async () => {
    const failing = at('failing');
    fs.mkdirSync(failing);
    fs.writeFileSync(
      path.join(failing, 'main.ts'),
      'export function start(g: i32): void { unreachable(); }\nexport function step(e: i32): i64 { return 0; }\n',
    );
    const { image } = await finishBuild(buildProgram({ program: failing }));
    card('failing.img', { 'kernel8.img': image });
    for (const target of ['emulator', 'virtual']) {
      const { status, stderr } = await run(folder, ['run', '--card', 'failing.img', '--on', target]);
      assert.equal(status, 1);
      assert.match(stderr, /fault: trap: .*unreachable.*\n {2}at .*wasm \+0x/);
    }
  });

  it('says what keeps a card from being started', async () => {
    const ours = { 'kernel8.img': build.image };
    const config = (...lines: string[]): string =>
      card('wrong.img', { ...ours, 'config.txt': [CONFIG, ...lines].join('\n') });
    const read = (file: string): unknown => readCardBoot(file, false);
    const cases: [RegExp, () => string][] = [
      [/has no kernel8\.img to start; mirleft check .* tells more/, () => card('wrong.img', {})],
      [/with 32 bits/, () => config('arm_64bit=0', 'kernel=kernel8.img')],
      [/os_prefix/, () => config('os_prefix=old/')],
      [/has no none\.bin, which config\.txt loads/, () => config('initramfs none.bin 0x10000000')],
      [/loads kernel8\.img to where there is no memory/, () => config('kernel_address=0xffff0000')],
      [/loads kernel8\.img to where there is no memory/, () => config('kernel_address=here')],
      [/has 68157440 bytes, .* make it longer: truncate -s 134217728 /, () => card('wrong.img', ours, 65 * MIB)],
      [/cannot be unpacked/, () => card('wrong.img', { 'kernel8.img': gzipSync(build.image).subarray(0, 5000) })],
      [/has no partition table/, () => (fs.writeFileSync(at('wrong.img'), noise(MIB + 512, 3)), at('wrong.img'))],
      [/is empty/, () => (fs.writeFileSync(at('wrong.img'), ''), at('wrong.img'))],
      [
        /is packed with gzip; unpack it with gunzip first/,
        () => (fs.writeFileSync(at('wrong.img'), gzipSync(noise(5000, 3))), at('wrong.img')),
      ],
      [
        /ends at byte 67108864, and the card at 50331648; copy the image again/,
        () => (card('wrong.img', ours), fs.truncateSync(at('wrong.img'), 48 * MIB), at('wrong.img')),
      ],
      [/has no partition table/, () => (fs.writeFileSync(at('wrong.img'), noise(MIB, 3)), at('wrong.img'))],
    ];
    for (const [words, make] of cases) assert.throws(() => read(make()), problem('bad-card', words));
    const { notes, ramFile } = readCardBoot(
      config('kernel_address=0x200000', 'initramfs none.bin followkernel', 'armstub=x'),
      false,
    );
    assert.equal(ramFile, undefined);
    assert.equal(notes.length, 3, notes.join('\n'));
    const [none, virtual] = await Promise.all([
      run(folder, ['run', '--snapshot']),
      (card('foreign.img', { 'kernel8.img': noise(9000, 4) }),
      run(folder, ['run', '--card', 'foreign.img', '--on', 'virtual'])),
    ]);
    assert.deepEqual(
      [none.status, none.stderr],
      [2, 'error: there is no card to leave as it was; name one with --card\n'],
    );
    assert.match(
      virtual.stderr,
      /error: foreign\.img: has a kernel that is none of Mirleft's; the virtual Pi runs modules only/,
    );
    assert.equal(virtual.status, 1);
  });

  it('has the card in the slot of a board, or in the one that QEMU has', () => {
    const words = (options: object): string => machineArguments({ kernel: 'k', ...options }).join(' ');
    const file = path.resolve('a,b:c.img').replaceAll(',', ',,');
    assert.ok(
      words({ card: 'a,b:c.img' }).includes(
        `-drive id=card,if=none,format=raw,file=${file} -device sd-card,drive=card,bus=main-system-bus/generic-sdhci/sd-bus`,
      ),
    );
    assert.ok(
      words({ card: 'a,b:c.img', cardSlot: 'emmc1', cardSnapshot: true }).includes(
        `-drive if=sd,format=raw,file=${file},snapshot=on`,
      ),
    );
  });
});
