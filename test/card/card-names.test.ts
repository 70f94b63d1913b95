import assert from 'node:assert/strict';
import fc from 'fast-check';
import { foldCase, freeName, legalName, shortNames } from '../../host-tools/card/card-names.js';

describe("a card's names", () => {
  it('are what FAT takes, the ending kept', () => {
    for (const [given, legal] of [
      ['song.flac', 'song.flac'],
      ['What? A "test": 1/2 <a|b>*\\.wav', 'What_ A _test__ 1_2 _a_b___.wav'],
      ['tab\tand\x7f.qoa', 'tab_and_.qoa'],
      ['dots at the end... ', 'dots at the end'],
      ['...', '_'],
      ['', '_'],
      ['CON.wav', '_CON.wav'],
      ['com1', '_com1'],
      ['console.wav', 'console.wav'],
      ['a\u0308.wav', 'ä.wav'],
      ['half \ud83d.wav', 'half _.wav'],
      ['not UTF-8: \ufffd', 'not UTF-8_ _'],
      [`${'x'.repeat(300)}.flac`, `${'x'.repeat(250)}.flac`],
      [`${'x'.repeat(254)} and more`, 'x'.repeat(254)],
      [`x.${'y'.repeat(300)}`, `x.${'y'.repeat(253)}`],
    ] as const)
      assert.equal(legalName(given), legal);
  });

  it('stay legal once they are, whatever they were', () => {
    const anything = fc.string({ unit: 'binary', maxLength: 300 });
    fc.assert(
      fc.property(anything, (given) => {
        const legal = legalName(given);
        assert.ok(legal.length > 0 && legal.length <= 255);
        assert.doesNotMatch(legal, /["*/:<>?\\|\u0000-\u001f\u007f]|[. ]$/);
        assert.equal(legalName(legal), legal);
      }),
    );
  });

  it('differ in more than case, with a number where they do not', () => {
    const taken = new Set(['SONG.WAV', 'SONG (2).WAV'].map(foldCase));
    assert.equal(freeName('Song.wav', taken), 'Song (3).wav');
    assert.equal(freeName('Other.wav', taken), 'Other.wav');
    const long = `${'x'.repeat(251)}.wav`;
    const free = freeName(long, new Set([foldCase(long)]));
    assert.equal(free, `${'x'.repeat(247)} (2).wav`);
    // No capital of one letter.
    assert.notEqual(foldCase('straße'), foldCase('strasse'));
    assert.equal(foldCase('ÄÖ'), foldCase('äö'));
  });

  it('have short names beside them that are theirs alone, natural ones first', () => {
    const short = (...names: string[]): string[] => shortNames(names).map((each) => each.short);
    assert.deepEqual(shortNames(['KERNEL8.IMG', 'start4.elf']), [
      { short: 'KERNEL8 IMG', long: false },
      { short: 'START4  ELF', long: true },
    ]);
    assert.deepEqual(short('long name.flac', 'longna~1.fla', 'long name 2.flac'), [
      ...['LONGNA~2FLA', 'LONGNA~1FLA', 'LONGNA~3FLA'],
    ]);
    assert.deepEqual(short('音楽', '.hidden', 'a+b.c'), ['__~1       ', 'HIDDEN~1   ', 'A_B~1   C  ']);
    // Capitals of other letters are letters of their own name, and not of the short one.
    assert.deepEqual(shortNames(['Spaß.wav', 'Spass.wav', 'kı.wav', 'KI.WAV', 'ﬁ.wav', 'FI.WAV']), [
      ...[
        { short: 'SPASS~1 WAV', long: true },
        { short: 'SPASS   WAV', long: true },
        { short: 'KI~1    WAV', long: true },
        { short: 'KI      WAV', long: false },
        { short: 'FI~1    WAV', long: true },
        { short: 'FI      WAV', long: false },
      ],
    ]);
    const many = short(...Array.from({ length: 12_000 }, (_, i) => `one and the same ${i}.wav`));
    assert.equal(new Set(many).size, many.length);
    assert.ok(many.every((name) => /^ON[A-Z~\d]{6}WAV$/.test(name)));
  });
});
