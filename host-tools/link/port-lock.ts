// One owner of a port: a file that names the process, beside what the system does. A second one is told who holds it.
//
// The file comes into being whole, by link(2), and stays as it is until its process removes it. One whose process is gone
// is replaced by rename(2), and only by whoever holds the lock of that very file, which is called after its inode and date:
// so of two that see the same one only one replaces it, and no newer one is ever moved away.

import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Problem, systemCode, systemReason } from '../problem.js';
import { inWords, startOf, userName, type Holder } from './port-holders.js';

export interface PortLock {
  /** Gives the port to others; more than once does no harm. */
  release(): void;
}

interface Entry extends Holder {
  /** When the process began, as the system tells it: another one may have the same number later. */
  readonly started: string;
}

/** A lock that was found. */
interface Found {
  /** Which file it was, of all that ever have that name. */
  readonly id: string;
  readonly user: number;
  /** Undefined for what no process of this program has written. */
  readonly entry: Entry | undefined;
}

const TRIES = 5;
const COMMAND_LETTERS = 120;

function isAlive({ pid, started }: Entry): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (systemCode(error) !== 'EPERM') return false;
  }
  return startOf(pid) === started;
}

/** Undefined where there is none. Throws the system's errors. */
function read(file: string): Found | undefined {
  let handle: number;
  try {
    handle = fs.openSync(file, 'r');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { ino, mtimeNs, uid } = fs.fstatSync(handle, { bigint: true });
    const id = `${ino.toString(36)}-${mtimeNs.toString(36)}`;
    return { id, user: Number(uid), entry: entryOf(fs.readFileSync(handle, 'utf8')) };
  } finally {
    fs.closeSync(handle);
  }
}

function entryOf(text: string): Entry | undefined {
  try {
    const { pid, command, started } = JSON.parse(text) as Partial<Entry>;
    return typeof pid === 'number' && pid > 0 ? { pid, command: String(command), started: String(started) } : undefined;
  } catch {
    return undefined;
  }
}

function realPath(port: string): string {
  try {
    return fs.realpathSync(port);
  } catch {
    return port;
  }
}

/** The same folder for all, whatever TMPDIR says; where there is no such folder, what TMPDIR says. */
function lockFolder(): string {
  if (process.platform === 'win32') return os.tmpdir();
  try {
    fs.accessSync('/tmp', fs.constants.W_OK);
    return '/tmp';
  } catch {
    return os.tmpdir();
  }
}

/** The file that stands for a port, by whatever name it is called. */
export const lockFile = (port: string): string => {
  const sum = crypto.createHash('sha256').update(realPath(port)).digest('hex').slice(0, 16);
  return path.join(lockFolder(), `mirleft-port-${sum}.lock`);
};

/** Takes a port. Throws Problem: `in-use` with who holds it, or whose lock is in the way; `write-failed`. */
export function lockPort(port: string): PortLock {
  const file = lockFile(port);
  const command = process.argv.slice(1).join(' ').slice(0, COMMAND_LETTERS);
  const entry: Entry = { pid: process.pid, command, started: startOf(process.pid) };
  const own = `${file}.${process.pid}.${crypto.randomUUID().slice(0, 8)}`;
  try {
    fs.writeFileSync(own, JSON.stringify(entry), { flag: 'wx', mode: 0o644 });
    take(file, own, port);
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem('write-failed', `cannot be locked (${systemReason(error)})`, { file, cause: error });
  } finally {
    fs.rmSync(own, { force: true });
  }
  return held(file);
}

/** Makes `own` the lock `file`, and returns when it is. */
function take(file: string, own: string, port: string): void {
  for (let i = 0; i < TRIES; i++) {
    if (isLinked(own, file)) return;
    const found = look(file, port);
    if (!found) continue;
    if (found.entry && isAlive(found.entry)) throw heldBy(port, found.entry);
    if (isReplaced(file, found, own, port)) return;
  }
  throw new Problem('in-use', 'is being taken by another program', { file: port, hint: 'try again' });
}

/** Whether `file` is `own` now; false where there is one already. */
function isLinked(own: string, file: string): boolean {
  try {
    fs.linkSync(own, file);
    return true;
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    return false;
  }
}

/** Puts `own` in the place of a lock whose process is gone; false where that is another one by now. */
function isReplaced(file: string, stale: Found, own: string, port: string): boolean {
  const succession = `${file}.${stale.id}`;
  take(succession, own, port);
  try {
    if (read(file)?.id !== stale.id) return false;
    // `own` is needed on, should this fail.
    const heir = `${own}.heir`;
    fs.linkSync(own, heir);
    try {
      fs.renameSync(heir, file);
    } catch (error) {
      fs.rmSync(heir, { force: true });
      throw inTheWay(port, file, stale.user, error);
    }
    return true;
  } finally {
    fs.rmSync(succession, { force: true });
  }
}

function look(file: string, port: string): Found | undefined {
  try {
    return read(file);
  } catch (error) {
    throw inTheWay(port, file, fs.statSync(file).uid, error);
  }
}

function held(file: string): PortLock {
  const mine = read(file)?.id;
  const release = (): void => {
    process.off('exit', release);
    // Somebody may have removed it, and another have taken the port since.
    if (read(file)?.id === mine) fs.rmSync(file, { force: true });
  };
  process.once('exit', release);
  return { release };
}

const heldBy = (port: string, holder: Holder): Problem =>
  new Problem('in-use', `is held by ${inWords(holder)}`, { file: port, hint: 'end that one first' });

const inTheWay = (port: string, file: string, user: number, cause: unknown): Problem =>
  new Problem('in-use', `is locked by the file ${file} of the user ${userName(user)}, which cannot be replaced`, {
    file: port,
    hint: `if none of that user's programs has the port: sudo rm ${file}`,
    cause,
  });
