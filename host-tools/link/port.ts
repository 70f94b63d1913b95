// From what `--port` says to an open link: which transport, whose turn, and the fastest rate that works.

import fs from 'node:fs';
import { Link as Numbers } from '../../firmware/link/protocol.js';
import { Problem } from '../problem.js';
import { findAdapters, rememberBaud, rememberedBaud, type Adapter } from './adapters.js';
import { openEmulator } from './emulator-port.js';
import { Link, type ConnectOptions } from './link.js';
import { lockPort } from './port-lock.js';
import { noSerialPort, openSerialPort } from './serial-port.js';
import { connectSocket } from './stream-transport.js';
import type { Transport } from './transport.js';

/** What `--port` takes, for help texts. */
export const PORT_HELP =
  'a serial port (/dev/ttyUSB0), the port that mirleft run prints, or qemu to start one (qemu:CARD with a card)';

const PORT_HINT = 'name a port with --port, or try without a board: --port qemu';

/** Rates that adapters make, fastest first. */
const RATES = [4_000_000, 3_000_000, 2_000_000, 1_500_000, 1_000_000, 921_600, 460_800, 230_400];
/** Before another rate is tried: a board that was left in a fast session answers there. */
const FIRST_MS = 1200;
const OTHER_MS = 800;
/** Until the board has forgotten a session that nobody ended. */
const LAST_MS = Numbers.SilenceMs + 1000;

export interface OpenPort {
  readonly transport: Transport;
  /** What the rate is remembered by; undefined where there is none to remember. */
  readonly id: string | undefined;
}

export interface LinkOptions extends Pick<ConnectOptions, 'signal' | 'onText'> {
  /** The rate in bit/s; default: the fastest that works. */
  baud?: number | undefined;
  /** Told before what takes long. */
  onProgress?: ((text: string) => void) | undefined;
}

/** Opens what `--port` names; without it the one adapter that is there. Throws Problem. */
export async function openPort(spec?: string): Promise<OpenPort> {
  if (spec === '') throw new Problem('usage', '--port is empty', { hint: PORT_HINT });
  if (spec === 'qemu' || spec?.startsWith('qemu:'))
    return { transport: await openEmulator(spec.slice('qemu:'.length) || undefined), id: undefined };
  if (spec !== undefined && (spec.startsWith('tcp:') || isSocket(spec)))
    return { transport: await connectSocket(spec), id: undefined };
  const adapters = await findAdapters();
  const path = spec ?? onlyOne(adapters).path;
  if (isOther(path)) throw noSerialPort(path);
  const lock = lockPort(path);
  const transport = await openSerialPort(path, lock);
  return { transport, id: adapters.find((adapter) => adapter.path === path)?.id };
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

/** A session on an open port, also a second one after the first was lost. Throws Problem; the port stays open. */
export async function startSession({ transport, id }: OpenPort, options: LinkOptions = {}): Promise<Link> {
  const link = await connect(transport, id, options);
  if (transport.isPaced && link.welcome.isPaced) await raise(link, id, options);
  return link;
}

async function connect(transport: Transport, id: string | undefined, options: LinkOptions): Promise<Link> {
  const known = id === undefined ? undefined : rememberedBaud(id);
  const left = transport.isPaced && known !== undefined && known !== Numbers.Baud ? known : undefined;
  const tries =
    left === undefined
      ? [{ baud: Numbers.Baud, ms: LAST_MS }]
      : [
          { baud: Numbers.Baud, ms: FIRST_MS },
          { baud: left, ms: OTHER_MS },
          { baud: Numbers.Baud, ms: LAST_MS },
        ];
  let problem: unknown;
  for (const { baud, ms } of tries) {
    if (transport.baud !== Number(baud)) await transport.setBaud(baud);
    try {
      return await Link.connect(transport, { ...options, timeoutMs: ms });
    } catch (error) {
      problem = error;
      if (!(error instanceof Problem) || error.code !== 'no-answer') break;
    }
  }
  throw problem;
}

/** Tries rates, the one that worked the last time first, then slower ones. */
async function raise(link: Link, id: string | undefined, { baud, onProgress }: LinkOptions): Promise<void> {
  const { highestBaud } = link.welcome;
  const known = id === undefined ? undefined : rememberedBaud(id);
  const most = baud ?? Math.min(highestBaud, known ?? highestBaud);
  const rates = baud === undefined ? [...new Set([most, ...RATES.filter((rate) => rate < most)])] : [baud];
  for (const rate of rates.filter((rate) => rate <= highestBaud && rate > Numbers.Baud)) {
    if (rate === link.transport.baud) return;
    onProgress?.(`trying ${rate} baud…`);
    const holds = await link.setBaud(rate);
    if (holds === rate) {
      if (id !== undefined) rememberBaud(id, rate);
      return;
    }
  }
}
