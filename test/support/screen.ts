// A terminal's screen, as far as every terminal agrees: what it does not know it refuses, so that a test sees when more
// is sent than picocom, screen or a plain xterm understand.

export class Screen {
  readonly rows: string[][] = [[]];
  row = 0;
  column = 0;
  bells = 0;
  /** What a terminal has answered to a question for its cursor. */
  reports: string[] = [];
  private sequence = '';
  private readonly decoder = new TextDecoder();

  constructor(readonly columns = 80) {}

  write(bytes: Uint8Array): void {
    for (const character of this.decoder.decode(bytes, { stream: true })) this.take(character);
  }

  /** A row without what is blank at its end. */
  text(row = this.row): string {
    return Array.from(this.rows[row] ?? [], (character) => character ?? ' ')
      .join('')
      .trimEnd();
  }

  /** All rows. */
  get lines(): string[] {
    return this.rows.map((_, row) => this.text(row));
  }

  private take(character: string): void {
    if (this.sequence !== '' || character === '\x1b') {
      this.sequence += character;
      if (/^\x1b(\[[\d;]*)?$/.test(this.sequence)) return;
      this.obey(this.sequence);
      this.sequence = '';
    } else if (character === '\r') this.column = 0;
    else if (character === '\n') this.toRow(this.row + 1);
    else if (character === '\t') this.column = Math.min(this.columns - 1, (this.column | 7) + 1);
    else if (character === '\b') this.column = Math.max(0, this.column - 1);
    else if (character === '\x07') this.bells++;
    else if (/[\x00-\x1f\x7f-\x9f]/.test(character)) throw new Error(`control character ${JSON.stringify(character)}`);
    else {
      if (this.column === this.columns) {
        this.column = 0;
        this.toRow(this.row + 1);
      }
      const cells = this.rows[this.row] as string[];
      while (cells.length < this.column) cells.push(' ');
      cells[this.column++] = character;
    }
  }

  private toRow(row: number): void {
    this.row = row;
    while (this.rows.length <= row) this.rows.push([]);
  }

  private obey(sequence: string): void {
    const [, number = '', letter = ''] = /^\x1b\[(\d*)([A-Z])$/.exec(sequence) ?? [];
    if (sequence === '\x1b[6n') {
      this.reports.push(`\x1b[${this.row + 1};${Math.min(this.column, this.columns - 1) + 1}R`);
      return;
    }
    const count = number === '' ? 1 : Number(number);
    if (letter === 'K' && number === '') (this.rows[this.row] as string[]).length = Math.min(this.column, this.cells());
    else if (letter === 'C' && count > 0) this.column = Math.min(this.columns - 1, this.column + count);
    else if (letter === 'D' && count > 0) this.column = Math.max(0, this.column - count);
    else if (letter === 'J' && number === '2') for (const cells of this.rows) cells.length = 0;
    else if (letter === 'H' && number === '') [this.row, this.column] = [0, 0];
    else throw new Error(`sequence ${JSON.stringify(sequence)}`);
  }

  private cells(): number {
    return (this.rows[this.row] as string[]).length;
  }
}
