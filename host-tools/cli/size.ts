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

const HELP = `
Sizes are bytes of the image; every list adds up to the number above it. The budget is that of the player.

Examples:
  mirleft size                  the project in this folder, else the player
  mirleft size tone --all       every function of one of the library's programs
  mirleft size --json player    the whole report, for other tools`;

export function register(program: Command): void {
  program
    .command('size')
    .summary('tell where the bytes of an image go')
    .description('Builds a program and tells where the bytes of its image go, by section, function and data.')
    .argument(...PROGRAM_ARGUMENT)
    .option(...WASM3_OPTION)
    .option('--all', 'every function and data segment, not only the largest')
    .option('-j, --json', 'the whole report as JSON')
    .addHelpText('after', HELP)
    .action(size);
}
