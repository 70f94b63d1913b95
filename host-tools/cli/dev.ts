// mirleft dev [PROGRAM]

import type { Command } from 'commander';
import { findProgram, type Program } from '../build/project.js';
import { Dev } from '../dev/dev.js';
import { openEmulator } from '../link/emulator-port.js';
import { openPort } from '../link/port.js';
import { mayComeBack, startSession, type OpenPort } from '../link/session.js';
import { pause } from '../play/aborted.js';
import { Problem } from '../problem.js';
import { baudOption, portOption } from './port-option.js';
import { PROGRAM_ARGUMENT } from './program-argument.js';
import { jsonView, textView } from './render-dev.js';
import { Status } from './render-errors.js';
import { JsonEvents } from './render-json.js';
import { StatusLine } from './render-status.js';
import { onInterrupt } from './render-terminal.js';

interface Flags {
  port?: string;
  baud?: number;
  json?: true;
}

const HELP = `
PROGRAM is the name of one of the library's programs, a project's folder or an entry file; default: the project here,
else the player. What is saved is compiled quickly, sent and swapped in while the board plays on; the optimised build
follows by itself. Code that does not compile, traps or hangs is told, and what ran before runs on. Ctrl-C ends; the board
keeps what it runs until it is switched off. With --port qemu the emulator begins with PROGRAM.
With --json each event is a line: connected, lost, building, built, unchanged, sending, swapped, failed, waiting, text of
the board, and at last end; what went wrong is in errors.

Examples:
  mirleft dev                                 the project in this folder, on the one adapter that is plugged in
  mirleft dev player --port /dev/ttyUSB0
  mirleft dev hello --port qemu               without a board`;

const RETRY_MS = 500;

export function register(program: Command): void {
  program
    .command('dev')
    .summary('on save: compile, send, and swap it in while the board plays')
    .description('Watches the sources of a program; what is saved runs on the board at once.')
    .argument(...PROGRAM_ARGUMENT)
    .addOption(portOption())
    .addOption(baudOption())
    .option('-j, --json', 'a line of JSON for each event on stdout, and nothing else there')
    .addHelpText('after', HELP)
    .action(async (name: string | undefined, flags: Flags) => {
      const json = flags.json ? new JsonEvents() : undefined;
      const work = (): Promise<Status> => dev(findProgram(name), flags, json);
      process.exitCode = await (json ? json.during(work) : work());
    });
}

async function dev(program: Program, flags: Flags, json?: JsonEvents): Promise<Status> {
  const status = new StatusLine();
  const view = json ? jsonView(json) : textView(status);
  const ending = new AbortController();
  const interrupts = onInterrupt(() => ending.abort());
  const { signal } = ending;
  const session = new Dev({ program, signal }, view);
  let port: OpenPort | undefined;
  try {
    view.building('full');
    await session.check();
    if (signal.aborted) return Status.Interrupted;
    view.opening();
    port = await open(program, flags.port);
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      const link = await connect(port, flags, session, signal, isFirst);
      if (!link) break;
      view.connected(program, port.transport.name);
      await session.serve(link);
      const { isOpen } = link;
      await link.leave();
      const end = await link.closed;
      if (!isOpen && end.kind === 'gone') throw end.problem ?? new Problem('link-lost', 'the port is gone');
      if (!isOpen) view.lost();
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
      if (isFirst || !mayComeBack(error)) throw error;
      await pause(RETRY_MS, signal);
    }
  }
  return undefined;
}
