// mirleft log

import { InvalidArgumentError, type Command } from 'commander';
import { fetchLog } from '../link/log.js';
import { inSession } from './one-session.js';
import { baudOption, portOption, type PortFlags } from './port-option.js';
import { printJson } from './render-json.js';

interface Flags extends PortFlags {
  lines?: number;
}

const HELP = `
A program keeps the last 4 KiB that it has printed, but for what commands have answered: also what it said before anybody
listened, as which board it found, and what was wrong with a card. mirleft console shows what is printed from then on.

Examples:
  mirleft log --port /dev/ttyUSB0
  mirleft log -n 20                 the last 20 lines`;

export function register(program: Command): void {
  program
    .command('log')
    .summary('what a board has printed last')
    .description('Shows the lines that a board has printed last.')
    .addOption(portOption())
    .addOption(baudOption())
    .option('-n, --lines <number>', 'so many at most', lines)
    .option('-j, --json', 'the lines as JSON')
    .addHelpText('after', HELP)
    .action(async (flags: Flags) => {
      const ask = async (): Promise<string[]> => (await inSession(flags, fetchLog)).slice(-(flags.lines ?? Infinity));
      if (flags.json) await printJson(async () => ({ lines: await ask() }));
      else for (const line of await ask()) process.stdout.write(`${line}\n`);
    });
}

function lines(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('a whole number from 1 is wanted.');
  return Number(text);
}
