// FAT images by the tools that others use: made by mkfs.fat, filled and read by mtools, checked by fsck.fat.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { pick } from './pick.js';

export interface FatOptions {
  bits: 12 | 16 | 32;
  /** Size of the volume; the file is sparse. */
  kib: number;
  /** Sectors of a cluster; default: what mkfs.fat takes. */
  clusterSectors?: number;
  label?: string;
  /** Further options of mkfs.fat. */
  options?: readonly string[];
}

// Names are UTF-8; what mtools writes has always the same dates; volumes of odd sizes are no error.
const env = { ...process.env, LC_ALL: 'C.UTF-8', SOURCE_DATE_EPOCH: '1000000000', MTOOLS_SKIP_CHECK: '1' };

function run(program: string, args: readonly string[], input?: Uint8Array): Buffer {
  const { status, stdout, stderr, error } = spawnSync(program, args, { env, input, maxBuffer: 1 << 28 });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: status ${status}\n${stdout}${stderr}`);
  return stdout;
}

/** Makes a file with an empty volume in it. */
export function makeFat(file: string, { bits, kib, clusterSectors, label, options = [] }: FatOptions): void {
  fs.rmSync(file, { force: true });
  run('mkfs.fat', [
    ...['--invariant', '-F', String(bits), '-C'],
    ...(clusterSectors ? ['-s', String(clusterSectors)] : []),
    ...(label ? ['-n', label] : []),
    ...options,
    ...[file, String(kib)],
  ]);
}

/** Runs one of mtools on an image: `mtools(file, 'mcopy', '-s', 'music', '::/')`. Its output. */
export function mtools(file: string, command: string, ...args: string[]): string {
  return run(command, ['-i', file, ...args]).toString();
}

/** Puts a file on an image. */
export function putFile(file: string, name: string, data: Uint8Array): void {
  run('mcopy', ['-i', file, '-o', '-', `::${name}`], data);
}

/** Reads a file off an image. */
export function getFile(file: string, name: string): Buffer {
  return run('mcopy', ['-i', file, `::${name}`, '-']);
}

/** What `fsck.fat -n` finds wrong with an image; nothing for a clean one. */
export const checkFat = (file: string): string => checkAndGet(file).wrong;

/**
 * What `fsck.fat -n` finds wrong with an image, and a file of it as mtools reads it, empty without a name. As one process
 * from here: starting it takes longer than what it does.
 */
export function checkAndGet(file: string, name = ''): { wrong: string; content: Buffer } {
  const script = 'fsck.fat -n "$0" 2>&1; printf "\\0%s\\0" $?; [ -z "$1" ] || mcopy -i "$0" "::$1" -';
  const said = run('timeout', ['-k', '1', '100', 'sh', '-c', script, file, name]);
  const status = said.indexOf(0) + 1;
  const content = said.indexOf(0, status) + 1;
  const isClean = said.toString('latin1', status, content - 1) === '0';
  return { wrong: isClean ? '' : said.toString('utf8', 0, status - 1), content: said.subarray(content) };
}

/** Repairs images as `fsck.fat -a` does; those that had something wrong. Throws if it gives up. */
export function repairAll(files: readonly string[]): string[] {
  // One shell for all, as above.
  const script = 'for f; do fsck.fat -a "$f" 2>&1; printf "\\0%s\\0" $?; done';
  const parts = run('timeout', ['-k', '1', '100', 'sh', '-c', script, 'sh', ...files])
    .toString()
    .split('\0');
  const status = (i: number): number => Number(parts[2 * i + 1]);
  const failed = files.flatMap((_, i) => (status(i) > 1 ? [parts[2 * i]] : []));
  if (failed.length) throw new Error(`fsck.fat gave up: ${failed.join('\n')}`);
  return files.filter((_, i) => status(i) === 1);
}

/** Images that are on the disk and in memory at once. */
const BATCH = 32;

/**
 * Each with its image as `fsck.fat -a` leaves it, which finds nothing wrong with it then. `folder` is where it may work.
 * Throws if it gives up, or `passes` of it are too few.
 */
export function* repaired<Each extends { image: Buffer }>(
  folder: string,
  all: Iterable<Each>,
  passes = 1,
): Generator<Each & { repaired: Buffer }> {
  for (const batch of batches(all, BATCH)) {
    const files = batch.map(({ image }, i) => {
      const file = path.join(folder, `${i}.img`);
      fs.writeFileSync(file, image);
      return file;
    });
    let wrong = files;
    // The last pass only finds that nothing is left to repair.
    for (let pass = 0; pass <= passes && wrong.length; pass++) wrong = repairAll(wrong);
    if (wrong.length) throw new Error(`${wrong.length} images need more than ${passes} passes of fsck.fat`);
    for (const [i, each] of batch.entries()) yield { ...each, repaired: fs.readFileSync(pick(files, i)) };
  }
}

function* batches<Each>(all: Iterable<Each>, size: number): Generator<Each[]> {
  let batch: Each[] = [];
  for (const each of all) {
    if (batch.push(each) < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length) yield batch;
}

/** A card with an MBR: the volume in its first partition, which begins at a sector. */
export function withMbr(volume: Uint8Array, { start = 2048, type = 0x0c } = {}): Buffer {
  const card = Buffer.alloc(start * 512 + volume.length);
  card.set(volume, start * 512);
  card.writeUInt8(type, 446 + 4);
  card.writeUInt32LE(start, 446 + 8);
  card.writeUInt32LE(volume.length / 512, 446 + 12);
  card.writeUInt16LE(0xaa55, 510);
  return card;
}
