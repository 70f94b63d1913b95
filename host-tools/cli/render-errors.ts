// Errors for people: one line where a file or the machine is at fault, below it the lines of a compiler or a tool, and
// a stack only for what should never happen.

import { Problem } from '../problem.js';
import { styleText } from './render-style.js';

/** Exit statuses of the commands. */
export const enum Status {
  Fine = 0,
  Failed = 1,
  Usage = 2,
  /** 128 + SIGINT. */
  Interrupted = 130,
}

export const statusOf = (error: unknown): Status => {
  if (!(error instanceof Problem)) return Status.Failed;
  return error.code === 'usage' ? Status.Usage : error.code === 'interrupted' ? Status.Interrupted : Status.Failed;
};

/** `error: song.mp3: is cut off at byte 12; …`, and below it what a compiler or a tool said. */
export const problemLine = (problem: Problem): string => `${styleText('red', 'error:')} ${problem.text()}`;

export function errorText(error: unknown): string {
  if (error instanceof Problem) return problemLine(error);
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${styleText('red', 'this should not have happened:')} ${stack}`;
}
