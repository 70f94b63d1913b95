// Writes a card's image: what is given decides every byte of it. Files lie in one piece each; what nothing was written
// to is a hole. Sources of the layouts: fat-geometry.ts; for the MBR, Microsoft's and everybody's since MS-DOS 2.

import fs from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { Problem, systemCode, systemReason } from '../problem.js';
import { place, type CardFile, type CardTree, type Placed } from './card-tree.js';
import { directoryBytes } from './fat-directory.js';
import { FIRST_CLUSTER, SECTOR, type Geometry } from './fat-geometry.js';

/** What the boot sector says made it; by it an image of ours is known. */
export const MAKER = 'MIRLEFT ';
export const LABEL = 'MIRLEFT    ';
/** FAT32 with 32-bit sector numbers. */
const PARTITION_TYPE = 0x0c;
const SIGNATURE = 0xaa55;
const MEDIA = 0xf8;
const ROOT_CLUSTER = FIRST_CLUSTER;
const FSINFO_SECTOR = 1;
const BACKUP_SECTOR = 6;
const END_OF_CHAIN = 0x0fffffff;
/** Its two upper bits: unmounted properly, no disk errors. */
const CLEAN = 0x0fffffff;
const PIECE_BYTES = 1 << 22;
const NO_ROOM = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
/** 2020-01-01, where SOURCE_DATE_EPOCH tells no other (reproducible-builds.org). */
const DATE_SECONDS = 1_577_836_800;

function sourceDate(): number {
  const given = Number(process.env['SOURCE_DATE_EPOCH'] || NaN);
  return Number.isFinite(given) ? given : DATE_SECONDS;
}

/** How a long copy is followed and ended. */
export interface Watch {
  signal?: AbortSignal | undefined;
  /** Told bytes of files that were written since the last call. */
  wrote?: ((bytes: number) => void) | undefined;
}

/**
 * Writes the image to `file`, which must not be there. Throws Problem and the signal's reason, and leaves the beginning
 * then. `about` is what messages call it.
 */
