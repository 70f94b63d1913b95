// A program of the bench on the board that QEMU has: booted, run to its end, and what it has said.

import fs from 'node:fs';
import { parseFields } from '../build/faults.js';
import type { MachineOptions } from '../emulator/arguments.js';
import { startEmulator } from '../emulator/emulator.js';
import type { Scratch } from '../emulator/scratch.js';
import { Problem } from '../problem.js';

/** Under `-icount shift=0` an instruction is a nanosecond, and a tick of the timer 16 of them. */
export const NS_A_TICK = 16;
const LIMIT_SECONDS = 60;

/** Boots an image; all that it has sent at its end. Throws Problem. */
export async function runOnBoard(
  scratch: Scratch,
  image: Uint8Array,
  machine: Pick<MachineOptions, 'card' | 'deterministic' | 'ramDisk'>,
): Promise<Buffer> {
  const kernel = scratch.file('kernel8.img');
  fs.writeFileSync(kernel, image);
  const emulator = await startEmulator({ ...machine, scratch, kernel, limitSeconds: LIMIT_SECONDS });
  const chunks: Buffer[] = [];
  emulator.console.on('data', (chunk: Buffer) => void chunks.push(chunk));
  await emulator.ended;
  return Buffer.concat(chunks);
}

/** The fields of the lines `bench NAME field=value …` by their names, which throw Problem where there is no such line. */
export function benchLines(text: string): (name: string) => Record<string, string> {
  const lines = new Map(
    [...text.matchAll(/^bench (\w+) (.*)$/gm)].map(([, name = '', rest = '']) => [name, parseFields(rest)]),
  );
  return (name) => {
    const fields = lines.get(name);
    if (fields) return fields;
    throw new Problem('emulator-failed', `the bench did not measure ${name}`, { cause: new Error(text) });
  };
}
