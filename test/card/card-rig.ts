// What tests of cards share: fsck.fat and mtools as judges, VideoCore files that are a pair, a kernel.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Build } from '../../host-tools/build/program.js';
import { makeCardImage } from '../../host-tools/card/image.js';
import type { CardEvent, CardReport, ImageOptions } from '../../host-tools/card/options.js';

export const PARTITION = 4 << 20;
/** What a test writes lies in the beginning of an image, however large that is. */
const BEGINNING = 64 << 20;

/** What is in a fresh player.state. */
export const EMPTY_STATE = Buffer.alloc(65_536);

/** A kernel as far as a card is concerned; `fault end build=` is in every one of ours. */
export const kernel = (mark = 'one'): Build =>
  ({ image: Buffer.from(`kernel ${mark} fault end build=`.padEnd(9000, '.')), buildId: mark }) as unknown as Build;

/** Runs an operation to its end; its events and its report. */
export async function follow(
  running: AsyncGenerator<CardEvent, CardReport>,
  onEvent: (event: CardEvent) => void = () => undefined,
): Promise<{ report: CardReport; events: CardEvent[] }> {
  const events: CardEvent[] = [];
  for (;;) {
    const { done, value } = await running.next();
    if (done) return { report: value, events };
    events.push(value);
    onEvent(value);
  }
}

/** Makes an image without VideoCore files unless the options name some. */
export const makeImage = (options: Partial<ImageOptions> & { output: string }): ReturnType<typeof follow> =>
  follow(makeCardImage({ build: kernel(), firmware: false, ...options }));

/** Its partition as a file of its own passes fsck.fat. */
export function checkFat(image: string): void {
  const partition = `${image}.partition`;
  const all = fs.statSync(image).size;
  const bytes = Buffer.alloc(Math.min(all, BEGINNING));
  const descriptor = fs.openSync(image, 'r');
  fs.readSync(descriptor, bytes, 0, bytes.length, 0);
  fs.closeSync(descriptor);
  fs.writeFileSync(partition, bytes.subarray(PARTITION));
  fs.truncateSync(partition, bytes.readUInt32LE(446 + 12) * 512);
  const { status, stdout, stderr } = spawnSync('fsck.fat', ['-n', '-v', partition], { encoding: 'utf8' });
  fs.rmSync(partition);
  assert.equal(status, 0, `${stdout}${stderr}`);
  assert.doesNotMatch(stdout, /differ|dirty|wrong|bad|orphan|lost/i);
}

/** Everything on the card, as mtools reads it: paths and contents. */
export function readCard(image: string): Map<string, Buffer> {
  const folder = fs.mkdtempSync(`${image}.read-`);
  const words = ['-s', '-n', '-Q', '-i', `${image}@@${PARTITION}`, '::/*', folder];
  const { status, stderr } = spawnSync('mcopy', words, {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8', MTOOLS_SKIP_CHECK: '0' },
  });
  assert.equal(status, 0, stderr);
  const files = readFolder(folder);
  fs.rmSync(folder, { recursive: true });
  return files;
}

/** Everything in a folder: paths with slashes, and contents. */
export function readFolder(folder: string): Map<string, Buffer> {
  const entries = fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    entries
      .map((entry) => path.join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [path.relative(folder, file), fs.readFileSync(file)]),
  );
}

/** A start file and its fixup file, as Raspberry Pi builds them as far as anything here looks. */
export function firmwarePair(bytes = 5000, date = 'Feb  3 2026'): { start: Buffer; fixup: Buffer } {
  const start = Buffer.alloc(bytes, 0x5a);
  start.write('\x7fELF', 0, 'latin1');
  const facts = ['TIME: 14:03:16', `TIME: ${date}`, `VERSION: ${'0123456789'.repeat(4)} (clean)`];
  start.write(facts.map((fact) => `VC_BUILD_ID_${fact}\0`).join(''), 1000, 'latin1');
  const far = (units: number): number[] => [1, units & 0xff, (units >> 8) & 0xff, units >> 16];
  const end = bytes / 2 + 1;
  return { start, fixup: Buffer.from([0x0f, 0x13, 3, 0x15, 0x15, 0x36, ...far(700), ...far(300), ...far(end - 1000)]) };
}

/** A folder with both pairs and a licence. */
export function firmwareFolder(folder: string): string {
  fs.mkdirSync(folder, { recursive: true });
  const [full, cutDown] = [firmwarePair(6000), firmwarePair(4000)];
  fs.writeFileSync(path.join(folder, 'start4.elf'), full.start);
  fs.writeFileSync(path.join(folder, 'fixup4.dat'), full.fixup);
  fs.writeFileSync(path.join(folder, 'start4cd.elf'), cutDown.start);
  fs.writeFileSync(path.join(folder, 'fixup4cd.dat'), cutDown.fixup);
  fs.writeFileSync(path.join(folder, 'LICENCE.broadcom'), 'as is\n');
  return folder;
}

/** A device tree as far as its header goes. */
export function deviceTree(): Buffer {
  const tree = Buffer.alloc(64);
  tree.writeUInt32BE(0xd00dfeed, 0);
  tree.writeUInt32BE(64, 4);
  return tree;
}
