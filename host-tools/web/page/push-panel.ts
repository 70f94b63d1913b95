// Sound files pushed to a real Pi: what is heard, how far, what waits there, and what may be done meanwhile.

import { carriedBytes } from '../../link/line-choice.js';
import type { Link } from '../../link/link.js';
import { doneText, FALLBACK_TEXT, progressFacts, slowText, streamText, timesText } from '../../link/push-words.js';
import type { PushEvent, PushReport } from '../../link/push-events.js';
import { Push } from '../../link/push.js';
import { printable, Problem, systemReason } from '../../problem.js';
import { DropField } from './drops.js';
import { byId, make, rove, setText } from './page.js';
import { SoundFiles } from './sound-files.js';

const SEEK_SECONDS = 10;

type Progress = Extract<PushEvent, { event: 'progress' }>;

interface Running {
  push: Push;
  sounds: SoundFiles;
}

export class PushPanel {
  readonly field: DropField;
  private readonly panel = byId('push');
  private readonly remarks = byId('push-remarks');
  private readonly pause = byId<HTMLButtonElement>('push-pause');
  private link: Link | undefined;
  private running: Running | undefined;
  /** Of the last push: one begins when the one before it has ended. */
  private ended: Promise<void> = Promise.resolve();

  /** `isOpen` tells whether the person looks at the real Pi. */
  constructor(isOpen: () => boolean) {
    this.field = new DropField(
      'push-drop',
      'push-files',
      (files) => this.take(files),
      () => this.link !== undefined && isOpen(),
    );
    const commands: Record<string, (push: Push) => void> = {
      back: (push) => push.seek(-SEEK_SECONDS),
      pause: (push) => push.pause(),
      ahead: (push) => push.seek(SEEK_SECONDS),
      next: (push) => push.next(),
      stop: (push) => push.end(),
    };
    const keys = byId('push-keys');
    rove(keys);
    for (const button of keys.querySelectorAll<HTMLButtonElement>('button'))
      button.addEventListener(
        'click',
        () => this.running && commands[button.dataset['command'] ?? '']?.(this.running.push),
      );
  }

  /** The session that there is; undefined when there is none. A push does not outlive its session. */
  use(link: Link | undefined): void {
    this.link = link;
  }

  /** Nothing is connected any more: what was said of pushes is old. */
  close(): void {
    this.link = undefined;
    void this.ended.then(() => this.remarks.replaceChildren());
  }

  private take(files: File[]): void {
    const { running, link } = this;
    // More of the same: behind what plays.
    if (running && files.every((file) => running.push.add(running.sounds.track(file)))) return;
    if (link) this.ended = this.ended.then(() => this.start(link, files));
    else this.remark('The board does not answer: nothing can be pushed now.', 'refused');
  }

  private async start(link: Link, files: File[]): Promise<void> {
    const sounds = new SoundFiles();
    const push = new Push(
      link,
      files.map((file) => sounds.track(file)),
      { lineBytes: carriedBytes(link) },
    );
    this.running = { push, sounds };
    this.remarks.replaceChildren();
    setText(byId('push-track'), files[0]?.name ?? '');
    this.panel.hidden = false;
    await this.follow(push);
    sounds.close();
    this.running = undefined;
    this.panel.hidden = true;
  }

  private async follow(push: Push): Promise<void> {
    try {
      const events = push.run();
      for (;;) {
        const { done, value } = await events.next();
        if (done) return this.finish(value);
        this.show(value);
      }
    } catch (error) {
      this.remark(error instanceof Problem ? error.line() : `It cannot be pushed: ${systemReason(error)}`, 'refused');
    }
  }

  private show(event: PushEvent): void {
    switch (event.event) {
      case 'stream': {
        this.remark(streamText(event));
        const slow = slowText(event);
        if (slow !== undefined) this.remark(slow);
        break;
      }
      case 'track': {
        const { index, count, name } = event;
        setText(byId('push-track'), `${count > 1 ? `${index + 1}/${count} ` : ''}${printable(name)}`);
        break;
      }
      case 'progress':
        this.progress(event);
        break;
      case 'fallback':
        this.remark(FALLBACK_TEXT);
        break;
      case 'problem':
        this.remark(event.problem.line(), 'refused');
        break;
    }
  }

  private progress(event: Progress): void {
    const percent = Math.round(100 * Math.min(1, event.of ? event.seconds / event.of : 0));
    const bar = byId('push-progress');
    bar.setAttribute('aria-valuenow', String(percent));
    bar.setAttribute('aria-valuetext', timesText(event));
    byId('push-part').style.width = `${percent}%`;
    setText(byId('push-times'), timesText(event));
    setText(byId('push-facts'), `${progressFacts(event).join(' ')} waiting there`);
    setText(this.pause, event.isPaused ? 'Go on' : 'Pause');
  }

  private finish(report: PushReport): void {
    this.remark(doneText(report), report.failed > 0 || report.underruns > 0 ? 'refused' : '');
  }

  private remark(text: string, kind = ''): void {
    this.remarks.append(make('li', { class: kind }, text));
  }
}
