// Finds a QEMU that has the Raspberry Pi 4.

import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Problem, systemCode } from '../problem.js';

const PROGRAM = 'qemu-system-aarch64';
/** The machine that QEMU is started as. */
export const MACHINE = 'raspi4b';
/** The release that brought it. */
const WANTED = [9, 0] as const;
const ASK_MS = 20_000;
const HINT = 'scripts/setup.sh installs one on Debian and Ubuntu (QEMU 9.0 or newer has the raspi4b machine)';

export interface Qemu {
  path: string;
  version: string;
}

/** The first such program on PATH; undefined when there is none. */
export function findProgram(name: string): string | undefined {
  for (const folder of (process.env['PATH'] ?? '').split(path.delimiter)) {
    const file = path.join(folder || '.', name);
    try {
      fs.accessSync(file, fs.constants.X_OK);
      if (fs.statSync(file).isFile()) return file;
    } catch {
      // Not here.
    }
  }
  return undefined;
}

function ask(program: string, ...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { timeout: ASK_MS, killSignal: 'SIGKILL' }, (error, stdout) => {
      if (error) reject(error);
      else resolve(stdout);
    });
  });
}

const known = new Map<string, Promise<Qemu>>();

/**
 * The QEMU on PATH, or the one that MIRLEFT_QEMU names. Throws Problem: none, too old, without the machine.
 * Asked once a process for each program.
 */
export function findQemu(): Promise<Qemu> {
  const program = process.env['MIRLEFT_QEMU'] || findProgram(PROGRAM);
  if (!program) throw new Problem('qemu-missing', `${PROGRAM} is not installed`, { hint: HINT });
  let qemu = known.get(program);
  if (!qemu) known.set(program, (qemu = check(program)));
  return qemu;
}

async function check(program: string): Promise<Qemu> {
  let text: string;
  try {
    text = await ask(program, '--version');
  } catch (error) {
    const gone = systemCode(error) === 'ENOENT';
    throw new Problem('qemu-missing', gone ? 'no such program' : 'does not tell its version', {
      file: program,
      hint: HINT,
      cause: error,
    });
  }
  const version = /version (\d+\.\d+(?:\.\d+)?)/.exec(text)?.[1];
  if (version === undefined)
    throw new Problem('qemu-missing', 'does not tell its version', { file: program, hint: HINT });
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < WANTED[0] || (major === WANTED[0] && minor < WANTED[1]))
    throw new Problem('qemu-too-old', `is QEMU ${version}, ${WANTED.join('.')} or newer is needed`, {
      file: program,
      hint: HINT,
    });
  const machines = await ask(program, '-machine', 'help').catch(() => '');
  if (!new RegExp(`^${MACHINE}\\s`, 'm').test(machines))
    throw new Problem('qemu-too-old', `is QEMU ${version} without the ${MACHINE} machine`, {
      file: program,
      hint: HINT,
    });
  return { path: program, version };
}
