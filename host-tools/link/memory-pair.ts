// A line in memory: two ends in one virtual time, with what a bad cable does to the bytes between them. For tests, and
// to measure what the protocol makes of a line.

import { Random } from '../virtual-pi/random.js';
import type { VirtualClock } from './clock.js';
import type { Transport } from './transport.js';

/** How likely things happen to each byte, 0 to 1. */
export interface LineFaults {
  drop?: number | undefined;
  double?: number | undefined;
  /** One bit is turned over. */
  flip?: number | undefined;
  /** Bytes may come so much later, in milliseconds at most; never before those sent earlier. */
  delayMs?: number | undefined;
}

export interface PairOptions {
  /** In bit/s, until an end changes its own; default: bytes take no time. */
  baud?: number | undefined;
  /** How long a byte is on its way, in milliseconds. */
  latencyMs?: number | undefined;
  seed?: number | undefined;
  /** From the first end to the second, and back. */
  there?: LineFaults | undefined;
  back?: LineFaults | undefined;
}

const BITS_A_BYTE = 10;
const UNPACED_BAUD = 115200;
/** Rates further apart make other bytes. */
const TOLERANCE = 0.03;
/** Bytes that come at once on a paced line. */
const CHUNK_BYTES = 128;

class End implements Transport {
  readonly isPaced: boolean;
  onBytes: (bytes: Uint8Array) => void = () => undefined;
  onClose: () => void = () => undefined;
  isOpen = true;
  other: End | undefined;
  baud: number;
  private freeAt = 0;
  private arriveAt = 0;
  private nextFault: number;

  constructor(
    readonly name: string,
    readonly clock: VirtualClock,
    private readonly options: PairOptions,
    private readonly random: Random,
    private readonly faults: LineFaults,
  ) {
    this.isPaced = options.baud !== undefined;
    this.baud = options.baud ?? UNPACED_BAUD;
    this.nextFault = this.gap();
  }

  write(bytes: Uint8Array): Promise<void> {
    const { clock, options } = this;
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
      const chunk = bytes.subarray(at, at + CHUNK_BYTES);
      const takes = this.isPaced ? (chunk.length * BITS_A_BYTE * 1000) / this.baud : 0;
      this.freeAt = Math.max(this.freeAt, clock.now()) + takes;
      const late = (this.faults.delayMs ?? 0) * this.random.next();
      this.arriveAt = Math.max(this.arriveAt, this.freeAt + (options.latencyMs ?? 0) + late);
      const came = this.disturbed(chunk);
      const sentAt = this.baud;
      clock.at(this.arriveAt, () => this.other?.take(came, sentAt));
    }
    return Promise.resolve();
  }

  private take(bytes: Uint8Array, baud: number): void {
    if (!this.isOpen || bytes.length === 0) return;
    const isRight = !this.isPaced || Math.abs(baud / this.baud - 1) < TOLERANCE;
    this.onBytes(isRight ? bytes : bytes.map(() => this.random.word()));
  }

  setBaud(baud: number): Promise<void> {
    const wait = Math.max(0, this.freeAt - this.clock.now());
    const change = (): void => void (this.baud = baud);
    if (wait === 0) {
      change();
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.clock.at(this.freeAt, () => {
        change();
        resolve();
      });
    });
  }

  close(): Promise<void> {
    this.isOpen = false;
    return Promise.resolve();
  }

  /** Bytes until the next one that something happens to. */
  private gap(): number {
    const { drop = 0, double = 0, flip = 0 } = this.faults;
    const any = drop + double + flip;
    return any === 0 ? Infinity : Math.floor(Math.log1p(-this.random.next()) / Math.log1p(-any));
  }

  private disturbed(bytes: Uint8Array): Uint8Array {
    if (this.nextFault >= bytes.length) {
      this.nextFault -= bytes.length;
      return bytes.slice();
    }
    const { drop = 0, double = 0, flip = 0 } = this.faults;
    const came: number[] = [];
    for (const byte of bytes) {
      if (this.nextFault-- > 0) {
        came.push(byte);
        continue;
      }
      this.nextFault = this.gap();
      const which = this.random.next() * (drop + double + flip);
      if (which < drop) continue;
      if (which < drop + double) came.push(byte, byte);
      else came.push(byte ^ (1 << Math.floor(this.random.next() * 8)));
    }
    return Uint8Array.from(came);
  }
}

/** Two ends: what one writes comes out of the other. */
export function memoryPair(clock: VirtualClock, options: PairOptions = {}): [first: Transport, second: Transport] {
  const random = new Random(options.seed ?? 1);
  const first = new End('memory', clock, options, random, options.there ?? {});
  const second = new End('memory (other end)', clock, options, random, options.back ?? {});
  first.other = second;
  second.other = first;
  return [first, second];
}
