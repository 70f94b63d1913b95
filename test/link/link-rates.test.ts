// A session that changes the rate of its line.

import assert from 'node:assert/strict';
import { Link as Numbers } from '../../firmware/link/protocol.js';
import { pass } from './drive.js';
import { echo, hex, LinkRig } from './link-rig.js';

describe('the link, rates', () => {
  let rig: LinkRig;
  before(async () => (rig = await LinkRig.make()));

  it('changes the rate, keeps it, and is back at the old one after the session', async () => {
    const cable = rig.line({ baud: 115200 });
    const link = await cable.open();
    for (const baud of [921_600, 3_000_000, 230_400]) {
      assert.equal(await cable.wait(link.setBaud(baud)), baud);
      assert.ok(Math.abs(rig.device.baud / baud - 1) < 0.01);
      const messages = Array.from({ length: 10 }, (_, i) => new Uint8Array(700).fill(i));
      assert.deepEqual(await echo(cable, link, messages), hex(messages));
    }
    assert.equal(await cable.wait(link.setBaud(4_000_000)), 230_400, 'above what the clock allows');
    await cable.wait(link.leave());
    await pass(cable.clock, 100);
    assert.ok(Math.abs(rig.device.baud / 115_200 - 1) < 0.01);
    const again = await cable.open();
    assert.deepEqual(await echo(cable, again, [Uint8Array.of(9)]), ['09']);
    await cable.wait(again.close());
  });

  it('goes back by itself from a rate that does not work, with nothing lost', async () => {
    const cable = rig.line({ baud: 115200 });
    const link = await cable.open();
    const setBaud = cable.transport.setBaud.bind(cable.transport);
    for (const bad of [
      () => Promise.reject(new Error('no such rate')),
      () => setBaud(700_000), // the adapter makes another one
    ]) {
      cable.transport.setBaud = (baud) => (baud === 921_600 ? bad() : setBaud(baud));
      const sending = echo(cable, link, [Uint8Array.of(1)]);
      assert.equal(await cable.wait(link.setBaud(921_600)), 115_200);
      await sending;
      assert.ok(Math.abs(rig.device.baud / 115_200 - 1) < 0.01);
      const messages = Array.from({ length: 5 }, (_, i) => new Uint8Array(100).fill(i));
      assert.deepEqual(await echo(cable, link, messages), hex(messages));
    }
    await cable.wait(link.close());
  });

  it('is back at the old rate when a host died at a new one', async () => {
    const cable = rig.line({ baud: 115200 });
    const link = await cable.open();
    await cable.wait(link.setBaud(3_000_000));
    cable.transport.write = () => Promise.resolve();
    await pass(cable.clock, Numbers.SilenceMs + 100);
    assert.ok(Math.abs(rig.device.baud / 115_200 - 1) < 0.01);
  });
});
