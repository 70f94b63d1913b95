// The commands of `mirleft`, one file each.

import { Command } from 'commander';
import { version } from '../build/library.js';
import * as bench from './bench.js';
import * as build from './build.js';
import * as card from './card.js';
import * as check from './check.js';
import * as boardConsole from './console.js';
import * as files from './files.js';
import * as flash from './flash.js';
import * as image from './image.js';
import * as jack from './jack.js';
import * as dev from './dev.js';
import * as crash from './crash.js';
import * as doctor from './doctor.js';
import * as metrics from './metrics.js';
import * as create from './new.js';
import * as play from './play.js';
import * as push from './push.js';
import * as run from './run.js';
import * as setup from './setup.js';
import * as size from './size.js';
import * as update from './update.js';
import * as top from './top.js';
import * as web from './web.js';

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

/** The command line; its texts for people who do not ask for help are thrown as CommanderError (usage.ts). */
export function createProgram(): Command {
  const program = new Command('mirleft')
    .description('Bare-metal audio firmware for the Raspberry Pi 4, in AssemblyScript: build it, run it, hear it.')
    .version(version)
    .addHelpText('after', HELP)
    // What is wrong is told below, as every other problem.
    .configureOutput({ outputError: () => undefined })
    .exitOverride();
  for (const command of [
    play,
    push,
    run,
    image,
    card,
    check,
    flash,
    jack,
    update,
    web,
    boardConsole,
    files,
    dev,
    top,
    metrics,
    doctor,
    crash,
    build,
    size,
    create,
    bench,
    setup,
  ])
    command.register(program);
  return program;
}
