// The VideoCore's own files, which start the ARM: found in a folder, and checked as pairs.
//
// start4.elf is the firmware of the Pi 4, start4cd.elf the same without camera and codecs, a third as large and loaded
// when config.txt has gpu_mem=16. Each has a fixup file that tells which of its places change with the memory split.
// With the fixup of another release the ARM is left with 256 MB or does not start.

import fs from 'node:fs/promises';
import path from 'node:path';
import { Problem, systemCode, systemReason } from '../problem.js';
import type { CardFile } from './card-tree.js';

const PAIRS = [
  { start: 'start4.elf', fixup: 'fixup4.dat' },
  { start: 'start4cd.elf', fixup: 'fixup4cd.dat' },
] as const;
export const DEVICE_TREE = 'bcm2711-rpi-4-b.dtb';
export const LICENCE = 'LICENCE.broadcom';
/** Where the licence may stand: in Raspberry Pi's repository, and in Debian's package. */
const LICENCES = [LICENCE, 'copyright'];

export interface VideoCore {
  files: CardFile[];
  /** Whether start4cd.elf and its fixup are among them, and whether start4.elf and its fixup are. */
  cutDown: boolean;
  full: boolean;
  deviceTree: boolean;
  /** When the pair that is loaded was built, YYYY-MM-DD, and its 40 hexadecimal digits; undefined where it is not told. */
  date: string | undefined;
  version: string | undefined;
}

export interface FirmwareBuild {
  date: string | undefined;
  version: string | undefined;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** What a start file says of itself. */
export function firmwareBuild(start: Buffer): FirmwareBuild {
  const text = start.toString('latin1');
  const [, month = '', day = '', year = ''] = /VC_BUILD_ID_TIME: ([A-Z][a-z]{2}) +(\d{1,2}) (\d{4})\0/.exec(text) ?? [];
  const number = String(MONTHS.indexOf(month) + 1).padStart(2, '0');
  return {
    date: number === '00' ? undefined : `${year}-${number}-${day.padStart(2, '0')}`,
    version: /VC_BUILD_ID_VERSION: ([0-9a-f]{40})/.exec(text)?.[1],
  };
}

const FAR = 1;
const FAR_BYTES = 4;

/**
 * Bytes of the start file that a fixup file belongs to; undefined for what is no fixup file.
 *
 * It tells distances between places in units of 2 bytes; those that do not fit into a byte are a 1 and 24 bits. The last
 * of these, in a row at the end, lead from the file's beginning to one unit behind its end. Seen so in all eight pairs of
 * each release that Debian had from 2021 to 2026.
 */
export function fixupTarget(fixup: Buffer): number | undefined {
  let units = 0;
  for (let at = fixup.length - FAR_BYTES; at >= 0 && fixup[at] === FAR; at -= FAR_BYTES)
    units += fixup.readUIntLE(at + 1, 3);
  return units === 0 ? undefined : 2 * (units - 1);
}

/** Reads what is in `folder`; undefined when no pair is. Throws Problem: half a pair, two halves that do not belong. */
export async function readVideoCore(folder: string): Promise<VideoCore | undefined> {
  const found: VideoCore = {
    ...{ files: [], cutDown: false, full: false, deviceTree: false, date: undefined, version: undefined },
  };
  for (const { start, fixup } of PAIRS) {
    const [startBytes, fixupBytes] = [await readIn(folder, start), await readIn(folder, fixup)];
    if (!startBytes && !fixupBytes) continue;
    if (!startBytes || !fixupBytes)
      throw new Problem('bad-firmware', `is there without ${startBytes ? fixup : start}`, {
        file: path.join(folder, startBytes ? start : fixup),
        hint: 'take both from the same release',
      });
    checkPair(folder, start, startBytes, fixup, fixupBytes);
    if (start === 'start4cd.elf') found.cutDown = true;
    else found.full = true;
    Object.assign(found, firmwareBuild(startBytes));
    found.files.push(asFile(start, startBytes), asFile(fixup, fixupBytes));
  }
  if (found.files.length === 0) return undefined;
  for (const name of LICENCES) {
    const text = await readIn(folder, name);
    if (!text) continue;
    found.files.push(asFile(LICENCE, name === 'copyright' ? licenceOf(text) : text));
    break;
  }
  const tree = await readIn(folder, DEVICE_TREE);
  if (tree) {
    found.files.push(deviceTreeFile(tree, path.join(folder, DEVICE_TREE)));
    found.deviceTree = true;
  }
  return found;
}

function checkPair(folder: string, start: string, startBytes: Buffer, fixup: string, fixupBytes: Buffer): void {
  const bad = (name: string, message: string): Problem =>
    new Problem('bad-firmware', message, {
      file: path.join(folder, name),
      hint: 'take both from the same release, as they are',
    });
  if (startBytes.toString('latin1', 0, 4) !== '\x7fELF') throw bad(start, 'is no firmware of the VideoCore');
  const target = fixupTarget(fixupBytes);
  if (target === undefined) throw bad(fixup, 'is no fixup file of the VideoCore');
  if (target !== startBytes.length)
    throw bad(fixup, `belongs to a ${start} of ${target} bytes, and that one has ${startBytes.length}`);
}

const asFile = (name: string, bytes: Uint8Array): CardFile => ({ path: name, source: bytes, bytes: bytes.length });

/** Of a flattened device tree. */
const DEVICE_TREE_MAGIC = 0xd00dfeed;

/** The file for the card; `about` is where it comes from. Throws Problem: no device tree. */
export function deviceTreeFile(bytes: Buffer, about: string): CardFile {
  if (bytes.length < 40 || bytes.readUInt32BE(0) !== DEVICE_TREE_MAGIC || bytes.readUInt32BE(4) > bytes.length)
    throw new Problem('bad-firmware', 'is no device tree, or cut off', { file: about });
  return asFile(DEVICE_TREE, bytes);
}

/** The licence of the firmware out of a Debian copyright file (DEP 5); the whole file where it is not found. */
export function licenceOf(copyright: Buffer): Buffer {
  const paragraphs = copyright.toString().split(/\n(?=Files:)/);
  const boot = paragraphs.find((paragraph) => /^Files:[^\n]*\bboot\//.test(paragraph));
  const fields = boot && /\nCopyright:(?<holders>[^]*?)\nLicense:[^\n]*\n(?<text>[^]*)/.exec(boot)?.groups;
  if (!fields) return copyright;
  const lines = (text = ''): string[] => text.split('\n').map((line) => line.trim().replace(/^\.$/, ''));
  const holders = lines(fields['holders']).map((line) => `Copyright (c) ${line}`);
  // An empty line ends a paragraph; those of the licence are dots.
  const text = lines(fields['text']?.split('\n\n')[0]?.trimEnd());
  return Buffer.from([...holders, ...text, ''].join('\n'));
}

/** A regular file in `folder`, or undefined. Throws Problem. */
async function readIn(folder: string, name: string): Promise<Buffer | undefined> {
  const file = path.join(folder, name);
  try {
    return await fs.readFile(file);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw new Problem('not-readable', `cannot be read (${systemReason(error)})`, { file, cause: error });
  }
}
