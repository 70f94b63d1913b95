// The module as an object file for the linker, without an assembler: starting one would cost a tenth of a second in
// every build. The layout is that of the ELF-64 Object File Format, version 1.5, and of ELF for AArch64.

export interface ModuleObject {
  /** Bytes of the module, from `module_start` to `module_end`. */
  wasm: Uint8Array;
  /** 16 hexadecimal digits: the quad-word at `build_id`. */
  buildId: string;
}

const HEADER_BYTES = 64;
const SECTION_HEADER_BYTES = 64;
const SYMBOL_BYTES = 24;
const BUILD_ID_BYTES = 8;
const MODULE_ALIGN = 16;

const RELOCATABLE = 1;
const AARCH64 = 183;

/** The sections in their order, with type and flags. */
const SECTIONS = [
  { name: '', type: 0, flags: 0 },
  { name: '.module', type: 1, flags: 2 }, // program's bits, to be loaded
  { name: '.symtab', type: 2, flags: 0 },
  { name: '.strtab', type: 3, flags: 0 },
];
const [, MODULE, , STRINGS] = [...SECTIONS.keys()] as [number, number, number, number];
const GLOBAL = 1 << 4;

/** Strings as ELF keeps them, and where each begins. */
function stringTable(strings: readonly string[]): { bytes: Buffer; at(string: string): number } {
  const bytes = Buffer.from(`\0${strings.map((string) => `${string}\0`).join('')}`, 'latin1');
  return { bytes, at: (string) => (string === '' ? 0 : bytes.indexOf(`\0${string}\0`) + 1) };
}

/** A relocatable file with the section `.module` and the symbols `build_id`, `module_start` and `module_end`. */
export function moduleObject({ wasm, buildId }: ModuleObject): Uint8Array {
  const contents = Buffer.alloc(BUILD_ID_BYTES + wasm.length);
  contents.writeBigUInt64LE(BigInt(`0x${buildId}`), 0);
  contents.set(wasm, BUILD_ID_BYTES);
  const symbols: [name: string, value: number][] = [
    ['build_id', 0],
    ['module_start', BUILD_ID_BYTES],
    ['module_end', contents.length],
  ];
  const strings = stringTable([...SECTIONS.map(({ name }) => name), ...symbols.map(([name]) => name)].filter(Boolean));

  // The first entry is empty.
  const table = Buffer.alloc(SYMBOL_BYTES * (1 + symbols.length));
  for (const [index, [name, value]] of symbols.entries()) {
    const at = SYMBOL_BYTES * (1 + index);
    table.writeUInt32LE(strings.at(name), at);
    table.writeUInt8(GLOBAL, at + 4);
    table.writeUInt16LE(MODULE, at + 6);
    table.writeBigUInt64LE(BigInt(value), at + 8);
  }

  const parts = [Buffer.alloc(0), contents, table, strings.bytes];
  const headers = Buffer.alloc(SECTION_HEADER_BYTES * SECTIONS.length);
  const file: Buffer[] = [Buffer.alloc(HEADER_BYTES)];
  let end = HEADER_BYTES;
  const append = (bytes: Buffer): number => {
    const gap = -end & (MODULE_ALIGN - 1);
    file.push(Buffer.alloc(gap), bytes);
    const start = end + gap;
    end = start + bytes.length;
    return start;
  };
  for (const [index, { name, type, flags }] of SECTIONS.entries()) {
    const part = parts[index];
    if (index === 0 || !part) continue;
    const at = SECTION_HEADER_BYTES * index;
    const symbolic = type === 2;
    headers.writeUInt32LE(strings.at(name), at);
    headers.writeUInt32LE(type, at + 4);
    headers.writeBigUInt64LE(BigInt(flags), at + 8);
    headers.writeBigUInt64LE(BigInt(append(part)), at + 24);
    headers.writeBigUInt64LE(BigInt(part.length), at + 32);
    headers.writeUInt32LE(symbolic ? STRINGS : 0, at + 40);
    headers.writeUInt32LE(symbolic ? 1 : 0, at + 44); // the first symbol that is not local
    headers.writeBigUInt64LE(BigInt(index === MODULE ? MODULE_ALIGN : symbolic ? 8 : 1), at + 48);
    headers.writeBigUInt64LE(BigInt(symbolic ? SYMBOL_BYTES : 0), at + 56);
  }
  const tableAt = append(headers);

  const header = file[0] ?? Buffer.alloc(0);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // 64 bits, little-endian
  header.writeUInt16LE(RELOCATABLE, 16);
  header.writeUInt16LE(AARCH64, 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt(tableAt), 40);
  header.writeUInt16LE(HEADER_BYTES, 52);
  header.writeUInt16LE(SECTION_HEADER_BYTES, 58);
  header.writeUInt16LE(SECTIONS.length, 60);
  header.writeUInt16LE(STRINGS, 62);
  return Buffer.concat(file);
}
