// One line at the bottom of a terminal that is written again and again, with other lines above it. Where stderr is no
// terminal there is no such line, and what is worth it comes as plain lines, a few a second at most.

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

  /** Shows the line; it may hold colours, but must fit. Nothing where there is no terminal. */
  set(line: string): void {
    if (!this.live || line === this.shown) return;
    this.clear();
    if (!this.atStart) process.stderr.write('\r\n');
    this.atStart = true;
    process.stderr.write(line);
    this.shown = line;
  }

  clear(): void {
    if (this.shown !== '') process.stderr.write('\r\x1b[2K');
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
