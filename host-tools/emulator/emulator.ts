// One QEMU process: started with an argument array, its console as bytes both ways, its memory where a capture
// reads it, and an end in any case. It dies with this process, also when this process is killed.

import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import type { Duplex, Readable, Writable } from 'node:stream';
import { Problem, systemReason } from '../problem.js';
import { machineArguments, type MachineOptions } from './arguments.js';
import { EmulatorEvents } from './events.js';
import { findProgram, findQemu, type Qemu } from './find.js';
import { makeMemory, type GuestMemory } from './memory.js';
import type { Scratch } from './scratch.js';
import { keepAwake } from './wake.js';

/** Between SIGTERM, which a hanging QEMU survives, and SIGKILL. */
const KILL_AFTER_MS = 2000;
/** What the outer guard allows beyond the limit, so that this process is the one that notices. */
const GUARD_S = 5;
/** Of the child. */
const EVENTS_DESCRIPTOR = 4;

export interface EmulatorOptions extends Omit<MachineOptions, 'memory' | 'events'> {
  scratch: Scratch;
  /** The machine's memory, which stays the caller's; default: its own, or with `capture` one that is made. */
  memory?: GuestMemory | undefined;
  /** Whether the end is to tell `isReset`. */
  tellsReset?: boolean | undefined;
  /** Whether the words of the jack are to be read. */
  capture?: boolean | undefined;
  /** Bytes of words that the guest may be ahead of who reads them. */
  ahead?: number | undefined;
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
  /** Whether it ended because the guest has reset the board; undefined where that was not to be told. */
  isReset?: boolean | undefined;
}

/** A running QEMU. */
export interface Emulator {
  qemu: Qemu;
  /** What the guest's UART sends. */
  console: Readable;
  /** What the guest's UART receives. */
  keys: Writable;
  /** The guest's memory with the words, when a capture was asked for; whoever reads them closes it. */
  memory: GuestMemory | undefined;
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

/** The process, with the memory as its descriptor 3. */
function start(
  program: string,
  args: string[],
  memory: GuestMemory | undefined,
  tellsReset = false,
): ChildProcessByStdio<Writable, Readable, Readable> {
  return spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe', memory?.file ?? 'ignore', tellsReset ? 'pipe' : 'ignore'],
    detached: true,
  }) as ChildProcessByStdio<Writable, Readable, Readable>;
}

function makeOwnMemory({ capture, scratch, ramDisk, ahead }: EmulatorOptions): GuestMemory | undefined {
  return capture ? makeMemory(scratch, ramDisk, { ahead }) : undefined;
}

/** Starts QEMU. Throws Problem: no fitting QEMU, or it cannot be started. */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const qemu = await findQemu();
  const { tellsReset } = options;
  const made = options.memory ? undefined : makeOwnMemory(options);
  const memory = options.memory ?? made;
  const events = tellsReset ? EVENTS_DESCRIPTOR : undefined;
  const args = machineArguments({ ...options, memory: memory?.path, events });
  const [program, words] = guarded(qemu.path, args, options.limitSeconds);
  let child: ReturnType<typeof start>;
  try {
    child = start(program, words, memory, tellsReset);
  } catch (error) {
    made?.close();
    throw error;
  }
  keepAwake(child);
  const told = tellsReset ? new EmulatorEvents(child.stdio[EVENTS_DESCRIPTOR] as Duplex) : undefined;
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
    };
    child.once('error', (error) => {
      settle();
      reject(
        new Problem('emulator-failed', `cannot be started (${systemReason(error)})`, { file: qemu.path, cause: error }),
      );
    });
    // When all its streams have ended, so that what it told of its end was read.
    child.once('close', (code, signal) => {
      settle();
      const isReset = told?.isReset;
      resolve({ status: code ?? undefined, signal: signal ?? undefined, overtime, said: said.trim(), isReset });
    });
  });
  ended.catch(() => undefined); // whoever waits for it sees the error
  return {
    qemu,
    console: stdout,
    keys: stdin,
    memory,
    ended,
    stop() {
      if (child.exitCode === null && child.signalCode === null) end();
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
