// The numbers of drivers/board-keys.ts, the jack and the memory maps as lines for the assembler: `.equ INFO_TICK_RATE, 0`.

import fs from 'node:fs';
import path from 'node:path';
import * as memoryMap from '../../boot/memory-map.js';
import { BLOCK_MAGIC, DESCRIPTOR_FROM_END } from '../../drivers/jack-keys.js';
import * as windowMap from '../../drivers/window-map.js';
import { Problem } from '../problem.js';
import { libraryRoot } from './library.js';

/** board-keys.ts holds something that is not an enum of plain numbers. */
export class ConstantsError extends Problem {
  constructor(file: string, what: string) {
    super('unknown-format', what, { file });
  }
}

const upper = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();

/** Every member of the enums in the text of board-keys.ts, as `ENUM_MEMBER`. */
export function enumConstants(source: string, file = 'drivers/board-keys.ts'): Map<string, number> {
  const constants = new Map<string, number>();
  const text = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '');
  for (const [, name, body] of text.matchAll(/export const enum (\w+)\s*\{([^}]*)\}/g)) {
    for (const member of (body ?? '').split(',')) {
      if (!member.trim()) continue;
      const parts = /^\s*(\w+)\s*=\s*(-?\d+|0x[\da-f]+)\s*$/.exec(member);
      if (!parts) throw new ConstantsError(file, `member "${member.trim()}" of ${name} is not a plain number`);
      constants.set(`${upper(name ?? '')}_${upper(parts[1] ?? '')}`, Number(parts[2]));
    }
  }
  if (!constants.size) throw new ConstantsError(file, 'no enum found');
  return constants;
}

/** The contract's numbers, the ring's, and those of the memory maps, by the names that boot/ uses. */
export function bootConstants(): Map<string, number> {
  const constants = new Map(
    ['board-keys.ts', 'jack-keys.ts'].flatMap((name) => {
      const file = path.join(libraryRoot, 'drivers', name);
      return [...enumConstants(fs.readFileSync(file, 'utf8'), file)];
    }),
  );
  for (const [name, value] of Object.entries(memoryMap)) constants.set(name, value);
  for (const [name, value] of Object.entries(windowMap)) constants.set(`WINDOW_${name}`, value);
  return constants.set('BLOCK_MAGIC', BLOCK_MAGIC).set('DESCRIPTOR_FROM_END', DESCRIPTOR_FROM_END);
}

/** The include file of boot/. */
export function assemblerInclude(constants: ReadonlyMap<string, number>): string {
  return [...constants].map(([name, value]) => `.equ ${name}, ${value}\n`).join('');
}
