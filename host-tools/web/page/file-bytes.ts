// What is in a file that was dropped or chosen.

import { Problem } from '../../problem.js';

/** Reads all of it. Throws Problem. */
export async function fileBytes(file: File): Promise<Buffer> {
  try {
    return Buffer.from(await file.arrayBuffer());
  } catch (error) {
    throw new Problem('not-readable', 'cannot be read', { file: file.name, hint: 'is it a folder?', cause: error });
  }
}
