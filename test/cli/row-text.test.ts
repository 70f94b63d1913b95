// What a console leaves of its text where there is no terminal.

import assert from 'node:assert/strict';
import { RowText } from '../../host-tools/cli/row-text.js';

/** What comes of a text, in one piece and byte by byte. */
function shown(text: string): string {
  const rows = new RowText();
  const whole = rows.push(text) + rows.end();
  const again = new RowText();
  const pieces = [...text].map((letter) => again.push(letter)).join('') + again.end();
  assert.equal(pieces, whole);
  return whole;
}

describe('the console without a terminal', () => {
  it('leaves text as it is', () => {
    for (const text of ['', 'a\nb\n', 'The device says something. ', '\n\n', 'é 音 😀\n> not a prompt\n'])
      assert.equal(shown(text), text);
  });

  it('shows rows as they are in the end, without what edited them', () => {
    assert.equal(
      shown('\r> \x1b[K\r> v\x1b[K\r> vol\x1b[K\r\nvolume -18.0 dB\r\n\r> \x1b[K'),
      '> vol\nvolume -18.0 dB\n',
    );
    assert.equal(shown('> pou\b\x1b[K\b\x1b[Kause\r\n'), '> pause\n');
    assert.equal(shown('abc\x1b[2Dx\x1b[Cy\n'), 'axcy\n');
    assert.equal(shown('\x1b[31mred\x1b[0m\n'), 'red\n');
    assert.equal(shown('gone\x1b[2J\x1b[Hhere\n'), 'here\n');
    // A line that was begun and taken back while something else was printed.
    assert.equal(shown('\r> vo\x1b[K\r\x1b[Ktrack 2\r\n\r> vo\x1b[K'), 'track 2\n> vo');
  });
});
