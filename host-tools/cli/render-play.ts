// `play` for people: stages and a bar while it plays, a summary at the end.

import path from 'node:path';
import { formatFault, symbolize } from '../build/symbolize.js';
import type { PlayEvent } from '../play/options.js';
import type { PlayReport, TrackReport, VirtualReport } from '../play/report.js';
import { printable } from '../problem.js';
import { problemLine } from './render-errors.js';
import { StatusLine } from './render-status.js';
import { styleText } from './render-style.js';
import { ENDING_KEYS } from './render-terminal.js';
import { bar, clock, fit, plural } from './render-text.js';

const BAR = 24;
const SHORTEST_NAME = 16;
/** Without a terminal the progress comes as a line so often. */
const PLAIN_MS = 2000;

type Track = Extract<PlayEvent, { event: 'track' }>;

export class PlayView {
  private readonly status = new StatusLine();
  private track: Track | undefined;
  private lastPlain = 0;

  /** `quiet`: nothing but errors and the bar; stdout belongs to somebody else. */
  constructor(
    private readonly quiet: boolean,
    private readonly keys: boolean,
  ) {}

  show(event: PlayEvent): void {
    switch (event.event) {
      case 'stage':
        if (event.stage === 'building') this.status.set('building the firmware…');
        else if (event.stage === 'booting') {
          if (this.keys) this.status.line(styleText('dim', `keys go to the player (? lists them), ${ENDING_KEYS}`));
          this.status.set('booting…');
        } else if (event.stage === 'finishing') this.status.clear();
        break;
      case 'packing':
        this.status.set(
          `reading ${fit(printable(path.basename(event.file)), 40)} (${event.index + 1} of ${event.count})…`,
        );
        break;
      case 'console':
        this.console(event.text);
        break;
      case 'track':
        this.track = event;
        this.lastPlain = Date.now();
        break;
      case 'progress':
        this.progress(event);
        break;
      case 'problem':
        // On one terminal the device's own line stands there already.
        if (event.problem.code === 'refused' && this.status.shared && !this.quiet) break;
        this.status.line(problemLine(event.problem));
        break;
      case 'note':
        this.status.line(`${styleText('yellow', 'note:')} ${printable(event.text)}`);
        break;
      case 'finding':
        this.status.line(`${styleText('yellow', 'finding:')} ${printable(event.text)}`);
        break;
      case 'fault':
        this.status.line(formatFault(symbolize(event.report, event.build)));
        break;
      default:
        break;
    }
  }

  private console(text: string): void {
    if (this.quiet) return;
    this.status.output(text);
  }

  private progress(event: Extract<PlayEvent, { event: 'progress' }>): void {
    const { track } = this;
    if (!track) return;
    const [now, total] = [event.frames / track.rateHz, event.total / track.rateHz];
    const part = event.total > 0 ? event.frames / event.total : 0;
    const times = `${clock(now)}/${clock(total)}`;
    const speed = event.paused ? 'paused' : `${event.speed.toFixed(event.speed < 10 ? 1 : 0)}×`;
    if (this.status.live) {
      const rest = this.status.columns - times.length - speed.length - 7;
      const width = Math.max(4, Math.min(BAR, rest - SHORTEST_NAME));
      const name = fit(printable(track.name), Math.max(1, rest - width));
      this.status.set(`${name}  ${bar(part, width)}  ${times}  ${styleText('dim', speed)}`);
    } else if (!this.quiet && Date.now() - this.lastPlain >= PLAIN_MS) {
      this.lastPlain = Date.now();
      this.status.line(`  ${times} (${Math.floor(part * 100)} %)`);
    }
  }

  /** The summary; with `quiet` nothing. */
  finish(report: PlayReport, wrote: Extract<PlayEvent, { event: 'wrote' }>[]): void {
    this.status.clear();
    if (this.quiet) return;
    for (const track of report.tracks) this.status.line(trackSummary(track));
    for (const { what, file } of wrote) if (what !== 'capture') this.status.line(`${what}: ${printable(file)}`);
    const failed = report.errors.length === 0 ? '' : `, ${styleText('red', plural(report.errors.length, 'error'))}`;
    const first =
      report.firstSampleMs === undefined ? '' : `, first sample after ${report.firstSampleMs.toFixed(1)} ms`;
    if (report.virtual) {
      for (const line of faultLines(report.virtual)) this.status.line(styleText('dim', line));
      this.status.line(virtualSummary(report.virtual));
    }
    const words = report.words > 0 ? `, ${plural(report.words, 'word')} ${report.wordsSha256.slice(0, 12)}…` : '';
    this.status.line(
      `${report.interrupted ? 'ended early' : 'done'}: ${plural(report.tracks.length, 'track')}, ${plural(report.underruns, 'underrun')}${words}${first}${failed}`,
    );
  }

  clear(): void {
    this.status.clear();
  }
}

/** `fault at 400 ms: stall-cpu, ms 80`, a line each, and how many did not come. */
function faultLines({ faults, faultsLeft }: VirtualReport): string[] {
  const lines = faults.map(({ atMs, fault, ...values }) => {
    const fields = Object.entries(values).map(([name, value]) => `, ${name} ${String(value)}`);
    return `fault at ${atMs} ms: ${fault}${fields.join('')}`;
  });
  if (faultsLeft > 0)
    lines.push(`${faultsLeft} of ${plural(faults.length + faultsLeft, 'fault')} did not come, the run was over before`);
  return lines;
}

function virtualSummary({ hardwareUnderruns, ringFillMs, findings, faults, virtualMs }: VirtualReport): string {
  const ring = ringFillMs ? [`ring ${ringFillMs.lowest.toFixed(1)} to ${ringFillMs.highest.toFixed(1)} ms`] : [];
  const facts = [
    `${(virtualMs / 1000).toFixed(2)} s on the virtual Pi`,
    plural(hardwareUnderruns, 'hardware underrun'),
    ...ring,
    ...(faults.length > 0 ? [plural(faults.length, 'fault')] : []),
    plural(findings.length, 'finding'),
  ];
  return styleText('dim', facts.join(', '));
}

function trackSummary(track: TrackReport): string {
  const ppm = `${track.deviationPpm >= 0 ? '+' : '−'}${Math.abs(track.deviationPpm).toFixed(0)} ppm`;
  const facts = [
    clock(track.frames / track.rateHz),
    plural(track.frames, 'frame'),
    `on a board ${track.trueRateHz.toFixed(1)} Hz, ${ppm}`,
    ...(track.pcmCrc32 === null ? [] : [`crc32 ${track.pcmCrc32}`]),
  ];
  const to = track.capture === null ? '' : ` → ${styleText('bold', printable(track.capture))}`;
  return `${printable(track.name)}${to}\n  ${styleText('dim', facts.join(', '))}`;
}
