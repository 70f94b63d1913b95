// `flash` for people: the device that is meant, a bar with speed and time left, a summary at the end.

import type { BlockDevice } from '../card/block-devices.js';
import type { FlashEvent, FlashReport } from '../card/flash.js';
import { printable } from '../problem.js';
import { StatusLine } from './render-status.js';
import { styleText } from './render-style.js';
import { bar, clock, sizeText } from './render-text.js';

const BAR = 24;
/** Without a terminal the progress comes as a line so often. */
const PLAIN_MS = 2000;
/** Bars are drawn so often at most. */
const DRAW_MS = 100;

const speedText = (bytes: number, seconds: number): string =>
  seconds > 0 ? `${(bytes / seconds / 1e6).toFixed(bytes / seconds < 1e7 ? 1 : 0)} MB/s` : 'at once';

/** Model, size and serial number, and what is on it; lines. */
export function deviceLines(device: BlockDevice): string[] {
  const { path, bytes, model, serial, parts } = device;
  const about = [
    bytes === 0 ? 'no card in it' : sizeText(bytes),
    ...(model === '' ? [] : [model]),
    ...(serial === undefined ? [] : [`serial ${serial}`]),
  ];
  const [, ...partitions] = parts;
  return [
    `${path}  ${printable(about.join(', '))}`,
    ...partitions.map(({ path: at, bytes: size, mounts }) =>
      printable(`  ${at}  ${sizeText(size)}${mounts.length > 0 ? `, mounted at ${mounts.join(', ')}` : ''}`),
    ),
  ];
}

export class FlashView {
  readonly status = new StatusLine();
  private last = Date.now();

  show({ phase, bytes, total, bytesPerSecond, secondsLeft }: FlashEvent): void {
    const now = Date.now();
    if (now - this.last < (this.status.live ? DRAW_MS : PLAIN_MS) && bytes < total) return;
    this.last = now;
    const part = total > 0 ? bytes / total : 1;
    const speed = bytesPerSecond === undefined ? '' : `, ${speedText(bytesPerSecond, 1)}`;
    const left = secondsLeft === undefined ? '' : `, ${clock(Math.ceil(secondsLeft))} left`;
    const behind = `${sizeText(bytes)} of ${sizeText(total)}${speed}${left}`;
    if (this.status.live) this.status.set(`${phase.padEnd(9)}  ${bar(part, BAR)}  ${behind}`);
    else this.status.line(`  ${phase}, ${Math.floor(part * 100)} %, ${behind}`);
  }

  finish(report: FlashReport, isDevice: boolean): void {
    this.status.clear();
    const { target, writtenBytes, writeSeconds, verifiedBytes, verifySeconds, cacheBypassed } = report;
    const name = printable(target);
    if (report.interrupted) {
      const left =
        isDevice && report.begun
          ? 'its partition table is emptied, it is half written, and no Pi boots from it'
          : isDevice
            ? 'nothing was written'
            : 'it was not made, and what was there is as it was';
      this.status.line(`interrupted: ${name}: ${left}; the same command again makes it whole`);
      return;
    }
    this.status.line(
      `${styleText('bold', name)}: ${sizeText(writtenBytes)} written (${speedText(writtenBytes, writeSeconds)}) and ` +
        `compared (${speedText(verifiedBytes, verifySeconds)})`,
    );
    if (!cacheBypassed)
      this.status.line(
        `${styleText('yellow', 'note:')} what was compared may have come from this system's cache, which could not be bypassed here`,
      );
    if (isDevice) this.status.line('  it may be taken out');
  }
}
