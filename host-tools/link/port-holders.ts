// Which processes have a port open, as far as this user may see; Linux only.

import fs from 'node:fs';

export interface Holder {
  readonly pid: number;
  readonly command: string;
}

const COMMAND_LETTERS = 120;
/** What this program is called when it runs, installed or from its sources. */
const OURS = /\bmirleft\b|\bcli\/main\.[jt]s\b/;

/** Those that have a port open; of this program first, as others may only keep it open for it. */
export function portHolders(port: string): Holder[] {
  const real = realPath(port);
  const holders: Holder[] = [];
  for (const pid of namesIn('/proc').filter((name) => /^\d+$/.test(name))) {
    const folder = `/proc/${pid}/fd`;
    if (namesIn(folder).some((name) => linkOf(`${folder}/${name}`) === real))
      holders.push({ pid: Number(pid), command: commandOf(pid) });
  }
  return holders.sort((a, b) => Number(OURS.test(b.command)) - Number(OURS.test(a.command)));
}

/** `process 12 (mirleft top)`. */
export const inWords = ({ pid, command }: Holder): string => `process ${pid} (${command})`;

/**
 * The 22nd field of /proc/PID/stat (proc(5)), clock ticks since boot; '' where there is no such thing, and for a process
 * that has ended, though nobody has asked yet how.
 */
export function startOf(pid: number): string {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // from the third on
    return fields[0] === 'Z' ? '' : (fields[19] ?? '');
  } catch {
    return '';
  }
}

/** A user's name, or the number where /etc/passwd has none. */
export function userName(uid: number): string {
  try {
    const users = fs.readFileSync('/etc/passwd', 'utf8').split('\n');
    return users.map((line) => line.split(':')).find(([, , id]) => id === String(uid))?.[0] ?? String(uid);
  } catch {
    return String(uid);
  }
}

function realPath(port: string): string {
  try {
    return fs.realpathSync(port);
  } catch {
    return port;
  }
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
