// mocha's own listing, the slowest tests, and a closing line that machines read: `N passed, N failed`.
const { reporters, Runner } = require('mocha');

const SLOWEST = 5;

module.exports = class extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const ended = [];
    runner.on(Runner.constants.EVENT_TEST_END, (test) => ended.push(test));
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const slowest = ended.sort((a, b) => (b.duration ?? 0) - (a.duration ?? 0)).slice(0, SLOWEST);
      console.log('  slowest:');
      for (const test of slowest) console.log(`    ${((test.duration ?? 0) / 1000).toFixed(1)} s  ${test.fullTitle()}`);
      // The runner's count decides the exit status: it has what no test stands for, such as a file without any.
      const apart = runner.failures - this.stats.failures;
      if (apart > 0) console.log(`\n  failures apart from any test (a file that holds none): ${apart}`);
      console.log(`\n${this.stats.passes} passed, ${runner.failures} failed`);
    });
  }
};
