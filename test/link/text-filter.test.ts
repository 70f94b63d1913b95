import assert from 'node:assert/strict';
import fc from 'fast-check';
import { TextFilter } from '../../host-tools/link/text-filter.js';

const shown = (text: string | Uint8Array): string => new TextFilter().push(Buffer.from(text));

describe('text of a device on its way to a terminal', () => {
  it('keeps text, lines, cursor movement, erasing and colours', () => {
    for (const text of [
      'Größe 𝄞\r\n\tx\b',
      '\x1b[K',
      '\x1b[2J\x1b[H',
      '\x1b[3D\x1b[C',
      '\x1b[1;31mred\x1b[0m',
      '\x1b[?25l',
    ])
      assert.equal(shown(text), text);
  });

  it('leaves out what sets titles, asks, answers or changes the terminal', () => {
    for (const text of [
      '\x1b]0;title\x07',
      '\x1b]52;c;ZXZpbA==\x1b\\',
      '\x1bP$qm\x1b\\',
      '\x1b_apc\x1b\\',
      '\x1b^pm\x1b\\',
      '\x1bXsos\x1b\\',
      '\x1b[6n',
      '\x1b[c',
      '\x1b[?1049h',
      '\x1b[?1000h',
      '\x1b[1;5r',
      '\x1b[20t',
      '\x1b[>0q',
      '\x1b[!p',
      '\x1bc',
      '\x1b#8',
      '\x07\x0e\x0f\x00\x7f',
    ])
      assert.equal(shown(`a${text}b`), 'ab', JSON.stringify(text));
  });

  it('shows that something was there instead of C1 and of marks that turn the writing', () => {
    assert.equal(shown('a\u009b31mb'), 'a\ufffd31mb');
    assert.equal(shown('a\u202eb'), 'a\ufffdb');
    assert.equal(shown(Uint8Array.of(0x61, 0x9b, 0x62)), 'a\ufffdb');
  });

  it('ends a string that is never ended with its line', () => {
    assert.equal(shown('a\x1b]0;never\r\nb'), 'a\r\nb');
  });

  it('does the same in pieces of any size, and never lets through more than it may', () => {
    const pieces = fc.array(
      fc.constantFrom('a', '\x1b', '[', ']', ';', '3', 'm', 'n', 'P', '\\', '\x07', '\r\n', '\u009b', '?', 'h', '\0'),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(pieces, fc.integer({ min: 1, max: 5 }), (letters, size) => {
        const bytes = Buffer.from(letters.join(''));
        const filter = new TextFilter();
        let cut = '';
        for (let at = 0; at < bytes.length; at += size) cut += filter.push(bytes.subarray(at, at + size));
        assert.equal(cut, shown(bytes));
        assert.doesNotMatch(
          cut,
          /[\0-\x07\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f\u0080-\u009f]|\x1b(?!\[[\d;]*[A-HJKPX@dfm]|\[\?25[hl])/,
        );
      }),
      { numRuns: 2000, seed: 4 },
    );
  });
});
