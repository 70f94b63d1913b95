// Sends the frames to a program that plays sound, as they come. That program sets the pace: when it has enough, the
// log is read no further, and the emulator waits.

import { spawn, type ChildProcess } from 'node:child_process';
import { findProgram } from '../emulator/find.js';
import { wavHeader, patchSizes } from '../media/wav.js';
import { Problem } from '../problem.js';
import type { FrameSink, JackState } from './jack.js';

interface Player {
  name: string;
  args(rateHz: number): string[];
  /** Whether it wants a WAV header. */
  wav?: boolean;
}

const PLAYERS: Player[] = [
  { name: 'aplay', args: (rate) => ['-q', '-t', 'raw', '-f', 'S16_LE', '-c', '2', '-r', String(rate), '-'] },
  {
    name: 'ffplay',
    args: () => ['-loglevel', 'error', '-nodisp', '-autoexit', '-f', 'wav', '-i', '-'],
    wav: true,
  },
  {
    name: 'play',
    args: (rate) => ['-q', '-t', 'raw', '-e', 'signed', '-b', '16', '-c', '2', '-r', String(rate), '-'],
  },
];
/** Sound that may wait to be played, in bytes: some 2 s. */
const AHEAD = 400_000;
const ENDLESS = 0x7ffff000;

/** The first of aplay, ffplay and sox's play that is installed. */
export function findPlayer(): { name: string; path: string } | undefined {
  for (const { name } of PLAYERS) {
    const path = findProgram(name);
    if (path) return { name, path };
  }
  return undefined;
}

/** A sink that is heard. */
export class Listener implements FrameSink {
  private child: ChildProcess | undefined;
  private rateHz = 0;
  /** Sound for the program that is started when the one before has ended. */
  private queue: Buffer[] = [];
  private queued = 0;
  private failed = false;
  private ending: Promise<void> = Promise.resolve();

  constructor(
    private readonly player: { name: string; path: string },
    private readonly events: {
      /** There is enough to play (true), or room again (false). */
      full(full: boolean): void;
      /** The program has ended; nothing more is heard. */
      failed(problem: Problem): void;
    },
  ) {}

  open(_track: number, state: JackState): void {
    if (this.failed || state.rateHz === this.rateHz) return;
    this.rateHz = state.rateHz;
    const before = this.child;
    this.child = undefined;
    before?.stdin?.end();
    const { rateHz } = state;
    this.ending = this.ending.then(() => this.play(rateHz));
  }

  /** Runs the program until it has played all of one rate. */
  private play(rateHz: number): Promise<void> {
    if (this.failed) return Promise.resolve();
    const kind = PLAYERS.find(({ name }) => name === this.player.name);
    if (!kind) return Promise.resolve();
    return new Promise((resolve) => {
      const child = spawn(this.player.path, kind.args(rateHz), { stdio: ['pipe', 'ignore', 'pipe'] });
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-500)));
      child.stdin.on('error', () => undefined).on('drain', () => this.events.full(false));
      child
        .once('error', () => undefined)
        .once('close', (code) => {
          if (this.child === child) this.child = undefined;
          if (code !== 0) this.fail(said);
          resolve();
        });
      this.child = child;
      if (kind.wav) child.stdin.write(endlessHeader(rateHz));
      for (const bytes of this.queue) child.stdin.write(bytes);
      this.queue = [];
      this.queued = 0;
      if (rateHz !== this.rateHz || this.finished) child.stdin.end();
    });
  }

  private finished = false;

  private fail(said: string): void {
    if (this.failed || this.stopped) return;
    this.failed = true;
    this.queue = [];
    this.events.full(false);
    const reason = said.trim().split('\n').at(-1) ?? '';
    this.events.failed(
      new Problem('emulator-failed', `has ended${reason === '' ? '' : ` (${reason})`}`, {
        file: this.player.name,
        hint: 'the capture goes on without being heard',
      }),
    );
  }

  frames(samples: Int16Array): void {
    if (this.failed) return;
    const bytes = Buffer.from(samples.slice().buffer);
    const stdin = this.child?.stdin;
    if (stdin) {
      stdin.write(bytes);
      if (stdin.writableLength > AHEAD) this.events.full(true);
    } else {
      this.queue.push(bytes);
      this.queued += bytes.length;
      if (this.queued > AHEAD) this.events.full(true);
    }
  }

  private stopped = false;

  /** Nothing more comes: waits until all has been heard. */
  async finish(): Promise<void> {
    this.finished = true;
    this.child?.stdin?.end();
    await this.ending;
  }

  /** Silence at once. */
  stop(): void {
    this.stopped = true;
    this.child?.kill('SIGKILL');
  }
}

function endlessHeader(rateHz: number): Buffer {
  const header = wavHeader({ rateHz, channels: 2, bits: 16 });
  patchSizes(header, header.length, ENDLESS);
  return header;
}
