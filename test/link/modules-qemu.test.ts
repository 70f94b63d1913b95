// New code over QEMU's UART, on the interpreter: swapped while the jack plays, and rolled back. While the machine sleeps its
// time is the host's, and a host that is slow makes pauses, which the machine then tells of; that swaps themselves make none
// is tested where time is virtual (modules-virtual.test.ts, ../boot/swap-jack.test.ts).

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { Channel } from '../../firmware/link/protocol.js';
import { buildImage, type Image } from '../../host-tools/build/image.js';
import type { RingReader } from '../../host-tools/capture/ring.js';
import { startEmulator, type Emulator } from '../../host-tools/emulator/emulator.js';
import { makeScratch, type Scratch } from '../../host-tools/emulator/scratch.js';
import { Link } from '../../host-tools/link/link.js';
import { ModuleClient, type Fallback } from '../../host-tools/link/module-client.js';
import { StreamTransport } from '../../host-tools/link/stream-transport.js';
import { ringOf } from '../support/captured.js';
import { hear, keeping, lastTold, type WordBlock } from '../support/swap-words.js';
import { moduleOf, Variant, variantOf } from './swap-link.js';

class Rig {
  readonly fallbacks: Fallback[] = [];
  text = '';
  link!: Link;
  client!: ModuleClient;
  private readonly blocks: WordBlock[] = [];
  private readonly reader: RingReader;
  private readonly timer: NodeJS.Timeout;

  private constructor(
    readonly scratch: Scratch,
    readonly emulator: Emulator,
  ) {
    this.reader = ringOf(emulator.memory ?? assert.fail(), keeping(this.blocks));
    this.timer = setInterval(() => this.reader.read(), 20);
  }

  static async make(image: Image): Promise<Rig> {
    const scratch = makeScratch();
    const kernel = scratch.file('kernel8.img');
    fs.writeFileSync(kernel, image.image);
    const extra = ['-icount', 'shift=2,sleep=on'];
    const rig = new Rig(scratch, await startEmulator({ scratch, kernel, capture: true, extra, limitSeconds: 100 }));
    await rig.connect();
    return rig;
  }

  private async connect(): Promise<void> {
    const { emulator } = this;
    const transport = new StreamTransport('qemu', emulator.console, emulator.keys, async () => {
      await emulator.stop();
    });
    this.link = await Link.connect(transport, {
      timeoutMs: 30_000,
      onText: (bytes) => (this.text += Buffer.from(bytes).toString('latin1')),
    });
    this.client = new ModuleClient(this.link);
    this.client.onFallback = (fallback) => void this.fallbacks.push(fallback);
  }

  async fallback(): Promise<void> {
    while (this.fallbacks.length === 0 && this.link.isOpen) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  /** Ends the program by its key: all words were heard in order, and no pause that it does not know of. */
  async endWhole(): Promise<void> {
    await this.link.send(Channel.Console, Uint8Array.of(0x71));
    const { status } = await this.emulator.ended;
    assert.equal(status, 0, this.text);
    while (this.reader.read() > 0);
    const { track, heldMs } = hear(this.blocks);
    assert.equal(track, lastTold(this.text, 'track'));
    // Not the other way round: where the host is so late that the ring runs dry, the engine waits and no word is held.
    assert.ok(heldMs === 0 || lastTold(this.text, 'underruns') > 0, `${heldMs} ms held: ${this.text}`);
  }

  async remove(): Promise<void> {
    clearInterval(this.timer);
    await this.link.close();
    this.emulator.memory?.close();
    this.scratch.remove();
  }
}

describe('new code over the line in QEMU', () => {
  let image: Image;
  let rig: Rig;
  before(async () => {
    image = await buildImage({ wasm: (await variantOf(Variant.plain)).wasm });
  });
  beforeEach(async () => {
    rig = await Rig.make(image);
  });
  afterEach(async () => {
    await rig.remove();
  });

  it('is swapped ten times while the jack plays, no word left out or doubled', async () => {
    const modules = [await moduleOf(10), await moduleOf(11), await moduleOf(12)];
    const swaps: number[] = [];
    for (let i = 0; i < 10; i++) {
      const { sum } = await rig.client.running();
      const report = await rig.client.replace(modules[i % 3] as Uint8Array);
      assert.equal(report.generation, i + 2);
      // What ran before can be read, the image's own module, too.
      assert.equal((await rig.client.running()).previous, sum);
      swaps.push(report.swapMs);
    }
    assert.ok(Math.max(...swaps) <= 50, swaps.map((ms) => ms.toFixed(1)).join(' '));
    await rig.endWhole();
  });

  for (const [name, variant] of [
    ['traps', Variant.trap],
    ['hangs', Variant.hang],
  ] as const)
    it(`goes back to the module before when it ${name}, and the line is usable again`, async () => {
      await rig.client.replace(await moduleOf(variant));
      await rig.fallback();
      assert.deepEqual(
        rig.fallbacks.map(({ generation }) => generation),
        [3],
      );
      assert.match(rig.text, new RegExp(`^fault kind=${name.slice(0, 4)}`, 'm'));
      await rig.client.replace(await moduleOf(10));
      await rig.endWhole();
    });

  it('is not kept when it traps in its start, nor when it is no Wasm', async () => {
    for (const module of [await moduleOf(Variant.trapInStart), Uint8Array.of(0, 0x61, 0x73, 0x6d)])
      await assert.rejects(rig.client.replace(module), { code: 'refused', hint: 'the module before it runs on' });
    await rig.client.replace(await moduleOf(10));
    await rig.endWhole();
  });
});
