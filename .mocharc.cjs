const fs = require('node:fs');

// A file named on the command line takes the place of the whole suite.
const named = process.argv.slice(2).some((word) => word.endsWith('.test.ts'));

// What takes longest begins first, so that no job is left alone with it at the end.
const longest = [
  'repository/tree',
  'pack/pack',
  'web/push',
  'web/page',
  'cli/play',
  'cli/run',
  'build/command',
  'build/compile',
  'build/image',
].map((name) => `test/${name}.test.ts`);

/** Every test file, each once: mocha runs a file as often as it is listed, and with `failZero` an empty run fails. */
function suite() {
  const found = fs
    .readdirSync('test', { recursive: true })
    .map((name) => `test/${name.replaceAll('\\', '/')}`)
    .filter((name) => name.endsWith('.test.ts'))
    .sort();
  return [...new Set([...longest, ...found])];
}

module.exports = {
  spec: named ? [] : suite(),
  // A file that could be required would be, as CommonJS: there each use of another module's constant is a call, and the
  // virtual Pi a third slower.
  'node-option': ['import=tsx', 'no-experimental-require-module'],
  parallel: true,
  jobs: 2,
  // Longer than anything takes on a busy machine: what has to be quick is measured in virtual time, or by the bench.
  timeout: 240_000,
  forbidOnly: true,
  forbidPending: true,
  failZero: true,
  reporter: 'test/support/reporter.cjs',
};
