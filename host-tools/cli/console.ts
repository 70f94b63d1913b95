// mirleft console

import type { Command } from 'commander';
import { Channel, Link as Numbers, TelemetryOp } from '../../firmware/link/protocol.js';
import { rateText } from '../link/line-choice.js';
import type { Link } from '../link/link.js';
import { openPort } from '../link/port.js';
import { mayComeBack, startSession, type OpenPort } from '../link/session.js';
import { askSnapshots, readSnapshot, type Snapshot } from '../link/telemetry.js';
import { TextFilter, widthAnswer } from '../link/text-filter.js';
import { aborted, pause } from '../play/aborted.js';
import { EventQueue } from '../play/queue.js';
import { Problem } from '../problem.js';
import { statusText } from './console-status.js';
import { baudOption, portOption } from './port-option.js';
import { ConsoleScreen } from './render-console.js';
import { Status } from './render-errors.js';
import { onInterrupt } from './render-terminal.js';

interface Flags {
  port?: string;
  baud?: number;
}

const HELP = `
Keys go to the board. Ctrl-] ends, and so does Ctrl-C twice within a second; the first Ctrl-C goes to the board.
The line at the bottom tells what plays, how far it is, and whether the board keeps the report of a fault.
What was left in the line is wiped first. Where stdin is no terminal its bytes are typed, and it ends when the board has had nothing to say for half a second after
them. The board may be reset meanwhile: the session is then renewed, which one line tells.
Of control sequences in the board's text only those pass that move the cursor, erase and colour; none where stdout is no
terminal.

Examples:
  mirleft console                             the one adapter that is plugged in
  mirleft console --port /dev/ttyUSB0
  mirleft console --port qemu                 without a board
  echo stats | mirleft console --port qemu`;

const CTRL_C = 3;
const CTRL_L = 12;
const CTRL_RIGHT_BRACKET = 0x1d;
/** Ctrl-E and Ctrl-U: to the end of the line, and all before that away. */
const EMPTY_LINE = Uint8Array.of(0x05, 0x15);
const TWICE_MS = 1000;
const QUIET_MS = 500;
const STATUS_MS = 500;
const SNAPSHOT_MS = 1000;
const RETRY_MS = 500;

export function register(program: Command): void {
  program
    .command('console')
    .summary("a board's console over the serial line")
    .description("Shows a board's console and gives it what is typed, beside all that else goes over the line.")
    .addOption(portOption())
    .addOption(baudOption())
    .addHelpText('after', HELP)
    .action(async (flags: Flags) => {
      process.exitCode = await new ConsoleRun(flags).run();
    });
}

class ConsoleRun {
  private readonly screen = new ConsoleScreen();
  private filter = new TextFilter();
  private readonly ending = new AbortController();
  private readonly keys = new EventQueue<Uint8Array>();
  private link: Link | undefined;
  private interrupted = false;
  private lastInterrupt = -Infinity;
  private heardAt = performance.now();
  private lost = 0;
  private snapshot: Snapshot | undefined;
  private hasCrash = false;

  constructor(private readonly flags: Flags) {}

  async run(): Promise<Status> {
    const interrupts = onInterrupt(() => {
      this.interrupted = true;
      this.ending.abort();
    });
    if (this.flags.port?.startsWith('qemu')) process.stderr.write('starting the emulator\n');
    let port: OpenPort | undefined;
    try {
      port = await openPort(this.flags.port);
      process.stderr.write(`${port.transport.name}: Ctrl-] ends, Ctrl-C twice too\n`);
      await this.converse(port);
      return this.interrupted ? Status.Interrupted : Status.Fine;
    } finally {
      this.screen.close();
      await port?.transport.close();
      interrupts.undo();
    }
  }

  private async converse(port: OpenPort): Promise<void> {
    const { signal } = this.ending;
    let first = true;
    const closeKeys = this.openKeys();
    const timer = setInterval(() => this.show(port), STATUS_MS);
    try {
      this.screen.start();
      while (!signal.aborted) {
        try {
          this.link = await startSession(port, {
            signal,
            baud: this.flags.baud,
            onText: (bytes) => this.text(bytes),
          });
        } catch (error) {
          // A board that was there may take its time to come back.
          if (signal.aborted) return;
          if (first || !mayComeBack(error)) throw error;
          await pause(RETRY_MS, signal);
          continue;
        }
        if (!first) this.screen.line('the board was reset or away: the session is renewed');
        if (first) void this.sendKeys();
        else this.tellWidth();
        first = false;
        if (this.screen.live) void this.watch(this.link);
        this.show(port);
        const end = await Promise.race([this.link.closed, aborted(signal)]);
        this.lost += this.link.statistics.damaged;
        if (!end) {
          await this.link.leave();
          return;
        }
        if (end.kind === 'gone') throw end.problem ?? new Problem('link-lost', 'the port is gone');
        // A sequence that was begun is not ended by another boot.
        this.filter = new TextFilter();
        if (port.transport.baud !== Number(Numbers.Baud)) await port.transport.setBaud(Numbers.Baud);
      }
    } finally {
      clearInterval(timer);
      closeKeys();
    }
  }

