// A device's console for what is no terminal: rows as they look when they are over, without prompts that wait and without
// the sequences by which a line is edited. Takes text that was filtered (text-filter.ts).

const SEQUENCE = /^\x1b(?:\[([\d;?]*)([^\d;?])?)?/;
/** What the console shows before a line is typed. */
const PROMPT = '>';

export class RowText {
  private row: string[] = [];
  private column = 0;
  private pending = '';

  /** The rows that are over now, each with its line's end. */
  push(text: string): string {
    let over = '';
    let rest = this.pending + text;
    this.pending = '';
    while (rest !== '') {
      const [whole, number = '', letter] = SEQUENCE.exec(rest) ?? [];
      if (whole === undefined) {
        const character = String.fromCodePoint(rest.codePointAt(0) as number);
        if (character === '\n') over += `${this.take()}\n`;
        else this.put(character);
        rest = rest.slice(character.length);
      } else if (letter === undefined && whole === rest) {
        this.pending = rest;
        return over;
      } else {
        if (letter !== undefined) this.edit(letter, number);
        rest = rest.slice(whole.length);
      }
    }
    return over;
  }

  /** What stands in the last row, unless it is a prompt. */
  end(): string {
    const last = this.take();
    return last.trim() === PROMPT ? '' : last;
  }

  private take(): string {
    const text = this.row.join('');
    this.row = [];
    this.column = 0;
    return text;
  }

  private put(character: string): void {
    if (character === '\r') this.column = 0;
    else if (character === '\b') this.column = Math.max(0, this.column - 1);
    else {
      while (this.row.length < this.column) this.row.push(' ');
      this.row[this.column++] = character;
    }
  }

  private edit(letter: string, number: string): void {
    const count = Math.max(1, parseInt(number, 10) || 0);
    if (letter === 'K' && !/[12]/.test(number)) this.row.length = Math.min(this.row.length, this.column);
    else if (letter === 'C') this.column += Math.min(count, 256);
    else if (letter === 'D') this.column = Math.max(0, this.column - count);
    else if (letter === 'J' || letter === 'H') this.take();
    // Colours change nothing, and more is not drawn in one row.
  }
}
