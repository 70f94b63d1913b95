// What holds for the tree as a whole: formatting, lint, types, and what may not be in git.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const tracked = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\0')
  .filter((name) => name !== '' && fs.existsSync(path.join(root, name)));

function runs(program: string, ...args: string[]): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(root, 'node_modules', program), ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  assert.equal(status, 0, `${stdout}${stderr}`);
}

/** What the checkers know of files that are as they were; the formatter and the linter look at each by itself. */
const kept = (name: string): string => path.join(root, 'build', `tree-${name}`);
const cache = (name: string): string[] => ['--cache', '--cache-strategy=content', `--cache-location=${kept(name)}`];

describe('the tree', function () {
  this.timeout(300_000);

  it('is formatted (npm run format mends it)', () => {
    runs('prettier/bin/prettier.cjs', '--check', '--log-level=warn', ...cache('formatted'), '.');
  });

  it('passes the linter', () => {
    runs('eslint/bin/eslint.js', '--max-warnings=0', ...cache('linted'), '.');
  });

  it('passes the type checker', () => {
    runs('typescript/bin/tsc', '-p', '.', '--incremental', '--tsBuildInfoFile', kept('types'));
  });

  it('names no package registry and no archive host', () => {
    const hosts = /\b(?:registry\.[a-z]|[a-z.]*npmjs\.|deb\.debian\.|[a-z.]*archive\.ubuntu|pypi\.)/i;
    const here = path.relative(root, import.meta.filename);
    const found = tracked.filter(
      (name) => name !== here && hosts.test(fs.readFileSync(path.join(root, name), 'latin1')),
    );
    assert.deepEqual(found, []);
  });

  it('has links that lead somewhere, and a map of all its folders', () => {
    const dead: string[] = [];
    for (const name of tracked.filter((name) => name.endsWith('.md'))) {
      const text = fs.readFileSync(path.join(root, name), 'utf8').replace(/^```[^]*?^```/gm, '');
      for (const [, link = ''] of text.matchAll(/\]\(<?([^)>\s]+)>?[^)]*\)/g)) {
        if (/^[a-z]+:/.test(link) || link.startsWith('#')) continue;
        if (!fs.existsSync(path.join(root, path.dirname(name), decodeURI(link.replace(/#.*/, '')))))
          dead.push(`${name}: ${link}`);
      }
    }
    assert.deepEqual(dead, []);
    const folders = new Set(
      tracked.filter((name) => /^[^.][^/]*\//.test(name)).map((name) => name.split('/')[0] ?? ''),
    );
    const map = fs.readFileSync(path.join(root, 'README.md'), 'utf8').matchAll(/^\| \[`([\w-]+)\/`\]/gm);
    assert.deepEqual([...map].map(([, name]) => name).sort(), [...folders].sort());
  });

  it('promises one version of Node.js', () => {
    const { engines } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      engines: { node: string };
    };
    const readme = fs.readFileSync(path.join(root, 'README.md'), 'utf8');
    assert.equal(/Node\.js ([\d.]+) or newer/.exec(readme)?.[1], engines.node.replace('>=', ''));
    assert.match(engines.node, /^>=[\d.]+$/); // as scripts/setup.sh reads it
  });

  it('holds no binaries but pictures of a reasonable size', () => {
    const picture = (name: string): boolean =>
      /^docs\/[\w-]+\.png$/.test(name) && fs.statSync(path.join(root, name)).size < 150_000;
    const found = tracked
      .filter((name) => !picture(name))
      .filter((name) => fs.readFileSync(path.join(root, name)).subarray(0, 8000).includes(0));
    assert.deepEqual(found, []);
  });

  it('has shell scripts that parse', () => {
    for (const name of tracked.filter((name) => name.endsWith('.sh') || name === '.ci/run')) {
      const { status, stderr } = spawnSync('bash', ['-n', name], { cwd: root, encoding: 'utf8' });
      assert.equal(status, 0, stderr);
    }
  });
});
