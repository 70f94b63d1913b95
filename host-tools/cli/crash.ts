// mirleft crash

import type { Command } from 'commander';
import type { FaultReport } from '../build/faults.js';
import { buildProgram, finishBuild } from '../build/program.js';
import { formatFault, symbolize, type SymbolizedFault } from '../build/symbolize.js';
import { fetchCrash, forgetCrash } from '../link/crash.js';
import { printable } from '../problem.js';
import { inSession } from './one-session.js';
import { baudOption, portOption, type PortFlags } from './port-option.js';
import { PROGRAM_ARGUMENT } from './program-argument.js';
import { Status } from './render-errors.js';
import { printJson } from './render-json.js';

interface Flags extends PortFlags {
  forget?: true;
}

const HELP = `
A board keeps the report of its last fault until the power goes, also over a restart. The program is built to find the
source lines; they are shown when it is the build that failed.
It ends with status 1 when there is a report.

Examples:
  mirleft crash --port /dev/ttyUSB0
  mirleft crash synth.ts --forget      of a program of your own; the board forgets it then`;

export function register(program: Command): void {
  program
    .command('crash')
    .summary("the report of a board's last fault")
    .description("Shows the report of a board's last fault, with the lines of the source.")
    .argument(...PROGRAM_ARGUMENT)
    .addOption(portOption())
    .addOption(baudOption())
    .option('--forget', 'let the board forget it')
    .option('-j, --json', 'the report as JSON')
    .addHelpText('after', HELP)
    .action(async (what: string | undefined, flags: Flags) => {
      process.exitCode = await crash(what, flags);
    });
}

async function crash(what: string | undefined, flags: Flags): Promise<Status> {
  const fetch = (): Promise<FaultReport | undefined> =>
    inSession(flags, async (link) => {
      const report = await fetchCrash(link);
      if (report && flags.forget) await forgetCrash(link);
      return report;
    });
  let fault: SymbolizedFault | undefined;
  if (flags.json)
    await printJson(async () => {
      fault = await withLines(await fetch(), what);
      return { fault: fault ? jsonOf(fault) : null };
    });
  else {
    fault = await withLines(await fetch(), what);
    process.stdout.write(fault ? textOf(fault) : 'no fault since power on\n');
  }
  return fault ? Status.Failed : Status.Fine;
}

/** Addresses as text: JSON has no numbers of 64 bits. */
const jsonOf = ({ at, ...fault }: SymbolizedFault): object => ({
  ...fault,
  ...(at ? { at: { ...at, address: `0x${at.address.toString(16)}` } } : {}),
});

async function withLines(
  report: FaultReport | undefined,
  what: string | undefined,
): Promise<SymbolizedFault | undefined> {
  if (!report) return undefined;
  return symbolize(report, await finishBuild(buildProgram(what === undefined ? {} : { program: what })));
}

/** Of a board's own text nothing reaches the terminal as it is. */
const textOf = (fault: SymbolizedFault): string =>
  [...formatFault(fault).split('\n'), ...fault.report.registers, ''].map(printable).join('\n');
