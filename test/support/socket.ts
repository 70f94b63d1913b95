// Connecting to a socket that another process is about to listen at.

import net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Connects to a Unix socket; tries for 30 s, for its file is there before anybody listens. */
export async function connected(file: string): Promise<net.Socket> {
  for (const end = Date.now() + 30_000; ; await pause(20)) {
    const socket = net.connect(file);
    const error = await new Promise<Error | undefined>((resolve) => {
      socket.once('connect', () => resolve(undefined)).once('error', resolve);
    });
    if (!error) return socket;
    if (Date.now() > end) throw error;
  }
}
