// Both ends of the link against each other, in virtual time: the device's compiled to Wasm, the host's as it is.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Channel, Control, Link as Numbers } from '../../firmware/link/protocol.js';
import { VirtualClock } from '../../host-tools/link/clock.js';
import { makeFrame } from '../../host-tools/link/frames.js';
import { Link, type ConnectOptions } from '../../host-tools/link/link.js';
import { memoryPair, type PairOptions } from '../../host-tools/link/memory-pair.js';
import { watchBoard } from '../../host-tools/link/telemetry.js';
import { PortGone, type Transport } from '../../host-tools/link/transport.js';
import { Problem } from '../../host-tools/problem.js';
import { DeviceRig } from './device-rig.js';
import { drive, pass } from './drive.js';

/** Counters of the device, as its `count` has them. */
const DAMAGED = 0;
const REFUSED = 1;

describe('the link', () => {
  let rig: DeviceRig;

  before(async () => {
    rig = await DeviceRig.make(new VirtualClock());
  });

  interface Line {
    clock: VirtualClock;
    transport: Transport;
    open: (options?: ConnectOptions) => Promise<Link>;
    wait: <Result>(promise: Promise<Result>, limitMs?: number) => Promise<Result>;
  }

  function line(options: PairOptions = {}): Line {
    const clock = new VirtualClock();
    const [transport, other] = memoryPair(clock, options);
    rig.connect(other, clock);
    const wait = <Result>(promise: Promise<Result>, limitMs?: number): Promise<Result> =>
      drive(clock, promise, limitMs);
    return { clock, transport, wait, open: (given) => wait(Link.connect(transport, given)) };
  }

  const raw = (channel: number, session: number, sequence: number, payload: Uint8Array | number[]): Uint8Array =>
    makeFrame({ version: 1, channel, session, sequence, payload: Uint8Array.from(payload) });

  /** Sends messages on the files channel, which the device gives back; what came back. */
  async function echo({ wait, clock }: Line, link: Link, messages: Uint8Array[], limitMs?: number): Promise<string[]> {
    const back: string[] = [];
    link.receive(Channel.Files, (payload) => back.push(Buffer.from(payload).toString('hex')));
    const all = async (): Promise<void> => {
      for (const message of messages) await link.send(Channel.Files, message);
      await link.flushed();
      while (back.length < messages.length && link.isOpen)
        await new Promise<void>((resolve) => void clock.at(clock.now() + 1, resolve));
      if (!link.isOpen) throw (await link.closed).problem ?? new Error('closed by nobody');
    };
    await wait(all(), limitMs);
    return back;
  }

  const hex = (messages: Uint8Array[]): string[] => messages.map((message) => Buffer.from(message).toString('hex'));

  it('opens, tells what the device is, carries messages both ways, and ends', async () => {
    const cable = line({ baud: 115200 });
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
    assert.equal(rig.program.exports.isOpen(), 0);
    assert.deepEqual(await link.closed, { kind: 'closed', problem: undefined });
    await assert.rejects(link.send(Channel.Files, Uint8Array.of(1)), Problem);
  });

  it('gives typed bytes to the device, and its text to the host', async () => {
    const cable = line();
    let text = '';
    const link = await cable.open({ onText: (bytes) => (text += Buffer.from(bytes).toString()) });
    await cable.wait(link.send(Channel.Console, Buffer.from('play\r')));
    await pass(cable.clock, 20);
    assert.equal(rig.typed(), 'play\r');
    rig.program.exports.say();
    await pass(cable.clock, 20);
    assert.equal(text, 'The device says something. ');
    await cable.wait(link.close());
  });

  it('takes text of a plain terminal, without a session and soon after a host has died', async () => {
    const { clock, transport, open } = line();
    void transport.write(Buffer.from('help\r'));
    await pass(clock, 20);
    assert.equal(rig.typed(), 'help\r');
    const link = await open();
    // What damage makes of frames looks like text: not while the host lives.
    void transport.write(Buffer.from('+++'));
    await pass(clock, 20);
    assert.equal(rig.typed(), '');
    assert.ok(link.isOpen);
    const muted = transport.write.bind(transport);
    transport.write = () => Promise.resolve();
    await pass(clock, 1600);
    void muted(Buffer.from('stop\r'));
    await pass(clock, 20);
    assert.equal(rig.typed(), 'stop\r');
  });

  it('does not take the rest of a frame for keys, when the device starts within it', async () => {
    const { clock, transport } = line();
    void transport.write(raw(Channel.Control, 0, 0, [Control.Hello, 1, 1, 9, 0]).subarray(5));
    await pass(clock, 100);
    assert.equal(rig.typed(), '');
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

  it('gives up a line that only short frames pass', async () => {
    const clock = new VirtualClock();
    const [transport, other] = memoryPair(clock, { there: { flip: 0.01 }, seed: 3 });
    rig.connect(other, clock);
    const link = await drive(clock, Link.connect(transport, { timeoutMs: 60_000 }));
    const endless = async (): Promise<void> => {
      for (;;) await link.send(Channel.Log, Buffer.alloc(1024, 7));
    };
    const began = clock.now();
    await assert.rejects(drive(clock, endless(), 120_000), /damages nearly all that is sent/);
    assert.ok(clock.now() - began < 100_000);
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
    rig.connect(other, clock);
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

  it('is not waited for on a port that goes while the board is away', async () => {
    const { transport, wait } = line();
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
    const cable = line({ baud: 115200 });
    let text = '';
    const link = await cable.open({ onText: (bytes) => (text += Buffer.from(bytes).toString()) });
    for (let i = 0; i < 100; i++) rig.program.exports.say();
    const messages = Array.from({ length: 20 }, (_, i) => new Uint8Array(1024).fill(i));
    assert.deepEqual(await echo(cable, link, messages), hex(messages));
    await pass(cable.clock, 1000);
    assert.equal(text, 'The device says something. '.repeat(100));
    assert.equal(link.statistics.damaged, 0);
    await cable.wait(link.close());
  });

  it('notices a reset, and opens another session on the same line', async () => {
    const cable = line();
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

  /** What the session's frames carry. */
  async function sessionOf({ transport, clock }: Line, link: Link): Promise<number> {
    const write = transport.write.bind(transport);
    const seen: Uint8Array[] = [];
    transport.write = (bytes) => {
      seen.push(bytes);
      return write(bytes);
    };
    await link.send(Channel.Audio, Uint8Array.of(1));
    await pass(clock, 20);
    transport.write = write;
    const [first = new Uint8Array()] = seen;
    // Version and channel are not zero, so the header stands behind the code byte as it is.
    return (first[4] ?? 0) | ((first[5] ?? 0) << 8);
  }

  it('tells at once that the line is gone, and after five seconds that nothing is heard', async () => {
    const cable = line();
    const link = await cable.open();
    rig.running = false;
    const begun = cable.clock.now();
    const { kind, problem } = await cable.wait(link.closed);
    rig.running = true;
    assert.deepEqual([kind, problem?.code], ['silent', 'link-lost']);
    assert.ok(cable.clock.now() - begun < Numbers.SilenceMs + 1100);
    const other = line();
    const gone = await other.open();
    other.transport.onClose();
    assert.equal((await other.wait(gone.closed)).kind, 'gone');
  });

  it('keeps a session that has nothing to say', async () => {
    const cable = line();
    const link = await cable.open();
    await pass(cable.clock, 60_000);
    assert.ok(link.isOpen);
    assert.equal(rig.program.exports.isOpen(), 1);
    await cable.wait(link.close());
  });

  it('says that nothing answers', async () => {
    const cable = line();
    rig.running = false;
    const begun = cable.clock.now();
    await assert.rejects(cable.open({ timeoutMs: 1000 }), (error: Problem) => error.code === 'no-answer');
    assert.equal(cable.clock.now() - begun, 1000);
    rig.running = true;
  });

  it('refuses a version that it does not speak, with a sentence', async () => {
    const { clock, transport } = line();
    const answers: Buffer[] = [];
    transport.onBytes = (bytes) => answers.push(Buffer.from(bytes));
    void transport.write(
      makeFrame({ version: 2, channel: 0, session: 0, sequence: 0, payload: Uint8Array.of(Control.Hello, 2, 3, 9, 0) }),
    );
    await pass(clock, 20);
    assert.match(Buffer.concat(answers).toString('latin1'), /bring the card and this program to the same version/);
    assert.equal(rig.program.exports.isOpen(), 0);

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

  it('opens and ends a hundred times', async () => {
    const cable = line({ baud: 115200 });
    for (let i = 0; i < 100; i++) {
      const link = await cable.open();
      assert.deepEqual(await echo(cable, link, [Uint8Array.of(i, 0, i)]), hex([Uint8Array.of(i, 0, i)]));
      await cable.wait(link.leave());
    }
    await pass(cable.clock, 50);
    assert.equal(rig.program.exports.isOpen(), 0);
  });

  it('holds back while the device has no room, and loses nothing', async () => {
    const cable = line({ baud: 115_200 });
    const link = await cable.open();
    await cable.wait(link.setBaud(3_000_000));
    rig.running = false;
    const messages = Array.from({ length: 200 }, (_, i) => new Uint8Array(1024).fill(i));
    cable.clock.at(cable.clock.now() + 400, () => (rig.running = true));
    assert.deepEqual(await echo(cable, link, messages), hex(messages));
    assert.equal(rig.lost, 0);
    await cable.wait(link.close());
  });

  it('is not moved by frames of wrong lengths, channels, versions and sessions', async () => {
    const cable = line();
    const link = await cable.open();
    const session = await sessionOf(cable, link);
    const refused = rig.program.exports.count(REFUSED);
    const damaged = rig.program.exports.count(DAMAGED);
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
    assert.ok(rig.program.exports.count(REFUSED) > refused + 15);
    assert.ok(rig.program.exports.count(DAMAGED) > damaged + 25);
    assert.deepEqual(await echo(cable, link, [Uint8Array.of(1, 2)]), ['0102']);
    await cable.wait(link.close());
  });

  it('takes replayed and reordered frames once and in order', async () => {
    const { clock, transport } = line();
    const heard: Buffer[] = [];
    transport.onBytes = (bytes) => heard.push(Buffer.from(bytes));
    const before = rig.program.exports.swallowedBytes();
    await transport.write(raw(Channel.Control, 0, 0, [Control.Hello, 1, 1, 9, 0]));
    await pass(clock, 60);
    const frames = [1, 2, 4, 8, 16].map((length, i) => raw(Channel.Audio, 9, i, new Uint8Array(length).fill(1)));
    for (const i of [0, 0, 2, 1, 2, 4, 4, 0, 3, 3, 1, 4]) await transport.write(frames[i] ?? new Uint8Array());
    // So far ahead, or behind, that they can be of no window.
    for (const sequence of [5 + 32, 5 + 1000, 0xffff, 0x8000])
      await transport.write(raw(Channel.Audio, 9, sequence, [1]));
    await pass(clock, 50);
    assert.equal(rig.program.exports.swallowedBytes() - before, 31);
    await transport.write(raw(Channel.Control, 9, 0, [Control.Bye]));
    await pass(clock, 10);
  });

  it('does not believe an Ack of what was never sent', async () => {
    const cable = line();
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

  it('changes the rate, keeps it, and is back at the old one after the session', async () => {
    const cable = line({ baud: 115200 });
    const link = await cable.open();
    for (const baud of [921_600, 3_000_000, 230_400]) {
      assert.equal(await cable.wait(link.setBaud(baud)), baud);
      assert.ok(Math.abs(rig.baud / baud - 1) < 0.01);
      const messages = Array.from({ length: 10 }, (_, i) => new Uint8Array(700).fill(i));
      assert.deepEqual(await echo(cable, link, messages), hex(messages));
    }
    assert.equal(await cable.wait(link.setBaud(4_000_000)), 230_400, 'above what the clock allows');
    await cable.wait(link.leave());
    await pass(cable.clock, 100);
    assert.ok(Math.abs(rig.baud / 115_200 - 1) < 0.01);
    const again = await cable.open();
    assert.deepEqual(await echo(cable, again, [Uint8Array.of(9)]), ['09']);
    await cable.wait(again.close());
  });

  it('goes back by itself from a rate that does not work, with nothing lost', async () => {
    const cable = line({ baud: 115200 });
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
      assert.ok(Math.abs(rig.baud / 115_200 - 1) < 0.01);
      const messages = Array.from({ length: 5 }, (_, i) => new Uint8Array(100).fill(i));
      assert.deepEqual(await echo(cable, link, messages), hex(messages));
    }
    await cable.wait(link.close());
  });

  it('is back at the old rate when a host died at a new one', async () => {
    const cable = line({ baud: 115200 });
    const link = await cable.open();
    await cable.wait(link.setBaud(3_000_000));
    cable.transport.write = () => Promise.resolve();
    await pass(cable.clock, Numbers.SilenceMs + 100);
    assert.ok(Math.abs(rig.baud / 115_200 - 1) < 0.01);
  });

  it('sends shorter frames on a bad line, and long ones on a good one', async () => {
    const cable = line({ baud: 3_000_000, there: { flip: 3e-4 } });
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
          const cable = line(options);
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
