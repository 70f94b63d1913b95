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
  /** What it says when it cannot be heard, where its status does not tell. */
  mute?: RegExp;
}

const PLAYERS: Player[] = [
  { name: 'aplay', args: (rate) => ['-q', '-t', 'raw', '-f', 'S16_LE', '-c', '2', '-r', String(rate), '-'] },
  {
    name: 'ffplay',
    args: () => ['-loglevel', 'error', '-nodisp', '-autoexit', '-f', 'wav', '-i', '-'],
    wav: true,
    mute: /audio open failed/,
  },
  {
    name: 'play',
    args: (rate) => ['-q', '-t', 'raw', '-e', 'signed', '-b', '16', '-c', '2', '-r', String(rate), '-'],
  },
];
/** Sound that may wait to be played, in bytes: some 2 s. */
const AHEAD = 400_000;
/** What a program must have taken, in bytes, for its end to be no failure to begin. */
const TRIAL = 300_000;
/** Characters of a program's last words that are looked at. */
const SAID = 2000;
const HINT = 'the capture goes on without being heard';
const ENDLESS = 0x7ffff000;

/** A program that plays sound: its kind by `name`, and where it is. */
export interface PlayerProgram {
  name: string;
  path: string;
}

/** Which of aplay, ffplay and sox's play are installed, in the order in which they are tried. */
export function findPlayers(): PlayerProgram[] {
  return PLAYERS.flatMap(({ name }) => {
    const path = findProgram(name);
    return path === undefined ? [] : [{ name, path }];
  });
}

/** Sound of one rate: one run of a program, or of the next where that fails at once. */
interface Segment {
  rateHz: number;
  /** What waits for a program to start, and what a program has got that may still turn out not to play. */
  kept: Buffer[];
  keptBytes: number;
  /** Whether that is all of the segment. */
  whole: boolean;
  stdin?: Writable | undefined;
  /** Nothing more comes. */
  ended: boolean;
}

/** How a run of a program ended: `useless` when another may do better, with the same sound. */
type Outcome = 'played' | 'useless' | 'broken';

/** A sink that is heard. */
export class Listener implements FrameSink {
  private current: Segment | undefined;
  private running: ChildProcess | undefined;
  /** Bytes of segments that no program has begun. */
  private waiting = 0;
  private failed = false;
  private stopped = false;
  /** The programs so far, one after the other. */
  private heard: Promise<void> = Promise.resolve();
  private readonly players: PlayerProgram[];
  private readonly tried: string[] = [];

  /** `players`: the next one is taken where one fails before it can have played anything to speak of. */
  constructor(
    players: PlayerProgram[],
    private readonly events: {
      /** There is enough to play (true), or room again (false). */
      full(full: boolean): void;
      /** The last program has ended; nothing more is heard. */
      failed(problem: Problem): void;
    },
  ) {
    this.players = [...players];
  }

  open(_track: number, state: JackState): void {
    if (this.failed || state.rateHz === this.current?.rateHz) return;
    this.endCurrent();
    const segment: Segment = { rateHz: state.rateHz, kept: [], keptBytes: 0, whole: true, ended: false };
    this.current = segment;
    this.heard = this.heard.then(() => this.playSegment(segment));
  }

  frames(samples: Int16Array): void {
    const segment = this.current;
    if (this.failed || !segment) return;
    const bytes = Buffer.from(samples.slice().buffer);
    const { stdin } = segment;
    if (stdin) stdin.write(bytes);
    else this.waiting += bytes.length;
    if (segment.whole) {
      segment.kept.push(bytes);
      segment.keptBytes += bytes.length;
    }
    // What a program that is gone had not taken is no longer counted by its stream.
    if (stdin?.writable && segment.keptBytes - stdin.writableLength > TRIAL) {
      segment.whole = false;
      segment.kept = [];
      segment.keptBytes = 0;
    }
    if (this.waiting + (stdin?.writableLength ?? 0) > AHEAD) this.events.full(true);
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

  private async playSegment(segment: Segment): Promise<void> {
    for (;;) {
      const [player] = this.players;
      const kind = PLAYERS.find(({ name }) => name === player?.name);
      if (!player || !kind || this.failed || this.stopped) return;
      const outcome = await this.run(player, kind, segment);
      if (outcome === 'played' || this.stopped) return;
      if (outcome === 'broken') this.fail('has ended', player.name, HINT);
      else this.tried.push(player.name);
      if (outcome === 'useless' && this.players.length === 1)
        this.fail(
          `no sound can be played here (tried ${this.tried.join(', ')})`,
          undefined,
          `is there a sound card? ${HINT}`,
        );
      this.players.shift();
    }
  }

  /** Runs a program until it has played the segment. */
  private run(player: PlayerProgram, kind: Player, segment: Segment): Promise<Outcome> {
    return new Promise((resolve) => {
      const child = spawn(player.path, kind.args(segment.rateHz), { stdio: ['pipe', 'ignore', 'pipe'] });
      const { stdin } = child;
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-SAID)));
      stdin.on('error', () => undefined).on('drain', () => this.events.full(false));
      child.once('error', () => undefined);
      child.once('close', (code) => {
        // It is to end when its input does: at a change of rate, and at the end.
        const mute = kind.mute?.test(said) ?? false;
        if (code === 0 && segment.ended && !mute) return resolve('played');
        // A signal is somebody's wish.
        const useless = mute || (code !== 0 && code !== null);
        segment.stdin = undefined;
        this.waiting += segment.keptBytes;
        resolve(useless && segment.whole ? 'useless' : 'broken');
      });
      this.running = child;
      segment.stdin = stdin;
      if (kind.wav) stdin.write(endlessHeader(segment.rateHz));
      for (const bytes of segment.kept) stdin.write(bytes);
      this.waiting -= segment.keptBytes;
      if (segment.ended) stdin.end();
      // The program before may have been full when it ended; a stream that is ending does not tell.
      if (this.waiting + stdin.writableLength <= AHEAD) this.events.full(false);
      else if (segment.ended) stdin.once('finish', () => this.events.full(false));
    });
  }

  private fail(what: string, program: string | undefined, hint: string): void {
    if (this.failed || this.stopped) return;
    this.failed = true;
    this.events.full(false);
    this.events.failed(new Problem('emulator-failed', what, { file: program, hint }));
  }
}

function endlessHeader(rateHz: number): Buffer {
  const header = wavHeader({ rateHz, channels: 2, bits: 16 });
  patchSizes(header, header.length, ENDLESS);
  return header;
}
