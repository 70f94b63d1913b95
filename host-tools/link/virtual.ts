// A virtual Pi as the other end of a line: bytes at the rates of both ends, in the machine's own time. Whoever holds
// the machine lets its time pass.

import { setImmediate } from 'node:timers/promises';
import { MILLISECOND, NEVER, SECOND, toMs, type Time } from '../virtual-pi/time.js';
import type { VirtualPi } from '../virtual-pi/virtual-pi.js';
import type { Clock } from './clock.js';
import type { Transport } from './transport.js';

/** The machine's time; calls come when it is let pass. */
class PiClock implements Clock {
  constructor(private readonly pi: VirtualPi) {}

  now(): number {
    return toMs(this.pi.now);
  }

  at(time: number, call: () => void): () => void {
    // Rounded up: whoever is called must not find that it is too soon.
    let units = Math.max(Math.ceil(time * MILLISECOND), this.pi.now);
    while (toMs(units) < time) units++;
    return this.wakes.at(this.pi, units, call);
  }
  private readonly wakes = new Wakes();
}

interface Wake {
  readonly time: Time;
  readonly call: () => void;
}

/** Many calls on one alarm, which a timeline keeps for ever. */
class Wakes {
  private readonly list: Wake[] = [];
  private alarm: { set(at: Time): void; clear(): void } | undefined;

  at(pi: VirtualPi, time: Time, call: () => void): () => void {
    this.alarm ??= pi.timeline.alarm((now) => this.ring(now));
    const wake = { time, call };
    let index = this.list.length;
    while (index > 0 && (this.list[index - 1]?.time ?? 0) > time) index--;
    this.list.splice(index, 0, wake);
    if (index === 0) this.alarm.set(time);
    return () => {
      const at = this.list.indexOf(wake);
      if (at >= 0) this.list.splice(at, 1);
    };
  }

  private ring(now: Time): void {
    for (let first = this.list[0]; first && first.time <= now; first = this.list[0]) {
      this.list.shift();
      first.call();
    }
    const next = this.list[0]?.time ?? NEVER;
    if (next !== NEVER) this.alarm?.set(next);
  }
}

/** Rates further apart make other bytes. */
const TOLERANCE = 0.03;
/** Bytes come together after so many milliseconds at the latest. */
const GATHER_MS = 0.5;
const GRAIN_MS = 0.5;

/** The UART of a virtual Pi as the host's port. */
export class VirtualTransport implements Transport {
  readonly name = 'the virtual Pi';
  readonly isPaced = true;
  readonly clock: Clock;
  onBytes: (bytes: Uint8Array) => void = () => undefined;
  onClose: () => void = () => undefined;
  private freeAt: Time = 0;
  private gathered: number[] = [];

  constructor(private readonly pi: VirtualPi) {
    this.clock = new PiClock(pi);
    const { uart } = pi.blocks;
    const before = uart.onSend;
    uart.onSend = (byte, at) => {
      before(byte, at);
      this.take(byte);
    };
  }

  get baud(): number {
    return this.pi.blocks.uart.peer.baud;
  }

  private take(byte: number): void {
    const { uart } = this.pi.blocks;
    const isRight = Math.abs(SECOND / uart.bit / this.baud - 1) < TOLERANCE;
    // Another rate samples other bits; which ones does not matter.
    this.gathered.push(isRight ? byte : (byte * 0x35 + this.gathered.length + 0x91) & 255);
    if (byte === 0) this.hand();
    else if (this.gathered.length === 1) this.clock.at(this.clock.now() + GATHER_MS, () => this.hand());
  }

  private hand(): void {
    if (this.gathered.length === 0) return;
    const bytes = Uint8Array.from(this.gathered);
    this.gathered = [];
    this.onBytes(bytes);
  }

  write(bytes: Uint8Array): Promise<void> {
    this.freeAt = this.pi.blocks.uart.receive(bytes);
    return Promise.resolve();
  }

  setBaud(baud: number): Promise<void> {
    const change = (): void => void (this.pi.blocks.uart.peer.baud = baud);
    if (this.pi.now >= this.freeAt) {
      change();
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.clock.at(toMs(this.freeAt), () => {
        change();
        resolve();
      });
    });
  }

  close(): Promise<void> {
    this.onBytes = () => undefined;
    return Promise.resolve();
  }
}

/** Lets the machine's time pass until a promise settles; throws when it has not within `limitMs` of that time. */
export async function whilePassing<Result>(pi: VirtualPi, promise: Promise<Result>, limitMs = 60_000): Promise<Result> {
  let isSettled = false;
  const settle = (): void => void (isSettled = true);
  promise.then(settle, settle);
  const limit = pi.now + limitMs * MILLISECOND;
  await setImmediate();
  while (!isSettled) {
    if (pi.ended || pi.now > limit) throw new Error(`nothing came of it within ${toMs(pi.now)} ms`);
    pi.runTo(pi.now + GRAIN_MS * MILLISECOND);
    await setImmediate();
  }
  return promise;
}
