// One line at the bottom of a terminal that is written again and again, with other lines above it. Where stderr is no
// terminal there is no such line, and what is worth it comes as plain lines, a few a second at most.

import { stripVTControlCharacters } from 'node:util';
import { columnsOf, fit } from './render-text.js';

/** Writes to stderr; lines for stdout go through `output`, so that the two do not mix on one terminal. */
export class StatusLine {
  readonly live = process.stderr.isTTY && process.env['TERM'] !== 'dumb';
  /** Whether stdout goes to the same terminal. */
  readonly shared = this.live && process.stdout.isTTY;
  private shown = '';
  /** Whether what was last written to the terminal ended its line. */
  private atStart = true;

  get columns(): number {
    return process.stderr.columns || 80;
  }

  /** Shows the line, cut to the terminal; one with colours must fit. Nothing where there is no terminal. */
  set(text: string): void {
    const line = text.includes('\x1b') ? text : fit(text, Math.max(1, this.columns - 1));
    if (!this.live || line === this.shown) return;
    this.clear();
    if (!this.atStart) process.stderr.write('\r\n');
    this.atStart = true;
    process.stderr.write(line);
    this.shown = line;
  }

  clear(): void {
    // A terminal that has become narrower has made several rows of it.
    const rows = Math.ceil(columnsOf(stripVTControlCharacters(this.shown)) / this.columns);
    const up = rows > 1 ? `\x1b[${rows - 1}A` : '';
    if (this.shown !== '') process.stderr.write(`${up}\r${up === '' ? '\x1b[2K' : '\x1b[J'}`);
    this.shown = '';
  }

  /** A line above the status. */
  line(text: string): void {
    this.write(process.stderr, `${text}\n`);
  }

  /** Text of the device, as it is, above the status. */
  output(text: string): void {
    this.write(process.stdout, text);
  }

  private write(stream: NodeJS.WriteStream, text: string): void {
    const again = this.shown;
    this.clear();
    // In raw mode a terminal needs the carriage return; a pipe does not want it.
    stream.write(stream.isTTY ? text.replace(/\r?\n/g, '\r\n') : text);
    if (stream.isTTY) this.atStart = text.endsWith('\n');
    if (again !== '' && this.atStart) this.set(again);
  }
}
