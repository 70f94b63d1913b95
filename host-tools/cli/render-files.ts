// Transfers of files for people: a bar while one goes on, a line for each when it is done.

import type { ProgressEvent, TransferEvent, TransferReport } from '../link/file-transfers.js';
import { printable } from '../problem.js';
import { problemLine } from './render-errors.js';
import { StatusLine } from './render-status.js';
import { styleText } from './render-style.js';
import { progressLine } from './render-progress.js';
import { clock, grouped, plural, sizeText } from './render-text.js';

/** Without a terminal the progress comes as a line so often. */
const PLAIN_MS = 2000;

const bytesText = (bytes: number): string => (bytes < 100_000 ? plural(bytes, 'byte') : sizeText(bytes));
const rateText = (bytesPerSecond: number): string => `${grouped(bytesPerSecond / 1000)} kB/s`;

export class FileView {
  private readonly status = new StatusLine();
  private lastPlain = Date.now();

  show(event: TransferEvent): void {
    const note = styleText('yellow', 'note:');
    switch (event.event) {
      case 'begin':
        if (event.from > 0)
          this.status.line(`${note} ${printable(event.name)}: ${bytesText(event.from)} are there already, going on`);
        break;
      case 'progress':
        this.progress(event);
        break;
      case 'same':
        this.status.line(`${printable(event.to)}  ${styleText('dim', 'is there already')}`);
        break;
      case 'done': {
        const facts = [
          bytesText(event.bytes),
          `${event.seconds.toFixed(event.seconds < 10 ? 1 : 0)} s`,
          ...(event.sentBytes >= 100_000 ? [rateText(event.sentBytes / event.seconds)] : []),
        ];
        this.status.line(`${printable(event.to)}  ${styleText('dim', facts.join(', '))}`);
        break;
      }
      case 'renamed':
        this.status.line(`${note} ${printable(event.name)} is called ${printable(event.to)} there`);
        break;
      case 'skipped':
        this.status.line(`${note} ${printable(event.name)} is left out: it is a link, a pipe or a device`);
        break;
      case 'unplayable':
        this.status.line(
          `${note} ${printable(event.name)}: from a card only WAV and QOA are played; mirleft image and mirleft card convert it`,
        );
        break;
      case 'failed':
        this.status.line(problemLine(event.problem));
        break;
      case 'lost':
        this.status.line(`${note} ${event.problem.line()}`);
        this.status.set('waiting for the board for up to 30 s…');
        break;
      case 'found':
        this.status.line(`${note} the board is there again, going on`);
        break;
    }
  }

  private progress({ name, file, files, allBytes, allTotal, bytesPerSecond, secondsLeft }: ProgressEvent) {
    const part = allTotal > 0 ? allBytes / allTotal : 1;
    const count = files > 1 ? `${grouped(file)} of ${grouped(files)}, ` : '';
    const behind = `${count}${rateText(bytesPerSecond)}, ${clock(secondsLeft)} left`;
    const percent = `${Math.floor(part * 100)} %`;
    if (this.status.live) {
      const facts = [behind, `${count}${clock(secondsLeft)} left`, `${clock(secondsLeft)} left`, percent];
      this.status.set(progressLine(this.status.columns, name, part, facts));
    } else if (Date.now() - this.lastPlain >= PLAIN_MS) {
      this.lastPlain = Date.now();
      this.status.line(`  ${printable(name)}, ${percent}, ${behind}`);
    }
  }

  /** The summary of more than one file. */
  finish({ files, same, bytes, failed }: TransferReport): void {
    this.status.clear();
    if (files + failed < 2) return;
    const facts = [
      plural(files, 'file'),
      ...(same > 0 ? [`${grouped(same)} of them there already`] : []),
      `${bytesText(bytes)} over the line`,
      ...(failed > 0 ? [styleText('red', `${grouped(failed)} failed`)] : []),
    ];
    this.status.line(facts.join(', '));
  }

  clear(): void {
    this.status.clear();
  }
}
