// Cards as the reference tools make them: mkfs.fat and mtools, with a partition table written by hand.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { PartOfSource, FileSource, type ByteSource } from '../../host-tools/card/byte-source.js';
import { walk, type CardEntry } from '../../host-tools/card/card-files.js';
import { fatRoot } from '../../host-tools/card/fat-reader.js';
import { FatVolume } from '../../host-tools/card/fat-volume.js';
import { Problem } from '../../host-tools/problem.js';
import { tool } from '../media/sounds.js';

export const MIB = 1 << 20;
/** Where the partition of a card begins. */
export const PARTITION = MIB;

export interface CardShape {
  bytes: number;
  bits: 12 | 16 | 32;
  /** Default: 1. */
  clusterSectors?: number;
  /** Default: what fits the FAT. */
  type?: number;
  /** Into which of the table's four entries; default: the first. */
  entry?: number;
}

const TYPES = { 12: 0x01, 16: 0x06, 32: 0x0c };

/** Writes a partition table with one entry. */
export function writeTable(file: string, type: number, offset: number, bytes: number, entry = 0): void {
  const sector = Buffer.alloc(512);
  const at = 446 + 16 * entry;
  sector[at + 4] = type;
  sector.writeUInt32LE(offset / 512, at + 8);
  sector.writeUInt32LE(bytes / 512, at + 12);
  sector.writeUInt16LE(0xaa55, 510);
  patch(file, 0, sector);
}

/** Overwrites bytes of a file. */
export function patch(file: string, offset: number, bytes: Uint8Array): void {
  const descriptor = fs.openSync(file, 'r+');
  fs.writeSync(descriptor, bytes, 0, bytes.length, offset);
  fs.closeSync(descriptor);
}

/** Makes an empty card. */
export function makeCard(file: string, shape: CardShape): string {
  fs.rmSync(file, { force: true });
  fs.closeSync(fs.openSync(file, 'w'));
  fs.truncateSync(file, shape.bytes);
  const { bytes, bits, clusterSectors = 1, type = TYPES[bits], entry } = shape;
  const sectors = (bytes - PARTITION) / 512;
  tool(
    'mkfs.fat',
    ...['--invariant', '-n', 'CARD', '-a', '-F', String(bits), '-s', String(clusterSectors)],
    ...['--offset', String(PARTITION / 512), file, String(sectors / 2)],
  );
  writeTable(file, type, PARTITION, bytes - PARTITION, entry);
  return file;
}

const mtools = (program: string, file: string, ...words: string[]): Buffer =>
  execFileSync(program, ['-i', `${file}@@${PARTITION}`, ...words], {
    env: { ...process.env, LC_ALL: 'C.UTF-8', MTOOLS_SKIP_CHECK: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

/** Puts files onto a card, replacing what is there; folders on their paths are made. */
export function putFiles(file: string, contents: Record<string, Uint8Array | string>): void {
  const scratch = fs.mkdtempSync(`${file}.put-`);
  const folders = new Set<string>();
  for (const [name, bytes] of Object.entries(contents)) {
    for (let at = path.dirname(name); at !== '.'; at = path.dirname(at)) folders.add(at);
    const source = path.join(scratch, 'file');
    fs.writeFileSync(source, bytes);
    for (const folder of [...folders].sort()) {
      try {
        mtools('mmd', file, '-D', 's', `::/${folder}`);
      } catch {
        // It is there.
      }
    }
    folders.clear();
    mtools('mcopy', file, '-o', source, `::/${name}`);
  }
  fs.rmSync(scratch, { recursive: true });
}

export const deleteFile = (file: string, name: string): void => void mtools('mdel', file, `::/${name}`);

/** Free bytes as mtools counts them. */
export const freeByMtools = (file: string): number =>
  Number(/([\d ]+) bytes free/.exec(mtools('mdir', file, '::/').toString())?.[1]?.replaceAll(' ', ''));

/** Passes fsck.fat; throws what that says. */
export function checkFat(file: string): void {
  const partition = `${file}.partition`;
  fs.writeFileSync(partition, fs.readFileSync(file).subarray(PARTITION));
  tool('fsck.fat', '-n', partition);
  fs.rmSync(partition);
}

/** The volume on a card. */
export function volumeOf(source: ByteSource): FatVolume {
  return new FatVolume(new PartOfSource(source, PARTITION, source.bytes - PARTITION));
}

/** A source of bytes in memory. */
export const bytesSource = (bytes: Buffer): ByteSource => ({
  name: 'card',
  bytes: bytes.length,
  read: (offset, length) => Buffer.from(bytes.subarray(offset, Math.max(offset, offset + length))),
});

/** All files by their paths, with what is broken under `broken`. */
export function readAll(root: CardEntry): { files: Map<string, Buffer>; broken: string[] } {
  const files = new Map<string, Buffer>();
  const broken: string[] = [];
  for (const { path: name, entry } of walk(root, (where, problem) => broken.push(`${where}: ${problem.message}`))) {
    if (entry.isFolder) continue;
    try {
      files.set(name, entry.read(0, entry.bytes));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      broken.push(`${name}: ${error.message}`);
    }
  }
  return { files, broken };
}

/** The same for a card's image. */
export function readImage(file: string): ReturnType<typeof readAll> {
  const source = FileSource.open(file);
  try {
    return readAll(fatRoot(volumeOf(source)));
  } finally {
    source.close();
  }
}

/** Bytes that look like chance and are the same every time. */
export function noise(bytes: number, seed: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  let state = seed * 2_654_435_761 + 1;
  for (let i = 0; i < bytes; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    buffer[i] = state >>> 16;
  }
  return buffer;
}
