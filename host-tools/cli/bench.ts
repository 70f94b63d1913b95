// mirleft bench

import os from 'node:os';
import type { Command } from 'commander';
import { bench, type BenchRow } from '../bench/bench.js';

const round = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2));

function line(what: string, goal: string, measured: string, unit: string, how: string): string {
  return `${what.padEnd(42)}${goal.padStart(8)}${measured.padStart(10)}  ${unit.padEnd(13)} ${how}\n`;
}

function rowLine({ what, goal, measured, unit, how }: BenchRow): string {
  const missed = goal !== undefined && measured > goal ? '  MISSED' : '';
  return line(what, goal === undefined ? '' : String(goal), round(measured), unit, `${how}${missed}`);
}

async function run(flags: { json?: boolean }): Promise<void> {
  const running = bench();
  if (!flags.json) process.stdout.write(line('what', 'at most', 'measured', '', 'how'));
  for (;;) {
    const { done, value } = await running.next();
    if (!done) {
      if (flags.json) continue;
      if (value.type === 'row') process.stdout.write(rowLine(value.row));
      else process.stderr.write(`measuring ${value.what}\n`);
      continue;
    }
    const rows = value.map((row) => ({ ...row, fits: row.goal === undefined || row.measured <= row.goal }));
    if (flags.json) process.stdout.write(`${JSON.stringify({ schema: 1, cores: os.availableParallelism(), rows })}\n`);
    else if ((os.loadavg()[0] ?? 0) > os.availableParallelism() + 1)
      process.stderr.write('other programs are busy on this machine: the wall times are longer than its own\n');
    if (!rows.every(({ fits }) => fits)) process.exitCode = 1;
    return;
  }
}

export function register(program: Command): void {
  program
    .command('bench')
    .description('measure the budgets: sizes, instructions, virtual and wall times')
    .option('--json', 'the rows as JSON')
    .addHelpText('after', '\nExit status 1 when a goal is missed. What compares decoders needs a clone and wasm2c.')
    .action(run);
}
