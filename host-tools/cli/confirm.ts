// A question before something is lost.

import { createInterface } from 'node:readline/promises';
import { aborted } from '../play/aborted.js';
import { Problem } from '../problem.js';

/**
 * Throws Problem unless the answer is yes. Ctrl-C aborts `ending`, and it returns: what comes next sees that, and writes
 * nothing.
 */
export async function confirm(question: string, ending: AbortController): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new Problem('usage', 'there is nobody to ask', { hint: '--yes writes without asking' });
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  terminal.on('SIGINT', () => ending.abort());
  const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
  try {
    const answer = await Promise.race([terminal.question(`${question} [yes/no] `), closed, aborted(ending.signal)]);
    if (answer === undefined || /^y(?:es)?$/i.test(answer.trim())) return;
  } finally {
    terminal.close();
  }
  throw new Problem('unsafe-device', 'nothing was written');
}
