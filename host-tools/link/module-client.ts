// New code for a board over a link (docs/link.md, Modules): asks what runs, sends what differs, has it swapped, and hears
// what became of it.

import crc32 from 'crc-32';
import { Channel, Link as Numbers, LinkError, ModuleOp } from '../../firmware/link/protocol.js';
import { Problem } from '../problem.js';
import { realClock, type Clock } from './clock.js';
import type { Link } from './link.js';
import { BLOCK_BYTES, deltaByBytes, deltaBySums, literalBytes, type Delta } from './module-delta.js';

const RUNNING_HEADER = 23;
const BLOCK_HEADER = 5;
/** Of a range: to, from, bytes; and how many fit into a message. */
const RANGE_BYTES = 12;
const RANGES = Math.floor((Numbers.PayloadBytes - 1) / RANGE_BYTES);
/** How long the board may take for an answer, and for getting ready, loading and starting a module. */
const ANSWER_MS = 2000;
const SWAP_MS = 6000;
/** A module may trap again and again: so often at most one is begun anew. */
const TRIES = 4;

/** The module that runs on a board. */
export interface RunningModule {
  /** How many modules have been started since power on. */
  readonly generation: number;
  readonly bytes: number;
  /** CRC-32 of all of it, and of each piece of 1 KiB. */
  readonly sum: number;
  readonly sums: readonly number[];
  /** CRC-32 of the module before it, which is there too; undefined: it is not. */
  readonly previous: number | undefined;
}

/** How a module came to run. */
export interface SwapReport {
  readonly generation: number;
  /** Bytes of the module, and those of them that were sent. */
  readonly bytes: number;
  readonly sentBytes: number;
  /** From the first question to the last byte, and from then on to the answer of the new module, in milliseconds. */
  readonly sendMs: number;
  readonly waitMs: number;
  /** What of that the board took: loading, compiling and starting it. */
  readonly swapMs: number;
  /** What the jack's ring held when the new module had started; 0 without a jack. */
  readonly aheadMs: number;
}

export interface ReplaceOptions {
  /** Bytes that were given to the line, of those that are to be sent. */
  progress?: (sent: number, of: number) => void;
  /** All of it is there: faults that are told from here on may be of it. */
  starting?: () => void;
  /** Whether to begin again when the running module was ended by a fault meanwhile; default: yes. */
  again?: () => boolean;
}

/** A module was ended by a fault, and the one before it runs again. The report of the fault is on the console. */
export interface Fallback {
  /** Of the module that runs now. */
  readonly generation: number;
  /** What the board says: it traps, it hangs. */
  readonly text: string;
}

/** Whether that module is what runs, byte for byte. */
export const isSame = (wasm: Uint8Array, { bytes, sum }: RunningModule): boolean =>
  wasm.length === bytes && crc32.buf(wasm) >>> 0 === sum;

type Answer = Uint8Array;

export class ModuleClient {
  /** A module that ran was ended by a fault later on. */
  onFallback: (fallback: Fallback) => void = () => undefined;
  private readonly clock: Clock;
  private waiting: { isCommit: boolean; take: (answer: Answer) => void } | undefined;
  /** How often the running module was ended by a fault, and the generation that was told last. */
  private fallbacks = 0;
  private generation = 0;

  /** `known`: modules by their CRC-32 that a board may have; those that are sent are added. */
  constructor(
    private readonly link: Link,
    private readonly known = new Map<number, Uint8Array>(),
  ) {
    this.clock = link.transport.clock ?? realClock;
    link.receive(Channel.Modules, (payload) => {
      if (payload[0] === ModuleOp.Failed && payload[1] === LinkError.Module) this.noteFallback(fallbackOf(payload));
      this.waiting?.take(payload);
    });
  }

  /** A module that the board may have, so that only what differs need be sent. */
  know(wasm: Uint8Array): void {
    this.known.set(crc32.buf(wasm) >>> 0, wasm);
  }

  /** What runs. Throws Problem. */
  running(): Promise<RunningModule> {
    return this.lasting(() => this.askRunning());
  }

  /** That a new module is refused is told in the same words: its own start has counted then, or nothing was started. */
  private noteFallback(fallback: Fallback): void {
    if (this.waiting?.isCommit && fallback.generation !== this.generation + 1) return;
    this.fallbacks++;
    this.onFallback(fallback);
  }

