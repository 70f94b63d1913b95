// The host's end of the serial line (docs/link.md): a session with a device, numbered messages both ways.
//
//   const link = await Link.connect(transport);
//   link.receive(Channel.Files, (payload) => …);
//   await link.send(Channel.Files, payload);
//   await link.close();

import { randomInt } from 'node:crypto';
import { Channel, Control, Link as Numbers } from '../../firmware/link/protocol.js';
import { version } from '../build/library.js';
import { Problem } from '../problem.js';
import { Baud } from './baud.js';
import { realClock, type Clock } from './clock.js';
import { helloOf, readAck, readRefuse, readUnknown, readWelcome, readWord, wordOf, type Welcome } from './control.js';
import { Deframer } from './deframer.js';
import type { Frame } from './frames.js';
import { LinkLife } from './link-life.js';
import { LinkSender } from './link-sender.js';
import { Outlet } from './outlet.js';
import { ReceiveWindow } from './receive-window.js';
import { PortGone, type Transport } from './transport.js';

const HELLO_MS = 200;
const CONNECT_MS = 3000;
/** The board goes back to the rate at power on a little after a goodbye. */
const RETURN_MS = 80;
const BYES = 3;
const BYE_MS = 100;

export interface ConnectOptions {
  /** How long to ask; default: 3 s. */
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Gets the device's text from the beginning on. */
  onText?: ((bytes: Uint8Array) => void) | undefined;
  /** The session's number, for tests; default: by chance. */
  session?: number | undefined;
}

/** Why a session has ended. */
export interface CloseReason {
  /** By this side; the board was reset; nothing was heard any more; the transport is gone or failed. */
  readonly kind: 'closed' | 'reset' | 'silent' | 'gone';
  readonly problem: Problem | undefined;
}

export interface LinkStatistics {
  bytesSent: number;
  bytesReceived: number;
  /** Numbered frames. */
  framesSent: number;
  framesReceived: number;
  framesAgain: number;
  /** What stood between zero bytes and was no frame. */
  damaged: number;
  /** Frames of another version, session or channel, and what nobody receives. */
  refused: number;
  /** Frames that came twice. */
  surplus: number;
  /** Bytes of text from the device. */
  textBytes: number;
  /** How long an answer takes, on average. */
  answerMs: number;
}

export type Receiver = (payload: Uint8Array) => void;

type State = 'hello' | 'open' | 'closed';

export class Link {
  /** The device's text, as it comes: bytes that are not to be trusted (text-filter.ts). */
  onText: (bytes: Uint8Array) => void;
  /** Settles when the session has ended, for whatever reason. */
  readonly closed: Promise<CloseReason>;
  private readonly clock: Clock;
  private readonly session: number;
  private readonly deframer: Deframer;
  private readonly outlet: Outlet;
  private readonly arrivals = new ReceiveWindow();
  private readonly baud: Baud;
  private readonly sender: LinkSender;
  private readonly life: LinkLife;
  private readonly receivers = new Map<number, Receiver>();
  private readonly counts = { bytesReceived: 0, framesReceived: 0, refused: 0, textBytes: 0 };
  private state: State = 'hello';
  private said: Welcome | undefined;
  private opened: { done: () => void; failed: (problem: Problem) => void } | undefined;
  private settleClosed: (reason: CloseReason) => void = () => undefined;
  private isLeaving = false;
  private helloAt = 0;
  /** Since when the deframer has waited for more. */
  private quietAt: number;
  private timer: { at: number; cancel: () => void } | undefined;

  private constructor(
    readonly transport: Transport,
    options: ConnectOptions,
  ) {
    this.clock = transport.clock ?? realClock;
    this.session = options.session ?? randomInt(1, 0x10000);
    this.onText = options.onText ?? (() => undefined);
    this.closed = new Promise((resolve) => (this.settleClosed = resolve));
    this.quietAt = this.clock.now();
    this.life = new LinkLife(transport, this.quietAt);
    this.sender = new LinkSender(this.session, this.arrivals, this.quietAt);
    this.deframer = new Deframer({
      frame: (frame) => this.take(frame),
      text: (bytes) => {
        // At another rate than the board's all is text.
        if (this.baud.isChanging || (this.isLeaving && transport.baud !== Numbers.Baud)) return;
        this.counts.textBytes += bytes.length;
        this.onText(bytes.slice());
      },
    });
    this.outlet = new Outlet(
      transport,
      this.clock,
      () => this.sender.next(this.clock.now(), this.state !== 'open' || this.baud.isChanging),
      (error) =>
        this.end({ kind: 'gone', problem: error instanceof Problem ? error : new PortGone(transport.name, error) }),
    );
    this.baud = new Baud(transport, this.clock, {
      send: (payload) => this.sendControl(payload),
      drained: () => this.outlet.drained(),
    });
    transport.onBytes = (bytes) => this.push(bytes);
    transport.onClose = (problem) => this.end({ kind: 'gone', problem: problem ?? new PortGone(transport.name) });
  }

