// What a card starts, read from its own config.txt as the VideoCore reads it: for an emulator, which has none.

import { KERNEL } from '../../boot/memory-map.js';
import { Problem } from '../problem.js';
import { CONFIG, kernelSetting, readBootConfig, type BootConfig } from './boot-config.js';
import { FileSource, type CardSource } from './byte-source.js';
import { findFile, type CardEntry } from './card-files.js';
import { findVolume } from './check-volume.js';
import { fatRoot } from './fat-reader.js';
import type { FatVolume } from './fat-volume.js';
import { readOurKernel, unpackKernel, type OurKernel } from './kernel-image.js';

/** What the ARM's memory ends at, at the latest. */
const MEMORY_END = 0x40000000;
const MOST_BYTES = 256 << 20;

export interface CardBoot {
  /** Of the card. */
  bytes: number;
  /** Undefined where there is none, and another program runs in its place. */
  kernel: { name: string; bytes: Uint8Array; address: number; ours: OurKernel | undefined } | undefined;
  /** Copied into memory before the kernel starts. */
  ramFile: { bytes: Uint8Array; address: number } | undefined;
  /** What the VideoCore would do otherwise than an emulator, or the kernel would not like. */
  notes: string[];
}

/**
 * Reads it from an image file or a block device. Throws Problem: no card that can be read, one of a size that QEMU does not
 * take, nothing to start. `isOptional`: a card without a kernel will do.
 */
export function readCardBoot(image: string, isOptional: boolean): CardBoot {
  const source = FileSource.open(image);
  try {
    return readBoot(source, isOptional);
  } finally {
    source.close();
  }
}

/** The same from a card that is open. */
export function readBoot(source: CardSource, isOptional: boolean): CardBoot {
  const { name: image } = source;
  const root = fatRoot(cardVolume(source));
  const config = readBootConfig(root);
  const boot: CardBoot = { bytes: source.bytes, kernel: undefined, ramFile: undefined, notes: [] };
  readKernel(image, root, config, boot, isOptional);
  readRamFile(image, root, config, boot);
  if (config.values.has('armstub')) boot.notes.push('armstub is not run here');
  return boot;
}

/** Throws Problem where an image is no card that QEMU takes and the player reads, whatever is on it. */
export function checkCard(image: string): void {
  const source = FileSource.open(image);
  try {
    cardVolume(source);
  } finally {
    source.close();
  }
}

function cardVolume(source: CardSource): FatVolume {
  const { name: image } = source;
  let why: Problem | undefined;
  let isCut = false;
  const volume = findVolume(source, (severity, code, _, what, fix) => {
    if (severity === 'boot') why ??= new Problem('bad-card', what, { file: image, hint: fix });
    isCut ||= code === 'cut-off';
  });
  // A file that is cut off, or no card at all, is not mended by another length.
  if (!volume || isCut) throw why ?? new Problem('bad-card', 'has no FAT file system', { file: image });
  checkSize(source);
  return volume;
}

function checkSize({ name, bytes, isDevice }: CardSource): void {
  const power = 2 ** Math.ceil(Math.log2(Math.max(bytes, 1)));
  if (power === bytes) return;
  throw new Problem('bad-card', `has ${bytes} bytes, and the emulator takes cards whose size is a power of two`, {
    file: name,
    hint: isDevice ? 'copy it to a file with dd, and make that longer' : `make it longer: truncate -s ${power} ${name}`,
  });
}

function readKernel(image: string, root: CardEntry, config: BootConfig, boot: CardBoot, isOptional: boolean): void {
  const { name, address, is64Bit } = kernelSetting(config);
  const wrong = (message: string, hint?: string): Problem => new Problem('bad-card', message, { file: image, hint });
  const prefix = config.values.get('os_prefix');
  if (prefix !== undefined && prefix !== '') throw wrong('has os_prefix in its config.txt, which is not followed here');
  const file = findFile(root, name);
  if (isOptional && !file) return;
  if (!file) throw wrong(`has no ${name} to start`, `mirleft check ${image} tells more`);
  if (!is64Bit) throw wrong(`starts the ARM with 32 bits (${CONFIG})`, 'set arm_64bit=1');
  const bytes = unpackKernel(file.read(0, MOST_BYTES));
  if (!bytes || bytes.length === 0) throw wrong(`has a ${name} that is empty or cannot be unpacked`);
  checkAddress(image, name, bytes, address);
  const ours = readOurKernel(bytes);
  if (ours && address !== KERNEL)
    boot.notes.push(
      `${name} is loaded to 0x${address.toString(16)}, as ${CONFIG} says, and was linked for 0x${KERNEL.toString(16)}`,
    );
  boot.kernel = { name, bytes, address, ours };
}

function readRamFile(image: string, root: CardEntry, { ramFile }: BootConfig, boot: CardBoot): void {
  if (!ramFile) return;
  if (ramFile.address === undefined) {
    boot.notes.push(`${ramFile.files.join(', ')} is not loaded: ${CONFIG} leaves its address to the VideoCore`);
    return;
  }
  const bytes = Buffer.concat(
    ramFile.files.map((name) => {
      const file = findFile(root, name);
      if (!file) throw new Problem('bad-card', `has no ${name}, which ${CONFIG} loads`, { file: image });
      return file.read(0, MOST_BYTES);
    }),
  );
  checkAddress(image, ramFile.files.join(', '), bytes, ramFile.address);
  boot.ramFile = { bytes, address: ramFile.address };
}

function checkAddress(image: string, name: string, bytes: Uint8Array, address: number): void {
  if (!(address >= 0 && address + bytes.length <= MEMORY_END))
    throw new Problem('bad-card', `loads ${name} to where there is no memory`, { file: image, hint: `see ${CONFIG}` });
}

/** Code for where QEMU starts a kernel that goes on at another address, every register as it was but x16. */
export function jumpTo(address: number): Uint8Array {
  const [low, high] = [address & 0xffff, address >>> 16];
  const words = [0xd2800010 | (low << 5), 0xf2a00010 | (high << 5), 0xd61f0200]; // movz, movk lsl 16, br
  return new Uint8Array(Uint32Array.from(words).buffer);
}
