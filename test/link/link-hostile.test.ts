// What is no frame, half of one, or one that no peer would send: the link takes none of it for anything else.

import assert from 'node:assert/strict';
import { Channel, Control } from '../../firmware/link/protocol.js';
import { VirtualClock } from '../../host-tools/link/clock.js';
import { makeFrame } from '../../host-tools/link/frames.js';
import { Link } from '../../host-tools/link/link.js';
import { memoryPair } from '../../host-tools/link/memory-pair.js';
import type { Problem } from '../../host-tools/problem.js';
import { DeviceRig } from './device-rig.js';
import { drive, pass } from './drive.js';
import { echo, hex, LinkRig, raw, sessionOf } from './link-rig.js';

/** Counters of the device, as its `count` has them. */
const DAMAGED = 0;
const REFUSED = 1;

describe('the link, hostile input', () => {
  let rig: LinkRig;
  before(async () => (rig = await LinkRig.make()));

  it('does not take the rest of a frame for keys, when the device starts within it', async () => {
    const { clock, transport } = rig.line();
    void transport.write(raw(Channel.Control, 0, 0, [Control.Hello, 1, 1, 9, 0]).subarray(5));
    await pass(clock, 100);
    assert.equal(rig.device.typed(), '');
  });

  it('takes neither such a rest that comes byte by byte for keys, nor keys at the start for a frame', async () => {
    const hello = raw(Channel.Control, 0, 0, [Control.Hello, 1, 1, 9, 0]);
    for (const [bytes, typed] of [
      [hello.subarray(5), ''],
      [Buffer.from('queue\r'), 'queue\r'],
    ] as const) {
      const clock = new VirtualClock();
      const fresh = await DeviceRig.make(clock);
      const [transport, other] = memoryPair(clock);
      fresh.connect(other, clock);
      for (const byte of bytes) {
        void transport.write(Uint8Array.of(byte));
        await pass(clock, 2);
      }
      await pass(clock, 60);
      assert.equal(fresh.typed(), typed);
      const link = await drive(clock, Link.connect(transport));
      assert.ok(link.isOpen);
      await drive(clock, link.close());
    }
  });

  it('waits for the rest of a frame when it or the board was held up', async () => {
    class HeldClock extends VirtualClock {
      held = 0;
      override now(): number {
        return super.now() + this.held;
      }
      override at(time: number, call: () => void): () => void {
        return super.at(time - this.held, call);
      }
    }
    const clock = new HeldClock();
    const [transport, other] = memoryPair(clock);
    rig.device.connect(other, clock);
    const link = await drive(clock, Link.connect(transport, { session: 7 }));
    const taken: string[] = [];
    link.receive(Channel.Files, (payload) => taken.push(Buffer.from(payload).toString()));
    const [first, second, third] = [0, 1, 2].map((i) => raw(Channel.Files, 7, i, Buffer.from(`frame\n${i}`))) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    transport.onBytes(first.subarray(0, 8));
    clock.held += 200;
    await pass(clock, 60);
    transport.onBytes(first.subarray(8));
    assert.deepEqual(taken, ['frame\n0']);
    transport.onBytes(second.subarray(0, 8));
    await pass(clock, 60);
    transport.onBytes(second.subarray(8));
    assert.deepEqual(taken, ['frame\n0', 'frame\n1'], 'the rest came late, though this side looked in time');
    transport.onBytes(third.subarray(0, 8));
    await pass(clock, 1500);
    transport.onBytes(third.subarray(8));
    assert.deepEqual([taken.length, link.statistics.damaged], [2, 1], 'given up when it stood still for long');
  });

  it('refuses a version that it does not speak, with a sentence', async () => {
    const { clock, transport } = rig.line();
    const answers: Buffer[] = [];
    transport.onBytes = (bytes) => answers.push(Buffer.from(bytes));
    void transport.write(
      makeFrame({ version: 2, channel: 0, session: 0, sequence: 0, payload: Uint8Array.of(Control.Hello, 2, 3, 9, 0) }),
    );
    await pass(clock, 20);
    assert.match(Buffer.concat(answers).toString('latin1'), /bring the card and this program to the same version/);
    assert.equal(rig.device.program.exports.isOpen(), 0);

    const [host, other] = memoryPair(clock);
    other.onBytes = () =>
      void other.write(raw(Channel.Control, 0, 0, [Control.Refuse, 4, 5, ...Buffer.from('newer, please')]));
    const refused = drive(clock, Link.connect(host));
    await assert.rejects(refused, (error: Problem) => {
      assert.equal(error.code, 'version-mismatch');
      assert.match(error.line(), /speaks versions 4 to 5 .* this program 1: newer, please/);
      return true;
    });
  });

  it('is not moved by frames of wrong lengths, channels, versions and sessions', async () => {
    const cable = rig.line();
    const link = await cable.open();
    const session = await sessionOf(cable, link);
    const refused = rig.device.program.exports.count(REFUSED);
    const damaged = rig.device.program.exports.count(DAMAGED);
    const { transport } = cable;
    const frames: Uint8Array[] = [
      raw(Channel.Count, session, 0, [1]),
      raw(200, session, 0, [1]),
      raw(Channel.Control, session, 0, []),
      makeFrame({ version: 3, channel: 2, session, sequence: 0, payload: Uint8Array.of(1) }),
      raw(Channel.Files, 0, 0, [1]),
      ...Array.from({ length: 16 }, (_, kind) => kind)
        .filter((kind) => kind !== Number(Control.Bye))
        .map((kind) => raw(Channel.Control, session, 0, [kind, 1, 2])),
    ];
    for (const frame of frames) await transport.write(frame);
    // Every length that is not what the header says, and none of a frame at all.
    for (let length = 0; length < 30; length++)
      await transport.write(Uint8Array.of(0, ...Array<number>(length).fill(5), 0));
    await transport.write(new Uint8Array(3000).fill(7));
    await transport.write(Uint8Array.of(0));
    await transport.write(new Uint8Array(3000).fill(7));
    await pass(cable.clock, 200);
    assert.ok(rig.device.program.exports.count(REFUSED) > refused + 15);
    assert.ok(rig.device.program.exports.count(DAMAGED) > damaged + 25);
    assert.deepEqual(await echo(cable, link, [Uint8Array.of(1, 2)]), ['0102']);
    await cable.wait(link.close());
  });

  it('takes replayed and reordered frames once and in order', async () => {
    const { clock, transport } = rig.line();
    const heard: Buffer[] = [];
    transport.onBytes = (bytes) => heard.push(Buffer.from(bytes));
    const before = rig.device.program.exports.swallowedBytes();
    await transport.write(raw(Channel.Control, 0, 0, [Control.Hello, 1, 1, 9, 0]));
    await pass(clock, 60);
    const frames = [1, 2, 4, 8, 16].map((length, i) => raw(Channel.Audio, 9, i, new Uint8Array(length).fill(1)));
    for (const i of [0, 0, 2, 1, 2, 4, 4, 0, 3, 3, 1, 4]) await transport.write(frames[i] ?? new Uint8Array());
    // So far ahead, or behind, that they can be of no window.
    for (const sequence of [5 + 32, 5 + 1000, 0xffff, 0x8000])
      await transport.write(raw(Channel.Audio, 9, sequence, [1]));
    await pass(clock, 50);
    assert.equal(rig.device.program.exports.swallowedBytes() - before, 31);
    await transport.write(raw(Channel.Control, 9, 0, [Control.Bye]));
    await pass(clock, 10);
  });

  it('does not believe an Ack of what was never sent', async () => {
    const cable = rig.line();
    const link = await cable.open();
    const session = await sessionOf(cable, link);
    for (const missing of [5, 31, 40, 0x7fff, 0x8000, 0xffff])
      await cable.transport.write(
        raw(Channel.Control, session, 0, [Control.Ack, missing & 255, missing >> 8, 255, 255, 255, 255, 0, 0, 1, 0]),
      );
    const messages = Array.from({ length: 60 }, (_, i) => Uint8Array.of(i, 1));
    assert.deepEqual(await echo(cable, link, messages), hex(messages));
    await cable.wait(link.close());
  });
});
