// drivers/sd-card.ts in QEMU: both controllers, a card of each kind of addresses, and what is in the file afterwards.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { crc32 as zlibCrc32 } from 'node:zlib';
import { machineArguments } from '../../host-tools/emulator/arguments.js';
import { testFolder } from '../media/sounds.js';
import { testFirmware, type TestFirmware } from '../support/firmware.js';
import { runQemu } from '../support/qemu.js';

/** Node has the sum since 20.15; its type came later. */
const crc32 = zlibCrc32 as (bytes: Uint8Array) => number;

const MIB = 1 << 20;
const GIB = 1 << 30;
const SECTOR = 512;
const PATTERNED = 40;
const NO_CARD = '-1';
const RANGE = '-8';

/** As test/programs/card.ts fills. */
function pattern(sector: number, count: number, salt: number): Buffer {
  const first = BigInt(sector) * 128n;
  const words = Uint32Array.from(
    { length: count * 128 },
    (_, i) => Math.imul(Number(BigInt.asUintN(32, first + BigInt(i + 1))), 0x9e3779b1) ^ salt,
  );
  return Buffer.from(words.buffer);
}

describe('an SD card in QEMU', () => {
  const folder = testFolder();
  let firmware: TestFirmware;
  before(async () => {
    firmware = await testFirmware('card');
  });

  async function values(
    card: string | undefined,
    cardSlot: 'emmc1' | 'emmc2',
    deterministic: boolean,
  ): Promise<Record<string, string>> {
    const whole = machineArguments({ kernel: '', card, cardSlot });
    const args = card === undefined ? [] : whole.slice(whole.findIndex((each) => each === '-drive'));
    const run = await runQemu(firmware, { words: [PATTERNED], deterministic, args });
    assert.equal(run.status, 0, run.console + run.errors);
    return Object.fromEntries(
      run.console
        .split('\n')
        .filter(Boolean)
        .map((line) => line.split('=') as [string, string]),
    );
  }

  /** A sparse file that begins with a pattern. */
  function imageOf(name: string, bytes: number): string {
    const file = path.join(folder, name);
    fs.writeFileSync(file, pattern(0, PATTERNED, 9));
    fs.truncateSync(file, bytes);
    return file;
  }

  function bytesAt(file: string, sector: number, count: number): Buffer {
    const bytes = Buffer.alloc(count * SECTOR);
    const handle = fs.openSync(file, 'r');
    fs.readSync(handle, bytes, 0, bytes.length, sector * SECTOR);
    fs.closeSync(handle);
    return bytes;
  }

  for (const slot of ['emmc2', 'emmc1'] as const)
    for (const [kind, bytes, byBlock] of [
      ['byte', 64 * MIB, '0'],
      ['block', 4 * GIB, '1'],
    ] as const)
      it(`on ${slot.toUpperCase()} with ${kind} addresses: every block comes to its place`, async () => {
        const file = imageOf(`${slot}-${kind}.img`, bytes);
        const sectors = bytes / SECTOR;
        const found = await values(file, slot, slot === 'emmc2');
        const { openUs, mibTicks, ...rest } = found;
        assert.deepEqual(rest, {
          ...{
            open: '0',
            controller: slot.toUpperCase(),
            sectors: String(sectors),
            byBlock,
            width: '4',
            highSpeed: '1',
          },
          ...{ writable: '1', first: '0', firstCrc: String(crc32(pattern(0, PATTERNED, 9))), beyond: RANGE },
          ...{ oneWrite: '0', oneRead: '0', oneSame: '1', oneSingles: '1' },
          ...{ manyWrite: '0', manyRead: '0', manySame: '1', manySingles: '1' },
          ...{ lastWrite: '0', lastRead: '0', lastSame: '1', lastSingles: '1' },
          ...{ flush: '0', mib: '0', retries: '0' },
        });
        if (slot === 'emmc2') assert.ok(Number(openUs) < 10_000, `${openUs} virtual µs`);
        assert.ok(Number(mibTicks) > 0);
        const written = [
          [0, PATTERNED, 9],
          [5000, 1, 1],
          [6000, 67, 2],
          [sectors - 3, 3, 3],
        ] as const;
        for (const [sector, count, salt] of written)
          assert.deepEqual(bytesAt(file, sector, count), pattern(sector, count, salt), `sector ${sector}`);
        for (const sector of [PATTERNED, 4999, 5001, 5999, 6067, sectors - 4])
          assert.deepEqual(bytesAt(file, sector, 1), Buffer.alloc(SECTOR), `sector ${sector} is untouched`);
      });

  it('tells that there is no card', async () => {
    const { open, sectors, openUs } = await values(undefined, 'emmc2', true);
    assert.deepEqual([open, sectors], [NO_CARD, '0']);
    assert.ok(Number(openUs) < 20_000, `${openUs} virtual µs`);
  });
});
