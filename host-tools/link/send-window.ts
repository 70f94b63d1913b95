// Frames on their way out, kept until they are acknowledged. The line keeps the order: a frame is lost as soon as one
// that was sent after it has arrived, and it is sent again then; or when nothing came for long. The same rules as in
// firmware/link/send-window.ts. Times are milliseconds.

import { Link } from '../../firmware/link/protocol.js';
import { WIRE_BYTES } from './frames.js';
import { distance } from './receive-window.js';

const LEAST_WAIT_MS = 20;
const MOST_WAIT_MS = 1000;
const FIRST_TIME_MS = 50;
/** The average follows a longer answer at once, a shorter one slowly. */
const UP = 2;
const DOWN = 8;
const MOST_DOUBLED = 6;
/** What a frame costs beside its payload, on average. */
const OVERHEAD_BYTES = 16;
const LEAST_PAYLOAD = 64;
/** Losses are averaged over so many frames. */
const AVERAGE_FRAMES = 128;
const LEAST_LOSS = 0.00025;

/** A frame that waits or is in flight. */
export interface Outgoing {
  readonly wire: Uint8Array;
  state: 'waiting' | 'flying' | 'arrived';
  /** Which sending it was, and when it left. */
  stamp: number;
  leftAt: number;
  /** When it left for the first time. */
  begunAt: number;
  times: number;
  /** Sent again only because nothing came: which of the sendings an answer is to is not known. */
  isDoubtful: boolean;
}

export class SendWindow {
  /** Frames that were sent again. */
  again = 0;
  /** Average time of an answer. */
  answerMs = FIRST_TIME_MS;
  private shortest = Infinity;
  /** The sequence number of the first of `frames`, counting on without end. */
  private base = 0;
  /** How many of `frames` were sent once at least: the first ones. */
  private begun = 0;
  private readonly frames: Outgoing[] = [];
  private stamp = 0;
  private newest = 0;
  /** The latest sending that may have arrived, or the one before it. */
  private doubt = 0;
  private flying = 0;
  private room = WIRE_BYTES * Link.Window;
  private heardAt = 0;
  private doubled = 0;
  private loss = 0;
  private wire = WIRE_BYTES;

  constructor(private readonly size: number) {}

  /** How long the longest frame takes on the line: an answer may stand behind two of them. */
  frameMs = 0;

  get isEmpty(): boolean {
    return this.frames.length === 0;
  }

  get hasRoom(): boolean {
    return this.frames.length < this.size;
  }

  /** The sequence number of the next frame that is put, 16 bits. */
  get nextSequence(): number {
    return (this.base + this.frames.length) & 0xffff;
  }

  /** Takes a frame, made for `nextSequence`; there must be room. */
  put(wire: Uint8Array): void {
    this.frames.push({ wire, state: 'waiting', stamp: 0, leftAt: 0, begunAt: 0, times: 0, isDoubtful: false });
  }

  /** The frame that is to be sent next: one that was lost, or a new one for which the other side has room. */
  get turn(): Outgoing | undefined {
    const next = this.frames.find(({ state }) => state === 'waiting');
    if (next && this.flying > 0 && this.flying + next.wire.length > this.room) return undefined;
    return next;
  }

  /** `turn` was given to the line and has left it at `leftAt`. */
  sent(frame: Outgoing, leftAt: number): void {
    frame.state = 'flying';
    frame.stamp = ++this.stamp;
    frame.leftAt = leftAt;
    if (frame.times === 0) frame.begunAt = leftAt;
    if (frame.times++ > 0) this.again++;
    else this.begun++;
    this.flying += frame.wire.length;
  }

  /** An Ack: the first that is missing, which behind it are not, how many bytes may be in flight. */
  acknowledge(missing: number, mask: number, room: number, now: number): void {
    const ahead = distance(missing, this.base);
    // What was never sent cannot have arrived; an old Ack says nothing new.
    if (ahead < 0 || ahead > this.begun) return;
    this.room = room;
    let news = false;
    this.frames.slice(0, this.begun).forEach((frame, index) => {
      const isHere = index < ahead || (index > ahead && index - ahead <= 32 && (mask >>> (index - ahead - 1)) & 1);
      if (isHere && this.arrived(frame, now)) news = true;
    });
    if (!news) return;
    this.frames.splice(0, ahead);
    this.base += ahead;
    this.begun -= ahead;
    this.heardAt = now;
    for (const frame of this.frames) if (frame.state === 'flying' && frame.stamp < this.newest) this.lose(frame, false);
  }

  /** False when that was known. */
  private arrived(frame: Outgoing, now: number): boolean {
    const { state, wire, times } = frame;
    if (state === 'arrived') return false;
    if (state === 'flying') this.flying -= wire.length;
    frame.state = 'arrived';
    const took = Math.max(now - frame.leftAt, 0);
    if (times === 1) {
      this.answerMs += (took - this.answerMs) / (took > this.answerMs ? UP : DOWN);
      // Only an answer to what was sent once tells how long answers take.
      this.doubled = 0;
      this.shortest = Math.min(this.shortest, took);
      this.average(0, wire.length);
    }
    // Sent again: the answer may be to the sending before, which would make all since then look lost.
    if (frame.isDoubtful) this.doubt = Math.max(this.doubt, frame.stamp);
    else if (times === 1 || (state === 'flying' && took >= this.shortest / 2))
      this.newest = Math.max(this.newest, frame.stamp);
    return true;
  }

  private lose(frame: Outgoing, isDoubtful: boolean): void {
    frame.state = 'waiting';
    frame.isDoubtful = isDoubtful;
    this.flying -= frame.wire.length;
    this.average(1, frame.wire.length);
  }

  private average(lost: number, wire: number): void {
    this.loss += (lost - this.loss) / AVERAGE_FRAMES;
    this.wire += (wire - this.wire) / AVERAGE_FRAMES;
  }

  /** Since when nothing of what was sent has arrived; Infinity when nothing is to arrive. */
  get stuckSince(): number {
    const [first] = this.frames;
    return first && this.begun > 0 ? Math.max(this.heardAt, first.begunAt) : Infinity;
  }

  /** When the oldest frame in flight is taken for lost; Infinity when none is. */
  get dueAt(): number {
    const oldest = this.frames.find(({ state }) => state === 'flying');
    if (!oldest) return Infinity;
    const wait =
      Math.min(Math.max(2 * this.answerMs, LEAST_WAIT_MS) * 2 ** this.doubled, MOST_WAIT_MS) + 2 * this.frameMs;
    return Math.max(this.heardAt, oldest.leftAt) + wait;
  }

  /**
   * `dueAt` has passed: one is sent again. A device that only stood still answers the sending before, so its answer makes
   * nothing look lost; the next new frame's does, or where none follows the next call (as F-RTO, RFC 5682, for TCP).
   */
  late(): void {
    const flying = this.frames.filter(({ state }) => state === 'flying');
    const lost = flying.filter(({ stamp }) => stamp < this.doubt);
    for (const frame of lost) this.lose(frame, false);
    if (lost.length === 0 && flying[0]) this.lose(flying[0], true);
    this.doubled = Math.min(this.doubled + 1, MOST_DOUBLED);
  }

  /** The payload with which most gets through: longer ones are hit more often, shorter ones have more around them. */
  get bestPayload(): number {
    if (this.loss < LEAST_LOSS) return Link.PayloadBytes;
    const best = Math.floor(Math.sqrt((OVERHEAD_BYTES * this.wire) / this.loss));
    return Math.min(Math.max(best, LEAST_PAYLOAD), Link.PayloadBytes);
  }
}
