// An archive that is given for the RAM disk goes there as it is: packed into another one no program would find its files.

import fs from 'node:fs';
import { RAM_DISK_BYTES } from '../../boot/memory-map.js';
import { Problem } from '../problem.js';

const HEADER_BYTES = 512;
/** Fields of a header (POSIX.1-2017, pax utility, "ustar Interchange Format"). */
const CHECKSUM = 148;
const CHECKSUM_BYTES = 8;
const MAGIC = 257;

/** Whether a file begins as a ustar archive does. False for what cannot be read. */
function isArchive(file: string): boolean {
  const header = Buffer.alloc(HEADER_BYTES);
  try {
    if (!fs.statSync(file).isFile()) return false;
    const descriptor = fs.openSync(file, 'r');
    try {
      if (fs.readSync(descriptor, header, 0, HEADER_BYTES, 0) < HEADER_BYTES) return false;
    } finally {
      fs.closeSync(descriptor);
    }
  } catch {
    return false; // whoever reads it next says why
  }
  const wanted = parseInt(header.toString('latin1', CHECKSUM, CHECKSUM + CHECKSUM_BYTES), 8);
  header.fill(' ', CHECKSUM, CHECKSUM + CHECKSUM_BYTES);
  const sum = header.reduce((total, byte) => total + byte, 0);
  return header.toString('latin1', MAGIC, MAGIC + 5) === 'ustar' && sum === wanted;
}

/**
 * The archive among the files for the RAM disk; undefined when there is none. Throws Problem when there are other
 * files beside it, or it is too large.
 */
export function givenArchive(files: string[]): string | undefined {
  const archive = files.find(isArchive);
  if (archive === undefined) return undefined;
  if (files.length > 1)
    throw new Problem('usage', 'is an archive, and there are other files beside it', {
      file: archive,
      hint: 'give the archive alone, or the files that are in it',
    });
  const over = fs.statSync(archive).size - RAM_DISK_BYTES;
  if (over > 0)
    throw new Problem('no-room', `does not fit into the board's RAM disk, by ${over} bytes`, { file: archive });
  return archive;
}
