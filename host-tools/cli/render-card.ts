// `image` and `card` for people: what goes on and a bar, a summary at the end.

import path from 'node:path';
import type { CardEvent, CardReport } from '../card/options.js';
import { printable } from '../problem.js';
import { problemLine } from './render-errors.js';
import { StatusLine } from './render-status.js';
import { styleText } from './render-style.js';
import { bar, clock, fit, plural } from './render-text.js';

const BAR = 24;
/** Without a terminal the progress comes as a line so often. */
const PLAIN_MS = 2000;

/** `12.3 MB`: of 10^6 bytes, as cards count them. */
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0)} MB`;

const STAGES: Record<Extract<CardEvent, { event: 'stage' }>['stage'], string> = {
  building: 'building the program…',
  searching: 'looking for music…',
  writing: 'writing…',
};

export class CardView {
  private readonly status = new StatusLine();
  private lastPlain = Date.now();

  show(event: CardEvent): void {
    switch (event.event) {
      case 'stage':
        this.status.set(STAGES[event.stage]);
        break;
      case 'download':
        this.progress(`fetching ${event.what}`, event.part, '');
        break;
      case 'converting': {
        const name = printable(path.basename(event.given));
        const done = event.seconds > 0 ? clock(event.seconds) : '';
        this.progress(`converting ${event.index + 1} of ${event.count}, ${name}`, event.index / event.count, done);
        break;
      }
      case 'writing':
        this.progress('writing', event.total > 0 ? event.bytes / event.total : 1, megabytes(event.bytes));
        break;
      case 'notice':
        this.status.line(`${styleText('yellow', 'note:')} ${printable(event.text)}`);
        break;
      case 'error':
        this.status.line(problemLine(event.problem));
        break;
      case 'unbootable':
        this.status.line(
          `${styleText('yellow', 'a Pi will not boot it:')} there are no VideoCore files (${event.problem.line()})`,
        );
        break;
    }
  }

  private progress(what: string, part: number, behind: string): void {
    if (this.status.live) {
      const width = Math.max(1, this.status.columns - BAR - behind.length - 5);
      this.status.set(`${fit(what, width)}  ${bar(part, BAR)}  ${behind}`);
    } else if (Date.now() - this.lastPlain >= PLAIN_MS) {
      this.lastPlain = Date.now();
      this.status.line(`  ${what}, ${Math.floor(part * 100)} %${behind === '' ? '' : `, ${behind}`}`);
    }
  }

  /** The summary; `next` are lines with what to do. */
  finish(report: CardReport, next: readonly string[]): void {
    this.status.clear();
    if (report.interrupted) {
      this.status.line('interrupted: nothing is left half made');
      return;
    }
    const { target, tracks, playlists, ignored, firmware, errors } = report;
    const converted = tracks.filter((track) => track.converted).length;
    const music = [
      plural(tracks.length, 'track'),
      ...(converted > 0 ? [`${converted} converted`] : []),
      ...(playlists > 0 ? [plural(playlists, 'playlist')] : []),
      ...(ignored > 0 ? [`${plural(ignored, 'other file')} left out`] : []),
    ];
    const boots = firmware
      ? `VideoCore firmware of ${firmware.date ?? 'unknown date'}${firmware.deviceTree ? ' and device tree' : ''}`
      : 'no VideoCore files: the emulator boots it, a Pi does not';
    const wrong = errors.length === 0 ? '' : `, ${styleText('red', plural(errors.length, 'error'))}`;
    this.status.line(`${styleText('bold', printable(target))}: ${music.join(', ')}${wrong}`);
    const sizes = `${megabytes(report.bytes)}, ${megabytes(report.writtenBytes)} written, ${megabytes(report.freeBytes)} free`;
    this.status.line(styleText('dim', `  ${sizes}; ${boots}`));
    for (const line of next) this.status.line(`  ${line}`);
  }

  clear(): void {
    this.status.clear();
  }
}
