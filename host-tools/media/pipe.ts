// A named pipe, opened so that neither waiting for a writer nor waiting for bytes holds up a thread: who blocks in the
// system's open() can be ended by no signal.

import fs from 'node:fs';
import net from 'node:net';

const { O_RDONLY, O_NONBLOCK } = fs.constants;

/** Bytes of a pipe, in order. */
export class Pipe {
  private readonly socket: net.Socket;
  private readonly chunks: AsyncIterator<Buffer>;
  private rest: Buffer = Buffer.alloc(0);

  /** Throws the system's error. Once the signal comes nothing more does. */
  constructor(path: string | Buffer, signal?: AbortSignal) {
    this.socket = new net.Socket({ fd: fs.openSync(path, O_RDONLY | O_NONBLOCK), readable: true, writable: false });
    this.chunks = (this.socket as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    if (signal?.aborted) this.close();
    signal?.addEventListener('abort', () => this.close(), { once: true });
  }

  /** Reads up to `count` bytes to `at` of the buffer; 0 at the end. Rejects with the system's error. */
  async read(buffer: Buffer, at: number, count: number): Promise<number> {
    if (this.rest.length === 0) {
      const { done, value } = await this.chunks.next();
      if (done) return 0;
      this.rest = value;
    }
    const bytes = this.rest.copy(buffer, at, 0, count);
    this.rest = this.rest.subarray(bytes);
    return bytes;
  }

  close(): void {
    this.socket.destroy();
  }
}
