// Both ends of the link against each other, in virtual time: the device's compiled to Wasm, the host's as it is. A session
// from its begin to its end; what disturbs it is in the files beside.

import assert from 'node:assert/strict';
import { Channel, Control, Link as Numbers } from '../../firmware/link/protocol.js';
import { watchBoard } from '../../host-tools/link/telemetry.js';
import { PortGone } from '../../host-tools/link/transport.js';
import { Problem } from '../../host-tools/problem.js';
import { pass } from './drive.js';
import { echo, hex, LinkRig, raw, sessionOf } from './link-rig.js';

describe('the link', () => {
  let rig: LinkRig;
  before(async () => (rig = await LinkRig.make()));

  it('opens, tells what the device is, carries messages both ways, and ends', async () => {
    const cable = rig.line({ baud: 115200 });
    const link = await cable.open();
    const { welcome } = link;
    assert.deepEqual(
      [welcome.version, welcome.window, welcome.isPaced, welcome.baud, welcome.highestBaud, welcome.tickRate],
      [1, 32, true, 115200, 3_000_000, 54_000_000],
    );
    assert.match(welcome.text, /^\d+\.\d+\.\d+$/);
    const messages = Array.from({ length: 40 }, (_, i) => new Uint8Array(1 + ((i * 271) % 1024)).fill(i));
    assert.deepEqual(await echo(cable, link, messages), hex(messages));
    assert.deepEqual([link.statistics.damaged, link.statistics.framesAgain, link.statistics.surplus], [0, 0, 0]);
    await cable.wait(link.close());
    await pass(cable.clock, 100);
    assert.equal(rig.device.program.exports.isOpen(), 0);
    assert.deepEqual(await link.closed, { kind: 'closed', problem: undefined });
    await assert.rejects(link.send(Channel.Files, Uint8Array.of(1)), Problem);
  });

  it('gives typed bytes to the device, and its text to the host', async () => {
    const cable = rig.line();
    let text = '';
    const link = await cable.open({ onText: (bytes) => (text += Buffer.from(bytes).toString()) });
    await cable.wait(link.send(Channel.Console, Buffer.from('play\r')));
    await pass(cable.clock, 20);
    assert.equal(rig.device.typed(), 'play\r');
    rig.device.program.exports.say();
    await pass(cable.clock, 20);
    assert.equal(text, 'The device says something. ');
    await cable.wait(link.close());
  });

  it('takes text of a plain terminal, without a session and soon after a host has died', async () => {
    const { clock, transport, open } = rig.line();
    void transport.write(Buffer.from('help\r'));
    await pass(clock, 20);
    assert.equal(rig.device.typed(), 'help\r');
    const link = await open();
    // What damage makes of frames looks like text: not while the host lives.
    void transport.write(Buffer.from('+++'));
    await pass(clock, 20);
    assert.equal(rig.device.typed(), '');
    assert.ok(link.isOpen);
    const muted = transport.write.bind(transport);
    transport.write = () => Promise.resolve();
    await pass(clock, 1600);
    void muted(Buffer.from('stop\r'));
    await pass(clock, 20);
    assert.equal(rig.device.typed(), 'stop\r');
  });

  it('is not waited for on a port that goes while the board is away', async () => {
    const { transport, wait } = rig.line();
    const seen: string[] = [];
    const watching = async (): Promise<void> => {
      const { signal } = new AbortController();
      for await (const { kind } of watchBoard({ transport }, { everyMs: 0, signal })) {
        seen.push(kind);
        const gone = kind === 'lost';
        transport.write = () => (gone ? Promise.reject(new PortGone(transport.name)) : Promise.resolve());
        if (seen.length > 2) return;
      }
    };
    await assert.rejects(wait(watching()), /the port is gone/);
    assert.deepEqual(seen, ['connected', 'lost']);
  });

  it('sends text and data at once without cutting either', async () => {
    const cable = rig.line({ baud: 115200 });
    let text = '';
    const link = await cable.open({ onText: (bytes) => (text += Buffer.from(bytes).toString()) });
    for (let i = 0; i < 100; i++) rig.device.program.exports.say();
    const messages = Array.from({ length: 20 }, (_, i) => new Uint8Array(1024).fill(i));
    assert.deepEqual(await echo(cable, link, messages), hex(messages));
    await pass(cable.clock, 1000);
    assert.equal(text, 'The device says something. '.repeat(100));
    assert.equal(link.statistics.damaged, 0);
    await cable.wait(link.close());
  });

  it('notices a reset, and opens another session on the same line', async () => {
    const cable = rig.line();
    const link = await cable.open();
    // The device has forgotten: so it is after a reset.
    const { transport } = cable;
    void transport.write(raw(Channel.Control, await sessionOf(cable, link), 0, [Control.Bye]));
    await pass(cable.clock, 10);
    await link.send(Channel.Files, Uint8Array.of(1, 2, 3));
    const { kind, problem } = await cable.wait(link.closed);
    assert.equal(kind, 'reset');
    assert.match(problem?.line() ?? '', /^memory: the board was reset/);
    const again = await cable.open();
    assert.deepEqual(await echo(cable, again, [Uint8Array.of(7)]), ['07']);
    await cable.wait(again.close());
  });

  it('tells at once that the line is gone, and after five seconds that nothing is heard', async () => {
    const cable = rig.line();
    const link = await cable.open();
    rig.device.running = false;
    const begun = cable.clock.now();
    const { kind, problem } = await cable.wait(link.closed);
    rig.device.running = true;
    assert.deepEqual([kind, problem?.code], ['silent', 'link-lost']);
    assert.ok(cable.clock.now() - begun < Numbers.SilenceMs + 1100);
    const other = rig.line();
    const gone = await other.open();
    other.transport.onClose();
    assert.equal((await other.wait(gone.closed)).kind, 'gone');
  });

  it('keeps a session that has nothing to say', async () => {
    const cable = rig.line();
    const link = await cable.open();
    await pass(cable.clock, 60_000);
    assert.ok(link.isOpen);
    assert.equal(rig.device.program.exports.isOpen(), 1);
    await cable.wait(link.close());
  });

  it('says that nothing answers', async () => {
    const cable = rig.line();
    rig.device.running = false;
    const begun = cable.clock.now();
    await assert.rejects(cable.open({ timeoutMs: 1000 }), (error: Problem) => error.code === 'no-answer');
    assert.equal(cable.clock.now() - begun, 1000);
    rig.device.running = true;
  });

  it('opens and ends a hundred times', async () => {
    const cable = rig.line({ baud: 115200 });
    for (let i = 0; i < 100; i++) {
      const link = await cable.open();
      assert.deepEqual(await echo(cable, link, [Uint8Array.of(i, 0, i)]), hex([Uint8Array.of(i, 0, i)]));
      await cable.wait(link.leave());
    }
    await pass(cable.clock, 50);
    assert.equal(rig.device.program.exports.isOpen(), 0);
  });

  it('holds back while the device has no room, and loses nothing', async () => {
    const cable = rig.line({ baud: 115_200 });
    const link = await cable.open();
    await cable.wait(link.setBaud(3_000_000));
    rig.device.running = false;
    const messages = Array.from({ length: 200 }, (_, i) => new Uint8Array(1024).fill(i));
    cable.clock.at(cable.clock.now() + 400, () => (rig.device.running = true));
    assert.deepEqual(await echo(cable, link, messages), hex(messages));
    assert.equal(rig.device.lost, 0);
    await cable.wait(link.close());
  });
});
