import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { testFolder } from '../media/sounds.js';

// Plain JavaScript, for a worker thread: no loader, no types.
const calls = new URL('../../host-tools/build/binaryen-calls.js', import.meta.url).href;
const { quickenCalls } = (await import(calls)) as { quickenCalls(source: string): Promise<boolean> };

const require = createRequire(createRequire(import.meta.url).resolve('assemblyscript/package.json'));
const binaryen = require.resolve('binaryen');

/** As emscripten builds: `run` calls what may throw by `invoke`; `state` is ten times the stack pointer and `threw`. */
const SMALL = `(module
  (import "a" "invoke" (func $invoke (param i32 i32) (result i32)))
  (import "a" "raise" (func $raise (param i32)))
  (global $stack (mut i32) (i32.const 100))
  (global $threw (mut i32) (i32.const 0))
  (table (export "table") 2 funcref)
  (elem (i32.const 0) $next $bad)
  (func $next (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func $bad (param i32) (result i32) (global.set $stack (i32.const 60)) (call $raise (local.get 0)) (i32.const 9))
  (func (export "run") (param i32 i32) (result i32) (call $invoke (local.get 0) (local.get 1)))
  (func (export "state") (result i32) (i32.add (i32.mul (global.get $stack) (i32.const 10)) (global.get $threw)))
  (func (export "stackSave") (result i32) (global.get $stack))
  (func (export "stackRestore") (param i32) (global.set $stack (local.get 0)))
  (func (export "setThrew") (param i32 i32) (global.set $threw (local.get 0))))`;

/** What binaryen makes of texts, in a thread of its own, where no loader looks through it. */
async function optimised(texts: string[]): Promise<{ quick: boolean; results: string[] }> {
  const script = `
    import fs from 'node:fs';
    import { parentPort } from 'node:worker_threads';
    import { quickenCalls } from ${JSON.stringify(calls)};
    const quick = quickenCalls(fs.readFileSync(${JSON.stringify(binaryen)}, 'latin1'));
    const { default: binaryen } = await import(${JSON.stringify(pathToFileURL(binaryen).href)});
    const results = ${JSON.stringify(texts)}.map((text) => {
      try {
        const module = binaryen.parseText(text);
        module.optimize();
        return module.emitText();
      } catch (error) {
        return String(error.message);
      }
    });
    parentPort.postMessage({ quick: await quick, results });`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`), { execArgv: [] });
  try {
    return await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  } finally {
    await worker.terminate();
  }
}

describe("binaryen's calls", () => {
  it('stay in WebAssembly, exceptions of C++ among them', async () => {
    const { quick, results } = await optimised([
      '(module (func (export "f") (result i32) (i32.add (i32.const 2) (i32.const 3))))',
      '(module (func (call $nowhere)))', // C++ that throws
      '(module (func (export "g") (result i32) (i32.const 7)))',
    ]);
    assert.ok(quick);
    assert.match(results[0] ?? '', /i32\.const 5/);
    assert.match(results[1] ?? '', /\$nowhere does not exist/);
    assert.match(results[2] ?? '', /i32\.const 7/);
  });

  it('end as emscripten ends them where C++ throws, and let pass what others throw', async () => {
    const folder = testFolder();
    fs.writeFileSync(path.join(folder, 'small.wat'), SMALL);
    execFileSync('wat2wasm', ['small.wat', '-o', 'small.wasm'], { cwd: folder });
    // What an import does is told by its text.
    const text = 'function X(r,G){var t=a();try{return s(r)(G)}catch(j){if(q(t),!(j instanceof l))throw j;I(1,0)}}';
    const invoke = Object.assign(() => assert.fail('the import was called'), { toString: () => text });
    const raise = (what: number): void => {
      throw what === 0 ? new RangeError('not of C++') : { what };
    };
    const quick = quickenCalls('{I=j.setThrew,q=j.stackRestore,a=j.stackSave,}');
    const module = fs.readFileSync(path.join(folder, 'small.wasm'));
    const { instance } = await WebAssembly.instantiate(module, { a: { invoke, raise } });
    assert.ok(await quick);
    const { run, state } = instance.exports as Record<'run' | 'state', (...values: number[]) => number>;
    assert.deepEqual([run(0, 41), state()], [42, 1000]);
    assert.deepEqual([run(1, 5), state()], [0, 1001]);
    assert.throws(() => run(1, 0), RangeError);
    assert.deepEqual([run(0, 6), run(1, 7)], [7, 0]);
  });

  it('stay as they are in a build that is not as expected', async () => {
    const { instantiate } = WebAssembly;
    const quick = quickenCalls('a text that tells nothing');
    const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
    const { instance } = await WebAssembly.instantiate(empty, { a: { f: () => 0 } });
    assert.ok(instance instanceof WebAssembly.Instance);
    assert.equal(await quick, false);
    assert.equal(WebAssembly.instantiate, instantiate);
  });
});
