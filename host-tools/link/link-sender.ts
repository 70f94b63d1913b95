// What a session sends, in the order of its urgency: control frames, acknowledgements, and messages in their window.

import { Channel, Link as Numbers } from '../../firmware/link/protocol.js';
import type { Problem } from '../problem.js';
import { ackOf } from './control.js';
import { makeFrame, WIRE_BYTES } from './frames.js';
import type { NextFrame } from './outlet.js';
import type { ReceiveWindow } from './receive-window.js';
import { SendWindow } from './send-window.js';
import type { Transport } from './transport.js';

/** What has arrived is acknowledged after so many frames, or so long after the first. */
const ACK_FRAMES = 4;
const ACK_MS = 10;
const BITS_A_BYTE = 10;
/** Bytes that this side takes in flight: it has no small queue. */
const ROOM_BYTES = 1 << 20;

interface Waiting {
  readonly channel: number;
  readonly payload: Uint8Array;
  readonly done: () => void;
  readonly failed: (problem: Problem) => void;
}

export class LinkSender {
  /** Numbered frames. */
  framesSent = 0;
  /** When the last frame was given to the line, in milliseconds. */
  sentAt: number;
  /** When an acknowledgement is due; Infinity: none is owed. */
  ackAt = Infinity;
  window = new SendWindow(Numbers.Window);
  private readonly control: Uint8Array[] = [];
  private readonly waiting: Waiting[] = [];
  private readonly flushing: (() => void)[] = [];
  private unacknowledged = 0;

  constructor(
    private readonly session: number,
    private readonly arrivals: ReceiveWindow,
    now: number,
  ) {
    this.sentAt = now;
  }

  /** The device has told how many frames it takes in flight. */
  open(frames: number): void {
    this.window = new SendWindow(Math.min(Numbers.Window, Math.max(1, frames)));
  }

  /** The line has another rate. */
  reckonFrame({ isPaced, baud }: Transport): void {
    this.window.frameMs = isPaced ? (WIRE_BYTES * BITS_A_BYTE * 1000) / baud : 0;
  }

  /** Puts a control frame behind those that wait. */
  putControl(payload: Uint8Array, session = this.session): void {
    this.control.push(this.wire(Channel.Control, 0, payload, session));
  }

  /** Settles when the message has its place in the window; rejects with what `end` is given. */
  put(channel: Channel, payload: Uint8Array): Promise<void> {
    return new Promise((done, failed) => {
      this.waiting.push({ channel, payload, done, failed });
      this.fill();
    });
  }

  get isFlushed(): boolean {
    return this.window.isEmpty && this.waiting.length === 0;
  }

  /** Settles when nothing is in the window any more, or at the end. */
  emptied(): Promise<void> {
    return new Promise((resolve) => this.flushing.push(resolve));
  }

  /** A message has arrived; `isUrgent`: the other side is to know at once. */
  owe(now: number, isUrgent: boolean): void {
    if (isUrgent || ++this.unacknowledged >= ACK_FRAMES) this.ackAt = now;
    else this.ackAt = Math.min(this.ackAt, now + ACK_MS);
  }

  /** Takes an acknowledgement: what has arrived makes room for what waits. */
  acknowledge({ missing, mask, room }: { missing: number; mask: number; room: number }, now: number): void {
    this.window.acknowledge(missing, mask, room, now);
    this.fill();
    if (this.window.isEmpty) for (const done of this.flushing.splice(0)) done();
  }

  /** What goes onto the line next; with `onlyControl` all else waits. */
  next(now: number, onlyControl: boolean): ReturnType<NextFrame> {
    const frame = this.choose(now, onlyControl);
    if (frame) this.sentAt = now;
    return frame;
  }

  private choose(now: number, onlyControl: boolean): ReturnType<NextFrame> {
    const wire = this.control.shift();
    if (wire) return { wire };
    if (onlyControl) return undefined;
    if (now >= this.ackAt) {
      this.ackAt = Infinity;
      this.unacknowledged = 0;
      return { wire: this.wire(Channel.Control, 0, ackOf(this.arrivals.arrived, ROOM_BYTES)) };
    }
    const { window } = this;
    const { turn } = window;
    return turn && { wire: turn.wire, sent: (leftAt) => window.sent(turn, leftAt) };
  }

  /** The session is over: what waits is rejected. */
  end(problem: Problem): void {
    for (const { failed } of this.waiting.splice(0)) failed(problem);
    for (const done of this.flushing.splice(0)) done();
  }

  /** Gives messages that wait their place in the window. */
  private fill(): void {
    while (this.window.hasRoom) {
      const next = this.waiting.shift();
      if (!next) return;
      this.framesSent++;
      this.window.put(this.wire(next.channel, this.window.nextSequence, next.payload));
      next.done();
    }
  }

  private wire(channel: number, sequence: number, payload: Uint8Array, session = this.session): Uint8Array {
    return makeFrame({ version: Numbers.Version, channel, session, sequence, payload });
  }
}
