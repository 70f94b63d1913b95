import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { readElf } from '../../host-tools/build/elf.js';
import { moduleObject } from '../../host-tools/build/module-object.js';
import { LLD, runTool } from '../../host-tools/build/toolchain.js';
import { testFolder } from '../media/sounds.js';

describe('the object file of a module', () => {
  it('is linked with its bytes, aligned, and its symbols around them', async () => {
    const folder = testFolder();
    const wasm = Uint8Array.from({ length: 1003 }, (_, index) => index * 7);
    fs.writeFileSync(path.join(folder, 'module.o'), moduleObject({ wasm, buildId: '0123456789abcdef' }));
    fs.writeFileSync(
      path.join(folder, 'script.ld'),
      'SECTIONS { . = 0x10004; .text : { KEEP(*(.module)) QUAD(module_end - module_start) } }',
    );
    const flags = [
      '-m',
      'aarch64elf',
      '--fatal-warnings',
      '-e',
      'module_start',
      '-T',
      'script.ld',
      '-o',
      'out.elf',
      'module.o',
    ];
    await runTool(LLD, flags, folder);
    const { flat, base, symbols } = readElf(fs.readFileSync(path.join(folder, 'out.elf')));
    assert.deepEqual(
      symbols.map(({ name, address }) => [name, address]),
      [
        ['build_id', 0x10010],
        ['module_start', 0x10018],
        ['module_end', 0x10018 + wasm.length],
      ],
    );
    const memory = Buffer.from(flat.buffer, flat.byteOffset).subarray(0x10010 - base);
    assert.equal(memory.readBigUInt64LE(0), 0x0123456789abcdefn);
    assert.deepEqual(new Uint8Array(memory.subarray(8, 8 + wasm.length)), wasm);
    assert.equal(memory.readBigUInt64LE(8 + wasm.length), BigInt(wasm.length));
  });
});
