// AssemblyScript to Wasm. The compiler runs in a worker thread that stays warm (compiler.ts), so the first program of
// a process takes a second or more, later ones tenths, and one that was compiled before and has not changed comes out
// of the cache (compile-cache.ts) without a compiler.

import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Problem } from '../problem.js';
import { CompileCache } from './compile-cache.js';
import { createAscService, FREE_PAGES, type AscDiagnostic, type AscService } from './compiler.js';
import { checkModule } from './contract.js';
import { cacheFolder, insideLibrary, LIBRARY_PREFIX, libraryRoot, PACKAGE, version, versionNumber } from './library.js';
import { INLINING, PASSES } from './passes.js';
import type { Signature } from './wasm-module.js';

export interface CompileOptions {
  /** The program's entry file. */
  entry: string;
  /** Folder that a user's program is named from; default: the entry's. Files of the library have names of their own. */
  root?: string;
  /** Further folders that packages are searched in, after node_modules beside the root and above. */
  packages?: string[];
  /** 0 to 3; default 3. */
  optimize?: number;
  /** Pages of 64 KiB of linear memory, fixed; default: what static data takes, and FREE_PAGES. */
  memoryPages?: number;
  /** Further asc flags. */
  flags?: string[];
  /**
   * The module is for the board: `abort` becomes the board's `fault`, and a module that does not keep the contract is
   * refused. Default false: `abort` is the import `env.abort`, for modules that run in Node.
   */
  board?: boolean;
  /** Texts that take the place of files, by absolute path: a program as it would be with a change. */
  replaced?: ReadonlyMap<string, string>;
  /** Imports of `board` that this image offers beside the list, with their types: `{ native: '(i32) -> i64' }`. */
  extraImports?: Readonly<Record<string, Signature>>;
}

export interface Compiled {
  /** The module with its names for the host's tools; the image leaves them out (image.ts). */
  wasm: Uint8Array;
  /** Source map of `wasm`, as JSON text with the sources' text in it; names as in `Remark.file`. */
  sourceMap: string;
  /** Every file that was read, with absolute path. */
  sources: string[];
  /** What the compiler remarked on. */
  warnings: Remark[];
  /** The result was in the cache. */
  cached: boolean;
}

/** One remark of the compiler. */
export interface Remark {
  severity: 'error' | 'warning';
  /** The compiler's number of the message: TS2304, AS225. */
  code: string;
  message: string;
  /** Relative to the root; of the library `mirleft/…`, or without it when the program is the library's own. */
  file?: string;
  /** Both from 1. */
  line?: number;
  column?: number;
  /** The text of that line. */
  source?: string;
}

/** The compiler refused the program. */
export class CompileError extends Problem {
  constructor(
    entry: string,
    readonly problems: Remark[],
  ) {
    super('not-compiled', 'does not compile', { file: entry, details: problems.map(formatProblem).join('\n') });
  }
}

/** `main.ts:3:9: Cannot find name 'x' (TS2304)`, and below it the line. */
export function formatProblem(problem: Remark): string {
  const place = problem.file ? `${[problem.file, problem.line, problem.column].filter(Boolean).join(':')}: ` : '';
  const source = problem.source ? `\n    ${problem.source.trim()}` : '';
  const severity = problem.severity === 'warning' ? 'warning: ' : '';
  return `${place}${severity}${problem.message} (${problem.code})${source}`;
}

export interface Compiler {
  /** Starts loading the compiler, so that the first program finds it ready. */
  warm(): void;
  /** Compiles a program. Throws CompileError, CompilerCrash; for the board ContractError. */
  compile(options: CompileOptions): Promise<Compiled>;
  close(): Promise<void>;
}

/** A compiler with a thread of its own. `cache` is the folder of its cache, false for none. */
export function createCompiler(settings: { cache?: string | false } = {}): Compiler {
  const service = createAscService();
  const folder = settings.cache ?? path.join(cacheFolder(), 'compile');
  const cache = folder === false ? undefined : new CompileCache(folder);
  return {
    warm: () => service.warm(),
    compile: (options) => compileWith(service, cache, options),
    close: () => service.close(),
  };
}

let shared: Compiler | undefined;

/** The process's own compiler. */
export function sharedCompiler(): Compiler {
  return (shared ??= createCompiler());
}

/** Compiles with the process's own compiler. Throws CompileError, CompilerCrash; for the board ContractError. */
export function compile(options: CompileOptions): Promise<Compiled> {
  return sharedCompiler().compile(options);
}

const ascVersion = (createRequire(import.meta.url)('assemblyscript/package.json') as { version: string }).version;

/** Where `abort` goes, the end of every failed assertion and thrown error. */
const ABORT = 'firmware/abort';
const OUTPUT = 'firmware.wasm';

const MAX_PAGES = 1024;

