import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { compile } from '../../host-tools/build/compile.js';
import { libraryRoot } from '../../host-tools/build/library.js';
import { findProgram } from '../../host-tools/build/project.js';
import { Problem } from '../../host-tools/problem.js';
import { createProject } from '../../host-tools/project/new.js';

describe('new', () => {
  let folder: string;
  const inside = (...names: string[]): string => path.join(folder, ...names);
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mirleft-new-'));
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  it('makes a project that compiles, with nothing of the template left in it', async () => {
    const made = createProject(inside('my-synth.2'));
    assert.equal(made.name, 'my-synth.2');
    assert.equal(made.ready, false);
    const names = ['.gitignore', 'README.md', 'main.ts', 'package.json', 'test/firmware.test.js', 'tsconfig.json'];
    assert.deepEqual(made.files.sort(), names);
    for (const name of names)
      assert.doesNotMatch(
        fs.readFileSync(path.join(made.folder, name), 'utf8'),
        /NAME|DEPENDENCY|SETTING_UP|INSTALLATION/,
      );
    // How the package gets there, and that its archive is nothing to keep.
    const readme = fs.readFileSync(path.join(made.folder, 'README.md'), 'utf8');
    assert.match(readme, /`file:(mirleft-[\d.]+\.tgz)`.* clone[^]*\nnpm pack --silent \S+ && npm install\n/);
    assert.ok(fs.readFileSync(path.join(made.folder, '.gitignore'), 'utf8').split('\n').includes('mirleft-*.tgz'));
    const manifest = JSON.parse(fs.readFileSync(path.join(made.folder, 'package.json'), 'utf8')) as { name: string };
    assert.equal(manifest.name, 'my-synth.2');

    const program = findProgram(made.folder);
    assert.deepEqual(program.settings, { main: 'main.ts' });
    const { wasm, warnings } = await compile({ entry: program.entry, root: made.folder, board: true });
    assert.ok(wasm.length > 1000);
    assert.deepEqual(warnings, []);
  });

  it('takes a folder that is empty, and knows where the package is', () => {
    fs.mkdirSync(inside('node_modules/mirleft'), { recursive: true });
    fs.writeFileSync(inside('node_modules/mirleft/package.json'), '{}');
    fs.mkdirSync(inside('empty'));
    assert.equal(createProject(inside('empty')).ready, true);
  });

  it('refuses a folder with something in it, a file, and odd names, and changes nothing', () => {
    const refuses = (name: string, pattern: RegExp): void =>
      assert.throws(
        () => createProject(inside(name)),
        (error: unknown) => error instanceof Problem && pattern.test(error.line()),
        name,
      );
    fs.mkdirSync(inside('full'));
    fs.writeFileSync(inside('full/notes'), 'mine');
    refuses('full', /full: is not empty; choose a new name/);
    assert.deepEqual(fs.readdirSync(inside('full')), ['notes']);
    fs.writeFileSync(inside('file'), '');
    refuses('file', /is there and is no folder/);
    if (fs.existsSync('/proc')) assert.throws(() => createProject('/proc/mirleft'), /cannot be made/);
    refuses('file/below', /cannot be made \(a part of its path is not a folder\)/);
    assert.throws(() => createProject(''), Problem);
    for (const name of ['-rf', '.hidden', 'With Capitals', "it's", 'späte', 'a\nb', 'a'.repeat(65)]) {
      refuses(name, /cannot be the name of a project/);
      assert.ok(!fs.existsSync(inside(name)));
    }
  });

  it('speaks on the command line', () => {
    const main = path.join(libraryRoot, 'host-tools/cli/main.ts');
    const loader = path.join(libraryRoot, 'node_modules/tsx/dist/loader.mjs');
    const mirleft = (...words: string[]): string =>
      execFileSync(process.execPath, ['--import', `file://${loader}`, main, ...words], {
        cwd: folder,
        stdio: 'pipe',
        encoding: 'utf8',
      });
    assert.match(mirleft('new', 'said'), /said is made:\n {2}said\/README\.md\n[^]*next:\n {2}cd said\n {2}npm test/);
    // Elsewhere, in a folder that a shell would take apart.
    const away = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'mirleft-new-away-')), "it's here");
    const said = mirleft('new', path.join(away, 'said'));
    const tail = "/it'\\''s here/said'\n";
    assert.ok(said.includes(tail), said);
    assert.match(said, /\n {2}npm pack --silent \S+ && npm install\n/);
    const manifest = JSON.parse(fs.readFileSync(path.join(away, 'said/package.json'), 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    assert.match(manifest.devDependencies['mirleft'] ?? '', /^file:mirleft-[\d.]+\.tgz$/);
    fs.rmSync(path.dirname(away), { recursive: true });
    assert.throws(
      () => mirleft('new', 'said'),
      (error: unknown) => {
        const { status, stderr } = error as { status: number; stderr: string };
        return status === 1 && /^\S*error:\S* said: is not empty; choose a new name\n$/.test(stderr);
      },
    );
  });
});
