// One line that says how far something is: a name, a bar, and facts behind it, for a terminal of any width.

import { printable } from '../problem.js';
import { styleText } from './render-style.js';
import { bar, columnsOf, fit } from './render-text.js';

const BAR = 24;
const LEAST_BAR = 6;
const NAME = 16;
const LEAST_NAME = 4;
const GAP = 2;
/** The last column stays free: in it some terminals begin the next row. */
const FREE = 1;

/**
 * `part` is 0 to 1. Of `facts`, the most telling first, the first that leaves room for the rest is shown; where it is very
 * narrow there is a bar without facts, or nothing but the last of them.
 */
export function progressLine(columns: number, name: string, part: number, facts: readonly string[]): string {
  const width = Math.max(1, columns - FREE);
  const least = LEAST_NAME + GAP + LEAST_BAR + GAP;
  const shown = facts.find((fact) => least + columnsOf(fact) <= width);
  if (shown === undefined) return fit(facts.at(-1) ?? '', width);
  const room = width - columnsOf(shown) - 2 * GAP;
  const own = printable(name);
  // The bar gives way to the beginning of a name, and that to the shortest bar.
  const bars = Math.max(LEAST_BAR, Math.min(BAR, room - Math.min(NAME, columnsOf(own))));
  const gap = ' '.repeat(GAP);
  return `${fit(own, room - bars)}${gap}${bar(part, bars)}${gap}${styleText('dim', shown)}`;
}
