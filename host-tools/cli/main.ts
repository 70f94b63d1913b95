#!/usr/bin/env node
// The command line: one file a command, operations below that print nothing.

import { Command, CommanderError } from 'commander';
import { version } from '../build/library.js';
import * as bench from './bench.js';
import * as build from './build.js';
import * as create from './new.js';
import * as play from './play.js';
import { errorText, Status, statusOf } from './render-errors.js';
import * as run from './run.js';
import * as setup from './setup.js';
import * as size from './size.js';

const program = new Command('mirleft')
  .description('Bare-metal audio firmware for the Raspberry Pi 4, in AssemblyScript: build it, run it, hear it.')
  .version(version)
  .showHelpAfterError('(--help lists the options)')
  .exitOverride();
for (const command of [play, run, build, size, create, bench, setup]) command.register(program);

// Whoever reads may have had enough (`mirleft … | head`).
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

// Without a listener a signal ends the process before what it has made can be removed. Commands with something to
// finish first have listeners of their own.
for (const [signal, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
  ['SIGHUP', 1],
] as const)
  process.on(signal, () => {
    if (process.listenerCount(signal) === 1) process.exit(128 + number);
  });

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? Status.Fine : Status.Usage;
  } else {
    process.stderr.write(`${errorText(error)}\n`);
    process.exitCode = statusOf(error);
  }
}
// The compiler's thread and a terminal's stdin would keep the process alive.
await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write('', done))));
process.exit();
