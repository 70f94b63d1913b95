// Text of a device on its way to a terminal. It may hold anything: of control characters and sequences only those pass
// that move the cursor, erase and colour; none that sets titles, asks the terminal, or changes how it works.
// ECMA-48; xterm's ctlseqs.

const PASSED = new Set(['\r', '\n', '\t', '\b']);
/** Final bytes of CSI: cursor movement, erase, colours, insert and delete of characters. */
const FINALS = new Set([...'ABCDEFGHJKPX@dfm']);
/** DECTCEM: hide and show the cursor. */
const PRIVATE = /^\?25[hl]$/;
const PARAMETERS = /^[\d;]{0,16}$/;
/** What begins a string that ends with ST: DCS, SOS, OSC, PM, APC. */
const STRINGS = new Set([...'PX]^_']);
const ESCAPE = '\x1b';
const BELL = '\x07';
const LONGEST = 24;
/** Turns the writing direction, or ends lines where nobody expects it. */
const STEERING = /[\u0080-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

type State = 'text' | 'escape' | 'sequence' | 'string' | 'string-escape';

/**
 * What a terminal answers where its cursor is at the end of the first row: the board's line editor learns from it how wide
 * the terminal is. Its own question does not pass here, so who shows its text tells it unasked.
 */
export const widthAnswer = (columns: number): string => `${ESCAPE}[1;${columns}R`;

export class TextFilter {
  private readonly decoder = new TextDecoder();
  private state: State = 'text';
  private sequence = '';

  /** What of these bytes may be shown; what is not finished yet comes later. */
  push(bytes: Uint8Array): string {
    let shown = '';
    for (const letter of this.decoder.decode(bytes, { stream: true })) shown += this.take(letter);
    return shown;
  }

  private take(letter: string): string {
    switch (this.state) {
      case 'text':
        return this.takeText(letter);
      case 'escape':
        if (letter >= ' ' && letter < '0') return ''; // an intermediate byte: more of it follows
        this.state = letter === '[' ? 'sequence' : STRINGS.has(letter) ? 'string' : 'text';
        this.sequence = '';
        return letter === '\r' || letter === '\n' ? letter : '';
      case 'sequence':
        return this.takeSequence(letter);
      default:
        return this.takeString(letter);
    }
  }

  private takeText(letter: string): string {
    if (letter === ESCAPE) {
      this.state = 'escape';
      return '';
    }
    if (PASSED.has(letter)) return letter;
    if (letter < ' ' || letter === '\x7f') return '';
    return STEERING.test(letter) ? '\ufffd' : letter;
  }

  private takeSequence(letter: string): string {
    if (letter === ESCAPE) {
      this.state = 'escape';
      return '';
    }
    const isInside = letter >= ' ' && letter < '@';
    if (isInside && this.sequence.length < LONGEST) {
      this.sequence += letter;
      return '';
    }
    this.state = 'text';
    const whole = this.sequence + letter;
    const isSafe = (FINALS.has(letter) && PARAMETERS.test(this.sequence)) || PRIVATE.test(whole);
    return isSafe ? `${ESCAPE}[${whole}` : '';
  }

  /** A string that is never ended must not swallow all that follows: a line's end ends it, too. */
  private takeString(letter: string): string {
    if (letter === '\n' || letter === '\r') {
      this.state = 'text';
      return letter;
    }
    if (letter === BELL || letter === '\u009c' || (this.state === 'string-escape' && letter === '\\'))
      this.state = 'text';
    else this.state = letter === ESCAPE ? 'string-escape' : 'string';
    return '';
  }
}
