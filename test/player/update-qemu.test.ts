// `mirleft update` against a player in QEMU with a card: the new kernel runs, and boots from then on.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { buildImage } from '../../host-tools/build/image.js';
import { makeCardImage } from '../../host-tools/card/image.js';
import { updateKernel, type UpdateEvent } from '../../host-tools/dev/update.js';
import { startEmulator } from '../../host-tools/emulator/emulator.js';
import { makeScratch } from '../../host-tools/emulator/scratch.js';
import { StreamTransport } from '../../host-tools/link/stream-transport.js';
import { checkFat, readCard } from '../card/card-rig.js';
import { testFolder } from '../media/sounds.js';
import { playerBuild } from '../play/player.js';

/** The same module with a section that says nothing: another build. */
function otherBytes(wasm: Uint8Array): Uint8Array {
  const name = Buffer.from('mark');
  const section = [0, name.length + 1, name.length, ...name];
  return Buffer.concat([wasm.subarray(0, 8), Buffer.from(section), wasm.subarray(8)]);
}

describe('an update over the line in QEMU', function () {
  this.timeout(180_000);

  it('tries a new kernel and keeps it, and refuses what is none', async () => {
    const card = path.join(testFolder(), 'card.img');
    const build = await playerBuild();
    const making = makeCardImage({ output: card, build, firmware: false });
    while (!(await making.next()).done);
    const { image, buildId } = await buildImage({ wasm: otherBytes(build.wasm) });
    assert.notEqual(buildId, build.buildId);

    const scratch = makeScratch();
    const kernel = scratch.file('kernel8.img');
    fs.writeFileSync(kernel, build.image);
    const emulator = await startEmulator({ scratch, kernel, card, limitSeconds: 150 });
    const transport = new StreamTransport('qemu', emulator.console, emulator.keys, async () => {
      await emulator.stop();
    });
    try {
      const port = { transport, id: undefined };
      await assert.rejects(
        updateKernel({ port, image: Buffer.from('no kernel') }, () => undefined),
        { code: 'bad-firmware' },
      );
      const events: UpdateEvent[] = [];
      await updateKernel({ port, image }, (event) => events.push(event));
      assert.deepEqual(events.slice(-3), [
        { event: 'trying' },
        { event: 'running', build: buildId },
        { event: 'kept', build: buildId },
      ]);
    } finally {
      await transport.close();
      scratch.remove();
    }
    const files = readCard(card);
    assert.ok(files.get('kernel8.img')?.equals(Buffer.from(image)));
    assert.ok(files.get('previous.img')?.equals(Buffer.from(build.image)));
    assert.equal(files.has('next.img'), false);
    checkFat(card);
  });
});
