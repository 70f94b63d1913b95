// A terminal for a device's console: its text above, a status line on the last row that does not scroll. Where stdout is
// no terminal there is the text alone, row by row.

import { styleText } from './render-style.js';
import { RowText } from './row-text.js';

const SAVE = '\x1b7';
const RESTORE = '\x1b8';
/** The cursor a row down, and what is on the screen up if it has to be; then everything below is gone, and it is up again. */
const CLEAR_BELOW = `\x1bD${SAVE}\r\x1b[J${RESTORE}\x1b[A`;

export class ConsoleScreen {
  /** Whether there is a status line. */
  readonly live = process.stdout.isTTY && process.env['TERM'] !== 'dumb';
  private status: (columns: number) => string = () => '';
  private drawn = '';
  /** Where stdout is no terminal. */
  private readonly rowText = process.stdout.isTTY ? undefined : new RowText();
  private open = false;
  private readonly resized = (): void => {
    // The terminal has moved the status line, or made two rows of it; below the cursor there is nothing else.
    process.stdout.write(`${SAVE}\x1b[r${RESTORE}${CLEAR_BELOW}`);
    this.layOut();
  };

  start(): void {
    if (!this.live || this.open) return;
    this.open = true;
    // The cursor must not stand on the last row.
    process.stdout.write('\r\n\x1b[A');
    process.stdout.on('resize', this.resized);
    this.layOut();
  }

  private get rows(): number {
    return Math.max(process.stdout.rows || 24, 3);
  }

  /** The last row is kept out of what scrolls. */
  private layOut(): void {
    process.stdout.write(`${SAVE}\x1b[1;${this.rows - 1}r${RESTORE}`);
    this.draw();
  }

  private draw(): void {
    if (!this.open) return;
    const line = this.status(process.stdout.columns || 80);
    this.drawn = line;
    process.stdout.write(`${SAVE}\x1b[${this.rows};1H\x1b[2K${styleText('dim', line)}${RESTORE}`);
  }

  /** The status line, made for a width. */
  set(status: (columns: number) => string): void {
    this.status = status;
    if (status(process.stdout.columns || 80) !== this.drawn) this.draw();
  }

  /** Text of the device that was filtered. */
  text(text: string): void {
    const shown = this.rowText ? this.rowText.push(text) : text;
    if (shown === '') return;
    process.stdout.write(shown);
    // It may have wiped the whole screen.
    if (shown.includes('J')) this.draw();
  }

  /** A line of this program's own. */
  line(text: string): void {
    if (this.live) process.stdout.write(`\r\n${styleText('dim', text)}\r\n`);
    else process.stderr.write(`${text}\n`);
  }

  close(): void {
    if (this.rowText) process.stdout.write(this.rowText.end());
    if (!this.open) return;
    this.open = false;
    process.stdout.off('resize', this.resized);
    process.stdout.write(`${SAVE}\x1b[${this.rows};1H\x1b[2K\x1b[r${RESTORE}\x1b[0m\x1b[?25h\r\n`);
  }
}
