// What player.ini switches off, asked for over the line: the answer says so, and how to switch it on.

import assert from 'node:assert/strict';
import { Channel, LinkError, ModuleOp } from '../../firmware/link/protocol.js';
import { updateKernel, type UpdateEvent } from '../../host-tools/dev/update.js';
import { Link } from '../../host-tools/link/link.js';
import { ModuleClient } from '../../host-tools/link/module-client.js';
import { VirtualTransport, whilePassing } from '../../host-tools/link/virtual.js';
import { MILLISECOND } from '../../host-tools/virtual-pi/time.js';
import { playerBuild } from '../play/player.js';
import { CardRig, cardImage } from '../player/card-rig.js';
import type { TestModule } from '../support/module.js';
import { playerOf } from '../virtual-pi/pi-rig.js';

const HINT = 'set link.modules = on in the player.ini of its card';
const refused = (what: string): object => ({
  code: 'refused',
  message: `the board refuses the ${what}: new code is switched off: link.modules in player.ini`,
  hint: HINT,
});

describe('what player.ini switches off', () => {
  let player: TestModule;
  before(async () => (player = await playerOf()));

  async function connect(ini: string) {
    const { pi } = new CardRig(player, cardImage({ 'player.ini': ini })).run(1000);
    let text = '';
    const onText = (bytes: Uint8Array): void => void (text += Buffer.from(bytes).toString('latin1'));
    const transport = new VirtualTransport(pi);
    const link = await whilePassing(pi, Link.connect(transport, { onText }));
    return { pi, link, transport, text: () => text };
  }

  it('takes no module', async () => {
    const { pi, link } = await connect('link.modules = off\n');
    assert.equal(link.welcome.abilities.modules, false);
    const client = new ModuleClient(link);
    await assert.rejects(whilePassing(pi, client.replace(player.wasm)), refused('module'));
    await assert.rejects(whilePassing(pi, client.tryNext(1000, 1)), refused('kernel'));
    // Whatever is asked, also without asking before.
    const answers: number[][] = [];
    link.receive(Channel.Modules, (payload) => answers.push([...payload.subarray(0, 2)]));
    for (const op of [ModuleOp.Ask, ModuleOp.Begin, ModuleOp.Block, ModuleOp.Copy, ModuleOp.Commit, ModuleOp.Update]) {
      await whilePassing(pi, link.send(Channel.Modules, Buffer.alloc(13, op)));
      await whilePassing(pi, link.flushed());
    }
    assert.deepEqual(answers, Array(6).fill([ModuleOp.Failed, LinkError.Off]));
    assert.equal(pi.ended, undefined);
  });

  it('has no kernel put on its card for nothing', async () => {
    const { pi, link, transport } = await connect('link.modules = off\n');
    await whilePassing(pi, link.leave());
    const { image } = await playerBuild();
    const told: UpdateEvent[] = [];
    const port = { transport };
    await assert.rejects(
      whilePassing(
        pi,
        updateKernel({ port, name: 'x.img', image }, (event) => told.push(event)),
      ),
      {
        code: 'refused',
        message: 'the board takes no new code',
        hint: HINT,
      },
    );
    assert.deepEqual(told, []);
  });

  it('shows and changes no register', async () => {
    const { pi, link, text } = await connect('link.peek = off\n');
    for (const line of ['peek 0xfe201018', 'poke 0xfe20001c 0x1']) {
      const before = text().length;
      await whilePassing(pi, link.send(Channel.Console, Buffer.from(`${line}\r`)));
      for (let ms = 0; ms < 100; ms++) await whilePassing(pi, Promise.resolve(pi.runTo(pi.now + MILLISECOND)));
      assert.match(text().slice(before), /peek and poke are off: link\.peek = on in player\.ini allows them\r\n/);
    }
  });
});
