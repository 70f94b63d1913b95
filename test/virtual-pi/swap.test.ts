// Modules that take the place of the running one, on the virtual Pi (test/boot/swap.test.ts is its counterpart).

import assert from 'node:assert/strict';
import {
  Act,
  began,
  kindsOf,
  planWords,
  REFUSED,
  swapModules,
  swapProgram,
  SWAPS,
  toldOf,
} from '../support/swap-plan.js';
import type { TestModule } from '../support/module.js';
import { runPi } from './pi-rig.js';

describe('a module that is sent to the virtual Pi', () => {
  let program: TestModule;
  let modules: Uint8Array[];
  before(async () => {
    program = await swapProgram();
    modules = await swapModules();
  });

  for (const metered of [true, false])
    for (const [name, { acts, told, kinds = [], status = 0 }] of Object.entries(SWAPS))
      it(`${name}${metered ? '' : ', not metered'}`, () => {
        const run = runPi(program, { words: planWords(acts, modules), metered });
        const ended = status ? { kind: 'fault', status } : { kind: 'exit', exit: 0, status: 0 };
        assert.deepEqual([toldOf(run.console), kindsOf(run.console), run.ended], [told, kinds, ended], run.console);
      });

  for (const [name, [index, answer]] of Object.entries(REFUSED))
    it(`is refused, and the running one goes on, when it ${name}`, () => {
      const run = runPi(program, { words: planWords([[Act.reload, index]], modules) });
      const ended = { kind: 'exit', exit: 0, status: 7 };
      assert.deepEqual([toldOf(run.console), run.ended], [`${began(1)} answer=${answer}`, ended], run.console);
      const part = runPi(program, { words: planWords([[Act.preload, index]], modules) });
      assert.deepEqual([toldOf(part.console), part.ended], [`${began(1)} parts=1 loaded=${answer}`, ended]);
    });
});
