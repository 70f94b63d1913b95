// Reads the parts of a WebAssembly module that the tools need: sections, types, imports, exports, memory, function
// bodies, data segments and the name section. Offsets are in bytes from the start of the module, as in traps.

import { Problem } from '../problem.js';

export const enum SectionId {
  Custom = 0,
  Type = 1,
  Import = 2,
  Function = 3,
  Table = 4,
  Memory = 5,
  Global = 6,
  Export = 7,
  Start = 8,
  Element = 9,
  Code = 10,
  Data = 11,
}

const SECTION_NAMES = [
  ...['custom', 'type', 'import', 'function', 'table', 'memory', 'global', 'export', 'start', 'element', 'code'],
  ...['data', 'data count'],
];
const KINDS = ['function', 'table', 'memory', 'global'];
const VALUE_TYPES: Record<number, string> = { 0x7f: 'i32', 0x7e: 'i64', 0x7d: 'f32', 0x7c: 'f64' };

export interface Section {
  id: number;
  /** `code`, `data`, …; of a custom section its own name. */
  name: string;
  /** Of the section with its header. */
  offset: number;
  bytes: number;
  /** Of the contents, behind the name of a custom section. */
  contents: number;
}

/** A function's type as text: `(i32, i32) -> i64`. */
export type Signature = string;

export interface Import {
  module: string;
  name: string;
  kind: string;
  /** For functions. */
  signature?: Signature;
}

export interface Export {
  name: string;
  kind: string;
  index: number;
  /** For functions. */
  signature?: Signature;
}

export interface FunctionBody {
  /** In the index space of functions, where imports come first. */
  index: number;
  /** From the name section, else `function[index]`. */
  name: string;
  /** Of the body with its length prefix. */
  offset: number;
  bytes: number;
}

export interface DataSegment {
  /** From the name section, else `data[index]`. */
  name: string;
  offset: number;
  /** In the module, with the segment's header. */
  bytes: number;
  /** Offset in the module of what goes to memory. */
  contents: number;
}

export interface WasmModule {
  bytes: number;
  sections: Section[];
  imports: Import[];
  exports: Export[];
  /** Pages of 64 KiB; undefined when the module declares no memory of its own. */
  memory?: { minimum: number; maximum?: number };
  functions: FunctionBody[];
  data: DataSegment[];
}

/** The bytes are not a module; `offset` says where reading stopped. */
export class WasmFormatError extends Problem {
  constructor(offset: number, what: string) {
    super('unknown-format', `not a WebAssembly module: ${what}`, { offset });
  }
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Reads the pieces that all sections are made of. Throws WasmFormatError. */
export class Reader {
  constructor(
    readonly bytes: Uint8Array,
    public at = 0,
    readonly end = bytes.length,
  ) {}

  byte(): number {
    const value = this.at < this.end ? this.bytes[this.at] : undefined;
    if (value === undefined) throw new WasmFormatError(this.at, 'it ends too early');
    this.at++;
    return value;
  }

  /** LEB128, unsigned, up to 32 bits. */
  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new WasmFormatError(this.at, 'a number is too long');
  }

  skip(count: number): number {
    if (count > this.end - this.at) throw new WasmFormatError(this.at, 'it ends too early');
    this.at += count;
    return this.at;
  }

  text(): string {
    const length = this.u32();
    const from = this.at;
    return utf8.decode(this.bytes.subarray(from, this.skip(length)));
  }

  list<T>(read: (index: number) => T): T[] {
    return Array.from({ length: Math.min(this.u32(), this.end - this.at + 1) }, (_, index) => read(index));
  }

  limits(): { minimum: number; maximum?: number } {
    const flags = this.byte();
    const minimum = this.u32();
    return flags & 1 ? { minimum, maximum: this.u32() } : { minimum };
  }

  /** An initialiser: `i32.const n; end` and its like. */
  expression(): void {
    while (this.byte() !== 0x0b) {
      while (this.byte() >= 0x80);
    }
  }
}

function readSections(bytes: Uint8Array): Section[] {
  const reader = new Reader(bytes);
  for (const wanted of [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]) {
    if (reader.byte() !== wanted) throw new WasmFormatError(reader.at - 1, 'wrong magic number or version');
  }
  const sections: Section[] = [];
  while (reader.at < bytes.length) {
    const offset = reader.at;
    const id = reader.byte();
    const length = reader.u32();
    const inner = new Reader(bytes, reader.at, Math.min(bytes.length, reader.at + length));
    reader.skip(length);
    const name = id === SectionId.Custom ? inner.text() : (SECTION_NAMES[id] ?? `section ${id}`);
    sections.push({ id, name, offset, bytes: reader.at - offset, contents: inner.at });
  }
  return sections;
}

