// `mirleft update`: another kernel for the card of a board that runs. It is put beside the one that boots, tried, and kept
// when it has run well for a while; a board whose new kernel does not live boots the old one the next time.

import crc32 from 'crc-32';
import { readWholeKernel } from '../card/kernel-image.js';
import { FileClient } from '../link/file-client.js';
import type { Link } from '../link/link.js';
import { checkTakesCode, ModuleClient } from '../link/module-client.js';
import { startSession, type OpenPort } from '../link/session.js';
import { PortGone } from '../link/transport.js';
import { Problem } from '../problem.js';

const NEXT = 'next.img';
/** What the firmware takes (drivers/window-map.ts). */
const MOST_BYTES = 1024 * 1024;
/** Until the new kernel answers, and until it has been kept. */
const BOOT_MS = 40_000;
const KEPT_MS = 40_000;
const LOOK_MS = 1000;
/** A session with the kernel that is about to leave. */
const OLD_MS = 1000;

export type UpdateEvent =
  /** Bytes of next.img that are on the card. */
  | { event: 'sending'; bytes: number; of: number }
  /** It is checked and noted, and the board goes to it. */
  | { event: 'trying' }
  /** The new kernel answers; it is kept if it runs well. */
  | { event: 'running'; build: string }
  | { event: 'kept'; build: string };

export interface UpdateOptions {
  port: OpenPort;
  image: Uint8Array;
  /** What the image is called, for errors. */
  name: string;
  /** Breaks it off. Once the board tries the kernel, that goes on without this side. */
  signal?: AbortSignal | undefined;
  baud?: number | undefined;
}

/** Throws Problem: it was refused, or does not live; `interrupted`, with what the board does then. */
export async function updateKernel(options: UpdateOptions, tell: (event: UpdateEvent) => void): Promise<void> {
  const { port, image, name, signal, baud } = options;
  const { buildId } = checkKernel(image, name);
  const connect = (): Promise<Link> => startSession(port, { signal, baud });
  const link = await connect();
  const { boot } = link.welcome;
  try {
    checkTakesCode(link);
    await put(link, image, tell, signal);
    if (signal?.aborted) throw brokenOff('the board keeps the kernel that it has');
    await new ModuleClient(link).tryNext(image.length, crc32.buf(image));
  } finally {
    // A board without a session need not wait for its answer to arrive.
    await link.leave();
  }
  tell({ event: 'trying' });
  const next = await comeBack(port, connect, boot, signal);
  try {
    const { build } = next.welcome;
    if (build !== buildId) throw failed(port, `the board runs build ${build} after its restart, not ${buildId}`);
    tell({ event: 'running', build });
    await kept(next, signal);
    tell({ event: 'kept', build });
  } finally {
    await next.leave();
  }
}

/** Throws Problem for what is no kernel that a board would keep. */
export function checkKernel(image: Uint8Array, file: string): { buildId: string } {
  if (image.length === 0)
    throw new Problem('bad-firmware', 'is empty', { file, hint: 'mirleft build makes a kernel8.img' });
  const ours = readWholeKernel(Buffer.from(image.buffer, image.byteOffset, image.length));
  if (!ours)
    throw new Problem('bad-firmware', 'is no kernel of this library, or not all of one, so it could not be kept', {
      file,
      hint: 'mirleft build makes one',
    });
  if (image.length > MOST_BYTES)
    throw new Problem('no-room', 'is longer than the 1 MiB that a board takes over the line', {
      file,
      hint: 'write it to the card with mirleft image',
    });
  return ours;
}

async function put(
  link: Link,
  image: Uint8Array,
  tell: (event: UpdateEvent) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const files = new FileClient(link);
  const sum = crc32.buf(image) >>> 0;
  const there = await files.find(NEXT, true);
  const of = image.length;
  if (there?.bytes !== of || there.crc32 !== sum) {
    const read = (offset: number, most: number): Promise<Uint8Array> =>
      Promise.resolve(image.subarray(offset, offset + most));
    const onBytes = (bytes: number): void => {
      if (bytes < of) tell({ event: 'sending', bytes, of });
    };
    await files.put(NEXT, { bytes: of, crc32: sum, read }, true, { onBytes, signal });
  }
  tell({ event: 'sending', bytes: of, of });
}

/** A session with what has booted since. */
async function comeBack(
  port: OpenPort,
  connect: () => Promise<Link>,
  boot: number,
  signal: AbortSignal | undefined,
): Promise<Link> {
  const until = performance.now() + BOOT_MS;
  let problem: unknown;
  while (performance.now() < until && !signal?.aborted) {
    try {
      const link = await connect();
      if (link.welcome.boot !== boot) return link;
      await Promise.race([link.closed, later(OLD_MS)]);
      await link.leave();
    } catch (error) {
      if (signal?.aborted) break;
      if (!(error instanceof Problem)) throw error;
      if (error instanceof PortGone) throw unknown(port, error);
      if (error.code !== 'no-answer') throw error;
      problem = error;
    }
  }
  if (signal?.aborted) throw brokenOff(GOES_ON);
  if (problem)
    throw failed(
      port,
      'nothing answers since the board went to the new kernel: that has failed, or has no link',
      problem,
    );
  throw new Problem('no-answer', 'the board stays with the kernel that it has', {
    file: port.transport.name,
    hint: 'look at its console',
  });
}

/** Waits until next.img has become kernel8.img. */
async function kept(link: Link, signal?: AbortSignal): Promise<void> {
  const files = new FileClient(link);
  const until = performance.now() + KEPT_MS;
  try {
    while (await files.find(NEXT)) {
      if (signal?.aborted) throw brokenOff(GOES_ON);
      if (performance.now() > until) throw failed(link, 'the new kernel was not kept');
      await later(LOOK_MS);
    }
  } catch (error) {
    if (error instanceof PortGone) throw unknown(link, error);
    if (error instanceof Problem && error.code === 'link-lost')
      throw failed(link, 'the new kernel does not answer any more');
    throw error;
  }
}

const failed = ({ transport }: { transport: { name: string } }, what: string, cause?: unknown): Problem =>
  new Problem('refused', what, {
    file: transport.name,
    hint: 'switch the board off and on: it boots the kernel that it had, unless it has kept the new one by then',
    cause,
  });

const unknown = ({ transport }: { transport: { name: string } }, cause: unknown): Problem =>
  new Problem('link-lost', 'the port went while the new kernel was tried: whether it is kept is not known', {
    file: transport.name,
    hint: 'when the board is there again, the build in its banner tells',
    cause,
  });

const GOES_ON = 'the board goes on by itself, and keeps the new kernel if that runs well';
const brokenOff = (what: string): Problem => new Problem('interrupted', `was broken off: ${what}`);

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
