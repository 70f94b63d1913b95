import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { assemblerInclude, bootConstants, ConstantsError, enumConstants } from '../../host-tools/build/constants.js';
import { libraryRoot } from '../../host-tools/build/library.js';
import { testFirmware } from '../support/firmware.js';

const parse = (file: string): ts.SourceFile =>
  ts.createSourceFile(file, fs.readFileSync(path.join(libraryRoot, file), 'utf8'), ts.ScriptTarget.ES2022, true);

/** wasm3's letters for what the AssemblyScript types become. */
const LETTERS: Record<string, string> = { void: 'v', i64: 'I', i32: 'i', u32: 'i', usize: 'i' };

/** `name signature` of each import that drivers/board.ts declares. */
function declared(): string[] {
  return parse('drivers/board.ts')
    .statements.filter(ts.isFunctionDeclaration)
    .map((statement) => {
      const letter = (type: ts.TypeNode | undefined): string => LETTERS[type?.getText() ?? ''] ?? '?';
      const parameters = statement.parameters.map((parameter) => letter(parameter.type)).join('');
      return `${statement.name?.text} ${letter(statement.type)}(${parameters})`;
    });
}

/** The same from the table in a linked image, which is what the loader reads. */
async function linked(): Promise<string[]> {
  const { image, symbols } = await testFirmware('hello');
  const address = (name: string): number => symbols.find((symbol) => symbol.name === name)?.address ?? NaN;
  const base = address('image_start');
  const view = Buffer.from(image);
  const text = (at: number): string => {
    const start = Number(view.readBigUInt64LE(at)) - base;
    return view.toString('latin1', start, view.indexOf(0, start));
  };
  const list: string[] = [];
  for (let at = address('imports_start') - base; at < address('imports_end') - base; at += 24)
    list.push(`${text(at)} ${text(at + 8)}`);
  return list;
}

describe('the contract between board.ts and boot', () => {
  it('has the same imports with the same types on both sides', async () => {
    const names = declared();
    assert.ok(names.length > 10 && names.length < 20, String(names.length));
    assert.deepEqual((await linked()).sort(), names.sort());
  });

  it('gives the assembler every number of board-keys.ts', () => {
    const expected = new Map<string, number>();
    const upper = (name: string): string => name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
    for (const statement of parse('drivers/board-keys.ts').statements.filter(ts.isEnumDeclaration))
      for (const member of statement.members)
        expected.set(
          `${upper(statement.name.text)}_${upper(member.name.getText())}`,
          Number(member.initializer?.getText()),
        );
    assert.ok(expected.size > 20);
    const constants = bootConstants();
    for (const [name, value] of expected) assert.equal(constants.get(name), value, name);
    assert.equal(constants.get('DMA_WINDOW'), 0x1000000);
    assert.match(assemblerInclude(constants), /^\.equ INFO_TICK_RATE, 0$/m);
  });

  it('refuses an enum that is more than plain numbers', () => {
    assert.throws(() => enumConstants('export const enum A { One = 1 << 3 }'), ConstantsError);
    assert.throws(() => enumConstants('const a = 1;'), ConstantsError);
  });

  it('knows no constant address in assembly that the memory map has', () => {
    const { KERNEL, KERNEL_BYTES } = Object.fromEntries(bootConstants());
    assert.deepEqual([KERNEL, KERNEL_BYTES], [0x80000, 0x180000]);
    const addresses = new Set([...bootConstants()].filter(([, value]) => value >= 0x200000).map(([, value]) => value));
    for (const name of fs.readdirSync(path.join(libraryRoot, 'boot')).filter((file) => /\.(S|inc|ld)$/.test(file))) {
      const text = fs.readFileSync(path.join(libraryRoot, 'boot', name), 'utf8').replace(/\/\/.*$/gm, '');
      for (const [number] of text.matchAll(/\b0x[0-9a-f]{6,8}\b/g))
        assert.equal(addresses.has(Number(number)), false, `${name}: ${number}`);
    }
  });
});
