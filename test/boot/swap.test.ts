// Modules that take the place of the running one, on the interpreter in QEMU.

import assert from 'node:assert/strict';
import { buildImage, type Image } from '../../host-tools/build/image.js';
import { runQemu } from '../support/qemu.js';
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

describe('a module that is sent to the board', () => {
  let image: Image;
  let modules: Uint8Array[];
  before(async () => {
    image = await buildImage({ wasm: (await swapProgram()).wasm });
    modules = await swapModules();
  });

  for (const [name, { acts, told, kinds = [], status = 0 }] of Object.entries(SWAPS))
    it(name, async () => {
      const run = await runQemu(image, { words: planWords(acts, modules), deterministic: true });
      assert.deepEqual([toldOf(run.console), kindsOf(run.console), run.status], [told, kinds, status], run.console);
    });

  for (const [name, [index, answer]] of Object.entries(REFUSED))
    it(`is refused, and the running one goes on, when it ${name}`, async () => {
      const run = await runQemu(image, { words: planWords([[Act.reload, index]], modules), deterministic: true });
      assert.deepEqual([toldOf(run.console), run.status], [`${began(1)} answer=${answer}`, 7], run.console);
      const part = await runQemu(image, { words: planWords([[Act.preload, index]], modules), deterministic: true });
      assert.equal(toldOf(part.console), `${began(1)} parts=1 loaded=${answer}`);
    });

  it('may come thirty times', async () => {
    const acts = Array.from({ length: 31 }, (_, i) => (i === 30 ? Act.end : Act.reload));
    const run = await runQemu(image, { words: planWords(acts, modules), deterministic: true });
    assert.equal(run.status, 0, run.console);
    assert.match(run.console, /g=31\n/);
  });
});
