// The commands of `mirleft`, one file each but for those about files.

import { Command } from 'commander';
import { version } from '../build/library.js';

const HELP = `
Examples:
  mirleft play song.flac        hear what a Raspberry Pi 4's jack would make of it: song.jack.wav
  mirleft new hello             a small firmware of your own
  mirleft web                   hear and see it in your browser, on a virtual Pi
  mirleft image --music DIR     a card for your Pi, with your music on it
  mirleft run tone              one of the library's programs, its console on the terminal
  mirleft dev hello --port qemu what you save runs at once
  mirleft console --port qemu   a board's console over the serial line, here without a board
  mirleft top --port qemu       levels, ring, load and errors while it plays
  mirleft COMMAND --help        options and examples of a command`;

interface CommandFile {
  register(program: Command): void;
}

/** In the order of the help: what a file registers, and how it is loaded. */
const COMMANDS: readonly (readonly [names: string, load: () => Promise<CommandFile>])[] = [
  ['play', () => import('./play.js')],
  ['push', () => import('./push.js')],
  ['run', () => import('./run.js')],
  ['image', () => import('./image.js')],
  ['card', () => import('./card.js')],
  ['check', () => import('./check.js')],
  ['flash', () => import('./flash.js')],
  ['jack', () => import('./jack.js')],
  ['update', () => import('./update.js')],
  ['web', () => import('./web.js')],
  ['console', () => import('./console.js')],
  ['ls df get put rm mv mkdir', () => import('./files.js')],
  ['dev', () => import('./dev.js')],
  ['top', () => import('./top.js')],
  ['metrics', () => import('./metrics.js')],
  ['doctor', () => import('./doctor.js')],
  ['log', () => import('./log.js')],
  ['crash', () => import('./crash.js')],
  ['build', () => import('./build.js')],
  ['size', () => import('./size.js')],
  ['new', () => import('./new.js')],
  ['bench', () => import('./bench.js')],
  ['setup', () => import('./setup.js')],
];

/**
 * The command line; its texts for people who do not ask for help are thrown as CommanderError (usage.ts). Where `first`, the
 * first word, is a command, only its file is loaded: all of them take longer than most commands.
 */
export async function createProgram(first?: string): Promise<Command> {
  const program = new Command('mirleft')
    .description('Bare-metal audio firmware for the Raspberry Pi 4, in AssemblyScript: build it, run it, hear it.')
    .version(version)
    .addHelpText('after', HELP)
    // What is wrong is told below, as every other problem.
    .configureOutput({ outputError: () => undefined })
    .exitOverride();
  const named = COMMANDS.filter(([names]) => first !== undefined && names.split(' ').includes(first));
  const files = await Promise.all((named.length > 0 ? named : COMMANDS).map(([, load]) => load()));
  for (const file of files) file.register(program);
  return program;
}
