// A session on a port that is open, at the fastest rate that works.

import { Link as Numbers } from '../../firmware/link/protocol.js';
import { Problem } from '../problem.js';
import { Link, type ConnectOptions } from './link.js';
import { PortGone, type Transport } from './transport.js';

/** Rates that adapters make, fastest first. */
const RATES = [4_000_000, 3_000_000, 2_000_000, 1_500_000, 1_000_000, 921_600, 460_800, 230_400];
/** Before another rate is tried: a board that was left in a fast session answers there. */
const FIRST_MS = 1200;
const OTHER_MS = 800;
/** Until the board has forgotten a session that nobody ended. */
const LAST_MS = Numbers.SilenceMs + 1000;

/** The rate that worked with an adapter the last time, in bit/s. */
export interface BaudMemory {
  baud(): number | undefined;
  remember(baud: number): void;
}

export interface OpenPort {
  readonly transport: Transport;
  /** Where its rate is remembered; undefined where there is none to remember. */
  readonly memory?: BaudMemory | undefined;
}

export interface LinkOptions extends Pick<ConnectOptions, 'signal' | 'onText'> {
  /** The rate in bit/s; default: the fastest that works. */
  baud?: number | undefined;
  /** Told before what takes long. */
  onProgress?: ((text: string) => void) | undefined;
}

/** Whether a board that was there may answer again on the same port, when a session could not be renewed. */
export const mayComeBack = (error: unknown): error is Problem =>
  error instanceof Problem && !(error instanceof PortGone) && ['no-answer', 'link-lost'].includes(error.code);

/** A session on an open port, also a second one after the first was lost. Throws Problem; the port stays open. */
export async function startSession({ transport, memory }: OpenPort, options: LinkOptions = {}): Promise<Link> {
  const link = await connect(transport, memory, options);
  if (link.welcome.isPaced) await raise(link, memory, options);
  return link;
}

async function connect(transport: Transport, memory: BaudMemory | undefined, options: LinkOptions): Promise<Link> {
  const known = memory?.baud();
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

/**
 * Tries rates, the one that worked the last time first, then slower ones. Behind a stream a virtual Pi makes every rate; or
 * there is an adapter whose rate is another program's, and then none is made.
 */
async function raise(
  link: Link,
  memory: BaudMemory | undefined,
  { baud, signal, onProgress }: LinkOptions,
): Promise<void> {
  const { highestBaud } = link.welcome;
  const known = memory?.baud();
  const most = baud ?? Math.min(highestBaud, known ?? highestBaud);
  const slower = link.transport.isPaced ? RATES.filter((rate) => rate < most) : [];
  const rates = baud === undefined ? [...new Set([most, ...slower])] : [baud];
  for (const rate of rates.filter((rate) => rate <= highestBaud && rate > Numbers.Baud)) {
    if (rate === link.transport.baud || signal?.aborted) return;
    onProgress?.(`trying ${rate} baud…`);
    const holds = await link.setBaud(rate);
    if (holds === rate) {
      memory?.remember(rate);
      return;
    }
  }
}
