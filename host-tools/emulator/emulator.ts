// One QEMU process: started with an argument array, its console as bytes both ways, its log as bytes, and an end in
// any case. It dies with this process, also when this process is killed.

import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { Problem, systemReason } from '../problem.js';
import { machineArguments, type MachineOptions } from './arguments.js';
import { makeFifo, type Fifo } from './fifo.js';
import { findProgram, findQemu, type Qemu } from './find.js';
import type { Scratch } from './scratch.js';

/** Between SIGTERM, which a hanging QEMU survives, and SIGKILL. */
const KILL_AFTER_MS = 2000;
/** What the outer guard allows beyond the limit, so that this process is the one that notices. */
const GUARD_S = 5;

export interface EmulatorOptions extends Omit<MachineOptions, 'log'> {
  scratch: Scratch;
  /** Whether to read the log of the words. */
  capture?: boolean | undefined;
  /** Seconds of real time after which it is ended; default: none. */
  limitSeconds?: number | undefined;
}

export interface EmulatorEnd {
  /** The status that the guest gave by semihosting, 0 after power-off; undefined when a signal ended it. */
  status: number | undefined;
  signal: NodeJS.Signals | undefined;
  /** Whether `limitSeconds` was reached. */
  overtime: boolean;
  /** What QEMU itself said on stderr. */
  said: string;
}

/** A running QEMU. */
export interface Emulator {
  qemu: Qemu;
  /** What the guest's UART sends. */
  console: Readable;
  /** What the guest's UART receives. */
  keys: Writable;
  /** The log, when it was asked for; it ends after the process has ended and all is read. */
  log: Readable | undefined;
  /** Settles when the process is gone. */
  ended: Promise<EmulatorEnd>;
  /** Ends it: SIGTERM, and SIGKILL 2 s later. */
  stop(): Promise<EmulatorEnd>;
}

/** The command that runs `program` under the guards that this machine has. */
function guarded(program: string, args: string[], limitSeconds: number | undefined): [string, string[]] {
  const command = [program, ...args];
  const setpriv = process.platform === 'linux' ? findProgram('setpriv') : undefined;
  const timeout = findProgram('timeout');
  const dieTogether = setpriv === undefined ? [] : [setpriv, '--pdeathsig', 'KILL', '--'];
  const limit =
    timeout === undefined || limitSeconds === undefined
      ? []
      : [...dieTogether, timeout, '-k', '2', String(Math.ceil(limitSeconds) + GUARD_S)];
  const [first = program, ...rest] = [...limit, ...dieTogether, ...command];
  return [first, rest];
}

/** Starts QEMU. Throws Problem: no fitting QEMU, or it cannot be started. */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const qemu = await findQemu();
  const fifo = options.capture ? await makeFifo(options.scratch.file('words')) : undefined;
  const args = machineArguments({ ...options, log: fifo?.path });
  const [program, words] = guarded(qemu.path, args, options.limitSeconds);
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  const { stdin, stdout, stderr } = child;
  // Keys that come after the end are lost, and that is no error.
  stdin.on('error', () => undefined);
  let said = '';
  stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4000)));
  let overtime = false;
  let killing: NodeJS.Timeout | undefined;
  const end = (): void => {
    signalAll(child, 'SIGTERM');
    killing ??= setTimeout(() => signalAll(child, 'SIGKILL'), KILL_AFTER_MS);
  };
  const timer =
    options.limitSeconds === undefined
      ? undefined
      : setTimeout(() => {
          overtime = true;
          end();
        }, options.limitSeconds * 1000);
  // Where there is no setpriv, at least an orderly end takes QEMU along.
  const atExit = (): void => signalAll(child, 'SIGKILL');
  process.once('exit', atExit);
  const ended = new Promise<EmulatorEnd>((resolve, reject) => {
    const settle = (): void => {
      process.off('exit', atExit);
      clearTimeout(timer);
      clearTimeout(killing);
      fifo?.writerGone();
    };
    child.once('error', (error) => {
      settle();
      reject(
        new Problem('emulator-failed', `cannot be started (${systemReason(error)})`, { file: qemu.path, cause: error }),
      );
    });
    child.once('close', (code, signal) => {
      settle();
      resolve({ status: code ?? undefined, signal: signal ?? undefined, overtime, said: said.trim() });
    });
  });
  ended.catch(() => undefined); // whoever waits for it sees the error
  return {
    qemu,
    console: stdout,
    keys: stdin,
    log: fifo?.stream,
    ended,
    stop() {
      if (child.exitCode === null && child.signalCode === null) end();
      unblock(fifo);
      return ended;
    },
  };
}

/** The whole process group: QEMU stands behind its guards. */
function signalAll(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    child.kill(signal);
  }
}

/** A QEMU that waits for its log to be read cannot end: from here on somebody reads. */
function unblock(fifo: Fifo | undefined): void {
  fifo?.stream.resume();
}
