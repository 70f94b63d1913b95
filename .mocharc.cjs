// A file named on the command line takes the place of the whole suite.
const named = process.argv.slice(2).some((word) => word.endsWith('.test.ts'));

module.exports = {
  spec: named ? [] : ['test/**/*.test.ts'],
  'node-option': ['import=tsx'],
  parallel: true,
  jobs: 2,
  timeout: 60_000,
  forbidOnly: true,
  forbidPending: true,
  failZero: true,
  reporter: 'test/support/reporter.cjs',
};
