import assert from 'node:assert/strict';
import { compile } from '../../host-tools/build/compile.js';
import { stripModule } from '../../host-tools/build/image.js';
import { formatSize, measureSize, type SizeEntry } from '../../host-tools/build/size.js';
import { labelData, measureData } from '../../host-tools/build/size-data.js';
import { parseModule, WasmFormatError } from '../../host-tools/build/wasm-module.js';

const total = (entries: readonly SizeEntry[]): number => entries.reduce((sum, { bytes }) => sum + bytes, 0);

describe('size', () => {
  let wasm: Uint8Array;
  before(async () => {
    ({ wasm } = await compile({ entry: 'firmware/programs/blink/main.ts', board: true }));
  });

  it('reads modules, and says where one is broken', () => {
    const module = parseModule(wasm);
    assert.deepEqual(module.exports.map(({ name, kind }) => `${kind} ${name}`).sort(), [
      'function start',
      'function step',
      'memory memory',
    ]);
    // Every body lies in the code section, one behind the other.
    const code = module.sections.find(({ name }) => name === 'code');
    assert.ok(code);
    let at = module.functions[0]?.offset ?? 0;
    for (const { offset, bytes } of module.functions) {
      assert.equal(offset, at);
      at += bytes;
    }
    assert.equal(at, code.offset + code.bytes);
    assert.throws(() => parseModule(new Uint8Array(20)), WasmFormatError);
    for (const length of [7, 9, 100, wasm.length >> 1]) {
      assert.throws(
        () => parseModule(wasm.slice(0, length)),
        (error: unknown) => error instanceof WasmFormatError && (error.offset ?? Infinity) <= length,
      );
    }
  });

  it('adds up to the totals, with functions and texts by name', () => {
    const sections = [
      { name: '.text', address: 0x80000, bytes: 900, stored: true },
      { name: '.rodata', address: 0x80400, bytes: 5000, stored: true },
      { name: '.bss', address: 0x83000, bytes: 70000, stored: false },
    ];
    const report = measureSize({ image: new Uint8Array(6024), wasm, sections });
    assert.equal(total(report.sections), 6024);
    assert.deepEqual(report.sections.at(-1), { name: '(alignment)', bytes: 124 });
    assert.equal(report.moduleBytes, stripModule(wasm).length);
    assert.equal(report.systemBytes + report.moduleBytes, report.kernelBytes);
    assert.equal(total(report.functions) + total(report.data) + total(report.other), report.moduleBytes);
    assert.ok(report.other.every(({ bytes }) => bytes > 0));
    const step = report.functions.find(({ name }) => name === 'step');
    assert.equal(step?.file, 'firmware/programs/blink/main');
    assert.ok(report.data.some(({ text }) => text === 'Mirleft '));

    const lines = formatSize(report, 5).split('\n');
    assert.ok(lines.some((line) => new RegExp(`^module: functions +${total(report.functions)} +\\S+ %$`).test(line)));
    assert.ok(lines.some((line) => /\(\d+ more; --all lists them\)/.test(line)));
    assert.match(lines[0] ?? '', /^ +bytes +share$/);
    assert.equal(lines.at(-1), '  kernel8.img 6024 bytes, 2.3 % of 256 KB');
    const all = formatSize(report, Infinity);
    assert.doesNotMatch(all, / more;/);
    for (const { name } of report.functions) assert.ok(all.includes(name), name);
    assert.doesNotMatch(all, /data\[/);
  });

  it('says what data is: texts, and the tables of which functions', async () => {
    const player = await compile({ entry: 'firmware/programs/player/main.ts', board: true });
    const data = measureData(player.wasm, parseModule(player.wasm));
    // The step sizes of IMA ADPCM begin with 7, 8, 9.
    const steps = parseModule(player.wasm).data.find(
      ({ contents }) => Buffer.from(player.wasm).subarray(contents).readUIntLE(0, 6) === 0x0009_0008_0007,
    );
    const table = data.find(({ name }) => name === steps?.name);
    assert.ok(table && table.text === undefined);
    assert.match(labelData(table), /^table of .* at 0x[0-9a-f]+$/);
    assert.ok(table.users?.includes('prepareIma'), String(table.users));
    assert.ok(
      data.some(({ text }) => text === 'player.ini'),
      'bytes',
    );
    assert.ok(
      data.some(({ text }) => text === ')'),
      'a text of one character',
    );
    // The head of an object is no entry of its own.
    assert.ok(data.every(({ text, bytes, users }) => text !== undefined || users !== undefined || bytes > 8));
  });
});
