// The device's end of the link, compiled to Wasm, and lines to it in virtual time.

import { Channel } from '../../firmware/link/protocol.js';
import { VirtualClock } from '../../host-tools/link/clock.js';
import { cobsDecode } from '../../host-tools/link/cobs.js';
import { makeFrame, WIRE_BYTES } from '../../host-tools/link/frames.js';
import { Link, type ConnectOptions } from '../../host-tools/link/link.js';
import { memoryPair, type PairOptions } from '../../host-tools/link/memory-pair.js';
import type { Transport } from '../../host-tools/link/transport.js';
import { DeviceRig } from './device-rig.js';
import { drive, pass } from './drive.js';

export interface Line {
  clock: VirtualClock;
  transport: Transport;
  open: (options?: ConnectOptions) => Promise<Link>;
  wait: <Result>(promise: Promise<Result>, limitMs?: number) => Promise<Result>;
}

export class LinkRig {
  private constructor(readonly device: DeviceRig) {}

  static async make(): Promise<LinkRig> {
    return new LinkRig(await DeviceRig.make(new VirtualClock()));
  }

  /** A new line to the device, with a clock of its own. */
  line(options: PairOptions = {}): Line {
    const clock = new VirtualClock();
    const [transport, other] = memoryPair(clock, options);
    this.device.connect(other, clock);
    const wait = <Result>(promise: Promise<Result>, limitMs?: number): Promise<Result> =>
      drive(clock, promise, limitMs);
    return { clock, transport, wait, open: (given) => wait(Link.connect(transport, given)) };
  }
}

/** A frame as it is on the line. */
export const raw = (channel: number, session: number, sequence: number, payload: Uint8Array | number[]): Uint8Array =>
  makeFrame({ version: 1, channel, session, sequence, payload: Uint8Array.from(payload) });

/** Sends messages on the files channel, which the device gives back; what came back. */
export async function echo(
  { wait, clock }: Line,
  link: Link,
  messages: Uint8Array[],
  limitMs?: number,
): Promise<string[]> {
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

export const hex = (messages: Uint8Array[]): string[] =>
  messages.map((message) => Buffer.from(message).toString('hex'));

/** The number of a session, as its frames carry it. */
export async function sessionOf({ transport, clock }: Line, link: Link): Promise<number> {
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
  const frame =
    cobsDecode(
      first.filter((byte) => byte !== 0),
      WIRE_BYTES,
    ) ?? new Uint8Array();
  return (frame[2] ?? 0) | ((frame[3] ?? 0) << 8);
}
