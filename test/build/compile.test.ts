import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CompileError, createCompiler, type Compiler } from '../../host-tools/build/compile.js';
import { CompilerCrash, FREE_PAGES } from '../../host-tools/build/compiler.js';
import { ContractError } from '../../host-tools/build/contract.js';
import { libraryRoot } from '../../host-tools/build/library.js';
import { parseModule } from '../../host-tools/build/wasm-module.js';

const GOOD = `import { ticks } from 'mirleft/drivers/board';
import { third } from './lib/numbers';
export function start(generation: i32): void {
  assert(generation < 100, 'too many');
}
export function step(events: i32): i64 {
  return ticks() + third(events);
}
// the last line has no newline`;
const NUMBERS = `export function third(value: i32): i32 {
  return value / 3;
}
`;

describe('compile', () => {
  let compiler: Compiler;
  let folder: string;
  const write = (name: string, text: string): string => {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
    return file;
  };

  before(() => {
    // Behind a link, as temporary folders are on some systems.
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "mirleft compile's "));
    compiler = createCompiler({ cache: path.join(folder, 'cache') });
  });
  after(async () => {
    await compiler.close();
    fs.rmSync(folder, { recursive: true });
  });

  const failure = async (entry: string, text: string): Promise<CompileError> => {
    const error: unknown = await compiler.compile({ entry: write(entry, text), board: true }).then(
      () => assert.fail('it compiled'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof CompileError, String(error));
    return error;
  };
  const violations = async (text: string, flags: string[] = []): Promise<string[]> => {
    const entry = write('contract/main.ts', text);
    const error: unknown = await compiler.compile({ entry, flags, board: true, optimize: 0 }).then(
      () => assert.fail('it was taken'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof ContractError, String(error));
    for (const { remedy } of error.violations) assert.ok(remedy.length > 10);
    return error.violations.map(({ rule, name }) => `${rule} ${name ?? ''}`.trim());
  };

  it('takes the library from this package, and gives the same bytes from the cache and in another folder', async () => {
    write('a/lib/numbers.ts', NUMBERS);
    write('other/place/lib/numbers.ts', NUMBERS);
    const entry = write('a/main.ts', GOOD);
    const first = await compiler.compile({ entry, board: true });
    assert.equal(first.cached, false);
    assert.ok(first.sources.includes(path.join(libraryRoot, 'drivers/board.ts')));
    assert.ok(first.sources.includes(path.join(folder, 'a/lib/numbers.ts')));
    const map = JSON.parse(first.sourceMap) as { sources: string[] };
    assert.ok(map.sources.includes('lib/numbers.ts') && map.sources.includes('mirleft/firmware/abort.ts'));

    const again = await compiler.compile({ entry, board: true });
    assert.equal(again.cached, true);
    assert.deepEqual(again, { ...first, cached: true });

    const moved = await compiler.compile({ entry: write('other/place/main.ts', GOOD), board: true });
    assert.equal(moved.cached, true);
    assert.deepEqual(moved.wasm, first.wasm);
    assert.ok(moved.sources.includes(path.join(folder, 'other/place/lib/numbers.ts')));
    const uncached = createCompiler({ cache: false });
    const anew = await uncached.compile({ entry: path.join(folder, 'other/place/main.ts'), board: true });
    await uncached.close();
    assert.deepEqual(anew.wasm, first.wasm);
    assert.ok(anew.sourceMap === first.sourceMap);
  });

  it('gives a program room for its static data and some more, or what it asks for, and no more', async () => {
    const entry = write('room/main.ts', 'export const buffer: usize = memory.data(3 << 20);\n');
    const memoryOf = async (memoryPages?: number): Promise<unknown> =>
      parseModule((await compiler.compile({ entry, ...(memoryPages === undefined ? {} : { memoryPages }) })).wasm)
        .memory;
    // 48 pages, and a part of one below them.
    assert.deepEqual(await memoryOf(), { minimum: 49 + FREE_PAGES, maximum: 49 + FREE_PAGES });
    assert.deepEqual(await memoryOf(50), { minimum: 50, maximum: 50 });
    await assert.rejects(memoryOf(10), /at least '49' pages/);
  });

  it('sends a failed assertion to the board', async () => {
    const { wasm } = await compiler.compile({ entry: path.join(folder, 'a/main.ts'), board: true });
    const module = new WebAssembly.Module(new Uint8Array(wasm));
    assert.deepEqual(
      new Set(WebAssembly.Module.imports(module).map((each) => `${each.module}.${each.name}`)),
      new Set(['board.ticks', 'board.fault']),
    );
    let said = '';
    const instance = new WebAssembly.Instance(module, {
      board: {
        ticks: () => 0n,
        fault(code: number, ptr: number, length: number) {
          const { buffer } = instance.exports['memory'] as WebAssembly.Memory;
          said = `${code} ${Buffer.from(buffer, ptr, length).toString()}`;
        },
      },
    });
    assert.throws(() => (instance.exports['start'] as (generation: number) => void)(100), WebAssembly.RuntimeError);
    assert.match(said, /^1 too many/);
  });

  it('compiles again when a file it uses changes, appears or disappears', async () => {
    const entry = write('b/main.ts', GOOD);
    const numbers = write('b/lib/numbers/index.ts', NUMBERS);
    const first = await compiler.compile({ entry, board: true });
    fs.writeFileSync(numbers, NUMBERS.replace('/ 3', '/ 5'));
    const second = await compiler.compile({ entry, board: true });
    assert.equal(second.cached, false);
    assert.notDeepEqual(second.wasm, first.wasm);
    // numbers.ts comes before numbers/index.ts.
    write('b/lib/numbers.ts', NUMBERS);
    const third = await compiler.compile({ entry, board: true });
    assert.equal(third.cached, false);
    assert.deepEqual(third.wasm, first.wasm);
  });

  it('names file, line and column of what does not compile', async () => {
    write('c/lib/part.ts', 'export function f(): i32 {\n  return missing;\n}\n');
    const { problems, message } = await failure(
      'c/main.ts',
      `import { f } from './lib/part';\n${GOOD.slice(50)}\nf();`,
    );
    const problem = problems.find(({ file }) => file === 'lib/part.ts');
    assert.deepEqual(problem, {
      severity: 'error',
      code: 'TS2304',
      message: "Cannot find name 'missing'.",
      file: 'lib/part.ts',
      line: 2,
      column: 10,
      source: '  return missing;',
    });
    assert.match(message, /lib\/part\.ts:2:10: Cannot find name 'missing'\. \(TS2304\)\n {4}return missing;/);
  });

  it('names what is imported and not there, and a program that is not', async () => {
    const { problems } = await failure('d/main.ts', "import { x } from 'mirleft/drivers/nothing';\nx();\n");
    assert.equal(problems[0]?.message, "File 'mirleft/drivers/nothing.ts' not found.");
    assert.deepEqual([problems[0]?.file, problems[0]?.line], ['main.ts', 1]);
    await assert.rejects(compiler.compile({ entry: path.join(folder, 'no.ts') }), CompileError);
    await assert.rejects(compiler.compile({ entry: write('d/e.ts', ''), memoryPages: 0 }), RangeError);
  });

  it('refuses what the board could not run, and says what to do', async () => {
    const START = 'export function start(generation: i32): void {}\n';
    const STEP = 'export function step(events: i32): i64 { return 0; }\n';
    assert.deepEqual(await violations('export function step(events: i32): i32 { return 0; }\n'), [
      'export start',
      'export step',
    ]);
    const foreign = `@external('env', 'now') declare function now(): i64;
@external('board', 'teleport') declare function teleport(): void;
@external('board', 'ticks') declare function wrong(): i32;
${START}export function step(events: i32): i64 { teleport(); return now() + wrong(); }\n`;
    assert.deepEqual((await violations(foreign)).sort(), [
      'import board.teleport',
      'import board.ticks',
      'import env.now',
    ]);
    assert.deepEqual(await violations(START + STEP, ['--maximumMemory', '20']), ['memory']);
  });

  it('survives a breakdown of the compiler', async () => {
    const entry = path.join(folder, 'a/main.ts');
    await assert.rejects(compiler.compile({ entry, flags: ['--runPasses', 'no-such-pass'] }), CompilerCrash);
    assert.equal((await compiler.compile({ entry, board: true, optimize: 1 })).cached, false);
  });
});
