import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { libraryRoot } from '../../host-tools/build/library.js';
import { readReport, sourceLines, testFirmware, type TestFirmware } from '../support/firmware.js';
import { HOSTILE } from '../support/hostile-imports.js';
import { runQemu, type QemuOptions } from '../support/qemu.js';

const source = fs.readFileSync(path.join(libraryRoot, 'test', 'programs', 'faults.ts'), 'utf8').split('\n');

/** The line of faults.ts that ends in this comment. */
function marked(comment: string): string {
  const index = source.findIndex((line) => line.endsWith(`// ${comment}`));
  assert.notEqual(index, -1, comment);
  return `faults.ts:${index + 1}`;
}

describe('fault reports', () => {
  let firmware: TestFirmware;
  before(async () => {
    firmware = await testFirmware('faults', 0);
  });

  async function report(kind: number, options: QemuOptions = {}) {
    const run = await runQemu(firmware, { words: [kind], ...options });
    assert.equal(run.status, 1, run.console + run.errors);
    const found = readReport(run.console);
    assert.equal(found.buildId, firmware.buildId);
    return { ...found, line: found.lines[0] ?? '', places: sourceLines(found, firmware) };
  }

  it('names the line of a trap and of the calls that led to it', async () => {
    const { kind, line, places } = await report(1);
    assert.equal(kind, 'trap');
    assert.equal(line, 'fault kind=trap text="unreachable executed"');
    assert.deepEqual(places, [marked('trap'), marked('inner'), marked('middle'), marked('outer')]);
  });

  it('is the same inside step', async () => {
    const { places } = await report(1001);
    assert.deepEqual(places, [marked('trap'), marked('inner'), marked('middle'), marked('outer in step')]);
  });

  it('keeps the innermost line in optimised code', async () => {
    const optimised = await testFirmware('faults', 3);
    const run = await runQemu(optimised, { words: [2] });
    assert.equal(sourceLines(readReport(run.console), optimised)[0], marked('bounds'));
  });

  for (const [number, text, comment] of [
    [2, 'out of bounds memory access', 'bounds'],
    [3, 'integer divide by zero', 'divide'],
    [9, 'stack overflow', 'recursion'],
  ] as const)
    it(`names the line of: ${text}`, async () => {
      const { kind, line, places } = await report(number);
      assert.equal(kind, 'trap');
      assert.equal(line, `fault kind=trap text="${text}"`);
      assert.equal(places[0], marked(comment));
      assert.equal(places.at(-1), marked('outer'));
    });

  it('passes over the middle of a deep stack and says how many frames', async () => {
    const { lines } = await report(9);
    const frames = lines.filter((line) => line.startsWith('  wasm'));
    assert.match(frames[47] ?? '', /^ {2}wasm more=\d{3}$/);
    assert.equal(frames.length, 47 + 1 + 16);
  });

  for (const [number, esr, far, comment] of [
    [4, '96000010', 'fe20c800', 'read abort'],
    [5, '96000050', 'fe20c818', 'write abort'],
    [14, '96000010', 'fe20c804', 'port read abort'],
    [15, '96000050', 'fe20c818', 'port write abort'],
  ] as const)
    it(`reports a ${comment} with the registers`, async () => {
      const { kind, line, places } = await report(number);
      assert.equal(kind, 'data-abort');
      assert.match(
        line,
        new RegExp(`^fault kind=data-abort vector=0 esr=0x${esr} far=0x00000000${far} elr=0x[0-9a-f]{16} `),
      );
      assert.deepEqual(places, [marked(comment), marked('inner'), marked('middle'), marked('outer')]);
    });

  for (const [number, comment] of [
    [6, 'spin'],
    [7, 'memory'],
  ] as const)
    it(`ends an endless loop: ${comment}`, async () => {
      const { kind, places } = await report(number);
      assert.equal(kind, 'hang');
      assert.equal(places[0], marked(comment));
      assert.equal(places.at(-1), marked('outer'));
    });

  it('ends an endless loop of calls', async () => {
    const { kind, places } = await report(1008);
    assert.equal(kind, 'hang');
    // In the loop, or in the function that it calls.
    assert.equal(places.includes(marked('calls')) || places[0] === marked('calls'), true, places.join());
    assert.equal(places.at(-1), marked('outer in step'));
  });

  it('ends a wait for what never comes', async () => {
    const { kind, places } = await report(12, { deterministic: true });
    assert.equal(kind, 'hang');
    assert.equal(places[0], marked('endless wait'));
  });

  it('prints the text of fault, escaped', async () => {
    const { kind, line, places } = await report(11);
    assert.equal(kind, 'abort');
    assert.equal(line, 'fault kind=abort code=2 text=" say\\"s\\" "');
    assert.deepEqual(places.slice(0, 2), [marked('give'), marked('give it')]);
  });

  it('names the line of a failed assertion and of the calls that led to it', async () => {
    const { kind, fields, places } = await report(13);
    assert.deepEqual([kind, fields['code']], ['abort', '1']);
    assert.match(fields['text'] ?? '', /^one \(.*\bfaults\.ts:\d+\)$/);
    assert.deepEqual(places, [marked('assertion'), marked('inner'), marked('middle'), marked('outer')]);
  });

  it('keeps the line of an assertion in optimised code, where its report is inlined', async () => {
    const optimised = await testFirmware('faults', 3);
    const run = await runQemu(optimised, { words: [13] });
    assert.equal(sourceLines(readReport(run.console), optimised)[0], marked('assertion'));
  });

  it('ends the emulator without semihosting too', async () => {
    const run = await runQemu(firmware, { words: [1], semihosting: false });
    assert.equal(readReport(run.console).kind, 'trap');
    assert.equal(run.status, 0, 'by power-off, which has no status');
  });

  it('says nothing when nothing is wrong', async () => {
    const run = await runQemu(firmware, { words: [0] });
    assert.deepEqual([run.console, run.status], ['', 0]);
  });

  describe('of imports with hostile arguments', () => {
    for (const [number, text] of HOSTILE)
      it(text, async () => {
        const { kind, line, places } = await report(number);
        assert.equal(kind, 'trap');
        assert.equal(line, `fault kind=trap text="${text}"`);
        assert.equal(places.at(-1), marked('outer'));
      });
  });
});
