// Sends the frames to a program that plays sound, as they come. That program sets the pace: when it has enough, the
// words are read no further, and the emulator waits.

import { spawn, type ChildProcess } from 'node:child_process';
import type { Writable } from 'node:stream';
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

/** Sound of one rate: one run of the program. */
interface Segment {
  rateHz: number;
  /** What waits for the program to start. */
  pending: Buffer[];
  stdin?: Writable;
  /** Nothing more comes. */
  ended: boolean;
}

/** A sink that is heard. */
export class Listener implements FrameSink {
  private current: Segment | undefined;
  private running: ChildProcess | undefined;
  private pendingBytes = 0;
  private failed = false;
  private stopped = false;
  /** The programs so far, one after the other. */
  private heard: Promise<void> = Promise.resolve();

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
    if (this.failed || state.rateHz === this.current?.rateHz) return;
    this.endCurrent();
    const segment: Segment = { rateHz: state.rateHz, pending: [], ended: false };
    this.current = segment;
    this.heard = this.heard.then(() => this.play(segment));
  }

  frames(samples: Int16Array): void {
    const segment = this.current;
    if (this.failed || !segment) return;
    const bytes = Buffer.from(samples.slice().buffer);
    if (segment.stdin) segment.stdin.write(bytes);
    else {
      segment.pending.push(bytes);
      this.pendingBytes += bytes.length;
    }
    if (this.pendingBytes + (segment.stdin?.writableLength ?? 0) > AHEAD) this.events.full(true);
  }

  /** Nothing more comes: waits until all has been heard. */
  async finish(): Promise<void> {
    this.endCurrent();
    await this.heard;
  }

  /** Silence at once. */
  stop(): void {
    this.stopped = true;
    this.running?.kill('SIGKILL');
  }

  private endCurrent(): void {
    const segment = this.current;
    if (!segment) return;
    segment.ended = true;
    segment.stdin?.end();
    this.current = undefined;
  }

  /** Runs the program until it has played the segment. */
  private play(segment: Segment): Promise<void> {
    const kind = PLAYERS.find(({ name }) => name === this.player.name);
    if (!kind || this.failed || this.stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const child = spawn(this.player.path, kind.args(segment.rateHz), { stdio: ['pipe', 'ignore', 'pipe'] });
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-500)));
      child.stdin.on('error', () => undefined).on('drain', () => this.events.full(false));
      child.once('error', () => undefined);
      child.once('close', (code) => {
        // It is to end when its input does: at a change of rate, and at the end.
        if (code !== 0 || !segment.ended) this.fail(said);
        resolve();
      });
      this.running = child;
      segment.stdin = child.stdin;
      if (kind.wav) child.stdin.write(endlessHeader(segment.rateHz));
      for (const bytes of segment.pending) {
        child.stdin.write(bytes);
        this.pendingBytes -= bytes.length;
      }
      segment.pending = [];
      if (segment.ended) child.stdin.end();
      // The program before may have been full when it ended; a stream that is ending does not tell.
      if (this.pendingBytes + child.stdin.writableLength <= AHEAD) this.events.full(false);
      else if (segment.ended) child.stdin.once('finish', () => this.events.full(false));
    });
  }

  private fail(said: string): void {
    if (this.failed || this.stopped) return;
    this.failed = true;
    this.events.full(false);
    const reason = said.trim().split('\n').at(-1) ?? '';
    this.events.failed(
      new Problem('emulator-failed', `has ended${reason === '' ? '' : ` (${reason})`}`, {
        file: this.player.name,
        hint: 'the capture goes on without being heard',
      }),
    );
  }
}

function endlessHeader(rateHz: number): Buffer {
  const header = wavHeader({ rateHz, channels: 2, bits: 16 });
  patchSizes(header, header.length, ENDLESS);
  return header;
}
