// Folders that things are made in before they take their place. They go with the process at the latest; what a killed
// process left behind goes a day later.

import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { makeFolder } from './folder.js';

const STALE_MS = 24 * 3600 * 1000;

const open = new Set<string>();
let armed = false;

function remove(folder: string): void {
  open.delete(folder);
  try {
    fs.rmSync(folder, { recursive: true, force: true });
  } catch {
    // A program that was started still writes there: it is swept another day.
  }
}

function removeStale(parent: string, prefix: string): void {
  for (const name of fs.readdirSync(parent).filter((name) => name.startsWith(prefix))) {
    const folder = path.join(parent, name);
    try {
      if (Date.now() - fs.statSync(folder).mtimeMs > STALE_MS) fs.rmSync(folder, { recursive: true, force: true });
    } catch {
      // Another user's, or gone already.
    }
  }
}

export interface Temporary {
  folder: string;
  /** Also right when the folder has been renamed. */
  remove(): void;
}

/** Makes a folder whose name begins with `prefix` in `parent`, which is made too. Throws the system's errors, Problem. */
export function makeTemporary(parent: string, prefix: string, mode = 0o700): Temporary {
  if (!armed) {
    armed = true;
    process.once('exit', () => open.forEach(remove));
  }
  makeFolder(parent);
  removeStale(parent, prefix);
  const folder = path.join(parent, `${prefix}${randomUUID()}`);
  fs.mkdirSync(folder, { mode });
  open.add(folder);
  return { folder, remove: () => remove(folder) };
}
