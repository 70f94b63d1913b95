// A private folder for one run: RAM disk, kernel. It goes with the run, whatever way the run ends.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Problem, systemReason } from '../problem.js';

const PREFIX = 'mirleft-run-';
const STALE_MS = 24 * 3600 * 1000;

const open = new Set<string>();
let armed = false;

function removeAll(): void {
  for (const folder of open) remove(folder);
}

function remove(folder: string): void {
  open.delete(folder);
  fs.rmSync(folder, { recursive: true, force: true });
}

/** What a killed run left behind more than a day ago. */
function removeStale(parent: string): void {
  for (const name of fs.readdirSync(parent).filter((name) => name.startsWith(PREFIX))) {
    const folder = path.join(parent, name);
    try {
      if (Date.now() - fs.statSync(folder).mtimeMs > STALE_MS) fs.rmSync(folder, { recursive: true, force: true });
    } catch {
      // Another user's, or gone already.
    }
  }
}

export interface Scratch {
  folder: string;
  /** A path in it. */
  file(name: string): string;
  remove(): void;
}

/** Makes the folder, readable by this user only, in TMPDIR. It is removed at the end of the process at the latest. */
export function makeScratch(): Scratch {
  if (!armed) {
    armed = true;
    process.once('exit', removeAll);
  }
  const parent = os.tmpdir();
  let folder: string;
  try {
    removeStale(parent);
    folder = fs.mkdtempSync(path.join(parent, PREFIX));
  } catch (error) {
    throw new Problem('write-failed', `no folder can be made there (${systemReason(error)})`, {
      file: parent,
      hint: 'set TMPDIR to a folder that can be written',
      cause: error,
    });
  }
  open.add(folder);
  return { folder, file: (name) => path.join(folder, name), remove: () => remove(folder) };
}
