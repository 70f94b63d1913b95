// The serial line of a machine that runs in this process, offered to another one as a unix socket: what `mirleft run`
// prints as the port to use.

import net from 'node:net';
import { Problem, systemReason } from '../problem.js';

/** Bytes for a client that does not take them; then it is let go. */
const BEHIND_BYTES = 4 << 20;

export class LineServer {
  /** Bytes of the client, for the machine. */
  onBytes: (bytes: Uint8Array) => void = () => undefined;
  private client: net.Socket | undefined;

  private constructor(
    readonly path: string,
    private readonly server: net.Server,
  ) {
    server.on('connection', (socket) => this.take(socket));
  }

  /** Listens; throws Problem. */
  static async listen(path: string): Promise<LineServer> {
    const server = net.createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => {
        reject(
          new Problem('write-failed', `no socket can be made there (${systemReason(error)})`, {
            file: path,
            hint: 'set TMPDIR to a folder with a shorter name',
            cause: error,
          }),
        );
      });
      server.listen(path, resolve);
    });
    server.unref();
    return new LineServer(path, server);
  }

  /** Whether somebody has the line. */
  get isTaken(): boolean {
    return this.client !== undefined;
  }

  /** Bytes of the machine, for the client. */
  push(bytes: Uint8Array): void {
    const { client } = this;
    if (!client) return;
    client.write(bytes);
    if (client.writableLength > BEHIND_BYTES) client.destroy();
  }

  close(): void {
    this.client?.destroy();
    this.server.close();
  }

  /** One at a time: frames of two would mix. */
  private take(socket: net.Socket): void {
    socket.on('error', () => undefined); // its close follows
    if (this.client) {
      socket.destroy();
      return;
    }
    this.client = socket;
    socket.unref();
    socket.on('data', (bytes: Buffer) => this.onBytes(bytes));
    socket.once('close', () => (this.client = undefined));
  }
}
