// `mirleft update` against a player in QEMU with a card: the new kernel runs, and boots from then on; or it dies, and the
// old one boots again.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { buildImage } from '../../host-tools/build/image.js';
import { makeCardImage } from '../../host-tools/card/image.js';
import { updateKernel, type UpdateEvent } from '../../host-tools/dev/update.js';
import { startEmulator, type EmulatorEnd } from '../../host-tools/emulator/emulator.js';
import { makeScratch } from '../../host-tools/emulator/scratch.js';
import { startSession, type OpenPort } from '../../host-tools/link/session.js';
import { StreamTransport } from '../../host-tools/link/stream-transport.js';
import { Problem } from '../../host-tools/problem.js';
import { checkFat, readCard } from '../card/card-rig.js';
import { run, when } from '../cli/mirleft.js';
import { moduleOf, Variant } from '../link/swap-link.js';
import { testFolder } from '../media/sounds.js';
import { otherBytes } from '../support/module.js';
import { playerBuild } from '../play/player.js';

describe('an update over the line in QEMU', () => {
  /** A card that boots the player, and the player's build. */
  async function cardOf() {
    const card = path.join(testFolder(), 'card.img');
    const build = await playerBuild();
    const making = makeCardImage({ output: card, build, firmware: false });
    while (!(await making.next()).done);
    return { card, build };
  }

  /** Lets a board run from its power on, with a kernel as the card has it. */
  async function powered(
    card: string,
    image: Uint8Array,
    act: (port: OpenPort) => Promise<void>,
  ): Promise<EmulatorEnd> {
    const scratch = makeScratch();
    const kernel = scratch.file('kernel8.img');
    fs.writeFileSync(kernel, image);
    const emulator = await startEmulator({ scratch, kernel, card, limitSeconds: 150 });
    const transport = new StreamTransport('qemu', emulator.console, emulator.keys, async () => {
      await emulator.stop();
    });
    try {
      await act({ transport });
    } finally {
      await transport.close();
      scratch.remove();
    }
    return emulator.ended;
  }

  it('tries a new kernel and keeps it, and refuses what is none', async () => {
    const { card, build } = await cardOf();
    const { image, buildId } = await buildImage({ wasm: otherBytes(build.wasm) });
    assert.notEqual(buildId, build.buildId);
    await powered(card, build.image, async (port) => {
      await assert.rejects(
        updateKernel({ port, name: 'x.img', image: Buffer.from('no kernel') }, () => undefined),
        { code: 'bad-firmware' },
      );
      const events: UpdateEvent[] = [];
      await updateKernel({ port, name: 'x.img', image }, (event) => events.push(event));
      assert.deepEqual(events.slice(-3), [
        { event: 'trying' },
        { event: 'running', build: buildId },
        { event: 'kept', build: buildId },
      ]);
    });
    const files = readCard(card);
    assert.ok(files.get('kernel8.img')?.equals(Buffer.from(image)));
    assert.ok(files.get('previous.img')?.equals(Buffer.from(build.image)));
    assert.equal(files.has('next.img'), false);
    checkFat(card);
  });

  it('is broken off while the kernel is sent, and the board keeps its own', async () => {
    const { card, build } = await cardOf();
    const { image } = await buildImage({ wasm: otherBytes(build.wasm) });
    await powered(card, build.image, async (port) => {
      const ending = new AbortController();
      const { signal } = ending;
      const events: UpdateEvent[] = [];
      await assert.rejects(
        updateKernel({ port, image, name: 'x.img', signal }, (event) => {
          events.push(event);
          if (event.event === 'sending' && event.bytes > 20_000) ending.abort();
        }),
        (error) => error instanceof Problem && error.code === 'interrupted',
      );
      assert.deepEqual([...new Set(events.map(({ event }) => event))], ['sending']);
      const link = await startSession(port, {});
      assert.equal(link.welcome.build, build.buildId);
      await link.leave();
    });
    const files = readCard(card);
    assert.deepEqual([files.has('next.img'), files.has('update.state')], [false, false]);
    checkFat(card);
  });

  it('runs the old kernel again when the new one dies at its start, which says so', async () => {
    const { card, build } = await cardOf();
    const { image } = await buildImage({ wasm: await moduleOf(Variant.trapInStart) });
    const events: UpdateEvent[] = [];
    // The emulator ends with a fault; a board stops, and is switched off.
    const { status } = await powered(card, build.image, async (port) => {
      await assert.rejects(
        updateKernel({ port, name: 'x.img', image }, (event) => events.push(event)),
        Problem,
      );
    });
    assert.deepEqual([events.at(-1), status], [{ event: 'trying' }, 1]);
    assert.ok(readCard(card).get('kernel8.img')?.equals(Buffer.from(build.image)));
    await powered(card, build.image, async ({ transport }) => {
      let text = '';
      transport.onBytes = (bytes) => (text += Buffer.from(bytes).toString('latin1'));
      await when(
        () => text.includes('the new kernel has failed: it is failed.img now, and this is the one from before'),
        'the fallback',
      );
      assert.match(text, new RegExp(`player, build ${build.buildId}`));
    });
    const files = readCard(card);
    assert.ok(files.get('kernel8.img')?.equals(Buffer.from(build.image)));
    assert.ok(files.get('failed.img')?.equals(Buffer.from(image)));
    assert.equal(files.has('next.img'), false);
    checkFat(card);
  });

  it('tells all that to programs', async () => {
    const { card } = await cardOf();
    const dying = path.join(path.dirname(card), 'dying.img');
    fs.writeFileSync(dying, (await buildImage({ wasm: await moduleOf(Variant.trapInStart) })).image);
    const ran = await run('.', ['update', dying, '--json', '--port', `qemu:${card}`]);
    const events = ran.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { schema: number; event: string; errors?: { code: string }[] });
    assert(events.every(({ schema }) => schema === 1));
    assert.deepEqual([...new Set(events.map(({ event }) => event))], ['sending', 'trying', 'end'], ran.stdout);
    assert.deepEqual([events.at(-1)?.errors?.length, ran.status], [1, 1]);
    assert.match(ran.stderr, /^error: /m);
  });
});
