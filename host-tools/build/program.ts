// A program becomes an image: asc, then the link with boot/ and wasm3. Compiling the program and, where they are not
// in the cache, the other parts goes on at the same time.

import fs from 'node:fs';
import path from 'node:path';
import { sharedCompiler, type Compiler, type Remark } from './compile.js';
import { makeFolder } from '../folder.js';
import { Problem, systemReason } from '../problem.js';
import { buildImage, type Image, type ImageEvent } from './image.js';
import { buildInterpreter } from './interpreter.js';
import { cacheFolder } from './library.js';
import { findProgram, type Program } from './project.js';

export interface BuildOptions {
  /** A program as `findProgram` takes it. */
  program?: string | Program;
  /** What relative names in `program` are relative to; default: the working folder. */
  from?: string;
  /** Another tree of wasm3's sources. */
  wasm3Dir?: string;
  /** 0 to 3; default: the project's, else 3. */
  optimize?: number;
  /** Where compiled parts are kept; default: the user's cache folder. */
  cacheDir?: string;
  /** Default: the process's own. */
  compiler?: Compiler;
}

export type BuildEvent =
  | { type: 'program'; program: Program }
  /** `bytes` with names; `warnings` are the compiler's. */
  | { type: 'compiled'; ms: number; cached: boolean; bytes: number; warnings: Remark[] }
  | ImageEvent;

export interface Build extends Image {
  program: Program;
  /** The module with its names. */
  wasm: Uint8Array;
  /** JSON text; see `Compiled.sourceMap`. */
  sourceMap: string;
  /** Every source file of the program, with absolute path. */
  sources: string[];
  /** Milliseconds of wall time. */
  times: { compileMs: number; linkMs: number; totalMs: number };
}

/**
 * Builds a program; what happens comes as events, the result at the end. Throws Problem (no such program),
 * CompileError, ContractError, CompilerCrash and what `buildImage` throws.
 */
export async function* buildProgram(options: BuildOptions = {}): AsyncGenerator<BuildEvent, Build> {
  const start = performance.now();
  const program = typeof options.program === 'object' ? options.program : findProgram(options.program, options.from);
  yield { type: 'program', program };
  const { settings } = program;
  const optimize = options.optimize ?? settings.optimize;
  const cacheDir = options.cacheDir ?? cacheFolder();

  // `buildImage` asks for the same again. Without it the module is not waited for.
  const interpreter = buildInterpreter(cacheDir, options.wasm3Dir);
  const failed = interpreter.then(() => new Promise<never>(() => undefined));
  const compiling = (options.compiler ?? sharedCompiler()).compile({
    entry: program.entry,
    board: true,
    ...(program.folder === undefined ? {} : { root: program.folder }),
    ...(settings.memoryPages === undefined ? {} : { memoryPages: settings.memoryPages }),
    ...(optimize === undefined ? {} : { optimize }),
  });
  for (const promise of [failed, compiling]) promise.catch(() => undefined);
  const compiled = await Promise.race([compiling, failed]);
  const compileMs = performance.now() - start;
  const { wasm, sourceMap, sources, warnings, cached } = compiled;
  yield { type: 'compiled', ms: compileMs, cached, bytes: wasm.length, warnings };

  const linkStart = performance.now();
  await interpreter;
  const events: ImageEvent[] = [];
  const image = await buildImage({
    wasm,
    cacheDir,
    ...(options.wasm3Dir === undefined ? {} : { wasm3Dir: options.wasm3Dir }),
    onEvent: (event) => void events.push(event),
  });
  yield* events;
  const end = performance.now();
  const times = { compileMs, linkMs: end - linkStart, totalMs: end - start };
  return { ...image, program, wasm, sourceMap, sources, times };
}

/** Runs a build to its end without looking at the events. Throws what `buildProgram` throws. */
export async function finishBuild(build: AsyncGenerator<BuildEvent, Build>): Promise<Build> {
  for (;;) {
    const { done, value } = await build.next();
    if (done) return value;
  }
}

/** The files of a build, by their names in its folder. */
function buildFiles(build: Build): Record<string, Uint8Array | string> {
  return {
    'kernel8.img': build.image,
    'firmware.elf': build.elf,
    'firmware.wasm': build.wasm,
    'firmware.wasm.map': build.sourceMap,
  };
}

/** Writes the build's files into `folder`, which is made; returns their paths. Throws Problem. */
export function writeBuild(build: Build, folder: string): string[] {
  let at = path.resolve(folder);
  try {
    makeFolder(at);
    return Object.entries(buildFiles(build)).map(([name, contents]) => {
      at = path.join(folder, name);
      // Whoever reads it meanwhile sees the old file or the new one.
      const scratch = `${at}.${process.pid}`;
      try {
        fs.writeFileSync(scratch, contents);
        fs.renameSync(scratch, at);
      } catch (error) {
        fs.rmSync(scratch, { force: true });
        throw error;
      }
      return at;
    });
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem('write-failed', `cannot be written (${systemReason(error)})`, { file: at, cause: error });
  }
}
