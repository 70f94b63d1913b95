// From what `--port` says to an open link: which transport, and whose turn.

import fs from 'node:fs';
import { Problem } from '../problem.js';
import { findAdapters, rememberBaud, rememberedBaud, type Adapter } from './adapters.js';
import { openEmulator } from './emulator-port.js';
import type { Link } from './link.js';
import { lockPort } from './port-lock.js';
import { noSerialPort, openSerialPort } from './serial-port.js';
import { startSession, type BaudMemory, type LinkOptions, type OpenPort } from './session.js';
import { connectSocket } from './stream-transport.js';

/** What `--port` takes, for help texts. */
export const PORT_HELP =
  'a serial port (/dev/ttyUSB0), the port that mirleft run prints, or qemu to start one (qemu:CARD with a card)';

const PORT_HINT = 'name a port with --port, or try without a board: --port qemu';

/** Opens what `--port` names; without it the one adapter that is there. Throws Problem. */
export async function openPort(spec?: string): Promise<OpenPort> {
  if (spec === '') throw new Problem('usage', '--port is empty', { hint: PORT_HINT });
  if (spec === 'qemu' || spec?.startsWith('qemu:'))
    return { transport: await openEmulator(spec.slice('qemu:'.length) || undefined) };
  if (spec !== undefined && (spec.startsWith('tcp:') || isSocket(spec)))
    return { transport: await connectSocket(spec) };
  const adapters = await findAdapters();
  const path = spec ?? onlyOne(adapters).path;
  if (isOther(path)) throw noSerialPort(path);
  const lock = lockPort(path);
  const transport = await openSerialPort(path, lock);
  const id = adapters.find((adapter) => adapter.path === path)?.id;
  return { transport, memory: id === undefined ? undefined : memoryOf(id) };
}

/** Whether there is something of that name that no port can be: a file, a folder, a pipe, another device. */
export function isOther(path: string): boolean {
  const stat = fs.statSync(path, { throwIfNoEntry: false });
  if (!stat?.isCharacterDevice()) return stat !== undefined && !stat.isSocket();
  try {
    // Linux: makedev(3) in the C library. A pseudo terminal has no entry there.
    const [major, minor] = [(stat.rdev >> 8) & 0xfff, (stat.rdev & 0xff) | ((stat.rdev >> 12) & 0xfff00)];
    return !fs.readlinkSync(`/sys/dev/char/${major}:${minor}/subsystem`).endsWith('/tty');
  } catch {
    return false; // opening it will tell
  }
}
const memoryOf = (id: string): BaudMemory => ({
  baud: () => rememberedBaud(id),
  remember: (baud) => rememberBaud(id, baud),
});

/** Whether there is a socket of that name. */
export function isSocket(path: string): boolean {
  return fs.statSync(path, { throwIfNoEntry: false })?.isSocket() ?? false;
}

function onlyOne(adapters: readonly Adapter[]): Adapter {
  const [first, second] = adapters;
  if (!first)
    throw new Problem('no-port', 'no serial adapter is plugged in', {
      hint: PORT_HINT,
    });
  if (second)
    throw new Problem('usage', 'there are several serial adapters', {
      hint: `choose one with --port: ${adapters.map(({ path, name }) => `${path} (${name})`).join(', ')}`,
    });
  return first;
}

/** Opens the port, a session on it, and the fastest rate that works. Throws Problem; then nothing stays open. */
export async function openLink(spec: string | undefined, options: LinkOptions = {}): Promise<Link> {
  if (spec?.startsWith('qemu')) options.onProgress?.('starting the emulator…');
  const port = await openPort(spec);
  try {
    return await startSession(port, options);
  } catch (error) {
    await port.transport.close();
    throw error;
  }
}
