// A text that a board sends in pieces when it is asked: the report of a fault, the lines that it keeps (docs/link.md).

import { Problem } from '../problem.js';
import { realClock } from './clock.js';
import type { Link, Receiver } from './link.js';

const ANSWER_MS = 5000;
/** More than any board has room for. */
const MOST_BYTES = 8192;

export interface TextQuestion {
  channel: number;
  /** The first byte of the question, and of each piece of the answer. */
  ask: number;
  piece: number;
  /** What is said where nothing comes: `the board does not tell of faults`. */
  silent: string;
}

/**
 * Asks, and gathers the pieces. Whoever takes that channel of the link gets all else meanwhile, and the channel back. Throws
 * Problem: the session has ended, no answer within 5 s.
 */
export async function fetchText(link: Link, { channel, ask, piece, silent }: TextQuestion): Promise<Buffer> {
  const clock = link.transport.clock ?? realClock;
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  let before: Receiver | undefined;
  const whole = new Promise<Buffer>((resolve, reject) => {
    const cancel = clock.at(clock.now() + ANSWER_MS, () => {
      const hint = 'is its firmware older than this program?';
      reject(new Problem('no-answer', silent, { file: link.transport.name, hint }));
    });
    before = link.receive(channel, (payload) => {
      if (payload[0] !== piece) {
        before?.(payload);
        return;
      }
      pieces.push(payload.slice(1));
      bytes += payload.length - 1;
      if (payload.length > 1 && bytes < MOST_BYTES) return;
      cancel();
      resolve(Buffer.concat(pieces));
    });
    void link.closed.then(({ problem }) => {
      cancel();
      reject(problem ?? new Problem('link-lost', 'the session has ended'));
    });
  });
  whole.catch(() => undefined); // `send` may fail first
  try {
    await link.send(channel, Uint8Array.of(ask));
    return await whole;
  } finally {
    link.receive(channel, before);
  }
}
