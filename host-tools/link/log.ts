// The lines that a board has printed last and keeps (docs/link.md, Log).

import { Channel, LogOp } from '../../firmware/link/protocol.js';
import { fetchText, type TextQuestion } from './device-text.js';
import type { Link } from './link.js';
import { TextFilter } from './text-filter.js';

const QUESTION: TextQuestion = {
  channel: Channel.Log,
  ask: LogOp.Ask,
  piece: LogOp.Lines,
  silent: 'the board does not tell what it has printed',
};

/** Fetches the lines, oldest first, made harmless for a terminal. Throws what `fetchText` throws. */
export async function fetchLog(link: Link): Promise<string[]> {
  const text = new TextFilter().push(await fetchText(link, QUESTION));
  const lines = text.split(/\r?\n/);
  // Behind the end of the last line there is nothing, unless it has none yet.
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
