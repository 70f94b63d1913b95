// From a file's bytes to PCM, by its content. The libraries are loaded when the first file needs them.

import { Problem } from '../problem.js';
import type { Format } from './detect.js';
import { decodeFlac } from './flac.js';
import { decodeMp3, decodeOpus, decodeVorbis } from './lossy.js';
import { breathe } from './pace.js';
import { type Pcm } from './pcm.js';
import type { Bounds } from './room.js';
import { openWav, readWav } from './wav.js';

/** Frames that are converted at once; some 100 ms of work for what takes them. */
const WAV_PIECE = 1 << 18;

async function decodeWav(bytes: Buffer, file: string, { room, take, signal }: Bounds): Promise<Pcm> {
  if (!take) return readWav(bytes, file, room);
  const wav = openWav(bytes, file, room);
  for (let first = 0; first < wav.frames; first += WAV_PIECE) {
    take(wav.read(first, Math.min(WAV_PIECE, wav.frames - first)));
    await breathe(signal);
  }
  return wav.read(0, 0);
}

/**
 * Decodes everything but QOA, which the device reads itself, as far as it fits. `file` is for messages. A file that
 * turns out to be damaged may have given pieces before. Throws Problem and the signal's reason.
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
        return await decodeWav(bytes, file, bounds);
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
