import assert from 'node:assert/strict';
import { compile } from '../../host-tools/build/compile.js';
import { stripModule } from '../../host-tools/build/image.js';
import { formatSize, measureSize, type SizeEntry } from '../../host-tools/build/size.js';
import { parseModule, WasmFormatError } from '../../host-tools/build/wasm-module.js';

const total = (entries: readonly SizeEntry[]): number => entries.reduce((sum, { bytes }) => sum + bytes, 0);

describe('size', function () {
  this.timeout(30_000);
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
    assert.ok(
      lines.some((line) => line.startsWith('module: functions') && line.endsWith(` ${total(report.functions)}`)),
    );
    assert.ok(lines.some((line) => /\(\d+ more\)/.test(line)));
  });
});
