// mirleft bench

import os from 'node:os';
import type { Command } from 'commander';
import { bench, fits, type BenchRow } from '../bench/bench.js';
import { print } from './render-json.js';

const round = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2));

function line(what: string, goal: string, measured: string, unit: string, how: string): string {
  return `${what.padEnd(42)}${goal.padStart(8)}${measured.padStart(10)}  ${unit.padEnd(13)} ${how}\n`;
}

function rowLine(row: BenchRow): string {
  const { what, goal, measured, unit, how } = row;
  const wanted = goal === undefined ? '' : `${row.atLeast ? '≥' : '≤'} ${goal}`;
  return line(what, wanted, round(measured), unit, `${how}${fits(row) ? '' : '  MISSED'}`);
}

async function run(flags: { json?: boolean }): Promise<void> {
  const running = bench();
  if (!flags.json) process.stdout.write(line('what', 'goal', 'measured', '', 'how'));
  for (;;) {
    const { done, value } = await running.next();
    if (!done) {
      if (flags.json) continue;
      if (value.type === 'row') process.stdout.write(rowLine(value.row));
      else process.stderr.write(`measuring ${value.what}\n`);
      continue;
    }
    const rows = value.map((row) => ({ ...row, fits: fits(row) }));
    if (flags.json) print({ schema: 1, cores: os.availableParallelism(), rows });
    else if ((os.loadavg()[0] ?? 0) > os.availableParallelism() + 1)
      process.stderr.write('other programs are busy on this machine: the wall times are longer than its own\n');
    if (!rows.every((row) => row.fits)) process.exitCode = 1;
    return;
  }
}

const HELP = `
Exit status 1 when a goal is missed. What compares decoders needs a clone and wasm2c.

Examples:
  mirleft bench                      the table; takes a minute or two
  mirleft bench --json > now.json    the rows, to compare with another day's`;

export function register(program: Command): void {
  program
    .command('bench')
    .summary('measure the budgets: sizes, instructions, virtual and wall times')
    .description(
      'Measures the budgets and prints them beside their goals: sizes, instructions, virtual and wall times.',
    )
    .option('-j, --json', 'the rows as JSON')
    .addHelpText('after', HELP)
    .action(run);
}
