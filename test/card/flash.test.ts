import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { BlockDevices, type BlockDevice } from '../../host-tools/card/block-devices.js';
import { FileSource } from '../../host-tools/card/byte-source.js';
import { flash, VerifyProblem, type FlashEvent, type FlashReport } from '../../host-tools/card/flash.js';
import { planFlash, type FlashPlan } from '../../host-tools/card/flash-plan.js';
import {
  alignedBuffer,
  openDeviceTarget,
  openFileTarget,
  type FlashTarget,
} from '../../host-tools/card/flash-target.js';
import { Speed } from '../../host-tools/card/speed.js';
import { Problem } from '../../host-tools/problem.js';
import { run, start, when } from '../cli/mirleft.js';
import { compiledTool } from '../support/compiled.js';
import { testFolder } from '../media/sounds.js';
import { checkFat, makeCard, MIB, noise, PARTITION, patch, putFiles, readImage, writeTable } from './fat-rig.js';

const folder = testFolder();
const at = (...names: string[]): string => path.join(folder, ...names);

/** A card with 9 MiB in use, and old bytes in clusters that are free. */
function makeImage(): string {
  const card = makeCard(at('card.img'), { bytes: 64 * MIB, bits: 32 });
  putFiles(card, { 'one.bin': noise(5 * MIB, 1), 'two.bin': noise(4 * MIB, 2), 'config.txt': 'x' });
  patch(card, 40 * MIB, noise(MIB, 3));
  return card;
}

function plan(image: string, force = false): FlashPlan {
  const source = FileSource.open(image);
  try {
    return planFlash(source, force);
  } finally {
    source.close();
  }
}

async function follow(
  flashing: AsyncGenerator<FlashEvent, FlashReport>,
  onEvent: (event: FlashEvent) => void = () => undefined,
): Promise<FlashReport> {
  for (;;) {
    const { done, value } = await flashing.next();
    if (done) return value;
    onEvent(value);
  }
}

/** Whether the file system that the file is on can be read past the cache. */
function takesDirect(file: string): boolean {
  try {
    fs.closeSync(fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_DIRECT));
    return true;
  } catch {
    return false;
  }
}