  /** Does it again when the running module was ended by a fault meanwhile: the one before knows nothing of it. */
  private async lasting<Result>(work: () => Promise<Result>, again = (): boolean => true): Promise<Result> {
    for (let i = 1; ; i++) {
      const before = this.fallbacks;
      try {
        return await work();
      } catch (error) {
        if (this.fallbacks === before || i === TRIES || !again()) throw error;
      }
    }
  }

  private async askRunning(): Promise<RunningModule> {
    const sums: number[] = [];
    for (;;) {
      const message = new Uint8Array(3);
      message[0] = ModuleOp.Ask;
      new DataView(message.buffer).setUint16(1, sums.length, true);
      const answer = await this.ask(message, [ModuleOp.Running], ANSWER_MS);
      const view = viewOf(answer);
      const [generation, bytes, sum] = [view.getUint32(1, true), view.getUint32(5, true), view.getUint32(9, true)];
      const previous = view.getUint32(13, true) > 0 ? view.getUint32(17, true) : undefined;
      const before = sums.length;
      for (let at = RUNNING_HEADER; at + 4 <= answer.length; at += 4) sums.push(view.getUint32(at, true));
      this.generation = generation;
      if (sums.length * BLOCK_BYTES >= bytes) return { generation, bytes, sum, sums, previous };
      if (sums.length === before) throw this.nonsense();
    }
  }

  /**
   * Has `wasm` run instead of the running module. Throws Problem: it was refused, or traps or hangs in its start; then
   * the one before runs on, and the report is on the console.
   */
  replace(wasm: Uint8Array, options: ReplaceOptions = {}): Promise<SwapReport> {
    return this.lasting(() => this.replaceOnce(wasm, options), options.again);
  }

  private async replaceOnce(wasm: Uint8Array, { progress, starting }: ReplaceOptions): Promise<SwapReport> {
    const { link, clock } = this;
    const begun = clock.now();
    const { base, delta } = this.deltaTo(wasm, await this.askRunning());
    const sentBytes = literalBytes(delta);
    const begin = new Uint8Array(13);
    const view = new DataView(begin.buffer);
    begin[0] = ModuleOp.Begin;
    view.setUint32(1, wasm.length, true);
    view.setInt32(5, crc32.buf(wasm), true);
    view.setUint32(9, base, true);
    const ready = await this.ask(begin, [ModuleOp.Ready], ANSWER_MS);
    if (ready[1] !== LinkError.None) throw this.refused('module', ready[1], textOf(ready, 2));

    let sent = 0;
    for (let i = 0; i < delta.ranges.length; i += RANGES)
      await link.send(Channel.Modules, copyOf(delta.ranges.slice(i, i + RANGES)));
    for (const { offset, bytes } of delta.pieces)
      for (let at = 0; at < bytes.length;) {
        const part = bytes.subarray(at, at + Math.max(1, this.link.payloadBytes - BLOCK_HEADER));
        await link.send(Channel.Modules, blockOf(offset + at, part));
        at += part.length;
        progress?.((sent += part.length), sentBytes);
      }
    await link.flushed();
    const sendMs = clock.now() - begun;
    starting?.();
    const answer = await this.ask(Uint8Array.of(ModuleOp.Commit), [ModuleOp.Swapped], SWAP_MS);
    this.know(wasm);
    const told = viewOf(answer);
    const ms = (ticks: number): number => (ticks * 1000) / link.welcome.tickRate;
    return {
      generation: told.getUint32(1, true),
      bytes: wasm.length,
      sentBytes,
      sendMs,
      waitMs: clock.now() - begun - sendMs,
      swapMs: ms(told.getUint32(5, true)),
      aheadMs: ms(told.getUint32(9, true)),
    };
  }

  /** Has the board check next.img on its card and go to it. Throws Problem: it was refused. */
  async tryNext(bytes: number, sum: number): Promise<void> {
    const message = new Uint8Array(9);
    message[0] = ModuleOp.Update;
    const view = new DataView(message.buffer);
    view.setUint32(1, bytes, true);
    view.setUint32(5, sum, true);
    await this.ask(message, [ModuleOp.Ready], SWAP_MS, 'kernel');
  }

