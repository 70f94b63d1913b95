import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { libraryRoot } from '../../host-tools/build/library.js';
import { buildProgram, finishBuild, type Build } from '../../host-tools/build/program.js';
import { programNames } from '../../host-tools/build/project.js';

/** Builds every program with the installed package, boots it, and prints what came of it. */
const SCRIPT = `
import crypto from 'node:crypto';
import { buildProgram, finishBuild, formatFault, programNames, runProgram } from 'mirleft';
const results = {};
for (const program of programNames()) {
  const build = await finishBuild(buildProgram({ program }));
  const run = await runProgram({ build, until: ({ console }) => console.includes(build.buildId) });
  results[program] = {
    buildId: build.buildId,
    digest: crypto.createHash('sha256').update(build.image).digest('hex'),
    fault: run.fault && formatFault(run.fault),
    console: run.console,
  };
}
process.stdout.write(JSON.stringify(results));
`;

/** A copy of the tree to pack from, so that packing, which makes dist/, changes nothing that other tests use. */
function copyTree(folder: string): string {
  const copy = path.join(folder, 'copy');
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const names = execFileSync('git', list, { cwd: libraryRoot, encoding: 'utf8' }).split('\0');
  for (const name of names.filter((name) => name !== '' && fs.existsSync(path.join(libraryRoot, name))))
    fs.cpSync(path.join(libraryRoot, name), path.join(copy, name));
  // What is bundled must really be there, the rest is only used.
  const modules = path.join(libraryRoot, 'node_modules');
  fs.mkdirSync(path.join(copy, 'node_modules'));
  for (const name of fs.readdirSync(modules).filter((name) => name !== 'wasm3'))
    fs.symlinkSync(path.join(modules, name), path.join(copy, 'node_modules', name));
  fs.cpSync(path.join(modules, 'wasm3'), path.join(copy, 'node_modules/wasm3'), { recursive: true, dereference: true });
  return copy;
}

describe('the packed package', function () {
  this.timeout(300_000);
  let folder: string;
  let clone: string;
  let manifestBefore: string;
  const manifest = (): string => path.join(clone, 'node_modules/wasm3/package.json');
  const here = new Map<string, Build>();
  const run = (command: string, words: string[], cwd = folder): string =>
    execFileSync(command, words, { cwd, encoding: 'utf8', stdio: 'pipe' });

  before(async () => {
    // Not below this repository, where every dependency would be found.
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mirleft-pack-'));
    clone = copyTree(folder);
    // As the registry has it, whatever an earlier packing has left here.
    const { name, version } = JSON.parse(fs.readFileSync(manifest(), 'utf8')) as Record<string, string>;
    manifestBefore = JSON.stringify({ name, version, peerDependencies: { 'react-native': '*' } });
    fs.writeFileSync(manifest(), manifestBefore);
    const archive = run('npm', ['pack', '--silent', '--pack-destination', folder], clone).trim();
    for (const program of programNames()) here.set(program, await finishBuild(buildProgram({ program })));
    fs.writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }\n');
    run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', `./${archive}`]);
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  it('leaves the clone as it was', () => {
    assert.equal(fs.readFileSync(manifest(), 'utf8'), manifestBefore);
    for (const name of ['dist', 'build/before-pack']) assert.equal(fs.existsSync(path.join(clone, name)), false, name);
  });

  it('brings no more than it needs', () => {
    const installed = fs.readdirSync(path.join(folder, 'node_modules'));
    assert.ok(
      installed.includes('mirleft') && !installed.includes('react-native') && !installed.includes('typescript'),
    );
    // Nor does the next installation.
    const report = run('npm', ['install', '--dry-run', '--prefer-offline', '--json', '--loglevel=error']);
    assert.equal((JSON.parse(report) as { added: number }).added, 0);
    for (const part of ['docs', 'LICENSE', 'README.md', 'CHANGELOG.md', 'scripts/setup.sh'])
      assert.ok(fs.existsSync(path.join(folder, 'node_modules/mirleft', part)), part);
  });

  it('builds every program to the same image as here, and each one runs', () => {
    fs.writeFileSync(path.join(folder, 'all.js'), SCRIPT);
    type Result = { buildId: string; digest: string; fault?: string; console: string };
    const results = JSON.parse(run(process.execPath, ['all.js'])) as Record<string, Result>;
    assert.deepEqual(Object.keys(results), programNames());
    for (const [program, result] of Object.entries(results)) {
      const expected = here.get(program);
      assert.ok(expected);
      assert.equal(result.fault, undefined, program);
      assert.ok(result.console.includes(expected.buildId), `${program}: ${result.console}`);
      assert.equal(result.digest, crypto.createHash('sha256').update(expected.image).digest('hex'), program);
    }
  });

  it('makes a project whose test passes, and builds it', () => {
    const mirleft = path.join(folder, 'node_modules/.bin/mirleft');
    assert.match(run(mirleft, ['new', 'hello']), /hello is made/);
    const project = path.join(folder, 'hello');
    assert.match(run(process.execPath, ['--test', 'test/'], project), /# pass 1\n# fail 0/);
    const report = JSON.parse(run(mirleft, ['build', '--json'], project)) as { kernelBytes: number };
    assert.equal(report.kernelBytes, fs.statSync(path.join(project, 'build/kernel8.img')).size);
    const size = JSON.parse(run(mirleft, ['size', 'hello', '--json'])) as { kernelBytes: number };
    assert.equal(size.kernelBytes, report.kernelBytes);
    run(mirleft, ['setup', '--check']);

    // Elsewhere it depends on this very package.
    const away = fs.mkdtempSync(path.join(os.tmpdir(), 'mirleft-away-'));
    try {
      assert.match(run(mirleft, ['new', path.join(away, 'far')]), /\n {2}npm install\n/);
      run(
        'npm',
        ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'],
        path.join(away, 'far'),
      );
      assert.ok(fs.existsSync(path.join(away, 'far/node_modules/.bin/mirleft')));
      assert.ok(fs.existsSync(path.join(away, 'far/node_modules/mirleft/drivers/board.ts')));
    } finally {
      fs.rmSync(away, { recursive: true });
    }
  });
});