async function compileWith(
  service: AscService,
  cache: CompileCache | undefined,
  options: CompileOptions,
): Promise<Compiled> {
  const pages = options.memoryPages;
  if (pages !== undefined && (!Number.isInteger(pages) || pages < 1 || pages > MAX_PAGES)) {
    throw new RangeError(`memoryPages is ${pages}: 1 to ${MAX_PAGES} pages of 64 KiB are possible`);
  }
  const files = new SourceFiles(options);
  if (!fs.existsSync(files.entry)) {
    throw new CompileError(options.entry, [{ severity: 'error', code: 'TS6054', message: 'There is no such file.' }]);
  }
  const argv = [
    files.entryName,
    ...['--baseDir', files.root],
    ...(options.packages ?? []).flatMap((folder) => ['--path', path.resolve(folder)]),
    ...['--outFile', OUTPUT, '--sourceMap', '--debug', '--noColors'],
    ...['--optimizeLevel', String(options.optimize ?? 3), '--shrinkLevel', '0'],
    ...['--runtime', 'stub', '--noValidate'], // the module is checked when it is done, by a faster validator
    ...(options.board ? ['--use', `abort=${LIBRARY_PREFIX}${ABORT}/abort`] : []),
    ...['--use', `MIRLEFT_VERSION=${versionNumber}`],
    ...(pages === undefined ? [] : ['--initialMemory', String(pages), '--maximumMemory', String(pages)]),
    ...(options.flags ?? []),
  ];

  // Not where the files are: their names and texts are all that the compiler sees.
  const key = [argv.filter((word) => word !== files.root), version, ascVersion, PASSES, INLINING, FREE_PAGES];
  const found = cache?.find(key, (name) => files.read(name));
  const { wasm, sourceMap, warnings } = found ?? (await run(service, files, argv, options.entry));
  if (!found) cache?.store(key, files.texts, { wasm, sourceMap, warnings });
  if (options.board) checkModule(options.entry, wasm, options.extraImports);
  return {
    wasm,
    sourceMap,
    sources: files.sources(),
    warnings: warnings as Remark[],
    cached: found !== undefined,
  };
}

async function run(service: AscService, files: SourceFiles, argv: string[], entry: string) {
  const { error, written, diagnostics } = await service.run(argv, (name) => files.read(name));
  const problems = diagnostics.flatMap((diagnostic) => files.problem(diagnostic) ?? []);
  if (error !== null) {
    const errors = problems.filter((problem) => problem.severity === 'error');
    throw new CompileError(entry, errors.length ? errors : [{ severity: 'error', code: 'asc', message: error }]);
  }
  return {
    wasm: written.get(OUTPUT) as Uint8Array,
    sourceMap: files.nameMap(String(written.get(`${OUTPUT}.map`))),
    warnings: problems.filter((problem) => problem.severity === 'warning'),
  };
}

const WARNING = 2;
const ERROR = 3;

/** The files of a program under the names that the compiler knows them by. */
class SourceFiles {
  readonly entry: string;
  readonly root: string;
  /** The entry's name for the compiler. */
  readonly entryName: string;
  /** What was read so far, by name; null where there was no such file. */
  readonly texts = new Map<string, string | null>();
  /** The program is one of the library's own. */
  readonly #own: boolean;
  readonly #board: boolean;
  readonly #replaced: ReadonlyMap<string, string> | undefined;

  constructor(options: CompileOptions) {
    this.#replaced = options.replaced;
    this.entry = path.resolve(options.entry);
    const inside = insideLibrary(this.entry);
    this.#own = inside !== undefined;
    this.#board = options.board === true;
    this.root = path.resolve(options.root ?? (this.#own ? libraryRoot : path.dirname(this.entry)));
    this.entryName =
      inside === undefined
        ? path.relative(this.root, this.entry).split(path.sep).join('/')
        : `${LIBRARY_PREFIX}${inside}`;
  }

  #locate(name: string): string {
    const library = new RegExp(`(?:^|[\\\\/])(?:node_modules|~lib)[\\\\/]${PACKAGE}[\\\\/](.+)$`).exec(name);
    return library?.[1] ? path.join(libraryRoot, library[1]) : path.resolve(this.root, name);
  }

  read(name: string): string | null {
    const known = this.texts.get(name);
    if (known !== undefined) return known;
    const text = this.#load(name);
    this.texts.set(name, text);
    return text;
  }

  #load(name: string): string | null {
    // Settings are the project's (package.json), not asc's own file.
    if (path.basename(name) === 'asconfig.json') return null;
    const file = this.#locate(name);
    try {
      const text = this.#replaced?.get(file) ?? fs.readFileSync(file, 'utf8');
      // Aliased functions must belong to the program. Behind the last line, so that no line number changes.
      return file === this.entry && this.#board ? `${text}\nimport '${PACKAGE}/${ABORT}';\n` : text;
    } catch {
      return null;
    }
  }

  /** Every file that was there, with absolute path. */
  sources(): string[] {
    const found = [...this.texts].filter(([, text]) => text !== null).map(([name]) => this.#locate(name));
    return [...new Set(found)].sort();
  }

  /** A name for people: relative to the root, the library's files as they are imported. */
  #display(name: string): string {
    return name.replaceAll(LIBRARY_PREFIX, this.#own ? '' : `${PACKAGE}/`);
  }

  problem({ message, code, category, range }: AscDiagnostic): Remark | undefined {
    if (category !== WARNING && category !== ERROR) return undefined;
    const problem: Remark = {
      severity: category === ERROR ? 'error' : 'warning',
      code: code < 1000 ? `AS${code}` : `TS${code}`,
      message: this.#display(message),
    };
    if (!range) return problem;
    const name = range.source.normalizedPath;
    const text = this.#load(name);
    const file = this.#display(name);
    if (text === null) return { ...problem, file };
    const before = text.slice(0, range.start).split('\n');
    const line = before.length;
    const column = (before.at(-1)?.length ?? 0) + 1;
    return { ...problem, file, line, column, source: text.split('\n')[line - 1] ?? '' };
  }

  nameMap(text: string): string {
    const map = JSON.parse(text) as { sources: string[]; sourceRoot: string };
    map.sources = map.sources.map((name) => this.#display(name));
    map.sourceRoot = '';
    return JSON.stringify(map);
  }
}
