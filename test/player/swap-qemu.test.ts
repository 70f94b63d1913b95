// The player swapped while it plays, on the interpreter in QEMU: test/player/swap.test.ts has the same on the virtual Pi.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { text } from 'node:stream/consumers';
import { buildImage, stripModule, type Image } from '../../host-tools/build/image.js';
import { startEmulator } from '../../host-tools/emulator/emulator.js';
import { makeScratch } from '../../host-tools/emulator/scratch.js';
import { BlockKind } from '../../drivers/jack-keys.js';
import { ringOf } from '../support/captured.js';
import { tone, wav16, wordsOf } from './program-input.js';
import { compilePlayerSwap, PlayerAct, swapDisk } from './swap-disk.js';

const RANGE = 2834;

describe('the player across swaps in QEMU', () => {
  const samples = tone(44_100 * 2);
  let image: Image;
  let wasm: Uint8Array;
  before(async () => {
    const program = await compilePlayerSwap();
    image = await buildImage({ wasm: program.wasm });
    wasm = stripModule(program.wasm);
  });

  async function play(plan: [ms: number, act?: number][]) {
    const scratch = makeScratch();
    try {
      const [kernel, ramDisk] = [scratch.file('kernel8.img'), scratch.file('disk')];
      fs.writeFileSync(kernel, image.image);
      fs.writeFileSync(ramDisk, swapDisk([{ name: 'tone.wav', data: wav16(samples) }], wasm, plan));
      const emulator = await startEmulator({
        ...{ scratch, kernel, ramDisk, capture: true, deterministic: true, limitSeconds: 100 },
      });
      const console = text(emulator.console);
      const memory = emulator.memory ?? assert.fail();
      const track: number[] = [];
      const reader = ringOf(memory, {
        block: (words, kind) => void (kind === Number(BlockKind.Track) && track.push(...words)),
        register: () => undefined,
      });
      assert.equal((await emulator.ended).status, 0, await console);
      while (reader.read() > 0);
      memory.close();
      return { track, console: await console };
    } finally {
      scratch.remove();
    }
  }

  it('plays each frame once, to the last, and is swapped in less than 50 ms', async () => {
    const { track, console } = await play([[100], [150], [200]]);
    assert.deepEqual(track, wordsOf(samples, RANGE));
    assert.match(console, /"underruns","count":0}/);
    const took = [...console.matchAll(/^(\d+) us for a reload/gm)].map(([, us]) => Number(us));
    assert.equal(took.length, 3, console);
    assert.ok(Math.max(...took) < 50_000, took.join());
  });

  it('goes on where it was when the next module traps, and the one after it hangs', async () => {
    const { track, console } = await play([[100], [150, PlayerAct.trap], [100], [150, PlayerAct.hang]]);
    assert.deepEqual(track, wordsOf(samples, RANGE));
    assert.match(console, /fault kind=trap[^]*fault kind=hang/);
  });
});