  private text(bytes: Uint8Array): void {
    this.heardAt = performance.now();
    this.screen.text(this.filter.push(bytes));
  }

  /** Has the board tell what it plays, and whether it keeps the report of a fault. */
  private async watch(link: Link): Promise<void> {
    this.snapshot = undefined;
    this.hasCrash = false;
    link.receive(Channel.Telemetry, (payload) => {
      this.snapshot = readSnapshot(payload) ?? this.snapshot;
      // The report itself is fetched by another command; an empty piece is none.
      if (payload[0] !== Number(TelemetryOp.CrashRecord) || payload.length < 2 || this.hasCrash) return;
      this.hasCrash = true;
      this.screen.line('the board keeps the report of a fault: mirleft crash shows it');
    });
    try {
      await link.send(Channel.Telemetry, Uint8Array.of(TelemetryOp.Crash));
      await askSnapshots(link, SNAPSHOT_MS);
    } catch {
      // The session is over, which is told elsewhere.
    }
  }

  private show({ transport }: OpenPort): void {
    const { link, snapshot, hasCrash } = this;
    const isOpen = link?.isOpen ?? false;
    const state = {
      port: transport.name,
      line: link && isOpen ? rateText(link) : 'no answer',
      damagedFrames: this.lost + (link && isOpen ? link.statistics.damaged : 0),
      snapshot: isOpen ? snapshot : undefined,
      hasCrash,
    };
    this.screen.set((columns) => statusText(state, columns));
  }

  private openKeys(): () => void {
    const { stdin } = process;
    const take = (bytes: Buffer): void => this.typed(bytes);
    const restore = (): void => {
      if (stdin.isTTY && stdin.isRaw) stdin.setRawMode(false);
    };
    const ended = (): void => void this.endWhenQuiet();
    if (stdin.isTTY) stdin.setRawMode(true);
    const resized = (): void => this.tellWidth();
    process.once('exit', restore);
    process.stdout.on('resize', resized);
    stdin.on('data', take);
    stdin.once('end', ended);
    stdin.resume();
    return () => {
      stdin.off('data', take);
      stdin.off('end', ended);
      stdin.pause();
      restore();
      process.off('exit', restore);
      process.stdout.off('resize', resized);
      this.keys.close();
    };
  }

  private typed(bytes: Buffer): void {
    const kept: number[] = [];
    for (const byte of bytes) {
      if (!process.stdin.isTTY) kept.push(byte);
      else if (byte === CTRL_RIGHT_BRACKET) this.ending.abort();
      else {
        if (byte === CTRL_C) {
          const now = performance.now();
          if (now - this.lastInterrupt < TWICE_MS) this.ending.abort();
          this.lastInterrupt = now;
        }
        kept.push(byte);
      }
    }
    if (kept.length > 0) this.keys.push(Uint8Array.from(kept));
    if (kept.includes(CTRL_L)) this.tellWidth();
  }

  /** Tells the board's line editor how wide the terminal is. */
  private tellWidth(): void {
    this.keys.push(width());
  }

  private async sendKeys(): Promise<void> {
    // What somebody has left in the line would stand before the first command.
    await this.link?.send(Channel.Console, Buffer.concat([EMPTY_LINE, width()])).catch(() => undefined);
    for await (const bytes of this.keys) {
      for (let at = 0; at < bytes.length; at += Numbers.PayloadBytes) {
        // What is typed while no board answers is lost, as on any line.
        await this.link?.send(Channel.Console, bytes.subarray(at, at + Numbers.PayloadBytes)).catch(() => undefined);
      }
    }
  }

  private async endWhenQuiet(): Promise<void> {
    const { signal } = this.ending;
    while (!this.link?.isOpen && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, 20));
    await this.link?.flushed().catch(() => undefined);
    this.heardAt = Math.max(this.heardAt, performance.now());
    while (!signal.aborted && performance.now() - this.heardAt < QUIET_MS)
      await new Promise((resolve) => setTimeout(resolve, 20));
    this.ending.abort();
  }
}

/** What the terminal would answer where its right edge is; nothing where there is no terminal. */
function width(): Uint8Array {
  const { isTTY, columns } = process.stdout;
  return Buffer.from(isTTY && columns > 0 ? widthAnswer(columns) : '');
}
