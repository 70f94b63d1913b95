// mirleft top

import { InvalidArgumentError, type Command } from 'commander';
import { rateText } from '../link/line-choice.js';
import { openPort } from '../link/port.js';
import type { OpenPort } from '../link/session.js';
import { watchBoard, type Snapshot, type WatchEvent } from '../link/telemetry.js';
import { printable } from '../problem.js';
import { baudOption, portOption } from './port-option.js';
import { Status } from './render-errors.js';
import { onInterrupt, openKeys, type Keys } from './render-terminal.js';
import { plainLine, snapshotJson, TopView, type Headline } from './top-view.js';

interface Flags {
  port?: string;
  baud?: number;
  every?: number;
  count?: number;
  json?: true;
}

const HELP = `
q or Ctrl-C ends. Where stdout is no terminal a line comes each second instead; with --json each is an object, in
which the track counts from 1 and shares of a core from 0 to 1; the first has none, as nothing is before it.
The level is the peak since the picture before, of one frame in seven; the mark shows the highest of the last seconds.

Examples:
  mirleft top --port /dev/ttyUSB0
  mirleft top --port qemu               without a board
  mirleft top --json --count 10         ten snapshots for a program`;

const LIVE_MS = 100;
const PLAIN_MS = 1000;

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`a whole number from ${least} to ${most} is wanted.`);
    return value;
  };
}

export function register(program: Command): void {
  program
    .command('top')
    .summary('what a board does: level, ring, load, errors')
    .description('Shows what a board tells of itself while it plays: levels, ring, load of each stage, errors.')
    .addOption(portOption())
    .addOption(baudOption())
    .option(
      '-e, --every <ms>',
      'how often, in milliseconds (default: 100 on a terminal, else 1000)',
      wholeNumber(50, 60_000),
    )
    .option('-c, --count <number>', 'end after so many', wholeNumber(1, 1_000_000))
    .option('-j, --json', 'a line of JSON for each')
    .addHelpText('after', HELP)
    .action(async (flags: Flags) => {
      process.exitCode = await top(flags);
    });
}

async function top(flags: Flags): Promise<Status> {
  const ending = new AbortController();
  let interrupted = false;
  const interrupts = onInterrupt(() => {
    interrupted = true;
    ending.abort();
  });
  const live = !flags.json && process.stdout.isTTY && process.env['TERM'] !== 'dumb';
  if (flags.port?.startsWith('qemu')) process.stderr.write('starting the emulator\n');
  let port: OpenPort | undefined;
  try {
    port = await openPort(flags.port);
    const show = live ? new Screen(port, () => ending.abort()) : new Lines(port, flags.json ?? false);
    const everyMs = flags.every ?? (live ? LIVE_MS : PLAIN_MS);
    let left = flags.count ?? Infinity;
    try {
      show.start();
      for await (const event of watchBoard(port, { everyMs, signal: ending.signal, baud: flags.baud })) {
        show.take(event);
        if (event.kind === 'snapshot' && --left <= 0) break;
      }
    } finally {
      show.close();
    }
    return interrupted ? Status.Interrupted : Status.Fine;
  } finally {
    await port?.transport.close();
    interrupts.undo();
  }
}

/** Lines on stdout; what is not a value goes to stderr. */
class Lines {
  constructor(
    private readonly port: OpenPort,
    private readonly json: boolean,
  ) {}

  start(): void {
    // Nothing to set up.
  }

  take(event: WatchEvent): void {
    if (this.json) process.stdout.write(`${JSON.stringify(jsonOf(event, this.port))}\n`);
    else if (event.kind === 'snapshot') process.stdout.write(`${plainLine(event.snapshot)}\n`);
    else if (event.kind === 'lost') process.stderr.write(`${event.problem.line()}\n`);
    else
      process.stderr.write(
        `${this.port.transport.name}: ${rateText({ transport: this.port.transport, welcome: event.welcome })}  build ${event.welcome.build}\n`,
      );
  }

  close(): void {
    // Nothing was set up.
  }
}

function jsonOf(event: WatchEvent, { transport }: OpenPort): object {
  switch (event.kind) {
    case 'snapshot':
      return { event: 'snapshot', ...snapshotJson(event.snapshot) };
    case 'connected':
      return { event: 'connected', port: transport.name, ...event.welcome, baud: transport.baud };
    default:
      return { event: 'lost', code: event.problem.code, text: event.problem.line() };
  }
}

const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';

/** The whole terminal, given back as it was. */
class Screen {
  private readonly view = new TopView();
  private headline: Headline;
  private snapshot: Snapshot | undefined;
  private keys: Keys | undefined;
  private isOpen = false;
  private readonly draw = (): void => this.paint();
  private readonly leave = (): void => this.close();

  constructor(
    private readonly port: OpenPort,
    private readonly end: () => void,
  ) {
    this.headline = { port: port.transport.name, line: 'connecting' };
  }

  start(): void {
    this.isOpen = true;
    process.stdout.write(ENTER);
    process.stdout.on('resize', this.draw);
    // Whatever ends the process: a terminal without a cursor is no use.
    process.once('exit', this.leave);
    this.keys = openKeys(this.end);
    void this.readKeys();
    this.paint();
  }

  private async readKeys(): Promise<void> {
    if (!this.keys) return;
    for await (const bytes of this.keys.bytes) if (/[qQ]/.test(Buffer.from(bytes).toString('latin1'))) this.end();
  }

  take(event: WatchEvent): void {
    const { transport } = this.port;
    if (event.kind === 'snapshot') this.snapshot = event.snapshot;
    else if (event.kind === 'connected')
      this.headline = {
        port: transport.name,
        line: rateText({ transport: this.port.transport, welcome: event.welcome }),
        build: event.welcome.build,
      };
    // The port stands above.
    else this.headline = { ...this.headline, trouble: printable(event.problem.message) };
    this.paint();
  }

  private paint(): void {
    if (!this.isOpen) return;
    const { columns = 80, rows = 24 } = process.stdout;
    const lines = this.view.lines(this.headline, this.snapshot, columns, rows, performance.now());
    // What was there is written over, not wiped first: nothing flickers.
    process.stdout.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\r\n')}\x1b[J`);
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    process.stdout.off('resize', this.draw);
    process.off('exit', this.leave);
    this.keys?.close();
    process.stdout.write(LEAVE);
  }
}
