// One question to a board: a session is opened for it and ended behind it. Ctrl-C breaks it off.

import type { Link } from '../link/link.js';
import { openLink } from '../link/port.js';
import { Problem } from '../problem.js';
import type { PortFlags } from './port-option.js';
import { StatusLine } from './render-status.js';
import { onInterrupt } from './render-terminal.js';

/** What `ask` gives. Throws Problem: no port, no board, broken off; and what `ask` throws. */
export async function inSession<Answer>(flags: PortFlags, ask: (link: Link) => Promise<Answer>): Promise<Answer> {
  const status = new StatusLine();
  const ending = new AbortController();
  const { signal } = ending;
  const interrupts = onInterrupt(() => ending.abort());
  try {
    const link = await openLink(flags.port, { signal, baud: flags.baud, onProgress: (text) => status.set(text) });
    signal.addEventListener('abort', () => void link.leave(), { once: true });
    try {
      // Trying rates ends with a session, too.
      signal.throwIfAborted();
      return await ask(link);
    } finally {
      await link.close();
    }
  } catch (error) {
    throw signal.aborted ? new Problem('interrupted', 'was broken off') : error;
  } finally {
    status.clear();
    // What follows is ended by a signal as it is.
    interrupts.undo();
  }
}
