// Frames that have arrived, each once and in order, although they may come twice and with gaps.

import { Link } from '../../firmware/link/protocol.js';

const WINDOW: number = Link.Window;

export interface Message {
  readonly channel: number;
  readonly payload: Uint8Array;
}

/** What an Ack says of what has arrived. */
export interface Arrived {
  /** The first sequence number that is missing, 16 bits. */
  readonly missing: number;
  /** Bit n: that number + 1 + n has arrived. */
  readonly mask: number;
}

/** How far `sequence` is from `from` in 16 bits, behind it negative. */
export const distance = (sequence: number, from: number): number => ((sequence - from) << 16) >> 16;

export class ReceiveWindow {
  /** Frames that came a second time, or beyond the window. */
  surplus = 0;
  /** Counts on without end; its low 16 bits go onto the line. */
  private next = 0;
  private readonly ahead = new Map<number, Message>();

  /** Takes in a frame; the messages that are now in order. Undefined: it was here already, or is beyond the window. */
  arrive(sequence: number, message: Message): Message[] | undefined {
    const by = distance(sequence, this.next);
    const place = this.next + by;
    if (by < 0 || by >= WINDOW || this.ahead.has(place)) {
      this.surplus++;
      return undefined;
    }
    this.ahead.set(place, message);
    const messages: Message[] = [];
    for (let found = this.ahead.get(this.next); found; found = this.ahead.get(this.next)) {
      this.ahead.delete(this.next++);
      messages.push(found);
    }
    return messages;
  }

  /** Whether one is missing before one that is here. */
  get hasGap(): boolean {
    return this.ahead.size > 0;
  }

  get arrived(): Arrived {
    let mask = 0;
    for (const place of this.ahead.keys()) mask |= 1 << (place - this.next - 1);
    return { missing: this.next & 0xffff, mask: mask >>> 0 };
  }
}
