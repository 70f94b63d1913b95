// Keeps QEMU's main loop awake. Where a guest uses its card, the thread of the CPU runs the main loop's events itself until
// the block is there, and may take the very event that was to wake the main loop (seen with QEMU 10.0.2 on a busy machine):
// then no timer fires any more and no byte is taken from the console. Any signal that QEMU takes wakes it again.

import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';

const EVERY_MS = 500;
/** QEMU takes this signal in its main loop and does nothing then. */
const SIGNAL = 'SIGALRM';

/** A file of /proc, or '' where there is none: the process is gone, or this is no Linux. */
function readProc(pid: number, name: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return '';
  }
}

/** The process that stands last behind its guards, each of which has started the next one. */
export function lastProcess(pid: number): number {
  const child = Number(readProc(pid, `task/${pid}/children`).split(' ')[0]);
  return child > 0 ? lastProcess(child) : pid;
}

/**
 * Whether the process takes the signal when it likes to; any other would be ended by it. QEMU blocks SIGTERM only while it
 * starts a thread, and then all signals: what it blocks for itself is not to be seen.
 */
function takesSignal(pid: number): boolean {
  const blocked = /^SigBlk:\s*([0-9a-f]+)$/m.exec(readProc(pid, 'status'))?.[1];
  if (blocked === undefined) return false;
  const isBlocked = (signal: NodeJS.Signals): boolean =>
    ((BigInt(`0x${blocked}`) >> BigInt(os.constants.signals[signal] - 1)) & 1n) === 1n;
  return isBlocked(SIGNAL) && !isBlocked('SIGTERM');
}

/** Wakes the QEMU that this process has started, itself or behind its guards; whether that could be done. */
export function wake(child: ChildProcess): boolean {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return false;
  const pid = lastProcess(child.pid);
  if (!takesSignal(pid)) return false;
  try {
    return process.kill(pid, SIGNAL);
  } catch {
    return false; // it has just ended
  }
}

/** Wakes it again and again until it has ended. Keeps this process from nothing. */
export function keepAwake(child: ChildProcess): void {
  const timer = setInterval(() => wake(child), EVERY_MS);
  timer.unref();
  child.once('exit', () => clearInterval(timer));
  child.once('error', () => clearInterval(timer));
}
