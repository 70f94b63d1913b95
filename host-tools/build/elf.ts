// The linked kernel through elf-tools: the flat image, its sections, its symbols.

import { createRequire } from 'node:module';
import { Problem } from '../problem.js';

interface ElfTools {
  parse(image: Buffer): {
    programs: { header: { type: string; offset: number; paddr: number; filesz: number } }[];
    sections: {
      header: { name: string; type: string; offset: number; addr: number; size: number; link: number };
    }[];
  };
}

const require = createRequire(import.meta.url);
const elfTools = require('elf-tools') as ElfTools;
const constants = require('elf-tools/lib/constants') as { machine: Record<string | number, string | number> };

// The library does not know this machine.
const AARCH64 = 183;
constants.machine['aarch64'] = AARCH64;
constants.machine[AARCH64] = 'aarch64';

export interface ElfSection {
  name: string;
  address: number;
  bytes: number;
  /** Whether it takes room in the image (.bss does not). */
  stored: boolean;
}

export interface ElfSymbol {
  name: string;
  address: number;
  bytes: number;
}

export interface Elf {
  /** Memory from the first loaded byte on, gaps zero: kernel8.img. */
  flat: Uint8Array;
  /** Address of `flat[0]`. */
  base: number;
  /** Those that have an address, in its order. */
  sections: ElfSection[];
  /** Those that have a name and an address, in its order. */
  symbols: ElfSymbol[];
}

/** The file is no ELF, or none that can be flattened. */
export class ElfError extends Problem {
  constructor(what: string) {
    super('unknown-format', what);
  }
}

/** Elf64_Sym: name u32, info u8, other u8, section u16, value u64, size u64. */
const SYMBOL_BYTES = 24;

/** Reads a 64-bit little-endian ELF file. Throws ElfError. */
export function readElf(bytes: Uint8Array): Elf {
  let parsed;
  try {
    // The parser reverses its input in place.
    parsed = elfTools.parse(Buffer.from(bytes));
  } catch (error) {
    throw new ElfError(`not an ELF file: ${(error as Error).message}`);
  }
  const original = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const loads = parsed.programs.filter(({ header }) => header.type === 'load' && header.filesz > 0);
  if (!loads.length) throw new ElfError('an ELF file without anything to load');
  const base = Math.min(...loads.map(({ header }) => header.paddr));
  const end = Math.max(...loads.map(({ header }) => header.paddr + header.filesz));
  const flat = new Uint8Array(end - base);
  for (const { header } of loads)
    flat.set(original.subarray(header.offset, header.offset + header.filesz), header.paddr - base);

  const sections = parsed.sections
    .filter(({ header }) => header.addr > 0 && header.size > 0)
    .map(({ header }) => ({
      name: header.name,
      address: header.addr,
      bytes: header.size,
      stored: header.type !== 'nobits',
    }));

  const symbols: ElfSymbol[] = [];
  for (const { header } of parsed.sections) {
    const strings = parsed.sections[header.link]?.header;
    if (header.type !== 'symtab' || !strings) continue;
    for (let at = header.offset; at < header.offset + header.size; at += SYMBOL_BYTES) {
      const start = strings.offset + original.readUInt32LE(at);
      const name = original.toString('latin1', start, original.indexOf(0, start));
      // Names that begin with $ mark code and data for disassemblers.
      if (!name || name.startsWith('$') || original.readUInt16LE(at + 6) === 0) continue;
      const address = Number(original.readBigUInt64LE(at + 8));
      symbols.push({ name, address, bytes: Number(original.readBigUInt64LE(at + 16)) });
    }
  }
  const byAddress = (a: { address: number }, b: { address: number }): number => a.address - b.address;
  return { flat, base, sections: sections.sort(byAddress), symbols: symbols.sort(byAddress) };
}
