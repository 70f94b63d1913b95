import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buildProgram, finishBuild, type Build } from '../../host-tools/build/program.js';
import {
  formatFault,
  kernelSymbol,
  shortName,
  symbolize,
  type SymbolizedFault,
} from '../../host-tools/build/symbolize.js';
import { FaultReader, type FaultReport } from '../../host-tools/build/faults.js';
import { runQemu } from '../support/qemu.js';

const MAIN = `import { read32 } from 'mirleft/drivers/board';
import { peek } from './lib/memory';
let runs: i32 = 0;
export function start(generation: i32): void {}
export function step(events: i32): i64 {
  return peek(0x7fff0000, 3) + runs++;
}
`;
const MEMORY = `export function peek(at: usize, depth: i32): i32 {
  if (depth > 0) {
    return peek(at + 4, depth - 1) + 1;
  }
  return load<i32>(at);
}
`;

describe('symbolize', () => {
  let folder: string;
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mirleft-symbolize-'));
    fs.mkdirSync(path.join(folder, 'lib'));
    fs.writeFileSync(path.join(folder, 'lib/memory.ts'), MEMORY);
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  const build = async (main: string): Promise<Build> => {
    fs.writeFileSync(path.join(folder, 'main.ts'), main);
    return finishBuild(buildProgram({ program: folder }));
  };
  const fault = async (main: string): Promise<{ built: Build; report: FaultReport; found: SymbolizedFault }> => {
    const built = await build(main);
    const run = await runQemu(built);
    assert.equal(run.status, 1, run.console + run.errors);
    const reader = new FaultReader();
    reader.push(run.console);
    const { report } = reader;
    assert.ok(report, run.console);
    return { built, report, found: symbolize(report, built) };
  };

  it('finds the lines of a real trap, and none with another build', async () => {
    const { built, report, found } = await fault(MAIN);
    assert.deepEqual(
      found.frames.map(({ function: name, place }) => `${name} ${place?.file}:${place?.line}`),
      ['peek lib/memory.ts:5', ...Array<string>(3).fill('peek lib/memory.ts:3'), 'step main.ts:6'],
    );
    assert.match(
      formatFault(found),
      /^fault: trap: out of bounds memory access\n {2}at peek \(lib\/memory\.ts:5:10\)\n(.*\n)*.* {2}at step \(main\.ts:6:10\)$/,
    );
    const other = symbolize(report, { ...built, buildId: '0'.repeat(16) });
    assert.equal(other.matches, false);
    assert.match(formatFault(other), /not this one: no source lines\n {2}at wasm \+0x/);
  });

  it("places a failed check of AssemblyScript's own library, and the line that led there", async () => {
    const { found } = await fault(
      MAIN.replace('peek(0x7fff0000, 3)', 'new Array<i32>(runs + 1)[events + 5]').replace(/^import.*peek.*\n/m, ''),
    );
    assert.match(found.report.fields['text'] ?? '', /^Index out of range/);
    assert.equal(found.frames.length, 1);
    const [{ place, near }] = found.frames as [SymbolizedFault['frames'][0]];
    assert.equal(place?.file, '~lib/array.ts');
    assert.deepEqual([near?.file, near?.line], ['main.ts', 5]);
  });

  it('names the place in boot of a data abort', async () => {
    const { found } = await fault(
      MAIN.replace('peek(0x7fff0000, 3)', 'read32(0xfe20c000)').replace(/^import.*peek.*\n/m, ''),
    );
    assert.equal(found.report.kind, 'data-abort');
    assert.match(found.at?.symbol ?? '', /read32/);
    assert.match(
      formatFault(found),
      /data abort: address 0xfe20c000, ESR 0x96000010\n {2}at step \(main\.ts:5:\d+\)\n {2}in \w*read32/,
    );
  });

  it('knows the symbol of an address, and addresses that have none', () => {
    const symbols = [
      { name: 'entry', address: 0x80000, bytes: 16 },
      { name: 'text_start', address: 0x80010, bytes: 0 },
      { name: 'op_Call', address: 0x80010, bytes: 32 },
    ];
    assert.deepEqual(kernelSymbol(symbols, 0x80018n), { address: 0x80018n, symbol: 'op_Call', offset: 8 });
    assert.equal(kernelSymbol(symbols, 0x7ffffn), undefined);
    assert.equal(kernelSymbol(symbols, 0x90000n), undefined);
    assert.equal(shortName('~lib/array/Array<~lib/string/String>#push'), 'Array<String>#push');
    assert.equal(shortName('function[7]'), 'function[7]');
  });
});
