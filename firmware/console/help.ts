// The key ? lists a program's keys, and any other that it has no use for is answered with a hint at that list.

import { printLine } from './console';

const QUESTION: i32 = 0x3f;
let hinted = false;

/**
 * Call it after each key: `known` when the program obeyed it. Prints `help` for ?, and for other keys that are not
 * known one line, however many follow each other.
 */
export function helpKey(key: i32, known: bool, help: string): void {
  const unknown = !known && key !== QUESTION;
  if (!known && !unknown) printLine(help);
  if (unknown && !hinted) printLine('? lists the keys');
  hinted = unknown;
}
