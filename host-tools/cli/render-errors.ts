// Errors for people: one line where a file or the machine is at fault, the compiler's own lines for a program that
// does not compile, a stack only for what should never happen.

import { CompileError } from '../build/compile.js';
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

export const statusOf = (error: unknown): Status =>
  error instanceof Problem && error.code === 'usage' ? Status.Usage : Status.Failed;

/** `error: song.mp3: is cut off at byte 12; …` */
export const problemLine = (problem: Problem): string => `${styleText('red', 'error:')} ${problem.line()}`;

/** Whether an error is one that the operations announce, so that its message is enough. */
function expected(error: Error): boolean {
  return error.name === 'AbortError' || /(?:Error|Crash)$/.test(error.constructor.name);
}

const PLAIN = new Set(['Error', 'TypeError', 'RangeError', 'SyntaxError', 'ReferenceError', 'AssertionError']);

export function errorText(error: unknown): string {
  if (error instanceof Problem) return problemLine(error);
  if (error instanceof CompileError) return `${styleText('red', 'error:')} ${error.message}`;
  if (error instanceof Error && expected(error) && !PLAIN.has(error.constructor.name))
    return `${styleText('red', 'error:')} ${error.message}`;
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${styleText('red', 'this should not have happened:')} ${stack}`;
}
