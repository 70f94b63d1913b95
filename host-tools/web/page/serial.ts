/// <reference types="w3c-web-serial" />
// The console of a real Pi over Web Serial: 115200 baud, 8 bits, no parity, one stop bit.

import type { Terminal } from '@xterm/xterm';
import { byId, setText } from './page.js';

const OPTIONS: SerialOptions = { baudRate: 115_200, dataBits: 8, stopBits: 1, parity: 'none', flowControl: 'none' };
const MISSING =
  'This browser has no Web Serial. Chrome, Edge and Opera on a computer have it; elsewhere use a terminal program such as screen or picocom at 115200 baud.';

export class SerialConsole {
  private readonly button = byId<HTMLButtonElement>('serial');
  private readonly state = byId('serial-state');
  private port: SerialPort | undefined;
  private reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  private writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  private closing = false;
  private readonly encoder = new TextEncoder();

  /** `open` makes the terminal when it is first needed. */
  constructor(private readonly open: (onData: (text: string) => void) => Terminal) {
    if (!('serial' in navigator)) {
      this.button.disabled = true;
      setText(this.state, MISSING);
      byId('serial-terminal').hidden = true;
      return;
    }
    this.button.addEventListener('click', () => void (this.port ? this.disconnect() : this.connect()));
  }

  private terminal: Terminal | undefined;

  private async connect(): Promise<void> {
    this.button.disabled = true;
    try {
      const port = await navigator.serial.requestPort();
      await port.open(OPTIONS);
      this.port = port;
      this.closing = false;
      this.terminal ??= this.open((text) => void this.send(text));
      this.writer = port.writable?.getWriter();
      setText(this.button, 'Disconnect');
      setText(this.state, `Connected${nameOf(port)}, 115200 baud, 8N1.`);
      this.terminal.focus();
      void this.read(port, this.terminal).then((text) => this.close(port, text));
    } catch (error) {
      // Nobody has to choose a port.
      const cancelled = error instanceof DOMException && error.name === 'NotFoundError';
      setText(
        this.state,
        cancelled
          ? 'No port was chosen.'
          : `The port cannot be opened: ${reason(error)}. Does another program have it open?`,
      );
    } finally {
      this.button.disabled = false;
    }
  }

  private async send(text: string): Promise<void> {
    try {
      await this.writer?.write(this.encoder.encode(text));
    } catch (error) {
      setText(this.state, `What was typed could not be sent: ${reason(error)}.`);
    }
  }

  /** Reads to the end of the connection, and tells how it came; noise and overruns end a stream but not the port. */
  private async read(port: SerialPort, terminal: Terminal): Promise<string> {
    let lost = '';
    while (port.readable && !this.closing) {
      const reader = port.readable.getReader();
      this.reader = reader;
      try {
        for (;;) {
          const { value, done } = await reader.read();
          if (done) break;
          terminal.write(value);
        }
        if (!this.closing) break;
      } catch (error) {
        lost = reason(error);
        setText(this.state, `Some bytes were lost: ${lost}.`);
      } finally {
        this.reader = undefined;
        reader.releaseLock();
      }
    }
    if (this.closing) return 'Nothing is connected.';
    return lost === '' ? 'The connection has ended.' : `The connection was lost: ${lost}.`;
  }

  /** Ends the reading, and so the connection. */
  private disconnect(): void {
    this.closing = true;
    this.button.disabled = true;
    this.reader?.cancel().catch(() => undefined); // a stream that has broken meanwhile has ended too
  }

  private async close(port: SerialPort, text: string): Promise<void> {
    this.button.disabled = true;
    this.port = undefined;
    this.writer?.releaseLock();
    this.writer = undefined;
    // It may have been pulled out: there is nothing left to close then.
    await port.close().catch(() => undefined);
    setText(this.button, 'Connect…');
    setText(this.state, text);
    this.button.disabled = false;
  }
}

function nameOf(port: SerialPort): string {
  const { usbVendorId, usbProductId } = port.getInfo();
  const hex = (value: number | undefined): string => (value ?? 0).toString(16).padStart(4, '0');
  return usbVendorId === undefined ? '' : ` to USB ${hex(usbVendorId)}:${hex(usbProductId)}`;
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
