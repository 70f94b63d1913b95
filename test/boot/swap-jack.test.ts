// Swaps heard, on the interpreter in QEMU: words leave through the emulator's DMA engine, to its log or through memory.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { text } from 'node:stream/consumers';
import { buildImage, type Image } from '../../host-tools/build/image.js';
import { startEmulator } from '../../host-tools/emulator/emulator.js';
import { makeScratch } from '../../host-tools/emulator/scratch.js';
import { ringOf } from '../support/captured.js';
import { LogReader } from '../support/log.js';
import { Act, planWords, swapJackProgram } from '../support/swap-plan.js';
import { hear, keeping, lastTold, type WordBlock } from '../support/swap-words.js';

describe('the jack across swaps in QEMU', () => {
  let image: Image;
  let wasm: Uint8Array;
  before(async () => {
    ({ wasm } = await swapJackProgram());
    image = await buildImage({ wasm });
  });

  async function play(acts: number[], through: 'log' | 'memory'): Promise<{ blocks: WordBlock[]; console: string }> {
    const scratch = makeScratch();
    try {
      const [kernel, ramDisk, log] = [scratch.file('kernel8.img'), scratch.file('plan'), scratch.file('log')];
      fs.writeFileSync(kernel, image.image);
      fs.writeFileSync(ramDisk, new Uint8Array(Uint32Array.from(planWords(acts, [wasm])).buffer));
      const extra = through === 'log' ? ['-d', 'unimp', '-D', log] : [];
      const capture = through === 'memory';
      const machine = { scratch, kernel, ramDisk, capture, extra, deterministic: true, limitSeconds: 100 };
      const emulator = await startEmulator(machine);
      const console = text(emulator.console);
      const blocks: WordBlock[] = [];
      const reader = emulator.memory && ringOf(emulator.memory, keeping(blocks));
      assert.equal((await emulator.ended).status, 0, await console);
      while (reader && reader.read() > 0);
      emulator.memory?.close();
      if (!reader) new LogReader(keeping(blocks)).push(fs.readFileSync(log));
      return { blocks, console: await console };
    } finally {
      scratch.remove();
    }
  }

  for (const through of ['log', 'memory'] as const) {
    it(`plays on through ten swaps without a gap, ${through}`, async () => {
      const { blocks, console } = await play([...Array<number>(10).fill(Act.reload), Act.end], through);
      const { track, heldMs } = hear(blocks);
      assert.deepEqual([track, heldMs], [lastTold(console, 'track'), 0], console);
      assert.deepEqual([lastTold(console, 'g'), lastTold(console, 'underruns')], [11, 0], console);
    });

    it(`holds the level while a module hangs, for 300 ms at most, ${through}`, async () => {
      const { blocks, console } = await play([Act.reload, Act.hang, Act.end], through);
      const { track, heldMs, longestMs } = hear(blocks);
      assert.equal(track, lastTold(console, 'track'));
      assert.match(console, /^fault kind=hang\r$/m);
      assert.equal(heldMs, longestMs, 'once');
      assert.ok(heldMs > 50 && heldMs < 300, `${heldMs} ms`);
      assert.equal(lastTold(console, 'underruns'), 1, console);
    });
  }

  it('does not even pause for a module that traps, or hangs in its start with a full ring', async () => {
    const { blocks, console } = await play([Act.reload, Act.trap, Act.reload, Act.hangInStart, Act.end], 'log');
    const { track, heldMs } = hear(blocks);
    assert.deepEqual([track, heldMs], [lastTold(console, 'track'), 0], console);
    assert.deepEqual([lastTold(console, 'g'), lastTold(console, 'underruns')], [5, 0], console);
  });

  it('holds the level in a step that is only late', async () => {
    const { blocks, console } = await play([Act.late], 'log');
    const { track, heldMs } = hear(blocks);
    assert.equal(track, lastTold(console, 'track'));
    assert.ok(heldMs > 50 && heldMs < 120, `${heldMs} ms`);
  });
});
