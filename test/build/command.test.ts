import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { run, start } from '../cli/mirleft.js';

describe('mirleft build and size', () => {
  let folder: string;
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mirleft-command-'));
  });
  after(() => fs.rmSync(folder, { recursive: true }));
  const program = (name: string, text: string): void => {
    fs.mkdirSync(path.join(folder, name));
    fs.writeFileSync(path.join(folder, name, 'main.ts'), text);
  };

  it('tell errors as JSON and as text', async () => {
    program('broken', 'export function start(generation: i32): void { nonsense(); }\n');
    program('half', 'export function start(generation: i32): void {}\n');
    const [broken, half, none, good] = await Promise.all([
      run(folder, ['build', '--json', 'broken']),
      run(folder, ['size', '--json', 'half']),
      run(folder, ['build', 'blink'], { MIRLEFT_CLANG: 'no-such-clang' }),
      run(folder, ['size', '--json', 'blink']),
    ]);
    type Report = { schema: number; errors: { code: string; file: string; message: string; hint: null }[] };
    const errors = ({ stdout }: { stdout: string }): Report['errors'] => {
      const report = JSON.parse(stdout) as Report;
      assert.equal(report.schema, 1);
      for (const error of report.errors)
        assert.deepEqual(Object.keys(error), ['code', 'file', 'message', 'offset', 'hint']);
      return report.errors;
    };
    assert.deepEqual([broken.status, half.status, none.status, good.status], [1, 1, 1, 0]);
    assert.equal(errors(broken)[0]?.code, 'not-compiled');
    assert.match(errors(broken)[0]?.message ?? '', /main\.ts:1:\d+: Cannot find name 'nonsense'/);
    assert.match(broken.stderr, /^error: \S+main\.ts: does not compile\nmain\.ts:1:\d+: Cannot find name/);
    assert.equal(errors(half)[0]?.code, 'contract');
    assert.match(half.stderr, /cannot run on the board\nit exports no function step; add /);
    assert.deepEqual(errors(good), []);
    assert.match(none.stderr, /^error: no-such-clang was not found; mirleft setup /m);
  });

  it('say which cache cannot be written', async () => {
    fs.writeFileSync(path.join(folder, 'file'), '');
    const caches = [path.join(folder, 'file'), '/proc/mirleft'];
    const ran = await Promise.all(caches.map((cache) => run(folder, ['build', 'blink'], { MIRLEFT_CACHE: cache })));
    for (const [index, { status, stderr }] of ran.entries()) {
      assert.equal(status, 1);
      assert.match(
        stderr,
        new RegExp(`^error: ${caches[index] ?? ''}: no cache can be kept there .*; set MIRLEFT_CACHE`, 'm'),
      );
      assert.doesNotMatch(stderr, /^ +at /m);
    }
  });

  it('leave nothing behind when they are interrupted, and remove what is a day old', async () => {
    const cache = path.join(folder, 'cache');
    const [old, recent] = ['making-old', 'making-recent'].map((name) => path.join(cache, name)) as [string, string];
    for (const name of [old, recent]) fs.mkdirSync(name, { recursive: true });
    const before = Date.now() / 1000 - 25 * 3600;
    fs.utimesSync(old, before, before);
    const running = start(folder, ['build', 'blink'], { MIRLEFT_CACHE: cache });
    const making = (): string[] => fs.readdirSync(cache).filter((name) => /^making-\w+-/.test(name));
    while (making().length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    running.child.kill('SIGINT');
    assert.equal((await running.ended).status, 130);
    assert.deepEqual(making(), []);
    assert.deepEqual([fs.existsSync(old), fs.existsSync(recent)], [false, true]);
  });
});
