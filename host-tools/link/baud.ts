// The host's part of a change of the rate (docs/link.md, Rate): ask, change, try with a pattern, keep or go back.

import { Control, Link } from '../../firmware/link/protocol.js';
import type { Clock } from './clock.js';
import { isPattern, PATTERN, readWord, wordOf } from './control.js';
import type { Transport } from './transport.js';

const ASK_MS = 200;
const ASKS = 5;
/** The device changes after its answer has left, in one of its next steps. */
const SETTLE_MS = 20;
const TRY_MS = 50;
/** What is left of the time in which the device tries the rate for saying that it is kept. */
const KEEP_MS = 3 * TRY_MS;
/** Rates of the two sides that are so close are the same. */
const TOLERANCE = 0.03;

interface Way {
  send(payload: Uint8Array): void;
  drained(): Promise<void>;
}

export class Baud {
  /** Whether data must wait. */
  isChanging = false;
  private expected: ((payload: Uint8Array | undefined) => boolean) | undefined;
  private stopped = false;

  constructor(
    private readonly transport: Transport,
    private readonly clock: Clock,
    private readonly way: Way,
  ) {}

  /** The session is over. */
  stop(): void {
    this.stopped = true;
    this.expected?.(undefined);
  }

  /** An answer of the device about the rate. */
  take(payload: Uint8Array): void {
    this.expected?.(payload);
  }

  /** Changes to a rate; the one that holds then. Rejects with a Problem when the transport fails. */
  async change(baud: number): Promise<number> {
    const { transport, clock } = this;
    const before = transport.baud;
    if (this.isChanging || baud === before) return before;
    this.isChanging = true;
    try {
      await this.way.drained();
      const answer = await this.ask(
        wordOf(Control.Baud, baud),
        ASKS,
        ASK_MS,
        (payload) => payload[0] === Control.BaudAnswer && readWord(payload) === baud,
      );
      const made = answer ? readWord(answer, 1) : 0;
      if (made === 0 || Math.abs(made / baud - 1) > TOLERANCE) return before;
      const changedAt = clock.now();
      const isMade = await transport.setBaud(baud).then(
        () => true,
        () => false, // the adapter has not got that rate
      );
      await this.pause(SETTLE_MS);
      const triesUntil = (beforeEndMs: number): number =>
        Math.max(1, Math.floor((changedAt + Link.BaudMs - beforeEndMs - clock.now()) / TRY_MS));
      const isTried = isMade && (await this.ask(PATTERN, triesUntil(KEEP_MS), TRY_MS, isPattern));
      const isKeep = (payload: Uint8Array): boolean => payload[0] === Control.BaudKeep && readWord(payload) === made;
      if (isTried && (await this.ask(wordOf(Control.BaudKeep, made), triesUntil(TRY_MS), TRY_MS, isKeep))) return baud;
      await transport.setBaud(before);
      await this.pause(Math.max(0, changedAt + Link.BaudMs + 2 * SETTLE_MS - clock.now()));
      return before;
    } finally {
      this.isChanging = false;
    }
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.clock.at(this.clock.now() + ms, resolve));
  }

  /** Sends a question up to `times` times, `everyMs` apart; the answer that fits, undefined when none came. */
  private ask(
    question: Uint8Array,
    times: number,
    everyMs: number,
    fits: (payload: Uint8Array) => boolean,
  ): Promise<Uint8Array | undefined> {
    return new Promise((resolve) => {
      let left = times;
      let cancel = (): void => undefined;
      const settle = (answer: Uint8Array | undefined): void => {
        cancel();
        this.expected = undefined;
        resolve(answer);
      };
      const send = (): void => {
        if (left-- === 0 || this.stopped) {
          settle(undefined);
          return;
        }
        this.way.send(question);
        cancel = this.clock.at(this.clock.now() + everyMs, send);
      };
      this.expected = (payload) => {
        if (payload && !fits(payload)) return false;
        settle(payload);
        return true;
      };
      send();
    });
  }
}
