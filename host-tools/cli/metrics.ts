// mirleft metrics

import { InvalidArgumentError, Option, type Command } from 'commander';
import { exposition, type BoardState } from '../link/exposition.js';
import { serveMetrics } from '../link/metrics-server.js';
import { openPort } from '../link/port.js';
import { watchBoard } from '../link/telemetry.js';
import { pause } from '../play/aborted.js';
import { Problem } from '../problem.js';
import { baudOption, portOption } from './port-option.js';
import { Status } from './render-errors.js';
import { onInterrupt } from './render-terminal.js';

interface Address {
  readonly host: string;
  readonly port: number;
}

interface Flags {
  port?: string;
  baud?: number;
  listen: Address;
  public?: true;
}

const HELP = `
Serves http://ADDRESS/metrics in the text format of Prometheus, as long as it runs; the address is printed when the board
answers. The session is renewed when the board was reset, and the port opened again when the adapter was pulled out;
mirleft_up is 0 meanwhile.

Examples:
  mirleft metrics --port /dev/ttyUSB0
  mirleft metrics --listen 127.0.0.1:9123
  mirleft metrics --listen 0.0.0.0:9640 --public     other machines may ask, too`;

const EVERY_MS = 1000;
const RETRY_MS = 2000;
const DEFAULT: Address = { host: '127.0.0.1', port: 9640 };

/** `127.0.0.1:9640`, `[::1]:9640`, or a port alone. */
export function readAddress(text: string): Address {
  const [, bracketed, plain, digits] = /^(?:(?:\[([\da-fA-F:.]+)\]|([^:[\]]+)):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535) throw new InvalidArgumentError('ADDRESS:PORT is wanted.');
  return { host: bracketed ?? plain ?? DEFAULT.host, port };
}

export function register(program: Command): void {
  program
    .command('metrics')
    .summary("a board's telemetry for Prometheus")
    .description('Serves what a board tells of itself to Prometheus.')
    .addOption(portOption())
    .addOption(baudOption())
    .addOption(
      new Option('-l, --listen <address>', 'where to listen, port 0 for any')
        .argParser(readAddress)
        .default(DEFAULT, `${DEFAULT.host}:${DEFAULT.port}`),
    )
    .option('--public', 'let other machines ask')
    .addHelpText('after', HELP)
    .action(async (flags: Flags) => {
      process.exitCode = await metrics(flags);
    });
}

async function metrics(flags: Flags): Promise<Status> {
  const ending = new AbortController();
  const interrupts = onInterrupt(() => ending.abort());
  let state: BoardState = { welcome: undefined, snapshot: undefined, sessions: 0 };
  try {
    const server = await serveMetrics({
      ...flags.listen,
      isPublic: flags.public ?? false,
      page: () => exposition(state),
    });
    try {
      if (flags.port?.startsWith('qemu')) process.stderr.write('starting the emulator\n');
      await watch(flags, ending.signal, (change) => {
        // Whoever is told the address finds a board there.
        if (state.sessions === 0) process.stdout.write(`${server.url}\n`);
        state = change(state);
      });
    } finally {
      await server.close();
    }
    return Status.Interrupted;
  } finally {
    interrupts.undo();
  }
}

/** Keeps a session until `signal`. Throws the Problem of a first one that does not come about. */
async function watch(
  flags: Flags,
  signal: AbortSignal,
  update: (change: (state: BoardState) => BoardState) => void,
): Promise<void> {
  let wasThere = false;
  const tell = (text: string): void => void process.stderr.write(`${text}\n`);
  while (!signal.aborted) {
    try {
      const port = await openPort(flags.port);
      try {
        for await (const event of watchBoard(port, { everyMs: EVERY_MS, signal, baud: flags.baud })) {
          if (event.kind === 'snapshot') update((state) => ({ ...state, snapshot: event.snapshot }));
          else if (event.kind === 'connected') {
            wasThere = true;
            tell(`${port.transport.name}: connected`);
            update(({ sessions }) => ({ welcome: event.welcome, snapshot: undefined, sessions: sessions + 1 }));
          } else {
            tell(event.problem.line());
            update((state) => ({ ...state, welcome: undefined, snapshot: undefined }));
          }
        }
      } finally {
        await port.transport.close();
      }
    } catch (error) {
      if (signal.aborted) return;
      // The port is opened again, so its adapter may be away, too.
      const isAway = error instanceof Problem && ['no-answer', 'no-port', 'link-lost'].includes(error.code);
      if (!wasThere || !isAway) throw error;
      update((state) => ({ ...state, welcome: undefined, snapshot: undefined }));
      tell(error.line());
      await pause(RETRY_MS, signal);
    }
  }
}
