// wasm3 for the Cortex-A72: compiled once for each combination of sources, flags and compiler, then only linked.

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { Problem, systemCode, systemReason } from '../problem.js';
import { makeTemporary, type Temporary } from '../temporary.js';
import { libraryRoot } from './library.js';
import { CLANG, runTool, toolVersion } from './toolchain.js';

/** The folder given as wasm3 holds no wasm3. */
export class InterpreterError extends Problem {
  constructor(folder: string, what: string) {
    super('not-found', what, { file: folder });
  }
}

/** For everything that runs on the board, C or assembly. */
export const TARGET = ['--target=aarch64-none-elf', '-mcpu=cortex-a72'];

const FLAGS = [
  ...TARGET,
  ...[
    '-std=gnu11',
    '-Oz',
    '-fomit-frame-pointer',
    '-ffreestanding',
    '-nostdlibinc',
    '-fno-pic',
    '-fno-math-errno',
    '-fno-stack-protector',
  ],
  ...['-ffunction-sections', '-fdata-sections', '-fno-unwind-tables', '-fno-asynchronous-unwind-tables', '-w'],
  ...['-Dd_m3VerboseErrorMessages=0', '-Dd_m3FixedHeap=0', '-Dd_m3RecordBacktraces=1'],
  // Newer versions bound the native stack themselves, by a size that is not ours: boot/main.S does it.
  '-Dd_m3MaxNativeStack=0',
];

/** Only for the unit with the instructions: see the header. */
const COMPILE_FLAGS = ['-mno-outline', '-include', 'backtrace.h'];

const UNITS = ['bind', 'code', 'compile', 'core', 'env', 'exec', 'function', 'info', 'module', 'parse'];
/** Only newer versions have these. */
const OPTIONAL_UNITS = ['validate'];

export interface Interpreter {
  /** Object files, in link order. */
  objects: string[];
  /** SHA-256 over sources, flags and compiler. */
  digest: string;
  /** Whether the objects were there already. */
  cached: boolean;
}

/** wasm3's C files: `folder` itself, or its cpp/ or source/. Default: the npm package's. Throws InterpreterError. */
export function findSources(folder?: string): string {
  const root =
    folder === undefined
      ? path.dirname(createRequire(import.meta.url).resolve('wasm3/package.json'))
      : path.resolve(folder);
  for (const candidate of [root, path.join(root, 'cpp'), path.join(root, 'source')])
    if (fs.existsSync(path.join(candidate, 'm3_core.c')) && fs.existsSync(path.join(candidate, 'wasm3.h')))
      return candidate;
  throw new InterpreterError(root, 'no wasm3 here: neither it nor its cpp/ or source/ holds m3_core.c and wasm3.h');
}

/** A file that a build needs. Throws Problem. */
export function readInput(file: string): Buffer {
  try {
    return fs.readFileSync(file);
  } catch (error) {
    throw new Problem('not-readable', `cannot be read (${systemReason(error)})`, { file, cause: error });
  }
}

function listInputs(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch (error) {
    throw new Problem('not-readable', `cannot be read (${systemReason(error)})`, { file: folder, cause: error });
  }
}

/** Adds names and bytes of files to a hash, so that neither a name nor a boundary can be mistaken. Throws Problem. */
export function hashFiles(hash: ReturnType<typeof createHash>, folder: string, names: readonly string[]): void {
  for (const name of names) {
    const bytes = readInput(path.join(folder, name));
    hash.update(`${name}\0${bytes.length}\0`).update(bytes);
  }
}

/** What folders of the cache are called while they are made. */
const UNFINISHED = 'making-';

/**
 * Fills a folder of the cache once: `make` writes into a folder of its own, which then takes its place in one
 * rename. Two builds at once make it twice and both use the same. Throws Problem where the cache cannot be written,
 * and what `make` throws.
 */
export async function cached(folder: string, make: (into: string) => Promise<void>): Promise<boolean> {
  if (fs.existsSync(folder)) return true;
  let temporary: Temporary | undefined;
  try {
    temporary = makeTemporary(path.dirname(folder), UNFINISHED, 0o777);
    await make(temporary.folder);
    try {
      fs.renameSync(temporary.folder, folder);
    } catch (error) {
      if (!fs.existsSync(folder)) throw error;
    }
  } catch (error) {
    throw cacheProblem(path.dirname(folder), error);
  } finally {
    temporary?.remove();
  }
  return false;
}

/** An error while the cache was written: the system's, or that a file stands in its place. Others stay as they are. */
function cacheProblem(folder: string, error: unknown): unknown {
  const taken = error instanceof Problem && error.code === 'would-overwrite';
  if (!taken && (error instanceof Problem || systemCode(error) === undefined)) return error;
  return new Problem('write-failed', `no cache can be kept there (${taken ? 'is a file' : systemReason(error)})`, {
    file: folder,
    hint: 'set MIRLEFT_CACHE to a folder that can be written',
    cause: error,
  });
}

/** Runs tasks, as many at once as there are cores. After a failure none is left running when it throws. */
export async function inParallel<T>(items: readonly T[], task: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await task(item);
  };
  const workers = Array.from({ length: Math.min(os.availableParallelism(), items.length) }, worker);
  for (const result of await Promise.allSettled(workers)) if (result.status === 'rejected') throw result.reason;
}

/** Compiles wasm3, or finds it in the cache. Throws InterpreterError, ToolMissingError, ToolError. */
export async function buildInterpreter(cacheDir: string, wasm3Dir?: string): Promise<Interpreter> {
  const sources = findSources(wasm3Dir);
  const shims = path.join(libraryRoot, 'boot', 'libc');
  const hash = createHash('sha256');
  hash.update(JSON.stringify([FLAGS, COMPILE_FLAGS, await toolVersion(CLANG)]));
  hashFiles(
    hash,
    sources,
    listInputs(sources)
      .filter((name) => /^(m3_|wasm3).*\.[ch]$/.test(name) && !name.startsWith('m3_api_'))
      .sort(),
  );
  hashFiles(hash, shims, fs.readdirSync(shims).sort());
  const digest = hash.digest('hex');
  const folder = path.join(cacheDir, `wasm3-${digest.slice(0, 32)}`);
  const units = [...UNITS, ...OPTIONAL_UNITS.filter((unit) => fs.existsSync(path.join(sources, `m3_${unit}.c`)))];
  const found = await cached(folder, (into) =>
    // The largest first, so that the other core does the rest meanwhile.
    inParallel(
      [...units].sort((a, b) => Number(b === 'compile') - Number(a === 'compile')),
      async (unit) => {
        const flags = [...FLAGS, ...(unit === 'compile' ? COMPILE_FLAGS : []), '-I', shims, '-I', '.'];
        await runTool(CLANG, [...flags, '-c', `m3_${unit}.c`, '-o', path.join(into, `m3_${unit}.o`)], sources);
      },
    ),
  );
  return { objects: units.map((unit) => path.join(folder, `m3_${unit}.o`)), digest, cached: found };
}
