import assert from 'node:assert/strict';
import path from 'node:path';
import * as map from '../../boot/memory-map.js';
import { libraryRoot } from '../../host-tools/build/library.js';
import { readReport, testFirmware, type TestFirmware } from '../support/firmware.js';
import { runQemu } from '../support/qemu.js';

const hex = (value: number, digits = 16): string => `0x${value.toString(16).padStart(digits, '0')}`;

describe('exceptions of the processor', () => {
  let firmware: TestFirmware;
  before(async () => {
    firmware = await testFirmware('hello', 3, [path.join(libraryRoot, 'test', 'boot', 'exceptions.S')]);
  });

  async function take(number: number) {
    const { console, status } = await runQemu(firmware, { words: [number], deterministic: true });
    assert.equal(status, 1, console);
    const report = readReport(console);
    assert.equal(report.buildId, firmware.buildId);
    return { ...report, console };
  }

  it('reports an undefined instruction', async () => {
    const { kind, fields, registers } = await take(1);
    assert.deepEqual([kind, fields['esr'], fields['vector']], ['undefined', '0x02000000', '0']);
    assert.equal(registers.length, 8);
    assert.equal(registers.join('').match(/x\d+=0x[0-9a-f]{16}/g)?.length, 31);
    const elr = Number(fields['elr']);
    const hook = firmware.symbols.find(({ name }) => name === 'module_loaded');
    assert.ok(hook && elr > hook.address && elr < hook.address + 256);
  });

  it('reports the execution of data', async () => {
    const { kind, fields } = await take(2);
    assert.deepEqual([kind, fields['elr']], ['prefetch-abort', hex(map.DMA_WINDOW)]);
  });

  it('reports a null pointer and a write to code', async () => {
    const null_ = await take(4);
    assert.deepEqual([null_.kind, null_.fields['far']], ['data-abort', hex(4)]);
    const write = await take(5);
    assert.deepEqual([write.kind, write.fields['far']], ['data-abort', hex(map.KERNEL)]);
  });

  it('ends when the report itself takes an exception', async () => {
    const { console } = await take(3);
    assert.match(console, /^fault kind=undefined /m);
    assert.match(console, /^fault kind=nested esr=0x96000\w+ far=0x\w+ elr=0x\w+\r$/m);
  });

  it('gives up on a transmitter that never takes a byte', async () => {
    const wedged = await testFirmware('hello', 3, [path.join(libraryRoot, 'test', 'boot', 'wedged.S')]);
    const { console, errors, status } = await runQemu(wedged);
    assert.deepEqual([console, status], ['', 0], errors);
  });

  it('ends a step that hangs outside the interpreter', async () => {
    const { kind, fields } = await take(6);
    assert.deepEqual([kind, fields['text'], fields['vector']], ['hang', 'in native code', '1']);
  });
});
