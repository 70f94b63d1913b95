// `push` for people: what is heard, how far, and what waits on the device.

import { AudioFormat } from '../../firmware/link/protocol.js';
import { whatFits, type LineChoice } from '../link/line-choice.js';
import type { PushEvent, PushReport } from '../link/push.js';
import { printable } from '../problem.js';
import { problemLine } from './render-errors.js';
import { StatusLine } from './render-status.js';
import { styleText } from './render-style.js';
import { progressLine } from './render-progress.js';
import { clock, grouped, plural } from './render-text.js';

/** Without a terminal the progress comes as a line so often. */
const PLAIN_MS = 2000;

type Progress = Extract<PushEvent, { event: 'progress' }>;
type Stream = Extract<PushEvent, { event: 'stream' }>;

export class PushView {
  private readonly status = new StatusLine();
  private lastPlain = 0;

  /** `quiet`: nothing but errors and the bar; stdout belongs to somebody else. */
  constructor(
    private readonly quiet: boolean,
    private readonly keys: boolean,
  ) {}

  /** Something that takes a moment. */
  stage(text: string): void {
    this.status.set(text);
  }

  note(text: string): void {
    this.status.line(`${styleText('yellow', 'note:')} ${printable(text)}`);
  }

  show(event: PushEvent): void {
    switch (event.event) {
      case 'stream':
        if (!this.quiet) for (const line of streamLines(event)) this.status.line(line);
        break;
      case 'track':
        this.lastPlain = Date.now();
        if (this.quiet || this.status.live) break;
        this.status.line(`${event.index + 1}/${event.count} ${printable(event.name)}`);
        break;
      case 'progress':
        this.progress(event);
        break;
      case 'fallback':
        this.note('the line is slower than it says: from here on packed as QOA, which is lossy');
        break;
      case 'problem':
        this.status.line(problemLine(event.problem));
        break;
    }
  }

  keysLine(): void {
    if (this.keys)
      this.status.line(styleText('dim', 'space pause, left and right 10 s, n next, q end, Ctrl-C ends at once'));
  }

  private progress(event: Progress): void {
    const part = event.of ? event.seconds / event.of : 0;
    const times = `${clock(event.seconds)}${event.of === undefined ? '' : `/${clock(event.of)}`}`;
    const state = [
      event.isPaused ? 'paused' : event.isWaiting ? 'filling' : '',
      `${grouped(event.fillMs)} ms`,
      event.ppm === undefined ? '' : `${event.ppm >= 0 ? '+' : '−'}${Math.abs(event.ppm)} ppm`,
    ].filter(Boolean);
    if (this.status.live) {
      const facts = [
        [times, ...state].join('  '),
        [times, ...state.slice(0, 1)].join('  '),
        times,
        clock(event.seconds),
      ];
      this.status.set(progressLine(this.status.columns, event.name, part, facts));
    } else if (!this.quiet && Date.now() - this.lastPlain >= PLAIN_MS) {
      this.lastPlain = Date.now();
      this.status.line(`  ${times} (${state.join(', ')})`);
    }
  }

  /** The summary; with `quiet` nothing. */
  finish(report: PushReport): void {
    this.status.clear();
    if (this.quiet) return;
    // At its end a track runs out, which is meant: what waits then does not count.
    const lowest =
      report.lowestFillMs === null
        ? ', lowest fill not known: 350 ms never waited'
        : `, lowest fill ${grouped(report.lowestFillMs)} ms while more was to come`;
    const failed = report.failed === 0 ? '' : `, ${styleText('red', plural(report.failed, 'error'))}`;
    const dry = report.dry === 0 ? '' : `, ran dry ${plural(report.dry, 'time')}`;
    this.status.line(
      `${report.interrupted ? 'ended early' : 'done'}: ${plural(report.tracks, 'track')}, ${plural(report.underruns, 'underrun')}${dry}${lowest}${failed}`,
    );
  }

  clear(): void {
    this.status.clear();
  }
}

function streamLines({ rateHz, channels, choice }: Stream): string[] {
  const { format, soundBytes, lineBytes } = choice;
  const what = `${grouped(rateHz)} Hz ${channels === 1 ? 'mono' : 'stereo'}`;
  const line = lineBytes === undefined ? '' : ` of ${grouped(lineBytes)}`;
  const how =
    format === AudioFormat.Pcm16
      ? 'as it is'
      : 'packed as QOA, which is lossy: the line is too slow for the samples themselves';
  const lines = [styleText('dim', `${what}, ${how} (${grouped(soundBytes)}${line} bytes a second)`)];
  if (choice.slow) lines.push(`${styleText('yellow', 'note:')} ${slowText(choice, rateHz, channels)}`);
  return lines;
}

function slowText({ slow, lineBytes = 0 }: LineChoice, rateHz: number, channels: number): string {
  const seconds = (slow?.fillSeconds ?? 0).toFixed(1);
  if (!slow?.repeats) return `the line is slower than the sound: it begins in ${seconds} s`;
  const fits = whatFits(rateHz, channels, lineBytes);
  const hint = fits === undefined ? '' : `; ${fits} is carried without`;
  return `the line is much slower than the sound: it begins in ${seconds} s and stops again and again to fill${hint}`;
}
