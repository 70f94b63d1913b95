// The way out onto the line: gives frames to the transport one after the other, and no sooner than they can leave, so
// that what is urgent does not stand behind much that is not.

import { type Clock } from './clock.js';
import type { Transport } from './transport.js';

/** A paced line has no more than this before it, in milliseconds. */
const LEAD_MS = 40;
/** Bytes of one write. */
const WRITE_BYTES = 8192;
const BITS_A_BYTE = 10;

/** What the outlet asks for the next frame; undefined when there is none. It is told when it will have left. */
export type NextFrame = () => { wire: Uint8Array; sent?: (leftAt: number) => void } | undefined;

export class Outlet {
  bytes = 0;
  /** When what was given has left. */
  private freeAt = 0;
  private writing = false;
  private cancel: (() => void) | undefined;
  private stopped = false;
  private idle: (() => void)[] = [];

  constructor(
    private readonly transport: Transport,
    private readonly clock: Clock,
    private readonly next: NextFrame,
    private readonly failed: (error: unknown) => void,
  ) {}

  stop(): void {
    this.stopped = true;
    this.cancel?.();
    for (const done of this.idle.splice(0)) done();
  }

  /** Settles when all that there is to send has left, as far as can be reckoned. */
  async drained(): Promise<void> {
    this.run();
    if (this.writing || this.cancel) await new Promise<void>((resolve) => this.idle.push(resolve));
    const { clock, freeAt } = this;
    if (freeAt > clock.now()) await new Promise<void>((resolve) => void clock.at(freeAt, resolve));
  }

  /** Sends what there is to send and can be sent now; goes on by itself. */
  run(): void {
    if (this.writing || this.stopped) return;
    this.cancel?.();
    this.cancel = undefined;
    const { isPaced, baud } = this.transport;
    const now = this.clock.now();
    const batch: Uint8Array[] = [];
    let bytes = 0;
    while (bytes < WRITE_BYTES) {
      const late = isPaced ? this.freeAt - LEAD_MS : now;
      if (late > now) {
        this.cancel = this.clock.at(late, () => this.run());
        break;
      }
      const frame = this.next();
      if (!frame) break;
      batch.push(frame.wire);
      bytes += frame.wire.length;
      const takes = isPaced ? (frame.wire.length * BITS_A_BYTE * 1000) / baud : 0;
      this.freeAt = Math.max(this.freeAt, now) + takes;
      frame.sent?.(this.freeAt);
    }
    if (bytes === 0) {
      if (!this.cancel) for (const done of this.idle.splice(0)) done();
      return;
    }
    this.bytes += bytes;
    this.cancel?.();
    this.cancel = undefined;
    this.writing = true;
    this.transport.write(Buffer.concat(batch)).then(
      () => {
        this.writing = false;
        this.run();
      },
      (error: unknown) => {
        this.writing = false;
        if (!this.stopped) this.failed(error);
      },
    );
  }
}
