/// <reference types="w3c-web-serial" />
// A port that a page was given by Web Serial (https://wicg.github.io/serial/), as a transport. It has no way to change
// the rate of an open port: the port is closed and opened again for that.

import { Link } from '../../firmware/link/protocol.js';
import { Problem } from '../problem.js';
import type { Clock } from './clock.js';
import { PortGone, type Transport } from './transport.js';

/** What the browser keeps each way. Its own 255 bytes are less than a millisecond of a fast line. */
const BUFFER_BYTES = 65536;

const optionsAt = (baudRate: number): SerialOptions => ({
  baudRate,
  dataBits: 8,
  stopBits: 1,
  parity: 'none',
  flowControl: 'none',
  bufferSize: BUFFER_BYTES,
});

/** What tells adapters apart, vendor and product; undefined for a port that is none of USB. */
export function usbId(port: SerialPort): string | undefined {
  const { usbVendorId, usbProductId } = port.getInfo();
  const hex = (value: number | undefined): string => (value ?? 0).toString(16).padStart(4, '0');
  return usbVendorId === undefined ? undefined : `${hex(usbVendorId)}:${hex(usbProductId)}`;
}

export class WebSerialTransport implements Transport {
  readonly isPaced = true;
  readonly name: string;
  onBytes: (bytes: Uint8Array) => void = () => undefined;
  onClose: (problem?: Problem) => void = () => undefined;
  /** Bytes were lost to noise, or because nobody took them in time; the port stays open. */
  onNoise: (reason: string) => void = () => undefined;
  /** Settles when the port went away by itself, whoever has `onClose`. */
  readonly gone: Promise<Problem>;
  private settleGone: (problem: Problem) => void = () => undefined;
  private rate: number = Link.Baud;
  private isOpen = false;
  private reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  private writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  private reading: Promise<void> = Promise.resolve();
  /** A change of the rate, and the last one when it is over. */
  private changing: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly port: SerialPort,
    readonly clock: Clock | undefined,
  ) {
    const id = usbId(port);
    this.name = id === undefined ? 'the serial port' : `USB ${id}`;
    this.gone = new Promise((resolve) => (this.settleGone = resolve));
  }

  /** Opens a port at the rate at power on. Throws Problem. */
  static async open(port: SerialPort, clock?: Clock): Promise<WebSerialTransport> {
    const transport = new WebSerialTransport(port, clock);
    try {
      await transport.begin(Link.Baud);
    } catch (error) {
      throw openProblem(transport.name, error);
    }
    return transport;
  }

  get baud(): number {
    return this.rate;
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.changing;
    const { writer } = this;
    if (!writer) throw new PortGone(this.name);
    try {
      await writer.write(bytes);
    } catch (error) {
      throw new PortGone(this.name, error);
    }
  }

  /** Where the port does not make the rate it goes on at the one before. */
  setBaud(baud: number): Promise<void> {
    const change = this.changing.then(() => this.change(baud));
    this.changing = change.catch(() => undefined);
    return change;
  }

  async close(): Promise<void> {
    await this.changing;
    await this.end();
  }

  private async change(baud: number): Promise<void> {
    if (!this.isOpen) throw new PortGone(this.name);
    const before = this.rate;
    if (baud === before) return;
    await this.end();
    try {
      await this.begin(baud);
    } catch (cause) {
      await this.begin(before).catch((error: unknown) => this.lose(error));
      throw new Problem('no-port', `does not make ${baud} baud`, { file: this.name, cause });
    }
  }

  private async begin(baud: number): Promise<void> {
    await this.port.open(optionsAt(baud));
    this.rate = baud;
    this.isOpen = true;
    this.writer = this.port.writable?.getWriter();
    this.reading = this.read();
  }

  /** Closes the port when what was written has left. */
  private async end(): Promise<void> {
    if (!this.isOpen) return;
    this.isOpen = false;
    const { writer } = this;
    this.writer = undefined;
    // Streams that have broken meanwhile have ended, too.
    await writer?.close().catch(() => undefined);
    writer?.releaseLock();
    await this.reader?.cancel().catch(() => undefined);
    await this.reading;
    await this.port.close().catch(() => undefined);
  }

  /** Reads until the port is closed. Noise and overruns end a stream but not the port, which has a fresh one then. */
  private async read(): Promise<void> {
    let cause: unknown;
    while (this.isOpen && this.port.readable) {
      const reader = this.port.readable.getReader();
      this.reader = reader;
      try {
        for (;;) {
          const { value, done } = await reader.read();
          if (done) break;
          this.onBytes(value);
        }
        break;
      } catch (error) {
        cause = error;
        if (this.isOpen && this.port.readable) this.onNoise(reasonOf(error));
      } finally {
        this.reader = undefined;
        reader.releaseLock();
      }
    }
    if (this.isOpen) this.lose(cause);
  }

  private lose(cause: unknown): void {
    this.isOpen = false;
    this.writer?.releaseLock();
    this.writer = undefined;
    // It may be there no more: there is nothing left to close then.
    this.port.close().catch(() => undefined);
    const problem = new PortGone(this.name, cause);
    this.settleGone(problem);
    this.onClose(problem);
  }
}

/** Web Serial says the same of a port that is held and of one that this user may not open. */
function openProblem(file: string, cause: unknown): Problem {
  const isTaken = cause instanceof DOMException && ['NetworkError', 'InvalidStateError'].includes(cause.name);
  return new Problem(isTaken ? 'in-use' : 'no-port', `cannot be opened (${reasonOf(cause)})`, {
    file,
    hint: isTaken
      ? 'end the program or page that holds it; on Linux you may have to join its group first: sudo usermod -aG dialout $USER'
      : 'plug the adapter in again',
    cause,
  });
}

const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
