// mirleft size

import type { Command } from 'commander';
import { buildProgram } from '../build/program.js';
import { formatSize, measureSize, type SizeReport } from '../build/size.js';
import { buildAloud } from './build.js';
import { PROGRAM_ARGUMENT, WASM3_OPTION } from './program-argument.js';
import { printJson } from './render-json.js';

interface SizeFlags {
  wasm3?: string;
  all?: boolean;
  json?: boolean;
}

async function size(what: string | undefined, flags: SizeFlags): Promise<void> {
  const options = {
    ...(what === undefined ? {} : { program: what }),
    ...(flags.wasm3 === undefined ? {} : { wasm3Dir: flags.wasm3 }),
  };
  const measure = async (): Promise<SizeReport> => measureSize(await buildAloud(buildProgram(options), true));
  if (flags.json) await printJson(measure);
  else process.stdout.write(`${formatSize(await measure(), flags.all ? Infinity : undefined)}\n`);
}

export function register(program: Command): void {
  program
    .command('size')
    .description('where the bytes of an image go')
    .argument(...PROGRAM_ARGUMENT)
    .option(...WASM3_OPTION)
    .option('--all', 'every function and data segment, not only the largest')
    .option('--json', 'the whole report as JSON')
    .action(size);
}
