// AssemblyScript under test: compiles a program (cached by the content of everything it read), and runs it in Node
// on the imports that a test gives. Wrappers that only exist for tests stand in test/<room>/assembly/.

import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Compiled, CompileOptions } from '../../host-tools/build/compile.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const cache = path.join(root, 'build/test-modules');

/** What tests need of a compiled program. */
export type TestModule = Pick<Compiled, 'wasm' | 'sourceMap' | 'sources'>;

/** One function of the module `board` as JavaScript sees it: i32 is number, i64 is bigint. */
// Parameters differ from import to import; each test's object has its own types.
export type BoardFunction = (...parameters: never[]) => unknown;
export type BoardImports = Record<string, BoardFunction>;

/** The running program. `memory` never moves, but a view made before `memory.grow` is detached: use `bytes()`. */
export interface Running<Exports> {
  exports: Exports;
  memory: WebAssembly.Memory;
  /** A fresh view of the whole linear memory. */
  bytes(): Uint8Array;
  /** A fresh DataView of the whole linear memory. */
  view(): DataView;
}

/** AssemblyScript's `abort`: a failed assertion or a thrown error, with the place in the source. */
export class ProgramAbort extends Error {
  constructor(
    readonly text: string,
    readonly file: string,
    readonly line: number,
    readonly column: number,
  ) {
    super(`abort: ${text} (${file}:${line}:${column})`);
  }
}

const digest = (data: crypto.BinaryLike): string => crypto.createHash('sha256').update(data).digest('hex');

interface Entry {
  /** Digests, by names relative to the tree. */
  sources: Record<string, string>;
  sourceMap: string;
  wasm: string;
}

function cached(file: string): TestModule | undefined {
  try {
    const entry = JSON.parse(fs.readFileSync(file, 'utf8')) as Entry;
    const absolute = (name: string): string => path.join(root, name);
    const same = Object.entries(entry.sources).every(([name, sum]) => digest(fs.readFileSync(absolute(name))) === sum);
    if (!same) return undefined;
    return {
      wasm: Buffer.from(entry.wasm, 'base64'),
      sourceMap: entry.sourceMap,
      sources: Object.keys(entry.sources).map(absolute),
    };
  } catch {
    return undefined; // not there, half written by a killed run, or a source is gone
  }
}

const compiling = new Map<string, Promise<TestModule>>();

/**
 * Compiles a program for a test. `entry` is relative to the repository. The same program is compiled once in a
 * process, and not at all while nothing it was made from has changed. Throws CompileError.
 */
export function compileProgram(entry: string, options: Omit<CompileOptions, 'entry'> = {}): Promise<TestModule> {
  const compiler = fs.readFileSync(path.join(root, 'host-tools/build/compile.ts'));
  const release = fs.readFileSync(path.join(root, 'node_modules/assemblyscript/package.json'));
  const key = digest(JSON.stringify([entry, options, digest(compiler), digest(release)]));
  let job = compiling.get(key);
  if (!job) {
    job = compileCached(path.join(root, entry), options, path.join(cache, `${key}.json`));
    compiling.set(key, job);
  }
  return job;
}

async function compileCached(entry: string, options: Omit<CompileOptions, 'entry'>, file: string): Promise<TestModule> {
  const hit = cached(file);
  if (hit) return hit;
  // The compiler takes seconds to load: only when something has changed.
  const { compile } = await import('../../host-tools/build/compile.js');
  const made = await compile({ ...options, entry });
  // Relative ones: a copy of the tree must not take the first one's sources for its own.
  const sources = Object.fromEntries(
    made.sources.map((name) => [path.relative(root, name), digest(fs.readFileSync(name))]),
  );
  const record: Entry = { sources, sourceMap: made.sourceMap, wasm: Buffer.from(made.wasm).toString('base64') };
  fs.mkdirSync(cache, { recursive: true });
  const partial = `${file}.${process.pid}`;
  fs.writeFileSync(partial, JSON.stringify(record));
  fs.renameSync(partial, file);
  return made;
}

/**
 * Compiles and instantiates. `board` is what the program may call, or a function that makes it from the program's
 * memory (to be read at call time only). An import that the test does not give throws its name when it is called.
 */
export async function runProgram<Exports = Record<string, (...parameters: (number | bigint)[]) => number | bigint>>(
  entry: string,
  board: BoardImports | ((memory: () => WebAssembly.Memory) => BoardImports) = {},
  options: Omit<CompileOptions, 'entry'> = {},
): Promise<Running<Exports>> {
  const { wasm } = await compileProgram(entry, options);
  return instantiate<Exports>(wasm, board);
}

/** Instantiates a compiled program; see `runProgram`. */
export function instantiate<Exports>(
  wasm: Uint8Array,
  board: BoardImports | ((memory: () => WebAssembly.Memory) => BoardImports) = {},
): Running<Exports> {
  const memory = (): WebAssembly.Memory => instance.exports['memory'] as WebAssembly.Memory;
  const given = typeof board === 'function' ? board(memory) : board;
  const text = (pointer: number): string => {
    if (!pointer) return '';
    const length = new DataView(memory().buffer).getUint32(pointer - 4, true);
    return Buffer.from(memory().buffer, pointer, length).toString('utf16le');
  };
  const abort = (message: number, file: number, line: number, column: number): never => {
    throw new ProgramAbort(text(message), text(file), line, column);
  };
  const module = new WebAssembly.Module(Uint8Array.from(wasm));
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = { board: {}, env: {} };
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    const absent = (): never => {
      throw new Error(`the program called ${from}.${name}, which this test does not give`);
    };
    const offered = from === 'board' ? (given[name] as WebAssembly.ImportValue | undefined) : undefined;
    (imports[from] ??= {})[name] = from === 'env' && name === 'abort' ? abort : (offered ?? absent);
  }
  const instance = new WebAssembly.Instance(module, imports);
  return {
    exports: instance.exports as Exports,
    memory: memory(),
    bytes: () => new Uint8Array(memory().buffer),
    view: () => new DataView(memory().buffer),
  };
}

/** The same module with a section that says nothing: another build. */
export function otherBytes(wasm: Uint8Array): Uint8Array {
  const name = Buffer.from('mark');
  const section = [0, name.length + 1, name.length, ...name];
  return Buffer.concat([wasm.subarray(0, 8), Buffer.from(section), wasm.subarray(8)]);
}
