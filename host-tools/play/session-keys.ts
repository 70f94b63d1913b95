// Keys of a play session for the player's console. There a letter begins a line; here n and p alone are next and
// previous, as the keys of a player are expected to be, as long as no line was begun.

const NEXT = Buffer.from('\x1b[6~');
const PREVIOUS = Buffer.from('\x1b[5~');
const ESCAPE = 0x1b;
const BACKSPACES = new Set([0x08, 0x7f]);
/** Return, newline, and Ctrl-C and Ctrl-U, which give a line up. */
const LINE_ENDS = new Set([0x0d, 0x0a, 0x03, 0x15]);
/** What acts at once on an empty line. */
const AT_ONCE = new Set(Buffer.from(' +-=?'));

export class SessionKeys {
  /** Bytes of the line that was begun. */
  private typed = 0;
  private sequence: 'none' | 'begun' | 'inside' = 'none';

  /** The bytes to send for some that were typed. */
  translate(bytes: Uint8Array): Uint8Array {
    return Buffer.concat([...bytes].map((byte) => this.take(byte)));
  }

  private take(byte: number): Uint8Array {
    const same = Uint8Array.of(byte);
    if (this.sequence !== 'none' || byte === ESCAPE) {
      const isOpening = byte === 0x5b || byte === 0x4f; // ESC [ or ESC O
      if (byte === ESCAPE) this.sequence = 'begun';
      else if (this.sequence === 'begun' && isOpening) this.sequence = 'inside';
      else if (this.sequence === 'begun' || byte >= 0x40) this.sequence = 'none';
      return same;
    }
    if (LINE_ENDS.has(byte)) this.typed = 0;
    else if (BACKSPACES.has(byte)) this.typed = Math.max(0, this.typed - 1);
    else if (this.typed > 0) this.typed += byte >= 0x20 ? 1 : 0;
    else if (byte === 0x6e) return NEXT;
    else if (byte === 0x70) return PREVIOUS;
    else if (byte > 0x20 && !AT_ONCE.has(byte)) this.typed = 1;
    return same;
  }
}

/** A stream of typed bytes, translated. */
export async function* sessionKeys(typed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const keys = new SessionKeys();
  for await (const bytes of typed) yield keys.translate(bytes);
}