  /** Opens a session. Throws Problem: nothing answers, the versions do not fit, the transport failed, `signal`. */
  static async connect(transport: Transport, options: ConnectOptions = {}): Promise<Link> {
    const link = new Link(transport, options);
    await link.open(options);
    return link;
  }

  private async open({ timeoutMs = CONNECT_MS, signal }: ConnectOptions): Promise<void> {
    const { clock, transport } = this;
    const over = clock.at(clock.now() + timeoutMs, () => {
      const problem = new Problem('no-answer', 'nothing answers', {
        file: transport.name,
        hint: `is a board with this firmware switched on, TX to RX, at ${transport.baud} baud? mirleft doctor looks closer`,
      });
      this.end({ kind: 'silent', problem });
    });
    const abort = (): void => this.end({ kind: 'closed', problem: new Problem('interrupted', 'was broken off') });
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await new Promise<void>((done, failed) => {
        this.opened = { done, failed };
        if (signal?.aborted) abort();
        else this.wake();
      });
    } finally {
      over();
      signal?.removeEventListener('abort', abort);
      this.opened = undefined;
    }
  }

  /** What the device has said of itself. */
  get welcome(): Welcome {
    if (!this.said) throw new Error('the session is not open');
    return this.said;
  }

  get isOpen(): boolean {
    return this.state === 'open';
  }

  /** The payload with which most gets through the line as it is now: 1,024 bytes, less on a bad one. */
  get payloadBytes(): number {
    return this.sender.window.bestPayload;
  }

  get statistics(): LinkStatistics {
    const { window, framesSent } = this.sender;
    return {
      ...this.counts,
      bytesSent: this.outlet.bytes,
      framesSent,
      framesAgain: window.again,
      damaged: this.deframer.damaged,
      surplus: this.arrivals.surplus,
      answerMs: window.answerMs,
    };
  }

  /**
   * Who takes the messages of a channel; one at a time: the one before is given back. A message that nobody takes is
   * counted and dropped.
   */
  receive(channel: Channel, take: Receiver | undefined): Receiver | undefined {
    const before = this.receivers.get(channel);
    if (take) this.receivers.set(channel, take);
    else this.receivers.delete(channel);
    return before;
  }

  /**
   * Sends 1 to 1,024 bytes, which must not change; settles when they have their place in the window. Rejects with a
   * Problem when the session has ended: then nobody knows what has arrived.
   */
  send(channel: Channel, payload: Uint8Array): Promise<void> {
    if (payload.length < 1 || payload.length > Numbers.PayloadBytes)
      throw new RangeError(`a message has 1 to ${Numbers.PayloadBytes} bytes, not ${payload.length}`);
    if (this.state !== 'open') return Promise.reject(over(this.transport));
    const placed = this.sender.put(channel, payload);
    this.run();
    return placed;
  }

  /** Settles when all that was sent is acknowledged; rejects with a Problem when the session ends before. */
  async flushed(): Promise<void> {
    while (this.state === 'open' && !this.sender.isFlushed) await this.sender.emptied();
    if (this.state !== 'open') throw over(this.transport);
  }

  /** Asks for another rate; the one that holds then, which is the one before where it does not work. */
  async setBaud(baud: number): Promise<number> {
    if (this.state !== 'open') throw over(this.transport);
    const holds = await this.baud.change(baud);
    this.life.heardAt = this.clock.now();
    this.sender.reckonFrame(this.transport);
    this.run();
    return holds;
  }

  /** Says goodbye and closes the transport. */
  async close(): Promise<void> {
    await this.leave();
    await this.transport.close();
  }

  /** Ends the session and leaves the transport open, at the rate at power on. */
  async leave(): Promise<void> {
    for (let i = 0; i < BYES && this.state === 'open'; i++) {
      this.isLeaving = true;
      // Two: the second one's answer tells that the first was taken.
      for (let twice = 0; twice < 2; twice++) this.sender.putControl(Uint8Array.of(Control.Bye));
      this.run();
      await Promise.race([this.outlet.drained().then(() => this.pause(BYE_MS)), this.closed]);
    }
    this.end({ kind: 'closed', problem: undefined });
    if (this.transport.baud !== Numbers.Baud)
      await this.transport.setBaud(Numbers.Baud).then(
        () => this.pause(RETURN_MS),
        () => undefined,
      );
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.clock.at(this.clock.now() + ms, resolve));
  }

  private end(reason: CloseReason): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.timer?.cancel();
    this.outlet.stop();
    const problem = reason.problem ?? over(this.transport);
    this.sender.end(problem);
    this.baud.stop();
    this.opened?.failed(problem);
    this.transport.onBytes = () => undefined;
    this.transport.onClose = () => undefined;
    this.settleClosed(reason);
  }

  // What comes in.

  private push(bytes: Uint8Array): void {
    this.counts.bytesReceived += bytes.length;
    this.life.bytesAt = this.quietAt = this.clock.now();
    this.deframer.push(bytes);
    this.run();
  }

  private take({ version: spoken, channel, session, sequence, payload }: Frame): void {
    if (spoken !== Numbers.Version || channel >= Channel.Count || this.state === 'closed') {
      this.counts.refused++;
      return;
    }
    if (channel === Channel.Control && session === 0) this.takeOutside(payload);
    else if (session !== this.session) this.counts.refused++;
    else {
      this.life.heardAt = this.clock.now();
      if (channel === Channel.Control) this.takeControl(payload);
      else this.takeMessage(channel, sequence, payload);
    }
  }

  /** Control frames of no session. */
  private takeOutside(payload: Uint8Array): void {
    if (payload[0] === Control.Unknown && readUnknown(payload) === this.session && this.state === 'open') {
      if (this.isLeaving) {
        this.end({ kind: 'closed', problem: undefined });
        return;
      }
      const problem = new Problem('link-lost', 'the board was reset, or has ended the session', {
        file: this.transport.name,
        hint: 'try again',
      });
      this.end({ kind: 'reset', problem });
    } else if (payload[0] === Control.Refuse && this.state === 'hello') {
      const { lowest, highest, text } = readRefuse(payload);
      const problem = new Problem(
        'version-mismatch',
        `speaks versions ${lowest} to ${highest} of the protocol, this program ${Numbers.Version}: ${text}`,
        { file: this.transport.name, hint: 'bring the card and this program to the same version of Mirleft' },
      );
      this.end({ kind: 'closed', problem });
    }
  }

  private takeControl(payload: Uint8Array): void {
    switch (payload[0] as Control) {
      case Control.Welcome:
        this.takeWelcome(payload);
        break;
      case Control.Ack:
        this.takeAck(payload);
        break;
      case Control.Ping:
        this.sendControl(wordOf(Control.Pong, readWord(payload)));
        break;
      case Control.BaudAnswer:
      case Control.Pattern:
      case Control.BaudKeep:
        this.baud.take(payload);
        break;
      default:
        break;
    }
  }

  private takeWelcome(payload: Uint8Array): void {
    const welcome = readWelcome(payload);
    if (!welcome || this.state !== 'hello') return;
    this.said = welcome;
    this.sender.open(welcome.window);
    this.sender.reckonFrame(this.transport);
    this.state = 'open';
    this.opened?.done();
  }

  private takeAck(payload: Uint8Array): void {
    const ack = readAck(payload);
    if (ack) this.sender.acknowledge(ack, this.clock.now());
  }

  private takeMessage(channel: number, sequence: number, payload: Uint8Array): void {
    if (this.state !== 'open') return;
    const messages = this.arrivals.arrive(sequence, { channel, payload });
    this.sender.owe(this.clock.now(), !messages?.length || this.arrivals.hasGap);
    for (const message of messages ?? []) {
      this.counts.framesReceived++;
      // A module that was replaced has left its numbers to be filled.
      if (message.payload.length === 0) continue;
      const receiver = this.receivers.get(message.channel);
      if (receiver) receiver(message.payload);
      else this.counts.refused++;
    }
  }

  // What goes out.

  private sendControl(payload: Uint8Array): void {
    this.sender.putControl(payload);
    this.run();
  }

  /** Sends, and sees to being called again. */
  private run(): void {
    if (this.state === 'closed') return;
    this.outlet.run();
    this.plan();
  }

  // Time.

  private plan(): void {
    // What is overdue now waits for its turn on the line, and goes when that comes.
    const now = this.clock.now();
    const mayMove = !this.baud.isChanging;
    const { sentAt, ackAt, window } = this.sender;
    const at = Math.min(
      this.state === 'hello' ? this.helloAt : this.life.pingAt(sentAt),
      ackAt > now && mayMove ? ackAt : Infinity,
      mayMove ? window.dueAt : Infinity,
      this.quietAt + this.deframer.patienceMs,
    );
    if (this.timer && this.timer.at <= at) return;
    this.timer?.cancel();
    const cancel = this.clock.at(at, () => {
      this.timer = undefined;
      this.wake();
    });
    this.timer = { at, cancel };
  }

  private wake(): void {
    const now = this.clock.now();
    if (this.state === 'hello' && now >= this.helloAt) {
      this.helloAt = now + HELLO_MS;
      this.sender.putControl(helloOf(this.session, version), 0);
    }
    if (this.state === 'open') this.checkLife(now);
    if (this.state === 'closed') return;
    if (now >= this.quietAt + this.deframer.patienceMs) {
      this.quietAt = now;
      this.deframer.silence();
    }
    const { window } = this.sender;
    if (now >= window.dueAt && !this.baud.isChanging) window.late();
    this.run();
  }

  private checkLife(now: number): void {
    const problem = this.life.problem(now, this.sender.window.stuckSince, this.baud.isChanging);
    if (problem) this.end({ kind: 'silent', problem });
    else if (this.life.takePing(now, this.sender.sentAt))
      this.sender.putControl(wordOf(Control.Ping, Math.floor(now) >>> 0));
  }
}

const over = (transport: Transport): Problem =>
  new Problem('link-lost', 'the session has ended', { file: transport.name, hint: 'try again' });