/** Names of functions (1) and of data segments (9) from the name section. */
function readNames(reader: Reader): { functions: Map<number, string>; data: Map<number, string> } {
  const names = { functions: new Map<number, string>(), data: new Map<number, string>() };
  while (reader.at < reader.end) {
    const kind = reader.byte();
    const length = reader.u32();
    const inner = new Reader(reader.bytes, reader.at, reader.at + length);
    reader.skip(length);
    const target = kind === 1 ? names.functions : kind === 9 ? names.data : undefined;
    if (target) inner.list(() => target.set(inner.u32(), inner.text()));
  }
  return names;
}

/** Reads a module. Throws WasmFormatError; that its code is valid is for `WebAssembly.validate` to say. */
export function parseModule(bytes: Uint8Array): WasmModule {
  const sections = readSections(bytes);
  const open = (id: SectionId): Reader => {
    const section = sections.find((each) => each.id === id);
    // A section that is not there is an empty list.
    return section ? new Reader(bytes, section.contents, section.offset + section.bytes) : new Reader(EMPTY);
  };

  const types = open(SectionId.Type);
  const signatures = types.list((): Signature => {
    types.byte();
    const parameters = types.list(() => VALUE_TYPES[types.byte()] ?? '?');
    const results = types.list(() => VALUE_TYPES[types.byte()] ?? '?');
    return `(${parameters.join(', ')})${results.length ? ` -> ${results.join(', ')}` : ''}`;
  });

  const reader = open(SectionId.Import);
  const imports = reader.list((): Import => {
    const common = { module: reader.text(), name: reader.text() };
    const code = reader.byte();
    const kind = KINDS[code] ?? 'unknown';
    if (code === 0) return { ...common, kind, signature: signatures[reader.u32()] ?? '?' };
    if (code === 1) reader.byte();
    if (code === 1 || code === 2) reader.limits();
    else reader.skip(2);
    return { ...common, kind };
  });
  const functionTypes = imports.flatMap((each) => (each.kind === 'function' ? [each.signature ?? '?'] : []));
  const imported = functionTypes.length;
  const declared = open(SectionId.Function);
  declared.list(() => functionTypes.push(signatures[declared.u32()] ?? '?'));

  const memories = open(SectionId.Memory);
  const memory = memories.list(() => memories.limits())[0];

  const outward = open(SectionId.Export);
  const exports = outward.list((): Export => {
    const name = outward.text();
    const kind = KINDS[outward.byte()] ?? 'unknown';
    const index = outward.u32();
    return kind === 'function' ? { name, kind, index, signature: functionTypes[index] ?? '?' } : { name, kind, index };
  });

  const named = sections.find((each) => each.id === SectionId.Custom && each.name === 'name');
  const names = readNames(named ? new Reader(bytes, named.contents, named.offset + named.bytes) : new Reader(NOTHING));

  const code = open(SectionId.Code);
  const functions = code.list((position): FunctionBody => {
    const offset = code.at;
    code.skip(code.u32());
    const index = imported + position;
    return { index, name: names.functions.get(index) ?? `function[${index}]`, offset, bytes: code.at - offset };
  });

  const segments = open(SectionId.Data);
  const data = segments.list((index): DataSegment => {
    const offset = segments.at;
    const flags = segments.u32();
    if (flags === 2) segments.u32();
    if (flags !== 1) segments.expression();
    const length = segments.u32();
    const contents = segments.at;
    segments.skip(length);
    return { name: names.data.get(index) ?? `data[${index}]`, offset, bytes: segments.at - offset, contents };
  });

  return {
    bytes: bytes.length,
    sections,
    imports,
    exports,
    ...(memory ? { memory } : {}),
    functions,
    data,
  };
}

const EMPTY = new Uint8Array([0]);
const NOTHING = new Uint8Array(0);

/** The function whose body holds `offset`. */
export function functionAt(module: WasmModule, offset: number): FunctionBody | undefined {
  return module.functions.find((body) => offset >= body.offset && offset < body.offset + body.bytes);
}
