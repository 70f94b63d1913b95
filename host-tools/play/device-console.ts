// The device's console on the host: its bytes taken apart into text for people, the player's records, and the report
// of a fault.

import { FaultReader, type FaultReport } from '../build/faults.js';
import { Deframer } from '../link/deframer.js';
import type { LineServer } from '../link/line-server.js';
import { RecordSplitter, type PlayerRecord } from './records.js';

export interface ConsoleEvents {
  text(text: string): void;
  record(record: PlayerRecord): void;
  /** A fault's report, once it is complete. */
  fault?(report: FaultReport): void;
}

export class DeviceConsole {
  private readonly faults: FaultReader;
  private readonly splitter: RecordSplitter;
  private readonly decoder = new TextDecoder();
  private readonly deframer: Deframer | undefined;
  private idle: NodeJS.Timeout | undefined;

  /**
   * `records`: whether the console carries any; else all of it is text. `line`: who gets all bytes; what is left here
   * is then the text between frames.
   */
  constructor(
    private readonly events: ConsoleEvents,
    private readonly records = true,
    private readonly line?: LineServer,
  ) {
    this.faults = new FaultReader((report) => events.fault?.(report));
    if (line) this.deframer = new Deframer({ frame: () => undefined, text: (bytes) => this.take(bytes) });
    this.splitter = new RecordSplitter({ text: (text) => this.show(text), record: (record) => events.record(record) });
  }

  /** The last fault that was reported, once the report is complete. */
  get fault(): FaultReport | undefined {
    return this.faults.report;
  }

  push(bytes: Uint8Array): void {
    const { deframer } = this;
    if (!deframer) {
      this.take(bytes);
      return;
    }
    this.line?.push(bytes);
    deframer.push(bytes);
    this.await(deframer);
  }

  /** Sees to it that the deframer is told of a silence. */
  private await(deframer: Deframer): void {
    clearTimeout(this.idle);
    if (deframer.patienceMs === Infinity) return;
    this.idle = setTimeout(() => {
      deframer.silence();
      this.await(deframer);
    }, deframer.patienceMs);
  }

  private take(bytes: Uint8Array): void {
    if (this.records) this.splitter.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    else this.show(this.decoder.decode(bytes, { stream: true }));
  }

  /** Nothing more comes. */
  end(): void {
    clearTimeout(this.idle);
    this.deframer?.end();
    this.splitter.end();
    const rest = this.faults.end();
    if (rest) this.events.text(rest);
  }

  private show(text: string): void {
    const rest = this.faults.push(text);
    if (rest) this.events.text(rest);
  }
}
