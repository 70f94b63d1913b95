// The reference that is made from the library's docstrings.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { readLibrary, readReference, renderReference, undocumented } from '../../host-tools/docs/reference.js';
import { testFolder } from '../media/sounds.js';

const root = path.resolve(import.meta.dirname, '../..');

describe('the reference', () => {
  const folder = testFolder();

  it('takes apart what AssemblyScript files export', () => {
    const text = [
      '// A head comment',
      '// of two lines.',
      '//',
      '//   an(example);',
      '',
      "import { a } from './a';",
      '/** Two',
      ' * lines. */',
      '@inline',
      'export function first(ptr: usize,',
      '  bytes: i32): bool { return true; }',
      'export const BARE: u32 = 0x10;',
      '/** An enum. */',
      'export const enum Kind { /** The one. */ One = 1, Two }',
      '/** A class. */',
      'export class Thing extends Base {',
      '  /** A field. */',
      '  size: i64 = 0;',
      '  private hidden: i32 = 0;',
      '  constructor(readonly a: i32) { super(); }',
      '  /** Does. */',
      '  run(): void {}',
      '}',
      'function unseen(): void {}',
    ].join('\n');
    fs.writeFileSync(path.join(folder, 'sample.ts'), text);
    const reference = readReference(folder, 'sample.ts');
    assert.equal(reference.intro, 'A head comment\nof two lines.\n\n  an(example);');
    assert.deepEqual(
      reference.entries.map(({ name, signature, text, line }) => [name, signature, text, line]),
      [
        ['first', 'function first(ptr: usize, bytes: i32): bool', 'Two\nlines.', 9],
        ['BARE', 'const BARE: u32 = 0x10', '', 12],
        ['Kind', 'const enum Kind', 'An enum.', 14],
        ['Thing', 'class Thing extends Base', 'A class.', 16],
      ],
    );
    assert.deepEqual(
      reference.entries[3]?.members.map(({ signature, text }) => [signature, text]),
      [
        ['size: i64 = 0', 'A field.'],
        ['constructor(readonly a: i32)', ''],
        ['run(): void', 'Does.'],
      ],
    );
    assert.deepEqual(undocumented([reference]), ['sample.ts:12 BARE']);
    assert.deepEqual(undocumented([reference], 'function '), []);
    const markdown = renderReference([reference]);
    assert.match(markdown, /## sample\.ts\n\nA head comment\nof two lines\.\n\n```ts\nan\(example\);\n```\n/);
    assert.match(markdown, /### `class Thing extends Base`\n\nA class\.\n\n- `size: i64 = 0`: A field\.\n/);
  });

  it('finds a docstring on every function of the library', () => {
    const files = readLibrary(root);
    assert.ok(files.some(({ file }) => file === 'drivers/board.ts'));
    assert.deepEqual(undocumented(files, 'function '), []);
  });

  it('finds a head comment in every file of the library', () => {
    const silent = readLibrary(root).filter(({ intro }) => !intro);
    assert.deepEqual(silent, []);
  });
});
