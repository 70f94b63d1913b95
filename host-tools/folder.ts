// Makes folders. Node's own recursive mkdir does not come back from places such as /proc, where a folder that is
// there has none that can be made in it.

import fs from 'node:fs';
import path from 'node:path';
import { Problem, systemCode } from './problem.js';

/** Makes `folder` and the folders above it that are missing. Throws the system's errors; Problem when one is a file. */
export function makeFolder(folder: string): void {
  try {
    fs.mkdirSync(folder);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST') {
      checkFolder(folder);
      return;
    }
    const parent = path.dirname(folder);
    if (code !== 'ENOENT' || parent === folder) throw error;
    makeFolder(parent);
    try {
      fs.mkdirSync(folder);
    } catch (again) {
      // Another process was faster.
      if (systemCode(again) !== 'EEXIST') throw again;
      checkFolder(folder);
    }
  }
}

function checkFolder(folder: string): void {
  if (!fs.statSync(folder).isDirectory())
    throw new Problem('would-overwrite', 'is there and is no folder', { file: folder });
}
