// mirleft dev [PROGRAM]

import type { Command } from 'commander';
import { formatProblem } from '../build/compile.js';
import { findProgram, type Program } from '../build/project.js';
import { Dev, type DevEvents } from '../dev/dev.js';
import { openEmulator } from '../link/emulator-port.js';
import { openPort } from '../link/port.js';
import { startSession, type OpenPort } from '../link/session.js';
import { printable, Problem } from '../problem.js';
import { baudOption, portOption } from './port-option.js';
import { PROGRAM_ARGUMENT } from './program-argument.js';
import { problemLine, Status } from './render-errors.js';
import { StatusLine } from './render-status.js';
import { styleText } from './render-style.js';
import { onInterrupt } from './render-terminal.js';
import { grouped } from './render-text.js';

interface Flags {
  port?: string;
  baud?: number;
}

const HELP = `
PROGRAM is the name of one of the library's programs, a project's folder or an entry file; default: the project here,
else the player. What is saved is compiled quickly, sent and swapped in while the board plays on; the optimised build
follows by itself. Code that does not compile, traps or hangs is told, and what ran before runs on. Ctrl-C ends; the board
keeps what it runs until it is switched off. With --port qemu the emulator begins with PROGRAM.

Examples:
  mirleft dev                                 the project in this folder, on the one adapter that is plugged in
  mirleft dev player --port /dev/ttyUSB0
  mirleft dev hello --port qemu               without a board`;

const RETRY_MS = 500;
const ms = (time: number): string => (time < 1000 ? `${Math.round(time)} ms` : `${(time / 1000).toFixed(2)} s`);

export function register(program: Command): void {
  program
    .command('dev')
    .summary('on save: compile, send, and swap it in while the board plays')
    .description('Watches the sources of a program; what is saved runs on the board at once.')
    .argument(...PROGRAM_ARGUMENT)
    .addOption(portOption())
    .addOption(baudOption())
    .addHelpText('after', HELP)
    .action(async (name: string | undefined, flags: Flags) => {
      process.exitCode = await dev(findProgram(name), flags);
    });
}

async function dev(program: Program, flags: Flags): Promise<Status> {
  const status = new StatusLine();
  const ending = new AbortController();
  const interrupts = onInterrupt(() => ending.abort());
  const { signal } = ending;
  const session = new Dev({ program, signal }, eventsOf(status));
  let port: OpenPort | undefined;
  try {
    status.set('building…');
    await session.check();
    status.set('opening the port…');
    port = await open(program, flags.port);
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      const link = await connect(port, flags, session, signal, isFirst);
      if (!link) break;
      status.line(styleText('dim', `${printable(program.name)} on ${port.transport.name}; Ctrl-C ends`));
      await session.serve(link);
      const { isOpen } = link;
      await link.leave();
      const end = await link.closed;
      if (!isOpen && end.kind === 'gone') throw end.problem ?? new Problem('link-lost', 'the port is gone');
      if (!isOpen) status.line('the board was reset or is away: what there is will be sent again');
    }
    return Status.Interrupted;
  } finally {
    status.clear();
    await session.close();
    await port?.transport.close();
    interrupts.undo();
  }
}

async function open(program: Program, spec: string | undefined): Promise<OpenPort> {
  if (spec !== 'qemu' && !spec?.startsWith('qemu:')) return openPort(spec);
  return { transport: await openEmulator(spec.slice('qemu:'.length) || undefined, program) };
}

/** A session; undefined when the signal came first. A board that was there may take its time to come back. */
async function connect(port: OpenPort, flags: Flags, session: Dev, signal: AbortSignal, isFirst: boolean) {
  while (!signal.aborted) {
    try {
      return await startSession(port, { signal, baud: flags.baud, onText: session.onText });
    } catch (error) {
      if (signal.aborted) return undefined;
      if (isFirst || !(error instanceof Problem) || error.code !== 'no-answer') throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
  return undefined;
}

const NAMES = { quick: 'quick build', full: 'optimised build' } as const;

function eventsOf(status: StatusLine): DevEvents {
  return {
    text: (text) => status.output(text),
    building: (kind) => status.set(`${NAMES[kind]}…`),
    built({ kind, ms: took, cached, bytes, warnings }) {
      for (const warning of warnings) status.line(formatProblem(warning));
      status.line(`${NAMES[kind]}: ${grouped(bytes)} bytes, ${cached ? 'compiled before' : `compiled in ${ms(took)}`}`);
    },
    unchanged: () => status.line('  runs already'),
    sending: (sent, of) => status.set(`sending ${grouped(sent)} of ${grouped(of)} bytes…`),
    swapped(_kind, report, sinceSave) {
      const { sentBytes, sendMs, swapMs, aheadMs, generation } = report;
      const ring = aheadMs > 0 ? `, ${ms(aheadMs)} of sound were left` : '';
      status.line(
        `  ${grouped(sentBytes)} bytes sent in ${ms(sendMs)}, swapped in ${ms(swapMs)}${ring}; ` +
          `module ${generation} runs ${ms(sinceSave)} after the save`,
      );
    },
    failed: (problem) => status.line(problemLine(problem)),
    waiting: (files) => status.set(`watching ${files} files; Ctrl-C ends`),
  };
}
