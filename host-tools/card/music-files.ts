// The files that --music names, found and told apart: what goes to the card as it is, what has to be converted, what is
// no music.

import fs from 'node:fs';
import { open, readdir, stat as statOf } from 'node:fs/promises';
import path from 'node:path';
import { deviceRefusal } from '../media/device-formats.js';
import { detectFormat, afterId3, type Format } from '../media/detect.js';
import { findInput, type Input } from '../media/input.js';
import { Problem, systemReason } from '../problem.js';

/** Read of each file to tell what it is. */
const HEAD_BYTES = 1 << 17;
const PLAYLIST = /\.m3u8?$/i;
/** Endings of sound files; with another content, or of a kind that is not decoded here, they are told and not ignored. */
const SOUND = /\.(?:wav|qoa|flac|mp3|ogg|oga|opus|m4a|aac|alac|aiff?|wma|ape|wv|mpc|dsf|dff)$/i;

export interface MusicFile {
  input: Input;
  /** Names of its folders on the way from what --music named, then its own. */
  names: string[];
  bytes: number;
  /** `unknown`: by its name a sound file, by its content none that is known. */
  kind: Format | 'playlist' | 'unknown';
  /** Why the device would refuse a WAV or QOA, which goes to the card as it is. */
  refusal?: string | undefined;
}

export interface FoundMusic {
  files: MusicFile[];
  /** Files that are neither tracks nor playlists, hidden ones among them. */
  ignored: number;
  /** What could not be read. */
  problems: Problem[];
}

/** Finds everything that `named`, folders and files, holds, in the order of names. Throws Problem when one is not there. */
export async function findMusic(named: readonly string[], signal?: AbortSignal): Promise<FoundMusic> {
  const found: FoundMusic = { files: [], ignored: 0, problems: [] };
  for (const given of named) {
    const stat = await statOf(given).catch((error: unknown) => {
      throw new Problem('not-found', `cannot be read (${systemReason(error)})`, {
        file: given,
        hint: 'check the name and the folder',
        cause: error,
      });
    });
    if (stat.isDirectory()) await walk(Buffer.from(given), [], new Set(), found, signal);
    else {
      const input = await findInput(given);
      await judge(input, [input.name.toString()], stat.size, found);
    }
  }
  return found;
}

/** `above` holds the folders on the way here, so that links in a circle end. */
async function walk(
  folder: Buffer,
  names: string[],
  above: ReadonlySet<string>,
  found: FoundMusic,
  signal?: AbortSignal,
): Promise<void> {
  const fail = (at: Buffer, error: unknown): void => {
    const fields = { file: at.toString(), cause: error };
    found.problems.push(
      error instanceof Problem ? error : new Problem('not-readable', `cannot be read (${systemReason(error)})`, fields),
    );
  };
  try {
    const { dev, ino } = await statOf(folder, { bigint: true });
    const here = `${dev}:${ino}`;
    if (above.has(here)) return;
    // Bytes, because not every name is UTF-8.
    const entries = (await readdir(folder, { encoding: 'buffer' })).sort((a, b) => Buffer.compare(a, b));
    for (const name of entries) {
      signal?.throwIfAborted();
      const at = Buffer.concat([folder, Buffer.from(path.sep), name]);
      const text = name.toString();
      try {
        const stat = await statOf(at);
        if (text.startsWith('.')) found.ignored += stat.isFile() ? 1 : 0;
        else if (stat.isDirectory()) await walk(at, [...names, text], new Set([...above, here]), found, signal);
        else if (stat.isFile())
          await judge({ given: at.toString(), path: at, name }, [...names, text], stat.size, found);
      } catch (error) {
        signal?.throwIfAborted();
        fail(at, error);
      }
    }
  } catch (error) {
    signal?.throwIfAborted();
    fail(folder, error);
  }
}

async function judge(input: Input, names: string[], bytes: number, found: FoundMusic): Promise<void> {
  const name = names.at(-1) ?? '';
  const judged: Judgement = PLAYLIST.test(name) ? { kind: 'playlist' } : await kindOf(input, name, bytes);
  const { kind, refusal } = judged;
  if (kind === undefined) found.ignored++;
  else found.files.push({ input, names, bytes, kind, refusal });
}

interface Judgement {
  kind: MusicFile['kind'] | undefined;
  refusal?: string | undefined;
}

async function kindOf(input: Input, name: string, bytes: number): Promise<Judgement> {
  const file = await open(input.path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const head = buffer.subarray(0, bytesRead);
    const format = detectFormat(head);
    if (format === 'wav' || format === 'qoa') {
      const read = (offset: number, length: number): Buffer => {
        const part = Buffer.allocUnsafe(length);
        return part.subarray(0, fs.readSync(file.fd, part, 0, length, offset));
      };
      return { kind: format, refusal: deviceRefusal(format, { bytes, read }) };
    }
    if (format !== undefined) return { kind: format };
    // A tag with pictures can be longer than that; a decoder will find out.
    if (afterId3(head) >= head.length && head.length === HEAD_BYTES)
      return { kind: /\.flac$/i.test(name) ? 'flac' : 'mp3' };
    return { kind: SOUND.test(name) ? 'unknown' : undefined };
  } finally {
    await file.close();
  }
}
