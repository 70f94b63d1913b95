// Cards as `check` looks at them: one that is right, and ways to have it otherwise.

import assert from 'node:assert/strict';
import path from 'node:path';
import { checkCard } from '../../host-tools/card/check.js';
import { FIRST_INSTRUCTION } from '../../host-tools/card/kernel-image.js';
import type { CardFinding, CheckReport } from '../../host-tools/card/check-report.js';
import { patchSizes, wavHeader } from '../../host-tools/media/wav.js';
import { testFolder } from '../media/sounds.js';
import { makeCard, MIB, noise, putFiles } from './fat-rig.js';

export const folder = testFolder();
export const at = (name: string): string => path.join(folder, name);

export const START_BYTES = 9000;

/** A start file of the VideoCore as far as a card is concerned, and the fixup file of one with so many bytes. */
export function startFile(bytes = START_BYTES): Buffer {
  const start = Buffer.alloc(bytes);
  start.write('\x7fELF', 0, 'latin1');
  start.write('VC_BUILD_ID_TIME: Aug 26 2022\0', 100, 'latin1');
  return start;
}
export function fixupFile(bytes = START_BYTES): Buffer {
  const fixup = Buffer.from([5, 6, 7, 8, 1, 0, 0, 0]);
  fixup.writeUIntLE(bytes / 2 + 1, 5, 3);
  return fixup;
}

/** What follows the module in `kernel`. */
export const KERNEL_TAIL_BYTES = 2000;

/** A kernel of ours as far as a card is concerned: a build id, and a module that imports from the board what it calls. */
export function kernel(): Buffer {
  const text = (name: string): number[] => [name.length, ...Buffer.from(name)];
  const section = (id: number, ...bytes: number[]): number[] => [id, bytes.length, ...bytes];
  const module = [
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, 1, 0x60, 0, 1, 0x7e),
    ...section(2, 1, ...text('board'), ...text('ticks'), 0, 0),
    ...section(3, 1, 0),
    ...section(7, 2, ...text('start'), 0, 0, ...text('step'), 0, 1),
    ...section(10, 1, 4, 0, 0x42, 0, 0x0b),
  ];
  const buildId = Buffer.from('efcdab8967452301', 'hex');
  return Buffer.concat([
    FIRST_INSTRUCTION,
    noise(4092, 1),
    buildId,
    Buffer.from(module),
    Buffer.alloc(KERNEL_TAIL_BYTES),
  ]);
}

export const CONFIG = [
  'arm_64bit=1',
  'kernel=kernel8.img',
  'kernel_address=0x80000',
  'enable_gic=1',
  'boot_delay=0',
  '',
];

export const DEVICE_TREE = Buffer.from([0xd0, 0x0d, 0xfe, 0xed, 0, 0, 0, 4]);

/** A WAV of ten frames, otherwise where something is said. */
export function wav({ codec = 1, rateHz = 44100, channels = 2, bits = 16, frames = 10 } = {}): Buffer {
  const header = wavHeader({ rateHz, channels, bits });
  const bytes = (frames * channels * bits) / 8;
  patchSizes(header, header.length, bytes);
  header.writeUInt16LE(codec, 20);
  return Buffer.concat([header, Buffer.alloc(bytes)]);
}

export const GOOD: Record<string, Uint8Array | string> = {
  'config.txt': CONFIG.join('\n'),
  'start4.elf': startFile(),
  'fixup4.dat': fixupFile(),
  'bcm2711-rpi-4-b.dtb': DEVICE_TREE,
  'kernel8.img': kernel(),
  'player.ini': 'volume=-10\n',
  'music/one.wav': wav(),
};

/** A card that is right, with some files otherwise; `null` takes one away. */
export function card(
  changes: Record<string, Uint8Array | string | null> = {},
  shape = { bytes: 64 * MIB, bits: 32 as const },
): string {
  const file = makeCard(at('card.img'), shape);
  const files = Object.entries({ ...GOOD, ...changes }).filter(
    (each): each is [string, Uint8Array | string] => each[1] !== null,
  );
  putFiles(file, Object.fromEntries(files));
  return file;
}

export const withConfig = (...lines: string[]): string => card({ 'config.txt': [...CONFIG, ...lines, ''].join('\n') });
export const config = (lines: string[]): string => card({ 'config.txt': lines.join('\n') });

export async function check(target: string): Promise<CheckReport> {
  const checking = checkCard({ target });
  const told: CardFinding[] = [];
  for (;;) {
    const { done, value } = await checking.next();
    if (done) {
      assert.deepEqual(told, value.findings);
      return value;
    }
    if (value.event === 'finding') told.push(value.finding);
  }
}

export const codes = ({ findings }: CheckReport): string[] =>
  findings.map(({ severity, code }) => `${severity} ${code}`);