export async function writeImage(
  file: string,
  geometry: Geometry,
  tree: CardTree,
  watch: Watch = {},
  about = file,
): Promise<void> {
  const { root, end } = place(tree.root, geometry);
  const image = await fs.open(file, 'wx').catch((error: unknown) => {
    throw writeProblem(error, about);
  });
  const write = async (bytes: Uint8Array, at: number): Promise<void> => {
    try {
      for (let done = 0; done < bytes.length;)
        done += (await image.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
    } catch (error) {
      throw writeProblem(error, about);
    }
  };
  try {
    await image.truncate(geometry.imageBytes).catch((error: unknown) => {
      throw writeProblem(error, about);
    });
    const serial = await writeContents(write, geometry, root, watch);
    await writeDirectories(write, geometry, root);
    const { firstSector, reservedSectors, fatSectors } = geometry;
    const table = fatBytes(root, end);
    for (const copy of [0, 1]) await write(table, (firstSector + reservedSectors + copy * fatSectors) * SECTOR);
    const [boot, info] = [bootSector(geometry, serial), infoSector(geometry, end)];
    for (const sector of [firstSector, firstSector + BACKUP_SECTOR]) {
      await write(boot, sector * SECTOR);
      await write(info, (sector + FSINFO_SECTOR) * SECTOR);
    }
    await write(mbr(geometry, serial), 0);
  } finally {
    await image.close();
  }
}

type Write = (bytes: Uint8Array, at: number) => Promise<void>;

const offsetOf = ({ dataOffset, clusterBytes }: Geometry, cluster: number): number =>
  dataOffset + (cluster - FIRST_CLUSTER) * clusterBytes;

/** Copies all files; the CRC-32 of names and contents becomes the volume's serial number. */
async function writeContents(write: Write, geometry: Geometry, root: Placed, watch: Watch): Promise<number> {
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  let serial = 0;
  for (const { file, cluster } of filesOf(root)) {
    serial = crc32(`${file.path}\n${file.bytes}\n`, serial);
    let at = offsetOf(geometry, cluster);
    for await (const bytes of contentsOf(file, piece)) {
      watch.signal?.throwIfAborted();
      serial = crc32(bytes, serial);
      await write(bytes, at);
      at += bytes.length;
      watch.wrote?.(bytes.length);
    }
  }
  return serial;
}

function* filesOf(placed: Placed): Generator<Placed['files'][number]> {
  yield* placed.files;
  for (const below of placed.folders) yield* filesOf(below);
}

/** A file in pieces, which are valid until the next one. Throws Problem. */
export async function* contentsOf({ source, bytes, path }: CardFile, piece: Buffer): AsyncGenerator<Uint8Array> {
  if (source instanceof Uint8Array) {
    yield source;
    return;
  }
  const about = source.file.toString();
  let file: FileHandle | undefined;
  try {
    file = await fs.open(source.file, 'r');
    for (let at = 0; at < bytes;) {
      const { bytesRead } = await file.read(piece, 0, Math.min(piece.length, bytes - at), at);
      if (bytesRead === 0)
        throw new Problem('not-readable', `has become shorter than the ${bytes} bytes of ${path}`, {
          file: about,
          hint: 'try again when nobody writes to it',
        });
      at += bytesRead;
      yield piece.subarray(0, bytesRead);
    }
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem('not-readable', `cannot be read (${systemReason(error)})`, { file: about, cause: error });
  } finally {
    await file?.close();
  }
}

async function writeDirectories(write: Write, geometry: Geometry, root: Placed): Promise<void> {
  const seconds = sourceDate();
  const below = async (placed: Placed, above: { label: string } | { parent: number }): Promise<void> => {
    await write(directoryBytes(placed, geometry.clusterBytes, seconds, above), offsetOf(geometry, placed.cluster));
    for (const folder of placed.folders) await below(folder, { parent: placed.cluster });
  };
  await below(root, { label: LABEL });
}

/** The used part of the FAT: each run of clusters is a chain. */
function fatBytes(root: Placed, end: number): Uint8Array {
  const table = new Uint32Array(end);
  table[0] = 0x0fffff00 | MEDIA;
  table[1] = CLEAN;
  for (let cluster = FIRST_CLUSTER; cluster < end; cluster++) table[cluster] = cluster + 1;
  const close = ({ cluster, clusters }: { cluster: number; clusters: number }): void => {
    if (clusters > 0) table[cluster + clusters - 1] = END_OF_CHAIN;
  };
  const closeAll = (placed: Placed): void => {
    close(placed);
    placed.files.forEach(close);
    placed.folders.forEach(closeAll);
  };
  closeAll(root);
  // Little-endian, as every machine that runs this.
  return new Uint8Array(table.buffer);
}

function bootSector(geometry: Geometry, serial: number): Buffer {
  const { clusterBytes, reservedSectors, fatSectors, firstSector, sectors } = geometry;
  const boot = Buffer.alloc(SECTOR);
  boot.writeUIntBE(0xeb5890, 0, 3); // a jump over the parameters, without which some call it no boot sector
  boot.write(MAKER, 3, 'latin1');
  boot.writeUInt16LE(SECTOR, 11);
  boot[13] = clusterBytes / SECTOR;
  boot.writeUInt16LE(reservedSectors, 14);
  boot[16] = 2; // FATs
  boot[21] = MEDIA;
  boot.writeUInt16LE(63, 24); // sectors a track and heads, as everybody writes them
  boot.writeUInt16LE(255, 26);
  boot.writeUInt32LE(firstSector, 28);
  boot.writeUInt32LE(sectors, 32);
  boot.writeUInt32LE(fatSectors, 36);
  boot.writeUInt32LE(ROOT_CLUSTER, 44);
  boot.writeUInt16LE(FSINFO_SECTOR, 48);
  boot.writeUInt16LE(BACKUP_SECTOR, 50);
  boot[64] = 0x80; // drive number
  boot[66] = 0x29; // serial, label and type follow
  boot.writeUInt32LE(serial, 67);
  boot.write(LABEL, 71, 'latin1');
  boot.write('FAT32   ', 82, 'latin1');
  boot.writeUInt16LE(SIGNATURE, 510);
  return boot;
}

function infoSector({ clusters }: Geometry, end: number): Buffer {
  const info = Buffer.alloc(SECTOR);
  info.writeUInt32LE(0x41615252, 0);
  info.writeUInt32LE(0x61417272, 484);
  info.writeUInt32LE(clusters - (end - FIRST_CLUSTER), 488);
  info.writeUInt32LE(end - 1, 492); // where the last cluster was taken
  info.writeUInt16LE(SIGNATURE, 510);
  return info;
}

function mbr({ firstSector, sectors }: Geometry, serial: number): Buffer {
  const sector = Buffer.alloc(SECTOR);
  sector.writeUInt32LE(serial, 440);
  const entry = 446;
  // Cylinders and heads say that sector numbers count.
  sector.writeUIntBE(0xfeffff, entry + 1, 3);
  sector[entry + 4] = PARTITION_TYPE;
  sector.writeUIntBE(0xfeffff, entry + 5, 3);
  sector.writeUInt32LE(firstSector, entry + 8);
  sector.writeUInt32LE(sectors, entry + 12);
  sector.writeUInt16LE(SIGNATURE, 510);
  return sector;
}

function writeProblem(error: unknown, file: string): Problem {
  return new Problem('write-failed', `cannot be written (${systemReason(error)})`, {
    ...{ file, cause: error },
    hint: NO_ROOM.has(systemCode(error) ?? '') ? 'make room there, or name a place on another disk' : undefined,
  });
}
