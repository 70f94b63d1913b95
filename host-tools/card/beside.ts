// A file that is made beside its place and put there when it is whole: what was there before stays until then, and
// nothing half made remains.

import fs from 'node:fs';
import path from 'node:path';
import { Problem, systemCode, systemReason } from '../problem.js';
import { makeTemporary, type Temporary } from '../temporary.js';

/** Below it a name that is not there is a device that is not there, and a file would be lost in memory. */
const DEVICES = '/dev';
/** Files are made in there. */
const SHARED_MEMORY = '/dev/shm';

const isBelow = (at: string, folder: string): boolean => at === folder || at.startsWith(`${folder}/`);

/** Refuses a place where no file can come to be. `hint` is what to do instead. Throws Problem. */
export function checkPlace(output: string, hint: string): void {
  const folder = path.dirname(path.resolve(output));
  let real: string;
  try {
    real = fs.realpathSync(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') throw new Problem('not-found', 'its folder does not exist', { file: output });
    throw new Problem('write-failed', `cannot be written (${systemReason(error)})`, { file: output, cause: error });
  }
  const isDevice = [folder, real].some((at) => isBelow(at, DEVICES) && !isBelow(at, SHARED_MEMORY));
  if (isDevice) throw new Problem('would-overwrite', 'would be a file among the devices', { file: output, hint });
}

/** A folder beside `output`, so that a rename puts what is made in it into its place. Throws Problem. */
export function makeBeside(output: string, prefix: string): Temporary {
  try {
    return makeTemporary(path.dirname(path.resolve(output)), prefix);
  } catch (error) {
    throw new Problem('write-failed', `cannot be made there (${systemReason(error)})`, { file: output, cause: error });
  }
}

/** Throws Problem. */
export function putInPlace(file: string, output: string): void {
  try {
    fs.renameSync(file, output);
  } catch (error) {
    throw new Problem('write-failed', `cannot be written (${systemReason(error)})`, { file: output, cause: error });
  }
}
