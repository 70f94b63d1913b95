import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readElf, ElfError } from '../../host-tools/build/elf.js';
import { buildImage, stripModule, type ImageEvent } from '../../host-tools/build/image.js';
import { findSources, InterpreterError } from '../../host-tools/build/interpreter.js';
import { runTool, ToolError, ToolMissingError } from '../../host-tools/build/toolchain.js';
import { testFirmware, type TestFirmware } from '../support/firmware.js';

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('the image', () => {
  let folder: string;
  let firmware: TestFirmware;

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mirleft-image-'));
    firmware = await testFirmware('hello');
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('is the same from another folder, another cache and a copy of wasm3, two builds at once', async () => {
    const wasm3Dir = path.join(folder, 'a copy of wasm3', 'source');
    fs.cpSync(findSources(), wasm3Dir, { recursive: true });
    const cacheDir = path.join(folder, 'another cache');
    const here = process.cwd();
    process.chdir(folder);
    try {
      const options = { wasm: firmware.wasm, wasm3Dir: path.dirname(wasm3Dir), cacheDir };
      const builds = await Promise.all([buildImage(options), buildImage(options)]);
      for (const { image, buildId } of builds) {
        assert.equal(digest(image), digest(firmware.image));
        assert.equal(buildId, firmware.buildId);
      }
    } finally {
      process.chdir(here);
    }
    const left = fs.readdirSync(cacheDir);
    assert.equal(left.length, 2, left.join());
    assert.ok(!Buffer.from(firmware.image).includes(os.tmpdir()));
    // The second time everything is there.
    const events: ImageEvent[] = [];
    await buildImage({ wasm: firmware.wasm, cacheDir, onEvent: (event) => events.push(event) });
    assert.deepEqual(events, [
      { type: 'interpreter', cached: true },
      { type: 'boot', cached: true },
      { type: 'linked', bytes: firmware.image.length },
    ]);
  });

  it('has another id when a byte of the module is another', async () => {
    const wasm = stripModule(firmware.wasm).slice();
    const last = wasm.length - 1;
    wasm[last] = (wasm[last] ?? 0) ^ 1;
    const { buildId } = await buildImage({ wasm });
    assert.match(buildId, /^[0-9a-f]{16}$/);
    assert.notEqual(buildId, firmware.buildId);
  });

  it('keeps wasm3 and boot in 86 KB', () => {
    assert.ok(firmware.image.length - firmware.moduleBytes <= 80 * 1024, String(firmware.image.length));
  });

  it('holds the module without its names, at the offsets that faults give', () => {
    const stripped = stripModule(firmware.wasm);
    assert.ok(stripped.length < firmware.wasm.length);
    assert.equal(firmware.moduleBytes, stripped.length);
    assert.ok(Buffer.from(firmware.image).includes(Buffer.from(stripped)));
    assert.ok(WebAssembly.validate(Uint8Array.from(stripped)));
    const common = stripped.findIndex((byte, index) => byte !== firmware.wasm[index]);
    assert.equal(common, -1, 'nothing before the names has moved');
  });

  it('comes back as it is when it is no module', () => {
    const bytes = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 10, 0xff, 0xff, 0xff, 0xff, 0xff]);
    assert.deepEqual(stripModule(bytes), bytes);
  });

  it('is described by sections and symbols that lie in it', () => {
    assert.deepEqual(
      firmware.sections.map(({ name }) => name),
      ['.text', '.rodata', '.bss'],
    );
    assert.equal(firmware.sections[0]?.address, 0x80000);
    const entry = firmware.symbols.find(({ name }) => name === 'entry');
    assert.equal(entry?.address, 0x80000);
    const function_ = firmware.symbols.find(({ name }) => name === 'm3_ParseModule');
    assert.ok((function_?.bytes ?? 0) > 100);
    const end = firmware.sections.filter(({ stored }) => stored).map(({ address, bytes }) => address + bytes);
    assert.equal(Math.max(...end), 0x80000 + firmware.image.length);
  });

  it('is not made of what is no ELF', () => {
    assert.throws(() => readElf(new Uint8Array(64)), ElfError);
  });

  it('says what is missing or wrong', async () => {
    assert.throws(
      () => findSources(folder),
      (error) => error instanceof InterpreterError && error.file === folder,
    );
    await assert.rejects(
      runTool('mirleft-no-such-tool', [], '.'),
      (error) => error instanceof ToolMissingError && error.tool === 'mirleft-no-such-tool' && error.hint !== undefined,
    );
    const broken = path.join(folder, 'broken.S');
    fs.writeFileSync(broken, 'no instruction\n');
    await assert.rejects(
      buildImage({ wasm: firmware.wasm, assembly: [broken] }),
      (error) => error instanceof ToolError && error.status === 1 && /broken\.S:1/.test(error.output),
    );
  });
});
