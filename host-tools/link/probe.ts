// What is at the other end of a line: asked as a session is begun, but looking at all that comes back. For the doctor.

import { randomInt } from 'node:crypto';
import { Channel, Control, Link as Numbers } from '../../firmware/link/protocol.js';
import { realClock } from './clock.js';
import { helloOf, readRefuse, readWelcome, type Welcome } from './control.js';
import { Deframer } from './deframer.js';
import { makeFrame, type Frame } from './frames.js';
import type { Transport } from './transport.js';

const HELLO_MS = 200;
const TEXT_BYTES = 4096;
/** Fewer bytes say nothing of what they are. */
const LEAST_BYTES = 8;
/** Of text at least so much is printable. */
const PRINTABLE = 0.9;

export type Answer =
  | { readonly kind: 'welcome'; readonly welcome: Welcome }
  /** The other end speaks other versions. */
  | { readonly kind: 'refuse'; readonly lowest: number; readonly highest: number; readonly text: string }
  /** What is sent comes back. */
  | { readonly kind: 'echo' }
  /** It prints, but does not answer. */
  | { readonly kind: 'text'; readonly text: string }
  /** Bytes that are nothing: another rate. */
  | { readonly kind: 'noise'; readonly bytes: number }
  | { readonly kind: 'silence' };

/**
 * Asks who is there, at the rate that the transport has, for up to `ms` milliseconds, or until soon after `signal`; with
 * `knock` it sends Enter first, which makes a console show itself. The board's session is ended again. Rejects with the
 * transport's Problem.
 */
export async function probe(
  transport: Transport,
  ms: number,
  { knock = false, signal }: { knock?: boolean; signal?: AbortSignal | undefined } = {},
): Promise<Answer> {
  const clock = transport.clock ?? realClock;
  const session = randomInt(1, 0x10000);
  const frameOf = (payload: Uint8Array, of = 0): Uint8Array =>
    makeFrame({ version: Numbers.Version, channel: Channel.Control, session: of, sequence: 0, payload });
  const hello = frameOf(helloOf(session, 'mirleft doctor'));
  const heard: number[] = [];
  let certain: Answer | undefined;
  let wake: () => void = () => undefined;
  const deframer = new Deframer({
    frame: (frame) => {
      certain ??= answerOf(frame, session);
      if (certain) wake();
    },
    text: () => undefined,
  });
  let lost: unknown;
  transport.onBytes = (bytes) => {
    // A zero byte before text begins a frame to the deframer.
    if (heard.length < TEXT_BYTES) heard.push(...bytes);
    deframer.push(bytes);
  };
  transport.onClose = (problem) => {
    lost = problem ?? new Error('the port is gone');
    wake();
  };
  try {
    if (knock) await transport.write(Uint8Array.of(0x0d));
    const end = clock.now() + ms;
    while (!certain && lost === undefined && clock.now() < end && !signal?.aborted) {
      await transport.write(hello);
      await new Promise<void>((resolve) => {
        const cancel = clock.at(Math.min(clock.now() + HELLO_MS, end), resolve);
        wake = () => {
          cancel();
          resolve();
        };
        if (certain) wake();
      });
    }
    if (lost !== undefined) throw lost as Error;
    if (certain?.kind === 'welcome') await transport.write(frameOf(Uint8Array.of(Control.Bye), session));
    return certain ?? guess(heard);
  } finally {
    transport.onBytes = () => undefined;
    transport.onClose = () => undefined;
  }
}

function answerOf({ channel, payload, session: of }: Frame, session: number): Answer | undefined {
  if (channel !== Number(Channel.Control)) return undefined;
  switch (payload[0]) {
    case Control.Welcome: {
      const welcome = of === session ? readWelcome(payload) : undefined;
      return welcome && { kind: 'welcome', welcome };
    }
    case Control.Refuse:
      return { kind: 'refuse', ...readRefuse(payload) };
    case Control.Hello:
      return { kind: 'echo' };
    default:
      return undefined;
  }
}

function guess(heard: readonly number[]): Answer {
  const isPrintable = (byte: number): boolean =>
    (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d || byte === 0x09 || byte === 0x1b;
  const printable = heard.filter(isPrintable).length;
  if (heard.length >= LEAST_BYTES && printable >= heard.length * PRINTABLE)
    return { kind: 'text', text: Buffer.from(heard).toString('latin1') };
  return heard.length > 0 ? { kind: 'noise', bytes: heard.length } : { kind: 'silence' };
}
