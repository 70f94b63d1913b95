// Byte streams without a rate as transports: a socket, the pipes of an emulator.

import net from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { Link } from '../../firmware/link/protocol.js';
import { Problem, systemCode, systemReason } from '../problem.js';
import { lockPort } from './port-lock.js';
import { PortGone, type Transport } from './transport.js';

const CONNECT_MS = 5000;

export class StreamTransport implements Transport {
  readonly isPaced = false;
  /** What the device at the other end counts by, if it keeps a rate. */
  baud: number = Link.Baud;
  onBytes: (bytes: Uint8Array) => void = () => undefined;
  onClose: (problem?: Problem) => void = () => undefined;
  private isClosed = false;

  /** `end` closes what is behind the streams. */
  constructor(
    readonly name: string,
    input: Readable,
    private readonly output: Writable,
    private readonly end: () => void | Promise<void>,
  ) {
    input.on('data', (bytes: Buffer) => this.onBytes(bytes));
    const closed = (): void => {
      if (!this.isClosed) this.onClose(this.gone());
      this.isClosed = true;
    };
    input.once('close', closed);
    output.on('error', closed);
  }

  private gone(cause?: unknown): Problem {
    return new PortGone(this.name, cause, 'the other end is gone', 'start it again');
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.isClosed || this.output.destroyed) {
        reject(this.gone());
        return;
      }
      this.output.write(bytes, (error) => {
        if (error) reject(this.gone(error));
        else resolve();
      });
    });
  }

  setBaud(baud: number): Promise<void> {
    this.baud = baud;
    return Promise.resolve();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.end();
  }
}

/** Connects to a unix socket, or to `host:port` behind `tcp:`. Throws Problem. */
export async function connectSocket(where: string): Promise<Transport> {
  const lock = lockPort(where);
  const [, host, port] = /^tcp:(.*):(\d+)$/.exec(where) ?? [];
  const socket = port === undefined ? net.connect(where) : net.connect(Number(port), host || '127.0.0.1');
  try {
    await new Promise<void>((resolve, reject) => {
      socket.setTimeout(CONNECT_MS, () => socket.destroy(new Error('no answer')));
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
  } catch (error) {
    lock.release();
    const refused = systemCode(error) === 'ECONNREFUSED';
    throw new Problem('no-port', refused ? 'nobody listens there' : `cannot be opened (${systemReason(error)})`, {
      file: where,
      hint: 'mirleft run prints the port to use',
      cause: error,
    });
  }
  socket.setTimeout(0);
  socket.setNoDelay(true);
  socket.on('error', () => undefined); // its close follows
  socket.once('close', lock.release);
  return new StreamTransport(where, socket, socket, () => {
    lock.release();
    socket.end();
    socket.destroySoon();
  });
}