/** Whether this process has the file open so. */
function isOpenDirect(file: string): boolean {
  const number = fs.readdirSync('/proc/self/fd').find((each) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${each}`) === fs.realpathSync(file);
    } catch {
      return false; // what listed them
    }
  });
  const flags = /^flags:\t(\d+)$/m.exec(fs.readFileSync(`/proc/self/fdinfo/${number}`, 'utf8'))?.[1] ?? '';
  return (parseInt(flags, 8) & fs.constants.O_DIRECT) !== 0;
}

/** What stands for a device: a file that is written in place, whose number is that of no device. */
const plainDevice = (file: string): BlockDevice => ({
  ...new BlockDevices({ sys: folder, proc: folder, dev: folder }).describe(path.basename(file)),
  number: '0:0',
  path: file,
});
function openPlain(file: string): Promise<FlashTarget> {
  if (!fs.existsSync(file)) fs.writeFileSync(file, '');
  fs.truncateSync(file, 64 * MIB);
  return openDeviceTarget(plainDevice(file), false);
}

/** Remembers what is done to a target, and may do it otherwise. */
function watched(target: FlashTarget, changes: Partial<FlashTarget> = {}): FlashTarget & { done: string[] } {
  const done: string[] = [];
  return {
    ...{ name: target.name, blockBytes: target.blockBytes, isDirect: target.isDirect, done },
    write(bytes, offset) {
      done.push(`write ${offset}${bytes.some((byte) => byte !== 0) ? '' : ' zeros'}`);
      return target.write(bytes, offset);
    },
    sync() {
      done.push('sync');
      return target.sync();
    },
    read: (into, offset) => target.read(into, offset),
    resize: (bytes) => target.resize(bytes),
    finish: () => target.finish(),
    close: () => target.close(),
    ...changes,
  };
}

describe('mirleft flash', () => {
  let image: string;
  before(() => (image = makeImage()));

  describe('the plan', () => {
    it('has the blocks in use of a FAT partition, and what is before it', () => {
      const { regions, usedBytes, neededBytes, whole } = plan(image);
      assert.equal(whole, undefined);
      assert.equal(neededBytes, 64 * MIB);
      assert.ok(usedBytes > 10 * MIB && usedBytes < 12 * MIB, `${usedBytes}`);
      assert.equal(regions[0]?.offset, 0);
      for (const { offset, bytes } of regions) assert.deepEqual([offset % 4096, bytes % 4096], [0, 0]);
    });

    it('takes other images whole, and says why', () => {
      const file = at('other.img');
      fs.writeFileSync(file, noise(10_000, 4));
      assert.throws(
        () => plan(file),
        (error) => error instanceof Problem && /no partition table, and no file system .* --force/.test(error.line()),
      );
      assert.deepEqual(plan(file, true), {
        ...{ regions: [{ offset: 0, bytes: 10_240 }], usedBytes: 10_240, neededBytes: 10_240 },
        whole: 'it has no partition table',
      });
      fs.copyFileSync(image, file);
      writeTable(file, 0x83, PARTITION, 8 * MIB);
      const { usedBytes, neededBytes, whole } = plan(file);
      assert.deepEqual([usedBytes, neededBytes], [PARTITION + 8 * MIB, PARTITION + 8 * MIB]);
      assert.match(whole ?? '', /no FAT/);
    });

    it('takes a FAT that cannot be trusted whole', () => {
      const file = at('lying.img');
      fs.copyFileSync(image, file);
      patch(file, PARTITION + 36, Buffer.from([1, 0, 0, 0]));
      assert.equal(plan(file).usedBytes, 64 * MIB);
    });

    it('refuses what is empty, packed or cut off', () => {
      const cases: [RegExp, () => void][] = [
        [/is empty/, () => fs.truncateSync(at('bad.img'), 0)],
        [/is packed with gzip; unpack it/, () => patch(at('bad.img'), 0, Buffer.from([0x1f, 0x8b]))],
        [
          /is cut off: it has 33554432 bytes, and its partitions end at 67108864/,
          () => fs.truncateSync(at('bad.img'), 32 * MIB),
        ],
      ];
      for (const [words, make] of cases) {
        fs.copyFileSync(image, at('bad.img'));
        make();
        assert.throws(
          () => plan(at('bad.img')),
          (error) => error instanceof Problem && words.test(error.line()),
        );
      }
    });
  });

  it('writes what is in use and nothing else, and compares it past the cache', async () => {
    const target = await openFileTarget(at('copy.img'), image, false);
    const making = fs.readdirSync(folder).filter((name) => name.startsWith('.mirleft-flash-'));
    assert.equal(isOpenDirect(at(making[0] ?? '', 'file')), target.isDirect);
    const events: FlashEvent[] = [];
    const report = await follow(flash({ image, plan: plan(image), target }), (event) => events.push(event));
    await target.close();
    const { usedBytes } = plan(image);
    assert.deepEqual([report.writtenBytes, report.verifiedBytes, report.interrupted], [usedBytes, usedBytes, false]);
    assert.equal(report.cacheBypassed, target.isDirect);
    assert.equal(report.cacheBypassed, takesDirect(at('copy.img')));
    const stat = fs.statSync(at('copy.img'));
    assert.equal(stat.size, 64 * MIB);
    assert.ok(stat.blocks * 512 < 13 * MIB, `${stat.blocks}`);
    assert.ok(
      fs
        .readFileSync(at('copy.img'))
        .subarray(40 * MIB, 41 * MIB)
        .every((byte) => byte === 0),
    );
    checkFat(at('copy.img'));
    assert.deepEqual(readImage(at('copy.img')), readImage(image));
    const last = events.at(-1);
    assert.deepEqual([last?.phase, last?.bytes], ['verifying', last?.total]);
    assert.ok(events.some(({ phase }) => phase === 'writing'));
  });

  it('empties the first block first and writes it last, after all else has been compared', async () => {
    const target = watched(await openPlain(at('order.img')));
    await follow(flash({ image, plan: plan(image), target }));
    await target.close();
    assert.deepEqual(target.done.slice(0, 3), ['write 0 zeros', 'sync', 'write 4096']);
    assert.deepEqual(target.done.slice(-3), ['sync', 'write 0', 'sync']);
    assert.equal(target.done.filter((line) => line.startsWith('write 0')).length, 2);
  });

  it('tells where a card keeps other bytes than it was given, and leaves it without a partition table', async () => {
    const file = await openPlain(at('liar.img'));
    const where = PARTITION + 3 * MIB;
    const target = watched(file, {
      async read(into, offset) {
        await file.read(into, offset);
        for (const place of [where + 5, where + 9])
          if (place >= offset && place < offset + into.length) into[place - offset] = (into[place - offset] ?? 0) ^ 1;
      },
    });
    const problem = await follow(flash({ image, plan: plan(image), target })).then(
      () => undefined,
      (error: unknown) => error,
    );
    await target.close();
    assert.ok(problem instanceof VerifyProblem);
    assert.equal(problem.code, 'verify-failed');
    assert.deepEqual(problem.range, { from: where + 5, to: where + 10 });
    const good = fs.readFileSync(image).subarray(where + 5, where + 10);
    const bad = Buffer.from(good);
    bad[0] = (bad[0] ?? 0) ^ 1;
    bad[4] = (bad[4] ?? 0) ^ 1;
    const sum = (bytes: Buffer): string => crc32(bytes).toString(16).padStart(8, '0');
    assert.deepEqual([problem.expected, problem.found], [sum(good), sum(bad)]);
    assert.ok(
      fs
        .readFileSync(at('liar.img'))
        .subarray(0, 512)
        .every((byte) => byte === 0),
    );
  });

  it('finds a first block that was not kept', async () => {
    const file = await openPlain(at('head.img'));
    const target = watched(file, {
      write: (bytes, offset) => (offset === 0 ? file.write(alignedBuffer(4096), 0) : file.write(bytes, offset)),
    });
    await assert.rejects(
      follow(flash({ image, plan: plan(image), target })),
      (error) => error instanceof VerifyProblem && error.range.from < 512,
    );
    await target.close();
  });

  it('says so where the cache could not be bypassed', async () => {
    const target = watched(await openPlain(at('cached.img')), { isDirect: false });
    assert.equal((await follow(flash({ image, plan: plan(image), target }))).cacheBypassed, false);
    await target.close();
  });

  for (const phase of ['writing', 'verifying'] as const)
    it(`leaves no partition table when it is interrupted while ${phase}`, async () => {
      const ending = new AbortController();
      const target = await openPlain(at('broken-off.img'));
      const report = await follow(flash({ image, plan: plan(image), target, signal: ending.signal }), (event) => {
        if (event.phase === phase) ending.abort();
      });
      await target.close();
      assert.deepEqual([report.interrupted, report.begun], [true, true]);
      assert.ok(report.writtenBytes > 0);
      assert.ok(
        fs
          .readFileSync(at('broken-off.img'))
          .subarray(0, 4096)
          .every((byte) => byte === 0),
      );
      // The same again makes it whole.
      const again = await openPlain(at('broken-off.img'));
      await follow(flash({ image, plan: plan(image), target: again }));
      await again.close();
      assert.deepEqual(readImage(at('broken-off.img')), readImage(image));
    });

  it('writes nothing when it is interrupted before', async () => {
    const target = watched(await openPlain(at('before.img')));
    const report = await follow(flash({ image, plan: plan(image), target, signal: AbortSignal.abort() }));
    await target.close();
    assert.deepEqual([report.interrupted, report.begun, report.writtenBytes, target.done], [true, false, 0, []]);
  });

  it('tells that the head was emptied when it is interrupted right behind that', async () => {
    const ending = new AbortController();
    const file = await openPlain(at('emptied.img'));
    const target = watched(file, {
      sync() {
        ending.abort();
        return file.sync();
      },
    });
    const report = await follow(flash({ image, plan: plan(image), target, signal: ending.signal }));
    await target.close();
    assert.deepEqual([report.interrupted, report.begun, report.writtenBytes], [true, true, 0]);
  });

  it('opens no device but the one that was shown', async () => {
    const device = plainDevice(image);
    await assert.rejects(
      openDeviceTarget({ ...device, number: '8:16' }, false),
      (error) => error instanceof Problem && error.code === 'unsafe-device' && /is another device/.test(error.message),
    );
  });

  it('tells the speed of the last seconds', () => {
    const speed = new Speed(1000);
    assert.equal(speed.bytesPerSecond, undefined);
    speed.mark(1100, 10_000);
    assert.equal(speed.bytesPerSecond, undefined);
    speed.mark(2000, 10_000_000);
    assert.equal(speed.bytesPerSecond, 10_000_000);
    for (let at = 3000; at <= 20_000; at += 1000) speed.mark(at, 10_000_000 + (at - 2000) * 1000);
    assert.equal(speed.bytesPerSecond, 1_000_000);
  });

  describe('as a command', () => {
    it('makes a file, replaces none, and tells a report', async () => {
      const first = await run(folder, ['flash', 'card.img', '--to', 'new.img']);
      assert.equal(first.status, 0, first.stderr);
      assert.match(
        first.stderr,
        /\bwriting, 100 %.*\n.*verifying, 100 %.*\nnew\.img: 1[\d.]+ MB written \(.*\) and compared \(.*\)\n$/,
      );
      const second = await run(folder, ['flash', 'card.img', '--to', 'new.img']);
      assert.deepEqual([second.status, second.stderr], [1, 'error: new.img: is there already; --force replaces it\n']);
      const third = await run(folder, ['flash', 'card.img', '--to', 'new.img', '--force', '--json']);
      const report = JSON.parse(third.stdout) as FlashReport;
      assert.deepEqual([third.status, report.schema, report.target], [0, 1, 'new.img']);
      assert.deepEqual(readImage(at('new.img')), readImage(image));
    });

    it('never writes over the image itself, whatever it is called', async () => {
      const before = fs.readFileSync(image);
      fs.linkSync(image, at('linked.img'));
      fs.symlinkSync('card.img', at('symbolic.img'));
      for (const name of ['card.img', './card.img', 'linked.img', 'symbolic.img']) {
        const { status, stderr } = await run(folder, ['flash', 'card.img', '--to', name, '--force']);
        assert.deepEqual([status, stderr], [1, `error: ${name}: is the image itself; name another file\n`]);
        assert.ok(fs.readFileSync(image).equals(before));
      }
    });

    it('lists the devices as JSON', async () => {
      const { status, stdout } = await run(folder, ['flash', '--list', '--json']);
      const { schema, devices } = JSON.parse(stdout) as { schema: number; devices: BlockDevice[] };
      assert.deepEqual([status, schema], [0, 1]);
      assert.deepEqual(devices, new BlockDevices().candidates());
    });

    it('says what is wrong in its words', async () => {
      const cases: [words: string[], status: number, line: string][] = [
        [[], 2, 'an image is missing; mirleft flash --help tells what it takes'],
        [['card.img'], 2, 'a device or --to is wanted, one of them; mirleft flash --help tells what it takes'],
        [['none.img', '--to', 'x.img'], 1, 'none.img: no such file or device'],
        [
          ['card.img', '/dev/none'],
          1,
          '/dev/none: no such device; mirleft flash --list shows those that can be written',
        ],
        [
          ['card.img', '--to', '/dev/none'],
          1,
          '/dev/none: would be a file among the devices; a device is named without --to',
        ],
        [['card.img', '--to', '/dev/null'], 2, '/dev/null: is no regular file; --to names a file to be made'],
      ];
      for (const [words, status, line] of cases) {
        const ran = await run(folder, ['flash', ...words]);
        assert.deepEqual([ran.status, ran.stderr], [status, `error: ${line}\n`]);
      }
      const json = await run(folder, ['flash', 'card.img', '/dev/null', '--json']);
      const [error] = (JSON.parse(json.stdout) as { errors: { code: string; message: string }[] }).errors;
      assert.deepEqual([json.status, error?.code, error?.message], [2, 'usage', 'is no block device']);
    });

    it('ends at Ctrl-C, and leaves the file that was there before', async () => {
      fs.writeFileSync(at('large.img'), 'no card');
      fs.truncateSync(at('large.img'), 4096 * MIB);
      fs.writeFileSync(at('half.img'), 'what was there');
      const running = start(folder, ['flash', 'large.img', '--to', 'half.img', '--force']);
      const making = (): string[] => fs.readdirSync(folder).filter((name) => name.startsWith('.mirleft-flash-'));
      const blocks = (): number =>
        fs.statSync(at(making()[0] ?? 'none', 'file'), { throwIfNoEntry: false })?.blocks ?? 0;
      await when(
        () => blocks() > 8192,
        'something written',
        () => running.child.exitCode !== null,
      );
      running.child.kill('SIGINT');
      const { status, stderr } = await running.ended;
      assert.equal(status, 130);
      assert.match(stderr, /interrupted: half\.img: it was not made, and what was there is as it was; .*\n$/);
      assert.deepEqual([making(), fs.readFileSync(at('half.img'), 'utf8')], [[], 'what was there']);
    });

    it('asks on a terminal, and takes nothing but yes', async () => {
      const module = await compiledTool('host-tools/cli/confirm.js');
      const code = `import { confirm } from ${JSON.stringify(module)};
        const ending = new AbortController();
        await confirm('Really?', ending).then(() => console.log(ending.signal.aborted ? 'INTERRUPTED' : 'TAKEN'), (error) => console.log('REFUSED ' + error.message));
        process.exit();`;
      fs.writeFileSync(at('ask.mjs'), code);
      const ask = async (keys: string): Promise<string> => {
        const shell = spawn('script', ['-qec', `"${process.execPath}" ask.mjs`, '/dev/null'], { cwd: folder });
        let screen = '';
        let isOver = false;
        shell.stdout.setEncoding('utf8').on('data', (text: string) => (screen += text));
        const ended = new Promise<void>((resolve) => shell.once('close', () => resolve(void (isOver = true))));
        await when(
          () => screen.includes('Really?'),
          'the question',
          () => isOver,
        );
        shell.stdin.write(keys);
        await ended;
        return screen;
      };
      const [yes, no, nothing, interrupted] = await Promise.all([ask('yes\r'), ask('no\r'), ask('\r'), ask('\x03')]);
      assert.match(yes, /TAKEN/);
      assert.match(no, /REFUSED nothing was written/);
      assert.match(nothing, /REFUSED/);
      assert.match(interrupted, /INTERRUPTED/);
      const piped = spawn(process.execPath, ['ask.mjs'], { cwd: folder, stdio: ['pipe', 'pipe', 'inherit'] });
      let said = '';
      piped.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
      await new Promise((resolve) => piped.once('close', resolve));
      assert.match(said, /REFUSED there is nobody to ask/);
    });
  });
});