  /** The least that has to be sent, and the CRC-32 of what it is made from. */
  private deltaTo(wasm: Uint8Array, running: RunningModule): { base: number; delta: Delta } {
    const { sum, previous, bytes, sums } = running;
    const found = [{ base: sum, delta: deltaBySums(wasm, bytes, sums) }];
    for (const base of previous === undefined ? [sum] : [sum, previous]) {
      const module = this.known.get(base);
      if (module) found.push({ base, delta: deltaByBytes(wasm, module) });
    }
    return found.reduce((least, each) => (literalBytes(each.delta) < literalBytes(least.delta) ? each : least));
  }

  /** Sends a message and waits for one of these answers. Throws Problem, for a Failed too. */
  private async ask(
    message: Uint8Array,
    kinds: readonly number[],
    limitMs: number,
    what: 'module' | 'kernel' = 'module',
  ): Promise<Answer> {
    const { link, clock } = this;
    let cancel: () => void = () => undefined;
    const answer = new Promise<Answer>((resolve, reject) => {
      this.waiting = {
        isCommit: message[0] === ModuleOp.Commit,
        take: (payload) => {
          const kind = payload[0] ?? 0;
          if (kind === ModuleOp.Failed) reject(this.refused(what, payload[1], textOf(payload, 6)));
          else if (!kinds.includes(kind)) return;
          else if (payload.length < leastOf(kind)) reject(this.nonsense());
          else resolve(payload);
        },
      };
      cancel = clock.at(clock.now() + limitMs, () => {
        reject(
          new Problem('no-answer', 'the board does not answer about its module', {
            file: link.transport.name,
            hint: 'does the program call serviceServices() in its step (docs/firmware.md)?',
          }),
        );
      });
      void link.closed.then(({ problem }) =>
        reject(problem ?? new Problem('link-lost', 'the session has ended', { file: link.transport.name })),
      );
    });
    answer.catch(() => undefined);
    try {
      await link.send(Channel.Modules, message);
      return await answer;
    } finally {
      cancel();
      this.waiting = undefined;
    }
  }

  private refused(what: 'module' | 'kernel', error: number | undefined, text: string): Problem {
    const hint =
      error === LinkError.Off
        ? SWITCH_ON
        : error === LinkError.Full
          ? 'make kernel8.img of it, for the card'
          : error === LinkError.Module
            ? 'the module before it runs on'
            : error === LinkError.Card
              ? 'is the card full, or write-protected? mirleft df tells; mirleft check looks closer'
              : 'try again';
    return new Problem('refused', `the board refuses the ${what}: ${text}`, { file: this.link.transport.name, hint });
  }

  private nonsense(): Problem {
    return new Problem('link-lost', 'the board answers what is no answer', { file: this.link.transport.name });
  }
}

const SWITCH_ON = 'set link.modules = on in the player.ini of its card';

/** Throws Problem where a board says from the first that it takes no new code. */
export function checkTakesCode({ welcome, transport }: Link): void {
  if (welcome.abilities.modules) return;
  throw new Problem('refused', 'the board takes no new code', { file: transport.name, hint: SWITCH_ON });
}

const leastOf = (kind: number): number =>
  kind === ModuleOp.Ready ? 2 : kind === ModuleOp.Running ? RUNNING_HEADER : 13;

function copyOf(ranges: Delta['ranges']): Uint8Array {
  const message = new Uint8Array(1 + ranges.length * RANGE_BYTES);
  message[0] = ModuleOp.Copy;
  const view = new DataView(message.buffer);
  ranges.forEach(({ to, from, bytes }, i) =>
    [to, from, bytes].forEach((value, field) => view.setUint32(1 + i * RANGE_BYTES + field * 4, value, true)),
  );
  return message;
}

function blockOf(offset: number, bytes: Uint8Array): Uint8Array {
  const message = new Uint8Array(BLOCK_HEADER + bytes.length);
  message[0] = ModuleOp.Block;
  new DataView(message.buffer).setUint32(1, offset, true);
  message.set(bytes, BLOCK_HEADER);
  return message;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const textOf = (payload: Uint8Array, at: number): string => Buffer.from(payload.subarray(at)).toString('latin1');
const fallbackOf = (payload: Uint8Array): Fallback => ({
  generation: payload.length >= 6 ? viewOf(payload).getUint32(2, true) : 0,
  text: textOf(payload, 6),
});
