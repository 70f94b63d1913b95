// One owner of a port: a file that names the process, beside what the system does. A second one is told who holds it.

import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Problem, systemCode, systemReason } from '../problem.js';

export interface PortLock {
  /** Gives the port to others; more than once does no harm. */
  release(): void;
}

export interface Holder {
  readonly pid: number;
  readonly command: string;
}

interface Entry extends Holder {
  /** When the process began, as the system tells it: another one may have the same number later. */
  readonly started: string;
}

const TRIES = 5;
const COMMAND_LETTERS = 120;

/** The 22nd field of /proc/PID/stat (proc(5)), clock ticks since boot; '' where there is no such thing. */
function startOf(pid: number): string {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function isAlive({ pid, started }: Entry): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (systemCode(error) !== 'EPERM') return false;
  }
  return startOf(pid) === started;
}

function readEntry(file: string): Entry | undefined {
  try {
    const { pid, command, started } = JSON.parse(fs.readFileSync(file, 'utf8')) as Partial<Entry>;
    return typeof pid === 'number' && pid > 0 ? { pid, command: String(command), started: String(started) } : undefined;
  } catch {
    return undefined; // gone, or half written by a process that was killed
  }
}

function realPath(port: string): string {
  try {
    return fs.realpathSync(port);
  } catch {
    return port;
  }
}

/** The file that stands for a port, by whatever name it is called. */
const lockFile = (port: string): string => {
  const sum = crypto.createHash('sha256').update(realPath(port)).digest('hex').slice(0, 16);
  return path.join(os.tmpdir(), `mirleft-port-${sum}.lock`);
};

/** Takes a port. Throws Problem `in-use` with who holds it. */
export function lockPort(port: string): PortLock {
  const file = lockFile(port);
  const command = process.argv.slice(1).join(' ').slice(0, COMMAND_LETTERS);
  const entry: Entry = { pid: process.pid, command, started: startOf(process.pid) };
  for (let i = 0; i < TRIES; i++) {
    try {
      fs.writeFileSync(file, JSON.stringify(entry), { flag: 'wx', mode: 0o644 });
      return locked(file);
    } catch (error) {
      if (systemCode(error) !== 'EEXIST')
        throw new Problem('write-failed', `cannot be written (${systemReason(error)})`, { file, cause: error });
    }
    const held = readEntry(file);
    if (held && isAlive(held)) throw heldBy(port, held);
    // Whoever else sees the same takes it at the same time: the one that moves it away goes on.
    const aside = `${file}.${process.pid}`;
    try {
      fs.renameSync(file, aside);
      fs.rmSync(aside, { force: true });
    } catch {
      // Moved by another.
    }
  }
  throw new Problem('in-use', 'is being taken by another program', { file: port, hint: 'try again' });
}

function locked(file: string): PortLock {
  let isHeld = true;
  const release = (): void => {
    if (!isHeld) return;
    isHeld = false;
    process.off('exit', release);
    fs.rmSync(file, { force: true });
  };
  process.once('exit', release);
  return { release };
}

const heldBy = (port: string, { pid, command }: Holder): Problem =>
  new Problem('in-use', `is held by process ${pid} (${command})`, { file: port, hint: 'end that one first' });

/** Processes that have a port open, as far as this user may see; Linux only. */
export function portHolders(port: string): Holder[] {
  const real = realPath(port);
  const holders: Holder[] = [];
  for (const pid of namesIn('/proc').filter((name) => /^\d+$/.test(name))) {
    const folder = `/proc/${pid}/fd`;
    if (namesIn(folder).some((name) => linkOf(`${folder}/${name}`) === real))
      holders.push({ pid: Number(pid), command: commandOf(pid) });
  }
  return holders;
}

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}

function linkOf(file: string): string | undefined {
  try {
    return fs.readlinkSync(file);
  } catch {
    return undefined;
  }
}

function commandOf(pid: string): string {
  try {
    const words = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return words.join(' ').trim().slice(0, COMMAND_LETTERS);
  } catch {
    return '';
  }
}
