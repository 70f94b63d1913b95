// `push` for people: what is heard, how far, and what waits on the device.

import type { PushEvent, PushReport } from '../link/push-events.js';
import { doneText, FALLBACK_TEXT, progressFacts, slowText, streamText, timesText } from '../link/push-words.js';
import { printable } from '../problem.js';
import { problemLine } from './render-errors.js';
import { StatusLine } from './render-status.js';
import { styleText } from './render-style.js';
import { progressLine } from './render-progress.js';
import { clock } from './render-text.js';

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
        if (!this.quiet) this.stream(event);
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
        this.note(FALLBACK_TEXT);
        break;
      case 'problem':
        this.status.line(problemLine(event.problem));
        break;
    }
  }

  private stream(event: Stream): void {
    this.status.line(styleText('dim', streamText(event)));
    const slow = slowText(event);
    if (slow !== undefined) this.note(slow);
  }

  keysLine(): void {
    if (this.keys)
      this.status.line(styleText('dim', 'space pause, left and right 10 s, n next, q end, Ctrl-C ends at once'));
  }

  private progress(event: Progress): void {
    const part = event.of ? event.seconds / event.of : 0;
    const times = timesText(event);
    const facts = progressFacts(event);
    if (this.status.live) {
      const shown = [
        [times, ...facts].join('  '),
        [times, ...facts.slice(0, 1)].join('  '),
        times,
        clock(event.seconds),
      ];
      this.status.set(progressLine(this.status.columns, event.name, part, shown));
    } else if (!this.quiet && Date.now() - this.lastPlain >= PLAIN_MS) {
      this.lastPlain = Date.now();
      this.status.line(`  ${times} (${facts.join(', ')})`);
    }
  }

  /** The summary; with `quiet` nothing. */
  finish(report: PushReport): void {
    this.status.clear();
    if (this.quiet) return;
    this.status.line(doneText(report, (text) => styleText('red', text)));
  }

  clear(): void {
    this.status.clear();
  }
}
