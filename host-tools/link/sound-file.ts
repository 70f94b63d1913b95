// A sound file that the user named, opened to be sent.

import { findInput, readInput } from '../media/input.js';
import { decodeSound, type Sound, type SoundOptions } from './sound.js';

/** Nothing is read that is larger: it would not fit into memory. */
const MOST_BYTES = 2 ** 31 - 1;

/** Reads a file and decodes it as `decodeSound` does. Throws Problem where nothing of it can be played. */
export async function openSound(given: string, options: SoundOptions, grew: () => void): Promise<Sound> {
  const input = await findInput(given);
  const bytes = await readInput(input, () => MOST_BYTES, options.signal);
  return decodeSound(bytes, { name: input.name.toString(), file: given }, options, grew);
}
