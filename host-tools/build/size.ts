// Where the bytes of an image go: by section of the kernel, by function and data segment of the module. Every list
// adds up to its total, so nothing hides between the lines.

import type { ElfSection } from './elf.js';
import { stripModule } from './image.js';
import { labelData, measureData, type DataSize } from './size-data.js';
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

export interface SizeReport {
  schema: 1;
  /** kernel8.img. All sizes are in bytes. */
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
  const data = measureData(wasm, module);
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

/** Of wasm3 and boot, and of kernel8.img with the player, in bytes. */
export const BUDGET = { system: 80 * 1024, kernel: 256 * 1024 };

const LABEL = 58;
const SHARE = 7;

function row(label: string, bytes: number, whole: number, indent = '  '): string {
  const share = whole > 0 ? `${((100 * bytes) / whole).toFixed(1)} %` : '';
  return `${indent}${label.padEnd(LABEL - indent.length)}${String(bytes).padStart(9)}${share.padStart(SHARE + 1)}`;
}

/** `whole`: what shares are of. */
function table<T extends SizeEntry>(
  title: string,
  entries: readonly T[],
  whole: number,
  label: (entry: T) => string = (entry) => entry.name,
): string[] {
  return [row(title, total(entries), whole, ''), ...entries.map((entry) => row(label(entry), entry.bytes, whole)), ''];
}

function budget(what: string, bytes: number, limit: number): string {
  const over = bytes > limit ? `, ${bytes - limit} bytes over` : '';
  return `${what} ${bytes} bytes, ${((100 * bytes) / limit).toFixed(1)} % of ${limit / 1024} KB${over}`;
}

/** The report as tables of bytes and shares of the image; lists longer than `most` end in one line for the rest. */
export function formatSize(report: SizeReport, most = 20): string {
  const cut = <T extends SizeEntry>(entries: T[], label: (entry: T) => string): SizeEntry[] => {
    const named = entries.map((entry) => ({ name: label(entry), bytes: entry.bytes }));
    const rest = named.slice(most);
    if (rest.length < 2) return named;
    return [...named.slice(0, most), { name: `(${rest.length} more; --all lists them)`, bytes: total(rest) }];
  };
  const withFile = (entry: FunctionSize): string => (entry.file ? `${entry.name} (${entry.file})` : entry.name);
  const whole = report.kernelBytes;
  return [
    `${''.padEnd(LABEL)}${'bytes'.padStart(9)}${'share'.padStart(SHARE + 1)}`,
    ...table('kernel8.img', report.sections, whole),
    row('boot and wasm3', report.systemBytes, whole, ''),
    row('the module', report.moduleBytes, whole, ''),
    '',
    ...table('module: functions', cut(report.functions, withFile), whole),
    ...table('module: data', cut(report.data, labelData), whole),
    ...table('module: other', report.other, whole),
    'budget of the player:',
    `  ${budget('boot and wasm3', report.systemBytes, BUDGET.system)}`,
    `  ${budget('kernel8.img', report.kernelBytes, BUDGET.kernel)}`,
  ].join('\n');
}
