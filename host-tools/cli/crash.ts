// mirleft crash

import type { Command } from 'commander';
import type { FaultReport } from '../build/faults.js';
import { buildProgram, finishBuild } from '../build/program.js';
import { formatFault, symbolize, type SymbolizedFault } from '../build/symbolize.js';
import { fetchCrash, forgetCrash } from '../link/crash.js';
import { openLink } from '../link/port.js';
import { printable, Problem } from '../problem.js';
import { baudOption, portOption } from './port-option.js';
import { PROGRAM_ARGUMENT } from './program-argument.js';
import { Status } from './render-errors.js';
import { printJson } from './render-json.js';
import { StatusLine } from './render-status.js';
import { onInterrupt } from './render-terminal.js';

interface Flags {
  port?: string;
  baud?: number;
  forget?: true;
  json?: true;
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
  const status = new StatusLine();
  const ending = new AbortController();
  const { signal } = ending;
  const interrupts = onInterrupt(() => ending.abort());
  const fetch = async (): Promise<FaultReport | undefined> => {
    try {
      const link = await openLink(flags.port, { signal, baud: flags.baud, onProgress: (text) => status.set(text) });
      signal.addEventListener('abort', () => void link.leave(), { once: true });
      try {
        // Trying rates ends with a session, too.
        signal.throwIfAborted();
        const report = await fetchCrash(link);
        if (report && flags.forget) await forgetCrash(link);
        return report;
      } finally {
        await link.close();
      }
    } catch (error) {
      throw signal.aborted ? new Problem('interrupted', 'was broken off') : error;
    } finally {
      status.clear();
      // What follows is ended by a signal as it is.
      interrupts.undo();
    }
  };
  let fault: SymbolizedFault | undefined;
  if (flags.json)
    await printJson(async () => {
      fault = await withLines(await fetch(), what);
      return { fault: fault ? jsonOf(fault) : null };
    });
  else {
    fault = await withLines(await fetch(), what);
    status.output(fault ? textOf(fault) : 'no fault since power on\n');
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
