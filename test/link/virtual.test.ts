// The link through the UART of the virtual Pi, which keeps the pace of its rate: what the line's bytes are worth, what
// they cost, and what the chip thinks of a change of the rate.

import assert from 'node:assert/strict';
import { Channel } from '../../firmware/link/protocol.js';
import { measureGoodput } from '../../host-tools/link/goodput.js';
import { Link } from '../../host-tools/link/link.js';
import { VirtualTransport, whilePassing } from '../../host-tools/link/virtual.js';
import { formatFinding } from '../../host-tools/virtual-pi/findings.js';
import { MILLISECOND } from '../../host-tools/virtual-pi/time.js';
import { VirtualPi } from '../../host-tools/virtual-pi/virtual-pi.js';
import type { TestModule } from '../support/module.js';
import { programOf } from '../virtual-pi/pi-rig.js';

describe('the link through the UART of a virtual Pi', () => {
  let program: TestModule;

  before(async () => {
    program = await programOf('linked');
  });

  for (const baud of [115_200, 921_600, 3_000_000])
    it(`carries 97 % of what the line does at ${baud} baud`, async () => {
      const { share, framesAgain } = await measureGoodput({ program, baud, bytes: Math.max(100_000, baud / 10) });
      assert.ok(share >= 0.97 && share < 1, `${share}`);
      assert.equal(framesAgain, 0);
    });

  it('carries 85 % with a byte in ten thousand damaged', async () => {
    const { share, framesAgain } = await measureGoodput({ program, baud: 921_600, bytes: 400_000, damage: 1e-4 });
    assert.ok(share >= 0.85, `${share}`);
    assert.ok(framesAgain > 10);
  });

  it('costs at most 300 instructions a byte with all steps that it asks for', async () => {
    const { instructionsPerByte } = await measureGoodput({ program, baud: 3_000_000, bytes: 300_000 });
    assert.ok(instructionsPerByte > 10 && instructionsPerByte < 300, `${instructionsPerByte} instructions a byte`);
  });

  it('changes the rate as the chip wants it, and text goes on', async () => {
    let text = '';
    const pi = new VirtualPi({ program });
    const transport = new VirtualTransport(pi);
    const onText = (bytes: Uint8Array): void => void (text += Buffer.from(bytes).toString());
    const link = await whilePassing(pi, Link.connect(transport, { onText }));
    for (const baud of [921_600, 1_500_000, 3_000_000, 230_400]) {
      assert.equal(await whilePassing(pi, link.setBaud(baud)), baud);
      await whilePassing(pi, link.send(Channel.Console, Buffer.from('x')));
      await whilePassing(pi, link.flushed());
    }
    await whilePassing(pi, link.leave());
    pi.runTo(pi.now + 50 * MILLISECOND);
    const again = await whilePassing(pi, Link.connect(transport, { onText }));
    assert.equal(again.welcome.boot, link.welcome.boot);
    assert.equal(again.welcome.baud, 115_200);
    assert.equal(text, `linked\r\n${'a key\r\n'.repeat(4)}`);
    assert.deepEqual(pi.findings.list.map(formatFinding), []);
    assert.equal(pi.kernel.uart.received.lost + pi.kernel.uart.overruns, 0);
  });
});
