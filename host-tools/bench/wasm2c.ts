// wasm2c as it is installed. Its releases differ in names and calls; the differences are read from the headers, because
// a distribution's version number does not tell which patches it has.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { findProgram } from '../emulator/find.js';
import { Problem, systemReason } from '../problem.js';

/** Releases that were tried. */
const TRIED = '1.0.32, 1.0.36 and 1.0.41';

/** The program and its runtime's header, which lies beside it, in include/. Throws Problem. */
function findFiles(): { program: string; header: string } {
  const program = findProgram('wasm2c');
  const header = program && path.join(path.dirname(fs.realpathSync(program)), '..', 'include', 'wasm-rt.h');
  if (program === undefined || header === undefined || !fs.existsSync(header)) {
    throw new Problem('not-found', 'wasm2c and its header wasm-rt.h are needed', {
      hint: 'install wabt: scripts/setup.sh test does',
    });
  }
  return { program, header };
}

/** Flags for clang that tell test/reference/native.c what this wasm2c is like. Throws Problem for one it is not made for. */
export function dialect(generated: string, runtime: string, version = 'of unknown version'): string[] {
  const call = /wasm_rt_allocate_memory\(wasm_rt_memory_t\*,([^)]*)\);/.exec(
    runtime.replace(/\/\*[^]*?\*\//g, ''),
  )?.[1];
  const parameters = call?.split(',').map((parameter) => parameter.trim().replace(/\s+/g, ' ')) ?? [];
  const pages = /^uint(?:32|64)_t/.exec(parameters[0] ?? '')?.[0];
  const oldNames = generated.includes('Z_decoder_instantiate(');
  if (pages === undefined || !(oldNames || generated.includes('wasm2c_decoder_instantiate(')))
    throw new Problem('tool-failed', `this wasm2c, ${version}, has names that the bench does not know`, {
      hint: `use one of wabt ${TRIED}`,
    });
  const more = parameters.slice(2).map((parameter) => `, ${parameter}`);
  return [
    `-DWASM2C_OLD_NAMES=${oldNames ? 1 : 0}`,
    `-DWASM2C_PAGES=${pages}`,
    `-DWASM2C_MORE=${more.join('')}`,
    // Bounds are checked by code: there is no signal handler. The name of the setting has changed.
    ...(runtime.includes('WASM_RT_MEMCHECK_BOUNDS_CHECK')
      ? ['-DWASM_RT_USE_MMAP=0', '-DWASM_RT_MEMCHECK_BOUNDS_CHECK=1']
      : ['-DWASM_RT_MEMCHECK_SIGNAL_HANDLER=0']),
    // One thread, and no storage for others.
    ...['-D__STDC_NO_THREADS__=1', '-D_Thread_local=', '-D__thread='],
  ];
}

/**
 * Translates `wasm` to `decoder.c` and `decoder.h` in `folder`, with the runtime's header beside them, alone, so that no
 * other header of the system is found. Returns the flags to compile it with. Throws Problem.
 */
export function translate(wasm: Uint8Array, folder: string): string[] {
  const { program, header } = findFiles();
  const at = (name: string): string => path.join(folder, name);
  fs.writeFileSync(at('decoder.wasm'), wasm);
  let version: string;
  try {
    execFileSync(program, [at('decoder.wasm'), '-n', 'decoder', '-o', at('decoder.c')], { stdio: 'pipe' });
    version = execFileSync(program, ['--version'], { encoding: 'utf8' }).trim();
  } catch (error) {
    throw new Problem(
      'tool-failed',
      `wasm2c does not translate the decoder (${systemReason(error).split('\n')[0] ?? ''})`,
      {
        file: program,
        hint: `use one of wabt ${TRIED}`,
        cause: error,
      },
    );
  }
  fs.copyFileSync(header, at('wasm-rt.h'));
  return dialect(fs.readFileSync(at('decoder.h'), 'utf8'), fs.readFileSync(header, 'utf8'), version);
}
