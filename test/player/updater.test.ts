// Another kernel for the card: tried, kept or given up; and power cut at every write on the way.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { Boot, Info } from '../../drivers/board-keys.js';
import { LinkError } from '../../firmware/link/protocol.js';
import { testFolder } from '../media/sounds.js';
import { cuts } from '../storage/fat-cuts.js';
import { Card, Fat, noise, type Change } from '../storage/fat-rig.js';
import { makeFat, putFile, repaired } from '../support/fat-image.js';
import { runProgram } from '../support/module.js';

interface Exports {
  begin(sectors: number): number;
  request(bytes: number, sum: number): number;
  service(): bigint;
  isReady(): number;
  go(): void;
}

const OLD = noise(70_001, 1);
const NEW = noise(90_003, 2);
const RATE = 54_000_000;
const NEVER = 2n ** 63n - 1n;

/** The board goes to another kernel. */
class Chained extends Error {
  constructor(readonly image: Buffer) {
    super('chain');
  }
}

/** One boot: the updater in a module of its own. */
class BootRun {
  text = '';
  seconds = 1;

  private constructor(
    readonly card: Card,
    readonly exports: Exports,
  ) {}

  static async of(image: Buffer, reason: Boot = Boot.PowerOn, changes?: Change[]): Promise<BootRun> {
    const card = new Card(image);
    card.changes = changes;
    const window = new Map<number, Buffer>();
    const boxed: { run?: BootRun } = {};
    const { exports } = await runProgram<Exports>(
      'test/player/assembly/updater.ts',
      (memory) => {
        const bytes = (ptr: number, count: number): Uint8Array => new Uint8Array(memory().buffer, ptr >>> 0, count);
        return {
          readSectors: (sector: bigint, ptr: number, count: number) =>
            card.read(Number(sector), bytes(ptr, count * 512)),
          writeSectors: (sector: bigint, ptr: number, count: number) =>
            card.write(Number(sector), bytes(ptr, count * 512)),
          flushSectors: () => card.flush(),
          crc32: (ptr: number, length: number, seed: number) => zlib.crc32(bytes(ptr, length), seed >>> 0),
          ticks: () => BigInt(Math.round((boxed.run?.seconds ?? 1) * RATE)),
          info: (key: number) =>
            BigInt({ [Info.TickRate]: RATE, [Info.BootReason]: reason, [Info.Generation]: 1 }[key] ?? 0),
          copyOut: (physical: number, ptr: number, count: number) => {
            window.set(physical, Buffer.from(bytes(ptr, count)));
            return 0;
          },
          send: (ptr: number, count: number) => {
            if (boxed.run) boxed.run.text += Buffer.from(bytes(ptr, count)).toString();
            return count;
          },
          chain: (physical: number, length: number) => {
            const pieces = [...window].filter(([at]) => at >= physical).sort(([one], [other]) => one - other);
            throw new Chained(Buffer.concat(pieces.map(([, piece]) => piece)).subarray(0, length));
          },
        };
      },
      { memoryPages: 64 },
    );
    const run = (boxed.run = new BootRun(card, exports));
    assert.equal(exports.begin(card.sectors), 0);
    return run;
  }

  /** Lets it work until it waits for nothing, or a kernel is there. */
  work(): void {
    for (let i = 0; i < 10_000; i++) {
      const due = this.exports.service();
      if (this.exports.isReady() || due === NEVER) return;
      this.seconds = Math.max(this.seconds, Number(due) / RATE);
    }
    assert.fail('no end of work');
  }

  /** Tries what lies there as next.img; the image that the board goes to. */
  try(content: Buffer): Buffer {
    assert.equal(this.exports.request(content.length, zlib.crc32(content) | 0), LinkError.None);
    this.work();
    assert.equal(this.exports.isReady(), 1);
    try {
      this.exports.go();
    } catch (error) {
      if (error instanceof Chained) return error.image;
      throw error;
    }
    return assert.fail('it came back');
  }
}

