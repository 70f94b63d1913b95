// What a fault report's addresses mean in the source: offsets in the module become AssemblyScript function, file,
// line and column, addresses of the kernel become symbols of boot/ or wasm3.

import { decodedMappings, TraceMap } from '@jridgewell/trace-mapping';
import type { FaultReport } from './faults.js';
import type { ElfSymbol } from './elf.js';
import { functionAt, parseModule, type WasmModule } from './wasm-module.js';

/** What a report is read with; a `Build` has it all. */
export interface SymbolSource {
  buildId: string;
  /** The module with its names. */
  wasm: Uint8Array;
  sourceMap: string;
  symbols: readonly ElfSymbol[];
}

/** One call in AssemblyScript. What the map does not know is left out. */
export interface SourceFrame {
  /** In the module's bytes. */
  offset: number;
  /** Without the path of its file: `mixVoice`, `Array<i32>#push`. */
  function?: string;
  place?: SourcePlace;
  /** For a place in AssemblyScript's own library: the last place before it that is not. Inlining hides the call. */
  near?: SourcePlace;
}

export interface SourcePlace {
  /** Named as in `Compiled.sourceMap`. */
  file: string;
  /** Both from 1. */
  line: number;
  column: number;
}

export interface KernelAddress {
  address: bigint;
  symbol: string;
  /** Bytes behind the symbol. */
  offset: number;
}

export interface SymbolizedFault {
  report: FaultReport;
  /** Whether the report is of this build; otherwise nothing can be said about its addresses. */
  matches: boolean;
  /** Innermost first. */
  frames: SourceFrame[];
  /** Where the processor stopped, for faults of the processor inside the kernel image. */
  at?: KernelAddress;
}

/** `~lib/mirleft/firmware/audio/mixer/mixVoice` is `mixVoice` to people, in type arguments too. */
export function shortName(name: string): string {
  return name.replace(/[^<>,|\s]*\//g, '');
}

const STANDARD_LIBRARY = '~lib/';
/** Every failed assertion's innermost call says nothing. */
const ABORT_FILE = /(^|\/)firmware\/abort\.ts$/;

/** The places in the source of an offset in the module. Instructions without one belong to the one before them. */
function locate(module: WasmModule, map: TraceMap, offset: number): SourceFrame {
  const frame: SourceFrame = { offset };
  const body = functionAt(module, offset);
  if (!body) return frame;
  frame.function = shortName(body.name);
  // All of a module is one line of its map.
  const all = (decodedMappings(map)[0] ?? []).flatMap((segment): SourcePlace[] => {
    if (segment.length === 1 || segment[0] < body.offset || segment[0] > offset) return [];
    return [{ file: map.sources[segment[1]] ?? '?', line: segment[2] + 1, column: segment[3] + 1 }];
  });
  // A failed assertion in a program that has but one: `abort` was inlined, and what comes before it is the assertion.
  const inlined = ABORT_FILE.test(all.at(-1)?.file ?? '') ? all.findIndex(({ file }) => ABORT_FILE.test(file)) : 0;
  const places = inlined > 0 ? all.slice(0, inlined) : all;
  const place = places.at(-1);
  if (!place) return frame;
  const near = place.file.startsWith(STANDARD_LIBRARY)
    ? places.findLast(({ file }) => !file.startsWith(STANDARD_LIBRARY))
    : undefined;
  return { ...frame, place, ...(near ? { near } : {}) };
}

/** The symbol that an address of the kernel belongs to. */
export function kernelSymbol(symbols: readonly ElfSymbol[], address: bigint): KernelAddress | undefined {
  const index = symbols.findLastIndex((each) => BigInt(each.address) <= address);
  // Of several names for one place the one with a size says most.
  const candidates = symbols.filter((each) => each.address === symbols[index]?.address);
  const symbol = candidates.find((each) => each.bytes > 0) ?? candidates[0];
  const last = symbols.at(-1);
  if (!symbol || !last || address > BigInt(last.address + last.bytes)) return undefined;
  return { address, symbol: symbol.name, offset: Number(address - BigInt(symbol.address)) };
}

/** The places in the source of offsets in a module. */
export function sourceFrames(wasm: Uint8Array, sourceMap: string, offsets: readonly number[]): SourceFrame[] {
  const module = parseModule(wasm);
  const map = new TraceMap(sourceMap);
  return offsets.map((offset) => locate(module, map, offset));
}

/** Finds the places of a report in the source. */
export function symbolize(report: FaultReport, build: SymbolSource): SymbolizedFault {
  if (report.buildId !== build.buildId) return { report, matches: false, frames: [] };
  const frames = sourceFrames(build.wasm, build.sourceMap, report.frames);
  if (report.kind === 'abort' && ABORT_FILE.test(frames[0]?.place?.file ?? '')) frames.shift();
  const elr = report.fields['elr'];
  const at = elr !== undefined && /^0x[0-9a-f]+$/i.test(elr) ? kernelSymbol(build.symbols, BigInt(elr)) : undefined;
  return { report, matches: true, frames, ...(at ? { at } : {}) };
}

const hex = (value: number): string => `0x${value.toString(16)}`;

const formatPlace = ({ file, line, column }: SourcePlace): string => `${file}:${line}:${column}`;

/** `mixVoice (firmware/audio/mixer.ts:5:9)`, or as much of it as is known. */
export function formatFrame({ offset, place, near, ...frame }: SourceFrame): string {
  const where = place === undefined ? `wasm +${hex(offset)}` : formatPlace(place);
  const text = near === undefined ? where : `${where}, near ${formatPlace(near)}`;
  return frame.function === undefined ? text : `${frame.function} (${text})`;
}

const TITLES: Record<string, string> = {
  trap: 'trap',
  abort: 'abort',
  hang: 'a step did not end in time',
  load: 'the module could not be loaded',
  'stack-overflow': 'the stack is full',
  'data-abort': 'data abort',
  'prefetch-abort': 'prefetch abort',
  serror: 'SError',
  undefined: 'undefined instruction',
};

/** A report in plain text, several lines: what happened, then the calls, innermost first. */
export function formatFault({ report, matches, frames, at }: SymbolizedFault): string {
  const { text, far, esr, elr } = report.fields;
  const details = [
    text,
    far === undefined || report.kind === 'hang' ? undefined : `address ${shorter(far)}`,
    esr === undefined || report.kind === 'hang' ? undefined : `ESR ${shorter(esr)}`,
  ].filter((each) => each !== undefined && each !== '');
  const title = TITLES[report.kind] ?? report.kind;
  const lines = [`fault: ${title}${details.length ? `: ${details.join(', ')}` : ''}`];
  lines.push(...frames.map((frame) => `  at ${formatFrame(frame)}`));
  if (at) lines.push(`  in ${at.symbol}+${hex(at.offset)} (processor at ${shorter(elr ?? '')})`);
  if (!matches) {
    lines.push(`  of build ${report.buildId || 'unknown'}, not this one: no source lines`);
    lines.push(...report.frames.map((offset) => `  at wasm +${hex(offset)}`));
  }
  return lines.join('\n');
}

/** A hexadecimal number without leading zeros. */
function shorter(number: string): string {
  return number.replace(/^0x0*(?=[0-9a-f])/i, '0x');
}
