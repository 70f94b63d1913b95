// mirleft build

import path from 'node:path';
import type { Command } from 'commander';
import { formatProblem } from '../build/compile.js';
import { buildProgram, writeBuild, type Build, type BuildEvent } from '../build/program.js';
import { PROGRAM_ARGUMENT, WASM3_OPTION } from './program-argument.js';
import { printJson } from './render-json.js';

interface BuildFlags {
  out?: string;
  wasm3?: string;
  json?: boolean;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

function describe(event: BuildEvent): string | undefined {
  switch (event.type) {
    case 'program':
      return `program   ${event.program.name}`;
    case 'compiled': {
      const remarks = event.warnings.map((warning) => `\n${formatProblem(warning)}`).join('');
      return `compiled  ${event.bytes} bytes in ${seconds(event.ms)}${event.cached ? ', unchanged' : ''}${remarks}`;
    }
    case 'interpreter':
      return event.cached ? undefined : 'compiled  wasm3';
    case 'boot':
      return event.cached ? undefined : 'assembled boot';
    case 'linked':
      return undefined;
  }
}

/** Runs a build and tells how it goes on stderr. */
export async function buildAloud(build: AsyncGenerator<BuildEvent, Build>, quiet: boolean): Promise<Build> {
  for (;;) {
    const { done, value } = await build.next();
    if (done) return value;
    const line = describe(value);
    if (line !== undefined && !quiet) process.stderr.write(`${line}\n`);
  }
}

async function make(
  what: string | undefined,
  flags: BuildFlags,
  quiet: boolean,
): Promise<{ made: Build; files: string[] }> {
  const options = {
    ...(what === undefined ? {} : { program: what }),
    ...(flags.wasm3 === undefined ? {} : { wasm3Dir: flags.wasm3 }),
  };
  const made = await buildAloud(buildProgram(options), quiet);
  const folder = flags.out ?? path.join(made.program.folder ?? process.cwd(), 'build');
  return { made, files: writeBuild(made, folder) };
}

async function build(what: string | undefined, flags: BuildFlags): Promise<void> {
  if (flags.json) {
    await printJson(async () => {
      const { made, files } = await make(what, flags, true);
      const { program, buildId, image, moduleBytes, times } = made;
      return { program: program.name, buildId, kernelBytes: image.length, moduleBytes, times, files };
    });
    return;
  }
  const { made, files } = await make(what, flags, false);
  process.stdout.write(
    [
      `kernel8.img ${made.image.length} bytes: boot and wasm3 ${made.image.length - made.moduleBytes}, ` +
        `the program ${made.moduleBytes}`,
      `build ${made.buildId}, ${seconds(made.times.totalMs)} ` +
        `(compiler ${seconds(made.times.compileMs)}, link ${seconds(made.times.linkMs)})`,
      ...files.map((file) => `  ${path.relative(process.cwd(), file)}`),
      '',
    ].join('\n'),
  );
}

const HELP = `
What is compiled already is taken from the cache (MIRLEFT_CACHE names another folder for it). The same input gives the
same image; the build id is a hash of the input.

Examples:
  mirleft build                       the project in this folder, to build/kernel8.img
  mirleft build player --out card     one of the library's programs, to card/kernel8.img
  mirleft build --json synth.ts       an entry file without a project; sizes and files as JSON`;

export function register(program: Command): void {
  program
    .command('build')
    .summary('compile a program and make kernel8.img')
    .description('Compiles a program, links it with boot and wasm3, and writes kernel8.img.')
    .argument(...PROGRAM_ARGUMENT)
    .option('-o, --out <dir>', "where the files go (default: the project's build folder)")
    .option(...WASM3_OPTION)
    .option('-j, --json', 'sizes, times and files as JSON')
    .addHelpText('after', HELP)
    .action(build);
}
