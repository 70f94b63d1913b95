// Files over a line that drops, doubles, flips and delays bytes, and is cut: what arrives is what was sent, or nothing.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import fs from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { VirtualClock } from '../../host-tools/link/clock.js';
import { FileClient, type PutSource } from '../../host-tools/link/file-client.js';
import { Link } from '../../host-tools/link/link.js';
import { memoryPair, type PairOptions } from '../../host-tools/link/memory-pair.js';
import { Problem } from '../../host-tools/problem.js';
import { testFolder } from '../media/sounds.js';
import { noise } from '../storage/fat-rig.js';
import { checkFat, makeFat } from '../support/fat-image.js';
import { DeviceRig } from './device-rig.js';
import { drive } from './drive.js';
import { PARTS, runsOf } from './fault-runs.js';

const SECTOR = 512;
const RUNS = runsOf(10_000);
/** Of its own time: on the worst of these lines 20 kB may take five minutes. */
const LIMIT_MS = 1_000_000;

describe('files over a bad line', function () {
  this.timeout(600_000);
  const file = path.join(testFolder(), 'card.img');
  let image: Buffer;
  let rig: DeviceRig;

  before(async () => {
    makeFat(file, { bits: 16, kib: 4000, clusterSectors: 1 });
    image = fs.readFileSync(file);
    const boxed: { rig?: DeviceRig } = {};
    const memory = (ptr: number, count: number): Uint8Array => {
      const at = ptr >>> 0;
      return (boxed.rig as DeviceRig).program.bytes().subarray(at, at + count * SECTOR);
    };
    rig = await DeviceRig.make(new VirtualClock(), 'test/link/assembly/files-line.ts', {
      readSectors: (sector: bigint, ptr: number, count: number) => {
        const at = Number(sector) * SECTOR;
        memory(ptr, count).set(image.subarray(at, at + count * SECTOR));
        return 0;
      },
      writeSectors: (sector: bigint, ptr: number, count: number) => {
        image.set(memory(ptr, count), Number(sector) * SECTOR);
        return 0;
      },
    });
    boxed.rig = rig;
    const { mount } = rig.program.exports as unknown as { mount(sectors: number): number };
    assert.equal(mount(image.length / SECTOR), 0);
  });
  after(() => {
    fs.writeFileSync(file, image);
    assert.equal(checkFat(file), '');
  });

  const source = (content: Uint8Array): PutSource => ({
    bytes: content.length,
    crc32: crc32(content),
    read: (offset, most) => Promise.resolve(content.subarray(offset, offset + most)),
  });

  /** A session on a line; what is done in it, and its end. */
  async function session<Result>(options: PairOptions, work: (client: FileClient) => Promise<Result>): Promise<Result> {
    const clock = new VirtualClock();
    const [transport, other] = memoryPair(clock, options);
    rig.connect(other, clock);
    const all = async (): Promise<Result> => {
      const link = await Link.connect(transport, { timeoutMs: 20_000 });
      try {
        return await work(new FileClient(link));
      } finally {
        await link.close();
      }
    };
    return drive(clock, all(), LIMIT_MS);
  }

  async function fetch(client: FileClient, name: string): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    await client.get(name, 0, (piece) => void parts.push(piece));
    return Buffer.concat(parts);
  }

  const rate = fc.constantFrom(0, 0.0001, 0.0003, 0.001);
  const faults = fc.record({ drop: rate, double: rate, flip: rate, delayMs: fc.constantFrom(0, 0, 5) });

  const size = fc.oneof({ weight: 15, arbitrary: fc.nat(1500) }, { weight: 1, arbitrary: fc.nat(20_000) });

  for (let part = 1; part <= PARTS; part++)
    it(`arrive as they were sent, or fail and leave what was there (${part} of ${PARTS})`, () => everyFile(part));

  async function everyFile(part: number): Promise<void> {
    let whole = 0;
    let former: Buffer | undefined;
    const name = `file${part}`;
    await fc.assert(
      fc.asyncProperty(
        fc.record({ seed: fc.integer({ min: 1 }), there: faults, back: faults }),
        fc.constantFrom(115_200, 921_600),
        size,
        async (line, baud, bytes) => {
          const content = noise(bytes, line.seed);
          try {
            await session({ ...line, baud }, async (client) => {
              await client.put(name, source(content), true);
              former = content;
              assert((await fetch(client, name)).equals(content), 'another content came back');
            });
            whole++;
          } catch (error) {
            assert(error instanceof Problem, String(error));
            // Where only the answer was lost the new content is there.
            const now = await session({}, async (client) =>
              (await client.find(name)) ? fetch(client, name) : undefined,
            );
            assert(
              now === undefined ? !former : [former, content].some((wanted) => wanted?.equals(now)),
              'half a file',
            );
            former = now;
          }
        },
      ),
      { numRuns: RUNS, seed: part, endOnFailure: true },
    );
    assert(whole > RUNS * 0.95, `${whole} of ${RUNS} went through`);
  }

  it('is cut at any byte, and goes on', async () => {
    const content = noise(150_000, 9);
    for (let cutMs = 40; cutMs < 1800; cutMs += 130) {
      const name = `cut${cutMs}`;
      const clock = new VirtualClock();
      const [transport, other] = memoryPair(clock, { baud: 921_600 });
      rig.connect(other, clock);
      const link = await drive(clock, Link.connect(transport));
      const putting = new FileClient(link).put(name, source(content), false);
      clock.at(cutMs, () => transport.onClose());
      const outcome = await drive(
        clock,
        putting.then(
          () => 'done',
          (error: unknown) => error,
        ),
      );
      assert(outcome === 'done' || (outcome instanceof Problem && outcome.code === 'link-lost'), String(outcome));
      await session({}, async (client) => {
        assert.equal((await client.find(name))?.bytes, outcome === 'done' ? content.length : undefined);
        let begun = -1;
        await client.put(name, source(content), true, { onBytes: (_, from) => (begun = from) });
        if (cutMs > 700 && outcome !== 'done') assert(begun > 16_000, `cut at ${cutMs} ms, began at ${begun}`);
        assert((await fetch(client, name)).equals(content));
        await client.remove(name);
      });
    }
  });
});
