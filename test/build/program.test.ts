import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { libraryRoot } from '../../host-tools/build/library.js';
import { buildProgram, finishBuild, writeBuild, type BuildEvent } from '../../host-tools/build/program.js';
import { findProgram, programNames } from '../../host-tools/build/project.js';
import { Problem } from '../../host-tools/problem.js';

describe('program', () => {
  let folder: string;
  const project = (name: string, manifest?: unknown, main = 'export function start(g: i32): void {}\n'): string => {
    const made = path.join(folder, name);
    fs.mkdirSync(made, { recursive: true });
    if (manifest !== undefined)
      fs.writeFileSync(
        path.join(made, 'package.json'),
        typeof manifest === 'string' ? manifest : JSON.stringify(manifest),
      );
    fs.writeFileSync(path.join(made, 'main.ts'), main);
    return made;
  };
  before(() => {
    folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'mirleft-program-')));
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  it('is found by name, folder and file', () => {
    assert.deepEqual(programNames(), ['blink', 'player', 'sampler', 'tone']);
    assert.equal(findProgram('tone').entry, path.join(libraryRoot, 'firmware/programs/tone/main.ts'));
    assert.equal(findProgram(undefined, folder).name, 'player');
    const plain = project('plain');
    assert.deepEqual(findProgram(undefined, plain), {
      ...{ name: 'plain', entry: path.join(plain, 'main.ts'), folder: plain, settings: {} },
    });
    assert.equal(findProgram('plain', folder).folder, plain);
    assert.equal(findProgram('plain/main.ts', folder).name, 'main');
    // A folder by the name of a program of the library is meant with a path.
    const own = project('blink', { name: 'own', mirleft: { main: 'main.ts', memoryPages: 2 } });
    assert.equal(findProgram('blink', folder).folder, undefined);
    assert.deepEqual(findProgram('./blink', folder).settings, { main: 'main.ts', memoryPages: 2 });
    assert.equal(findProgram(own).name, 'own');
  });

  it('is refused with the reason', () => {
    const refused = (what: string, pattern: RegExp): void =>
      assert.throws(
        () => findProgram(what, folder),
        (error: unknown) => error instanceof Problem && pattern.test(error.line()),
      );
    refused('nowhere', /^nowhere: no such program; .*blink, player/);
    refused('.', /^\.: holds no main\.ts/);
    fs.writeFileSync(path.join(folder, 'notes.txt'), 'hello');
    refused('notes.txt', /^notes\.txt: is no AssemblyScript \(\.ts\); give a project/);
    project('broken', '{"mirleft": ');
    refused('broken', /package\.json: is not valid JSON/);
    project('pages', { mirleft: { memoryPages: 5000 } });
    refused('pages', /memoryPages that is no whole number from 1 to 1024/);
    project('typo', { mirleft: { optimise: 3 } });
    refused('typo', /the key "optimise"; there are main, memoryPages and optimize/);
    project('nothing', 'null');
    refused('nothing', /package\.json: holds no JSON object$/);
    fs.mkdirSync(path.join(folder, 'folder/package.json'), { recursive: true });
    refused('folder', /package\.json: cannot be read \(is a folder\)$/);
    refused('away/main.ts/x', /^away\/main\.ts\/x: (no such program|is no program)/);
    refused('a'.repeat(300), /a: is no program \(the name is too long\)$/);
    project('away', { mirleft: { main: 'gone.ts' } });
    refused('away', /names gone\.ts as its program/);
  });

  it('comes out the same from a copied tree, compiled anew', async () => {
    const events: BuildEvent[] = [];
    const building = buildProgram({ program: 'blink' });
    let step = await building.next();
    for (; !step.done; step = await building.next()) events.push(step.value);
    const here = step.value;
    assert.deepEqual(
      events.map(({ type }) => type),
      ['program', 'compiled', 'interpreter', 'boot', 'linked'],
    );
    assert.match(here.buildId, /^[0-9a-f]{16}$/);

    // Another clone, that shares the dependencies. (Another wasm3 and an empty cache: image.test.ts.)
    const clone = path.join(folder, 'another clone');
    for (const part of ['package.json', 'boot', 'drivers', 'firmware', 'host-tools'])
      fs.cpSync(path.join(libraryRoot, part), path.join(clone, part), { recursive: true });
    fs.symlinkSync(path.join(libraryRoot, 'node_modules'), path.join(clone, 'node_modules'));
    const url = (name: string): string =>
      JSON.stringify(pathToFileURL(path.join(clone, 'host-tools/build', name)).href);
    const script = `import { createCompiler } from ${url('compile.ts')};
      import { buildProgram, finishBuild, writeBuild } from ${url('program.ts')};
      const compiler = createCompiler({ cache: false });
      const build = await finishBuild(buildProgram({ program: 'blink', compiler }));
      writeBuild(build, ${JSON.stringify(path.join(folder, 'there'))});`;
    execFileSync(process.execPath, ['--import=tsx', '--input-type=module', '--eval', script], {
      cwd: libraryRoot,
      stdio: 'pipe',
    });
    const there = (name: string): Uint8Array => new Uint8Array(fs.readFileSync(path.join(folder, 'there', name)));
    assert.deepEqual(there('kernel8.img'), here.image);
    assert.deepEqual(there('firmware.wasm'), here.wasm);
    const mappings = (map: string): unknown => (JSON.parse(map) as { mappings: unknown }).mappings;
    assert.ok(mappings(Buffer.from(there('firmware.wasm.map')).toString()) === mappings(here.sourceMap));
  });

  it('gets another build id with another program, and its files where they belong', async () => {
    const main = 'export function start(g: i32): void {}\nexport function step(e: i32): i64 { return 7; }\n';
    const first = await finishBuild(buildProgram({ program: project('one', undefined, main) }));
    const second = await finishBuild(buildProgram({ program: project('two', undefined, main.replace('7', '8')) }));
    assert.notEqual(first.buildId, second.buildId);
    const files = writeBuild(second, path.join(folder, 'two/build'));
    assert.deepEqual(fs.readdirSync(path.join(folder, 'two/build')).sort(), [
      'firmware.elf',
      'firmware.wasm',
      'firmware.wasm.map',
      'kernel8.img',
    ]);
    assert.deepEqual(new Uint8Array(fs.readFileSync(files[0] ?? '')), second.image);
    const taken = path.join(folder, 'two/main.ts');
    assert.throws(
      () => writeBuild(second, taken),
      (error: unknown) => error instanceof Problem && error.file === taken,
    );
  });
});
