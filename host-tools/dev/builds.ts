// The two builds of `mirleft dev`: a quick one, which is heard first, and the optimised one behind it. Each has a compiler
// of its own, so that the next quick one does not wait for the other.

import { CompileError, createCompiler, type Compiled, type Compiler } from '../build/compile.js';
import { stripModule } from '../build/image.js';
import { QUICK_PASSES } from '../build/passes.js';
import type { Program } from '../build/project.js';
import { parseModule } from '../build/wasm-module.js';
import { Problem } from '../problem.js';

/** The compiler is code that is compiled as it runs: after so many quick builds one takes half the time of the second. */
export const WARM_BUILDS = 4;

export type Kind = 'quick' | 'full';

export interface DevBuild extends Compiled {
  readonly kind: Kind;
  /** What is sent: the module without names. */
  readonly module: Uint8Array;
  readonly ms: number;
}

/** What a module imports that can be replaced: nothing that is not called is compiled. */
const RELOAD = 'reload';

export class DevBuilds {
  private readonly compilers: Record<Kind, Compiler>;

  /** `cache` as for createCompiler. */
  constructor(
    private readonly program: Program,
    cache?: string | false,
  ) {
    const make = (): Compiler => createCompiler(cache === undefined ? {} : { cache });
    this.compilers = { quick: make(), full: make() };
  }

  /** Has both compilers loaded, so that the first save finds them ready. */
  warm(): void {
    for (const compiler of Object.values(this.compilers)) compiler.warm();
  }

  /** Throws Problem: CompileError, ContractError, or a program that could not be replaced again. */
  async build(kind: Kind): Promise<DevBuild> {
    const begun = performance.now();
    const { entry, folder, settings } = this.program;
    const quick = { optimize: 0, flags: ['--runPasses', QUICK_PASSES.join(',')] };
    const full = settings.optimize === undefined ? {} : { optimize: settings.optimize };
    const compiled = await this.compilers[kind].compile({
      entry,
      board: true,
      ...(folder === undefined ? {} : { root: folder }),
      ...(settings.memoryPages === undefined ? {} : { memoryPages: settings.memoryPages }),
      ...(kind === 'quick' ? quick : full),
    });
    const module = stripModule(compiled.wasm);
    if (!importsOf(module, entry).has(RELOAD))
      throw new Problem('refused', 'does not serve the line: once it runs, nothing could replace it', {
        file: this.program.name,
        hint: 'call serviceDevLine() of mirleft/firmware/link/dev-line in its step (docs/firmware.md)',
      });
    return { ...compiled, kind, module, ms: performance.now() - begun };
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.compilers).map((compiler) => compiler.close()));
  }
}

/** The names of a module's imports. Throws CompileError where it is no valid one. */
function importsOf(module: Uint8Array, entry: string): Set<string> {
  if (!WebAssembly.validate(Uint8Array.from(module)))
    throw new CompileError(entry, [{ severity: 'error', code: 'wasm', message: 'the compiler made no valid module' }]);
  return new Set(parseModule(module).imports.map(({ name }) => name));
}
