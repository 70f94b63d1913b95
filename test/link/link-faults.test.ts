// A line that damages what it carries.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Channel } from '../../firmware/link/protocol.js';
import { VirtualClock } from '../../host-tools/link/clock.js';
import { Link } from '../../host-tools/link/link.js';
import { memoryPair } from '../../host-tools/link/memory-pair.js';
import { Problem } from '../../host-tools/problem.js';
import { drive } from './drive.js';
import { echo, hex, LinkRig } from './link-rig.js';

describe('the link, bad lines', () => {
  let rig: LinkRig;
  before(async () => (rig = await LinkRig.make()));

  it('gives up a line that only short frames pass', async () => {
    const clock = new VirtualClock();
    const [transport, other] = memoryPair(clock, { there: { flip: 0.01 }, seed: 3 });
    rig.device.connect(other, clock);
    const link = await drive(clock, Link.connect(transport, { timeoutMs: 60_000 }));
    const endless = async (): Promise<void> => {
      for (;;) await link.send(Channel.Log, Buffer.alloc(1024, 7));
    };
    const began = clock.now();
    await assert.rejects(drive(clock, endless(), 120_000), /damages nearly all that is sent/);
    assert.ok(clock.now() - began < 100_000);
  });

  it('sends shorter frames on a bad line, and long ones on a good one', async () => {
    const cable = rig.line({ baud: 3_000_000, there: { flip: 3e-4 } });
    const link = await cable.open();
    assert.equal(link.payloadBytes, 1024);
    const send = async (): Promise<void> => {
      for (let i = 0; i < 1500; i++) await link.send(Channel.Audio, new Uint8Array(link.payloadBytes).fill(i));
      await link.flushed();
    };
    await cable.wait(send());
    assert.ok(link.payloadBytes > 100 && link.payloadBytes < 500, `${link.payloadBytes}`);
    await cable.wait(link.close());
  });

  const RUNS = 1000;
  const rates = fc.nat(40).map((rate) => rate / 10_000);
  const faults = fc.record({ drop: rates, double: rates, flip: rates, delayMs: fc.constantFrom(0, 0, 3, 30) });
  const cases = fc.record({
    seed: fc.nat(),
    there: faults,
    back: faults,
    baud: fc.constantFrom(undefined, 115_200, 3_000_000),
    messages: fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { minLength: 1, maxLength: 4 }),
  });

  for (let part = 0; part < 10; part++)
    it(`brings all over a line that drops, doubles, flips and delays, or fails cleanly (${part + 1} of 10)`, async () => {
      let failed = 0;
      await fc.assert(
        fc.asyncProperty(cases, async ({ messages, ...options }) => {
          const cable = rig.line(options);
          let link: Link | undefined;
          const back: string[] = [];
          try {
            link = await cable.open();
            link.receive(Channel.Files, (payload) => back.push(Buffer.from(payload).toString('hex')));
            assert.deepEqual(await echo(cable, link, messages, 30_000), hex(messages));
          } catch (error) {
            if (!(error instanceof Problem)) throw error;
            failed++;
          }
          if (link?.isOpen) await cable.wait(link.close());
        }),
        { numRuns: RUNS, seed: 100 + part, endOnFailure: true },
      );
      // A line this bad may fail once in a while, and a link that gives up easily would be no link.
      assert.ok(failed <= 5, `${failed} of 1000 failed`);
    });
});
