// The device's end of the link in real time, behind a unix socket or a pseudo terminal.

import { spawn } from 'node:child_process';
import net from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { realClock } from '../../host-tools/link/clock.js';
import type { Transport } from '../../host-tools/link/transport.js';
import { DeviceRig } from './device-rig.js';

/** What a rig is connected to: its bytes go to `output`. */
function deviceEnd(input: Readable, output: Writable, isPaced: boolean): Transport {
  const end: Transport = {
    name: 'the device',
    isPaced,
    baud: 115200,
    onBytes: () => undefined,
    onClose: () => undefined,
    write(bytes) {
      output.write(bytes);
      return Promise.resolve();
    },
    setBaud: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  input.on('data', (bytes: Buffer) => end.onBytes(bytes));
  for (const stream of [input, output]) stream.on('error', () => undefined);
  return end;
}

export interface RealLine {
  rig: DeviceRig;
  /** The port to use. */
  path: string;
  close(): void;
}

/** A device behind a unix socket, with a new one for each that connects. */
export async function socketLine(path: string): Promise<RealLine> {
  const rig = await DeviceRig.make(realClock);
  const server = net.createServer((socket) => rig.connect(deviceEnd(socket, socket, false)));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return { rig, path, close: () => void server.close() };
}

/** Opens a pseudo terminal, tells its name, and carries bytes both ways. */
const PTY = `
import os, pty, select, sys, tty
master, slave = pty.openpty()
tty.setraw(slave)
sys.stdout.buffer.write(os.ttyname(slave).encode() + b"\\n")
sys.stdout.buffer.flush()
while True:
    ready, _, _ = select.select([0, master], [], [])
    if 0 in ready:
        data = os.read(0, 65536)
        if not data:
            break
        os.write(master, data)
    if master in ready:
        data = os.read(master, 65536)
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
`;

/** A device behind a pseudo terminal. `close` unplugs it. */
export async function ptyLine(): Promise<RealLine> {
  const rig = await DeviceRig.make(realClock);
  const child = spawn('python3', ['-c', PTY], { stdio: ['pipe', 'pipe', 'inherit'] });
  const path = await new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status) => reject(new Error(`python3 ended with ${status}`)));
    child.stdout.once('data', (line: Buffer) => resolve(line.toString().trim()));
  });
  rig.connect(deviceEnd(child.stdout, child.stdin, true));
  return { rig, path, close: () => void child.kill('SIGKILL') };
}
