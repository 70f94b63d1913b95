// A serial port, or a pseudo terminal, as a transport.

import type { SerialPort as Port } from 'serialport';
import { Link } from '../../firmware/link/protocol.js';
import { Problem, systemReason } from '../problem.js';
import { inWords, portHolders } from './port-holders.js';
import type { PortLock } from './port-lock.js';
import { PortGone, type Transport } from './transport.js';

/** What to look at when there is no port of that name. */
export const awayHint = (path: string): string =>
  path.startsWith('/dev/') || process.platform === 'win32'
    ? 'is the adapter plugged in? dmesg shows its name'
    : 'does the program that made it still run? mirleft run prints its own';

/** What the library's messages mean. */
function openProblem(path: string, error: Error): Problem {
  const { message } = error;
  const fields = { file: path, cause: error };
  if (/no such file|cannot find|ENOENT/i.test(message))
    return new Problem('no-port', 'no such port', { ...fields, hint: awayHint(path) });
  if (/permission|access denied|EACCES/i.test(message))
    return new Problem('no-port', 'you may not open it', {
      ...fields,
      hint: 'sudo usermod -aG dialout $USER, then log in again',
    });
  // What a file, or a device that is no terminal, answers.
  if (/ioctl|ENOTTY/i.test(message)) return noSerialPort(path, error);
  if (/lock|busy|temporarily unavailable/i.test(message)) return heldProblem(path, error);
  return new Problem('no-port', `cannot be opened (${systemReason(error)})`, {
    ...fields,
    hint: 'mirleft doctor without --port tells which adapters there are',
  });
}

/** What is to be said of a name that leads to something else. */
export const noSerialPort = (path: string, cause?: unknown): Problem =>
  new Problem('no-port', 'is no serial port', {
    file: path,
    hint: 'mirleft doctor without --port tells which adapters there are',
    cause,
  });

function heldProblem(path: string, cause: Error): Problem {
  const [holder] = portHolders(path);
  const who = holder ? inWords(holder) : 'another program';
  return new Problem('in-use', `is held by ${who}`, { file: path, hint: 'end that one first', cause });
}

class SerialTransport implements Transport {
  readonly isPaced = true;
  baud: number = Link.Baud;
  onBytes: (bytes: Uint8Array) => void = () => undefined;
  onClose: (problem?: Problem) => void = () => undefined;
  private closing = false;

  constructor(
    readonly name: string,
    private readonly port: Port,
    private readonly lock: PortLock,
  ) {
    port.on('data', (bytes: Buffer) => this.onBytes(bytes));
    port.on('error', () => undefined); // the write that failed tells
    port.on('close', () => {
      lock.release();
      if (!this.closing) this.onClose(new PortGone(this.name));
    });
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.port.isOpen) {
        reject(new PortGone(this.name));
        return;
      }
      this.port.write(bytes, undefined, (error) => {
        if (error) reject(new PortGone(this.name, error));
        else resolve();
      });
    });
  }

  async setBaud(baud: number): Promise<void> {
    await new Promise<void>((resolve) => this.port.drain(() => resolve()));
    await new Promise<void>((resolve, reject) => {
      this.port.update({ baudRate: baud }, (error) => {
        if (error) reject(new Problem('no-port', `does not make ${baud} baud`, { file: this.name, cause: error }));
        else resolve();
      });
    });
    this.baud = baud;
  }

  async close(): Promise<void> {
    this.closing = true;
    this.lock.release();
    if (!this.port.isOpen) return;
    await new Promise<void>((resolve) => this.port.close(() => resolve()));
  }
}

/** Opens a port at the rate at power on. Throws Problem. `lock` is given back when the port closes. */
export async function openSerialPort(path: string, lock: PortLock): Promise<Transport> {
  // A native module: only for those who need it.
  const { SerialPort } = await import('serialport');
  const port = new SerialPort({ path, baudRate: Link.Baud, autoOpen: false, lock: true, highWaterMark: 65536 });
  try {
    await new Promise<void>((resolve, reject) => {
      port.open((error) => (error ? reject(openProblem(path, error)) : resolve()));
    });
  } catch (error) {
    lock.release();
    throw error;
  }
  return new SerialTransport(path, port, lock);
}
