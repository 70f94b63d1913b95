// Where the bytes of an image go: by section of the kernel, by function and data segment of the module. Every list
// adds up to its total, so nothing hides between the lines.

import type { ElfSection } from './elf.js';
import { stripModule } from './image.js';
import { shortName } from './symbolize.js';
import { parseModule, SectionId } from './wasm-module.js';

export interface SizeEntry {
  name: string;
  bytes: number;
}

export interface FunctionSize extends SizeEntry {
  /** The source file that the name tells, without its ending; not of functions that the compiler made. */
  file?: string;
}

export interface DataSize extends SizeEntry {
  /** What the segment holds, where it is text. */
  text?: string;
}

export interface SizeReport {
  schema: 1;
  /** kernel8.img. */
  kernelBytes: number;
  /** boot/ and wasm3: the image without the module. */
  systemBytes: number;
  /** The module in the image, names left out. */
  moduleBytes: number;
  /** What is stored of the ELF's sections, in the order of addresses; their sum is `kernelBytes`. */
  sections: SizeEntry[];
  /** Code of the module, largest first. */
  functions: FunctionSize[];
  /** Data segments of the module, largest first. */
  data: DataSize[];
  /** The module's other sections and headers; with functions and data the sum is `moduleBytes`. */
  other: SizeEntry[];
}

/** What is measured; a `Build` has it all. */
export interface SizeSource {
  image: Uint8Array;
  /** The module with its names. */
  wasm: Uint8Array;
  sections: readonly ElfSection[];
}

const total = (entries: readonly SizeEntry[]): number => entries.reduce((sum, { bytes }) => sum + bytes, 0);

function largestFirst<T extends SizeEntry>(entries: T[]): T[] {
  return entries.sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
}

/** The library's files without the compiler's prefix. */
function fileOf(name: string): string | undefined {
  const generic = name.indexOf('<');
  const end = name.lastIndexOf('/', generic < 0 ? undefined : generic);
  return end < 0 ? undefined : name.slice(0, end).replace('~lib/mirleft/', '');
}

const STRING_CLASS = 2;
const HEADER_BYTES = 8;

/**
 * The text of a string literal (UTF-16), or undefined for anything else. The compiler leaves zeros at both ends out:
 * a segment begins with the characters, or with the class and length of the object's header.
 */
function textOf(contents: Uint8Array): string | undefined {
  const bytes = Buffer.from([...contents, 0]);
  const header = contents.length > HEADER_BYTES && bytes.readUInt32LE(0) === STRING_CLASS ? HEADER_BYTES : 0;
  const text = bytes.toString('utf16le', header, bytes.length & ~1).replace(/\0+$/, '');
  return text.length > 1 && /^[\n\x20-\x7e]+$/.test(text) ? text : undefined;
}

export function measureSize({ image, wasm, sections }: SizeSource): SizeReport {
  const stored = sections.filter((section) => section.stored).map(({ name, bytes }) => ({ name, bytes }));
  const padding = image.length - total(stored);
  if (padding > 0) stored.push({ name: '(alignment)', bytes: padding });

  const module = parseModule(wasm);
  const moduleBytes = stripModule(wasm).length;
  const functions = module.functions.map(({ name, bytes }): FunctionSize => {
    const file = fileOf(name);
    return { name: shortName(name), bytes, ...(file === undefined ? {} : { file }) };
  });
  const data = module.data.map(({ name, bytes, offset, contents }): DataSize => {
    const text = textOf(wasm.subarray(contents, offset + bytes));
    return { name, bytes, ...(text === undefined ? {} : { text }) };
  });
  const other = module.sections
    .filter(({ id }) => id !== SectionId.Custom && id !== SectionId.Code && id !== SectionId.Data)
    .map(({ name, bytes }) => ({ name, bytes }));
  other.push({ name: '(headers)', bytes: moduleBytes - total(functions) - total(data) - total(other) });
  return {
    schema: 1,
    kernelBytes: image.length,
    systemBytes: image.length - moduleBytes,
    moduleBytes,
    sections: stored,
    functions: largestFirst(functions),
    data: largestFirst(data),
    other: largestFirst(other),
  };
}

function table(
  title: string,
  entries: readonly SizeEntry[],
  label = (entry: SizeEntry): string => entry.name,
): string[] {
  return [
    `${title.padEnd(48)}${String(total(entries)).padStart(9)}`,
    ...entries.map((entry) => `  ${label(entry).padEnd(46)}${String(entry.bytes).padStart(9)}`),
    '',
  ];
}

/** The report as a table of bytes; lists longer than `most` end in one line for the rest. */
export function formatSize(report: SizeReport, most = 20): string {
  const cut = <T extends SizeEntry>(entries: T[]): SizeEntry[] => {
    const rest = entries.slice(most);
    if (rest.length < 2) return entries;
    return [...entries.slice(0, most), { name: `(${rest.length} more)`, bytes: total(rest) }];
  };
  const withFile = (entry: FunctionSize): string => (entry.file ? `${entry.name} (${entry.file})` : entry.name);
  const withText = (entry: DataSize): string =>
    entry.text === undefined ? entry.name : `${entry.name} ${JSON.stringify(entry.text.slice(0, 30))}`;
  return [
    ...table('kernel8.img', report.sections),
    `${'  boot and wasm3'.padEnd(48)}${String(report.systemBytes).padStart(9)}`,
    `${'  the module'.padEnd(48)}${String(report.moduleBytes).padStart(9)}`,
    '',
    ...table('module: functions', cut(report.functions), withFile),
    ...table('module: data', cut(report.data), withText),
    ...table('module: other', report.other),
  ]
    .join('\n')
    .trimEnd();
}
