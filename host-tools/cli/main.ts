#!/usr/bin/env node
// The command line as a process: exit statuses, signals, and the line that tells what went wrong.

import { CommanderError } from 'commander';
import { createProgram } from './program.js';
import { errorText, Status, statusOf } from './render-errors.js';
import { usageProblem } from './usage.js';

const words = process.argv.slice(2);
const program = await createProgram(words[0]);

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
    const shown = error.code === 'commander.help' || error.exitCode === 0;
    if (!shown) process.stderr.write(`${errorText(usageProblem(error, program, words))}\n`);
  } else {
    process.stderr.write(`${errorText(error)}\n`);
    process.exitCode = statusOf(error);
  }
}
// The compiler's thread and a terminal's stdin would keep the process alive.
await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write('', done))));
process.exit();
