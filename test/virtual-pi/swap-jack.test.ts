// Swaps heard, on the virtual Pi: its PWM and its DMA engine take the time that a board's take, so what is late is heard.

import assert from 'node:assert/strict';
import { Act, planWords, swapJackProgram } from '../support/swap-plan.js';
import { hear, keeping, lastTold, type WordBlock } from '../support/swap-words.js';
import type { TestModule } from '../support/module.js';
import { runPi } from './pi-rig.js';

describe('the jack across swaps on the virtual Pi', () => {
  let program: TestModule;
  before(async () => {
    program = await swapJackProgram();
  });

  function play(acts: number[]) {
    const blocks: WordBlock[] = [];
    const run = runPi(program, { words: planWords(acts, [program.wasm]), jack: keeping(blocks) });
    assert.deepEqual(run.ended, { kind: 'exit', exit: 0, status: 0 }, run.console);
    assert.equal(run.pi.hardwareUnderruns, 0);
    return { ...hear(blocks), console: run.console };
  }

  it('plays on through ten swaps without a gap', () => {
    const { track, heldMs, console } = play([...Array<number>(10).fill(Act.reload), Act.end]);
    assert.deepEqual([track, heldMs], [lastTold(console, 'track'), 0], console);
    assert.deepEqual([lastTold(console, 'g'), lastTold(console, 'underruns')], [11, 0], console);
  });

  it('holds the level while a module hangs, for 300 ms at most', () => {
    const { track, heldMs, longestMs, console } = play([Act.reload, Act.hang, Act.end]);
    assert.equal(track, lastTold(console, 'track'));
    assert.equal(heldMs, longestMs, 'once');
    assert.ok(heldMs > 50 && heldMs < 300, `${heldMs} ms`);
    assert.equal(lastTold(console, 'underruns'), 1, console);
  });

  it('does not even pause for a module that traps, or hangs in its start with a full ring', () => {
    const { track, heldMs, console } = play([Act.reload, Act.trap, Act.reload, Act.hangInStart, Act.end]);
    assert.deepEqual([track, heldMs], [lastTold(console, 'track'), 0], console);
    assert.deepEqual([lastTold(console, 'g'), lastTold(console, 'underruns')], [5, 0], console);
  });

  it('holds the level in a step that is only late', () => {
    const { track, heldMs, console } = play([Act.late]);
    assert.equal(track, lastTold(console, 'track'));
    assert.ok(heldMs > 50 && heldMs < 120, `${heldMs} ms`);
    assert.equal(lastTold(console, 'underruns'), 1, console);
  });
});
