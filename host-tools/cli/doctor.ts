// mirleft doctor

import type { Command } from 'commander';
import { examine, type Finding } from '../link/doctor.js';
import { Problem } from '../problem.js';
import { portOption } from './port-option.js';
import { Status } from './render-errors.js';
import { printJson } from './render-json.js';
import { StatusLine } from './render-status.js';
import { styleText } from './render-style.js';
import { onInterrupt } from './render-terminal.js';

interface Flags {
  port?: string;
  json?: true;
}

const HELP = `
Looks at the adapter, the right to open it, who holds it, what answers and at which rate, the versions, and how well the
line carries. It ends with status 1 when something is wrong.

Examples:
  mirleft doctor
  mirleft doctor --port /dev/ttyUSB0 --json`;

export function register(program: Command): void {
  program
    .command('doctor')
    .summary('why a board does not answer, and what to do')
    .description('Finds out what is between this program and a board, and says the next step.')
    .addOption(portOption())
    .option('-j, --json', 'the findings as JSON')
    .addHelpText('after', HELP)
    .action(async (flags: Flags) => {
      process.exitCode = await doctor(flags);
    });
}

async function doctor({ port, json }: Flags): Promise<Status> {
  const status = new StatusLine();
  const ending = new AbortController();
  const { signal } = ending;
  const interrupts = onInterrupt(() => ending.abort());
  const findings: Finding[] = [];
  const collect = async (): Promise<void> => {
    try {
      for await (const finding of examine({ port, signal, onProgress: (text) => status.set(text) })) {
        findings.push(finding);
        status.clear();
        if (!json) status.output(textOf(finding));
      }
    } finally {
      status.clear();
      interrupts.undo();
    }
    if (signal.aborted) throw new Problem('interrupted', 'was broken off');
  };
  const isWrong = (): boolean => findings.some(({ outcome }) => outcome === 'wrong');
  if (json) {
    await printJson(async () => {
      await collect();
      return { isFine: !isWrong(), findings };
    });
  } else await collect();
  return isWrong() ? Status.Failed : Status.Fine;
}

const MARKS = { fine: ['green', 'ok   '], note: ['yellow', 'note '], wrong: ['red', 'wrong'] } as const;

function textOf({ check, outcome, text, hint }: Finding): string {
  const [style, mark] = MARKS[outcome];
  const next = hint === undefined ? '' : `                   ${hint}\n`;
  return `${styleText(style, mark)}  ${check.padEnd(10)}  ${text}\n${next}`;
}
