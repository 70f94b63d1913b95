// What goes over the line of a real Pi while it is connected: sessions, one after the other, with the board's text, keys
// and telemetry; and where nothing answers text and keys as they are, as a plain terminal has them.

import { Channel, Link as Numbers } from '../../../firmware/link/protocol.js';
import type { Link } from '../../link/link.js';
import type { BaudMemory } from '../../link/session.js';
import { watchBoard, type Snapshot, type WatchEvent } from '../../link/telemetry.js';
import { TextFilter, widthAnswer } from '../../link/text-filter.js';
import type { WebSerialTransport } from '../../link/web-serial.js';
import { Problem, systemReason } from '../../problem.js';

const EVERY_MS = 100;
const CTRL_L = '\x0c';

export interface BoardLineEvents {
  /** Of the board's console, safe for a terminal. */
  text(text: string): void;
  /** Before what takes a moment. */
  progress(text: string): void;
  session(link: Link): void;
  snapshot(snapshot: Snapshot): void;
  /** The session is over, and the board is looked for. */
  lost(problem: Problem): void;
  /** No session comes about; `again` looks again. */
  plain(problem: Problem): void;
}

export class BoardLine {
  private readonly ending = new AbortController();
  private readonly encoder = new TextEncoder();
  private filter = new TextFilter();
  private link: Link | undefined;
  private isPlain = false;
  /** Typed while the board was looked for. */
  private readonly typed: string[] = [];
  private retry = (): void => undefined;
  /** Of the terminal; 0: nobody has said. */
  private columns = 0;

  constructor(
    private readonly transport: WebSerialTransport,
    private readonly memory: BaudMemory | undefined,
    private readonly events: BoardLineEvents,
  ) {}

  /** Goes on until `end`, or until the port is gone, which it answers with. The port is closed then. */
  async run(): Promise<Problem | undefined> {
    const { transport, memory } = this;
    const { signal } = this.ending;
    let gone: Problem | undefined;
    void transport.gone.then((problem) => {
      gone = problem;
      this.end();
    });
    while (!signal.aborted) {
      const options = {
        everyMs: EVERY_MS,
        signal,
        onText: (bytes: Uint8Array) => this.show(bytes),
        onProgress: (text: string) => this.events.progress(text),
      };
      try {
        for await (const event of watchBoard({ transport, memory }, options)) await this.take(event);
      } catch (error) {
        this.link = undefined;
        // A port that is gone tells so itself.
        if (signal.aborted || (await this.isGone())) break;
        await this.goPlain(
          error instanceof Problem ? error : new Problem('unexpected', systemReason(error), { file: transport.name }),
        );
      }
    }
    this.link = undefined;
    await transport.close();
    return gone;
  }

  /** Tells the board's line editor how wide the terminal is, also whenever it comes back or its screen is cleared. */
  resize(columns: number): void {
    this.columns = columns;
    if (this.link) void this.sendKeys(this.link, widthAnswer(columns));
  }

  /** What was typed, to the board. */
  type(text: string): void {
    const told = text.includes(CTRL_L) && this.columns > 0 ? widthAnswer(this.columns) : '';
    if (this.link) void this.sendKeys(this.link, text + told);
    else if (this.isPlain)
      this.transport.write(this.encoder.encode(text)).catch(() => undefined); // `gone` tells
    else this.typed.push(text);
  }

  /** Looks again for a board that did not answer. */
  again(): void {
    this.retry();
  }

  end(): void {
    this.ending.abort();
    this.retry();
  }

  private show(bytes: Uint8Array): void {
    this.events.text(this.filter.push(bytes));
  }

  private async take(event: WatchEvent): Promise<void> {
    switch (event.kind) {
      case 'connected':
        this.link = event.link;
        this.events.session(event.link);
        if (this.columns > 0) this.resize(this.columns);
        for (const text of this.typed.splice(0)) await this.sendKeys(event.link, text);
        break;
      case 'snapshot':
        this.events.snapshot(event.snapshot);
        break;
      case 'lost':
        this.link = undefined;
        // A sequence that was begun is not ended by another boot.
        this.filter = new TextFilter();
        this.events.lost(event.problem);
        break;
    }
  }

  private async sendKeys(link: Link, text: string): Promise<void> {
    const bytes = this.encoder.encode(text);
    for (let at = 0; at < bytes.length; at += Numbers.PayloadBytes)
      // What is typed while no board answers is lost, as on any line.
      await link.send(Channel.Console, bytes.subarray(at, at + Numbers.PayloadBytes)).catch(() => undefined);
  }

  private async isGone(): Promise<boolean> {
    return (await Promise.race([this.transport.gone, Promise.resolve(undefined)])) !== undefined;
  }

  /** Until `again` or `end`. */
  private async goPlain(problem: Problem): Promise<void> {
    const { transport } = this;
    if (transport.baud !== Number(Numbers.Baud)) await transport.setBaud(Numbers.Baud).catch(() => undefined);
    transport.onBytes = (bytes) => this.show(bytes);
    this.isPlain = true;
    this.events.plain(problem);
    for (const text of this.typed.splice(0)) this.type(text);
    if (!this.ending.signal.aborted) await new Promise<void>((resolve) => (this.retry = resolve));
    this.isPlain = false;
    this.retry = () => undefined;
  }
}
