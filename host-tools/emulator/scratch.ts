// A private folder for one run: RAM disk, kernel. It goes with the run, whatever way the run ends.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Problem, systemReason } from '../problem.js';
import { makeTemporary, type Temporary } from '../temporary.js';

export interface Scratch extends Temporary {
  /** A path in it. */
  file(name: string): string;
}

/** Makes the folder, readable by this user only, in TMPDIR, which must be there. Throws Problem. */
export function makeScratch(): Scratch {
  const parent = os.tmpdir();
  try {
    fs.accessSync(parent, fs.constants.W_OK);
    const made = makeTemporary(parent, 'mirleft-run-');
    return { ...made, file: (name) => path.join(made.folder, name) };
  } catch (error) {
    throw new Problem('write-failed', `no folder can be made there (${systemReason(error)})`, {
      file: parent,
      hint: 'set TMPDIR to a folder that can be written',
      cause: error,
    });
  }
}