describe('the updater', () => {
  const folder = testFolder();
  let fat: Fat;
  before(async () => {
    fat = await Fat.start();
  });

  function cardWith(files: Record<string, Buffer>, bits: 16 | 32 = 16): Buffer {
    const file = path.join(folder, 'start.img');
    makeFat(file, { bits, kib: bits === 32 ? 40_000 : 4000, clusterSectors: 1 });
    for (const [name, content] of Object.entries(files)) putFile(file, name, content);
    return fs.readFileSync(file);
  }

  const allOf = (image: Buffer): Record<string, Buffer> => {
    fat.mount(Buffer.from(image));
    return fat.tree();
  };
  const tree = (image: Buffer): Record<string, Buffer> => {
    const files = allOf(image);
    delete files['/update.state'];
    return files;
  };
  const freeBytesOf = (image: Buffer): number => {
    fat.mount(Buffer.from(image));
    while (!fat.exports.countFree(1000));
    return fat.exports.freeBytes();
  };
  const backing = ({ card }: BootRun): Buffer => card.backing as Buffer;

  it('tries next.img and keeps it after ten seconds, and the old one as previous.img', async () => {
    const first = await BootRun.of(cardWith({ 'kernel8.img': OLD, 'next.img': NEW, 'previous.img': noise(50, 3) }));
    assert(first.try(NEW).equals(NEW));
    const second = await BootRun.of(backing(first), Boot.Chain);
    assert.equal(second.exports.service(), BigInt(11 * RATE));
    assert.deepEqual(tree(backing(second)), {
      '/kernel8.img': OLD,
      '/next.img': NEW,
      '/previous.img': noise(50, 3),
    });
    second.work();
    assert.deepEqual(tree(backing(second)), { '/kernel8.img': NEW, '/previous.img': OLD });
    const third = await BootRun.of(backing(second));
    third.work();
    assert.deepEqual(tree(backing(third)), { '/kernel8.img': NEW, '/previous.img': OLD });
  });

  it('calls one that did not live for ten seconds failed', async () => {
    const first = await BootRun.of(cardWith({ 'kernel8.img': OLD, 'next.img': NEW }));
    first.try(NEW);
    const second = await BootRun.of(backing(first), Boot.Chain);
    const third = await BootRun.of(backing(second));
    third.work();
    assert.deepEqual(tree(backing(third)), { '/kernel8.img': OLD, '/failed.img': NEW });
    const fourth = await BootRun.of(backing(third));
    fourth.work();
    assert.deepEqual(tree(backing(fourth)), { '/kernel8.img': OLD, '/failed.img': NEW });
  });

  it('leaves no half of the old one on a card that has no room for it, and says so', async () => {
    // Of 4 MB with 16-bit FATs, the two kernels and update.state some 40 kB are left.
    const filler = noise(3_780_000, 4);
    const first = await BootRun.of(cardWith({ 'kernel8.img': OLD, 'next.img': NEW, filler }));
    first.try(NEW);
    const second = await BootRun.of(backing(first), Boot.Chain);
    second.work();
    assert.deepEqual(tree(backing(second)), { '/kernel8.img': NEW, '/filler': filler });
    assert.match(second.text, /kernel8\.img now; the one from before is not kept/);
  });

  it('keeps nothing but what it has tried', async () => {
    const first = await BootRun.of(cardWith({ 'kernel8.img': OLD, 'next.img': NEW }));
    first.try(NEW);
    fat.mount(backing(first));
    fat.remove('next.img');
    fat.writeFile('next.img', OLD.subarray(1));
    const second = await BootRun.of(backing(first), Boot.Chain);
    second.work();
    assert.deepEqual(tree(backing(second))['/kernel8.img'], OLD);
  });

  it('tries nothing that is not what was announced, and keeps nothing of it', async () => {
    const start = cardWith({ 'kernel8.img': OLD, 'next.img': NEW });
    const sum = zlib.crc32(NEW) | 0;
    for (const [bytes, announced] of [
      [NEW.length + 1, sum],
      [0, sum],
      [-1, sum],
      [NEW.length, sum ^ 1],
    ] as const) {
      const run = await BootRun.of(Buffer.from(start));
      assert.equal(run.exports.request(bytes, announced), LinkError.None);
      assert.equal(run.exports.request(NEW.length, sum), LinkError.Busy);
      run.work();
      assert.equal(run.exports.isReady(), 0);
      assert.deepEqual(allOf(backing(run)), { '/kernel8.img': OLD }, `${bytes} bytes`);
      fat.mount(backing(run));
      fat.writeFile('next.img', NEW);
      const again = await BootRun.of(backing(run));
      assert(again.try(NEW).equals(NEW));
    }
    const none = await BootRun.of(cardWith({ 'kernel8.img': OLD }));
    assert.equal(none.exports.request(NEW.length, sum), LinkError.NotFound);
  });

  it('leaves nothing of an update on a card that has no room for its note', async () => {
    // Of 4 MB with 16-bit FATs, the two kernels and this some 50 kB are left; update.state has 64.
    const filler = noise(3_840_000, 4);
    const run = await BootRun.of(cardWith({ 'kernel8.img': OLD, 'next.img': NEW, filler }));
    const free = freeBytesOf(cardWith({ 'kernel8.img': OLD, filler }));
    assert.equal(run.exports.request(NEW.length, zlib.crc32(NEW) | 0), LinkError.None);
    run.work();
    assert.equal(run.exports.isReady(), 0);
    assert.deepEqual(allOf(backing(run)), { '/kernel8.img': OLD, '/filler': filler });
    assert.equal(freeBytesOf(backing(run)), free);
    assert.equal(run.exports.request(NEW.length, 0), LinkError.NotFound);
  });

  it('boots the old or the new kernel, whole, after a cut at every write', async () => {
    const start = cardWith({ 'kernel8.img': OLD, 'next.img': NEW });
    const changes: Change[] = [];
    const first = await BootRun.of(Buffer.from(start), Boot.PowerOn, changes);
    first.try(NEW);
    const marks = [0, changes.length];
    const second = await BootRun.of(backing(first), Boot.Chain, changes);
    second.work();
    let [count, kept] = [0, 0];
    for (const { image, repaired: mended, what, step } of repaired(folder, cuts({ start, changes, marks }, 7))) {
      count++;
      for (const found of [image, mended]) {
        const kernel = tree(found)['/kernel8.img'];
        assert(kernel && (kernel.equals(OLD) || (kernel.equals(NEW) && step === 1)), `kernel8.img, ${what}`);
        const run = await BootRun.of(found);
        run.work();
        const after = tree(backing(run));
        assert(after['/kernel8.img']?.equals(kernel), `kernel8.img at the next boot, ${what}`);
        if (kernel.equals(NEW)) kept++;
      }
    }
    assert(count > 60, `${count} cuts`);
    assert(kept > 0);
  });
});
