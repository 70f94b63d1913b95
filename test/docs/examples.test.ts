// Every example of docs/firmware.md is compiled as it stands there.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { compile } from '../../host-tools/build/compile.js';
import { testFolder } from '../media/sounds.js';

const manual = fs.readFileSync(path.resolve(import.meta.dirname, '../../docs/firmware.md'), 'utf8');
const examples = [...manual.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text]) => text ?? '');

describe('the manual', () => {
  const folder = testFolder();

  /** The line of the manual that line `line` of example `number` is. */
  function place(number: number, line: number): number {
    const before = manual.slice(0, manual.indexOf(examples[number] ?? ''));
    return before.split('\n').length + line - 1;
  }

  it('has examples', () => {
    assert.ok(examples.length >= 7);
  });

  it('compiles its programs for the board', async () => {
    const programs = examples.filter((text) => text.includes('export function step'));
    assert.ok(programs.length >= 2);
    for (const [index, text] of programs.entries()) {
      const entry = path.join(folder, `program${index}.ts`);
      fs.writeFileSync(entry, text);
      await compile({ entry, board: true, optimize: 0 });
    }
  });

  it('compiles its other examples, every function of them', async () => {
    const lines = examples.flatMap((text, number) => {
      if (text.includes('export function step')) return [];
      fs.writeFileSync(path.join(folder, `example${number}.ts`), text);
      const names = [...text.matchAll(/^export function (\w+)/gm)].map(([, name]) => name);
      assert.ok(names.length > 0, `the example in line ${place(number, 1)} exports nothing, so nothing is compiled`);
      return `export { ${names.map((name) => `${name} as ${name}${number}`).join(', ')} } from './example${number}';`;
    });
    const entry = path.join(folder, 'all.ts');
    fs.writeFileSync(entry, lines.join('\n'));
    await compile({ entry, optimize: 0 });
  });

  it('imports the library by its public names', () => {
    for (const text of examples) {
      for (const [, from] of text.matchAll(/from '([^']+)'/g))
        assert.match(from ?? '', /^mirleft\/(drivers|firmware)\//);
    }
  });
});
