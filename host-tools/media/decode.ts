// From a file's bytes to PCM, by its content. The libraries are loaded when the first file needs them.

import { Problem } from '../problem.js';
import type { Format } from './detect.js';
import { decodeFlac } from './flac.js';
import { decodeMp3, decodeOpus, decodeVorbis } from './lossy.js';
import { type Pcm } from './pcm.js';
import type { Bounds } from './room.js';
import { readWav } from './wav.js';

/**
 * Decodes everything but QOA, which the device reads itself, as far as it fits. `file` is for messages. Throws Problem
 * and the signal's reason.
 */
export async function decode(
  bytes: Buffer,
  format: Exclude<Format, 'qoa'>,
  file: string,
  bounds: Bounds = {},
): Promise<Pcm> {
  try {
    switch (format) {
      case 'wav':
        return readWav(bytes, file, bounds.room);
      case 'flac':
        return await decodeFlac(bytes, file, bounds);
      case 'mp3':
        return await decodeMp3(bytes, file, bounds);
      case 'vorbis':
        return await decodeVorbis(bytes, file, bounds);
      case 'opus':
        return await decodeOpus(bytes, file, bounds);
    }
  } catch (error) {
    if (error instanceof Problem || bounds.signal?.aborted) throw error;
    // A library that throws has met something it did not expect: the file is at fault, not the program.
    const reason = error instanceof Error ? error.message : String(error);
    throw new Problem('bad-media', `cannot be decoded (${reason})`, { file, cause: error });
  }
}
