// A file that the user named: found, read whole, its base name as the bytes that the file system has.

import fs from 'node:fs/promises';
import path from 'node:path';
import { Problem, systemCode, systemReason } from '../problem.js';
import { Pipe } from './pipe.js';

const HEAD_BYTES = 1 << 17;
const PIECE_BYTES = 1 << 23;
const REPLACEMENT = '\ufffd';

export interface Input {
  /** As the user gave it, for messages. */
  given: string;
  /** As the operating system takes it: a name that is not UTF-8 has no string. */
  path: string | Buffer;
  /** The last part of the path. */
  name: Buffer;
}

/**
 * Finds the file. Arguments with bytes that are not UTF-8 arrive with U+FFFD in their place: then the one entry of
 * the folder that reads the same is meant. Throws Problem: not there, several such, a folder.
 */
export async function findInput(given: string): Promise<Input> {
  const input = given.includes(REPLACEMENT) ? await findBroken(given) : named(given);
  try {
    const stat = await fs.stat(input.path);
    if (stat.isDirectory())
      throw new Problem('not-readable', 'is a folder', { file: given, hint: 'name the files in it' });
    if (!stat.isFile() && !stat.isFIFO()) throw new Problem('not-readable', 'is not a regular file', { file: given });
    return input;
  } catch (error) {
    throw readingProblem(error, given);
  }
}

const named = (given: string): Input => ({ given, path: given, name: Buffer.from(path.basename(given)) });

async function findBroken(given: string): Promise<Input> {
  const parts = given.split('/').filter((part) => part !== '');
  let folder: Buffer = Buffer.from(path.isAbsolute(given) ? '/' : '.');
  for (const part of parts.slice(0, -1)) folder = joined(folder, await entry(folder, part, given));
  const name = await entry(folder, parts.at(-1) ?? '', given);
  return { given, path: joined(folder, name), name };
}

const joined = (folder: Buffer, name: Buffer): Buffer => Buffer.concat([folder, Buffer.from('/'), name]);

/** The entry of `folder` that `part` stands for. */
async function entry(folder: Buffer, part: string, given: string): Promise<Buffer> {
  if (!part.includes(REPLACEMENT)) return Buffer.from(part);
  const entries = await fs.readdir(folder, { encoding: 'buffer' }).catch(() => []);
  const alike = entries.filter((name) => name.toString() === part);
  if (alike.length > 1)
    throw new Problem('not-found', 'could be any of several files whose names are not UTF-8', {
      file: given,
      hint: 'rename one of them',
    });
  return alike[0] ?? Buffer.from(part);
}

/**
 * Reads a file whole. `judge` sees its beginning (128 KiB, or all) and the size, undefined for a pipe, and returns how
 * many bytes it may have; what it throws is thrown. Throws Problem, and the signal's reason.
 */
export async function readInput(
  input: Input,
  judge: (head: Buffer, size: number | undefined) => number,
  signal?: AbortSignal,
): Promise<Buffer> {
  try {
    const file = await openSource(input, signal);
    try {
      const { size } = file;
      const head = Buffer.allocUnsafe(HEAD_BYTES);
      const headBytes = await fill(file, head, 0, HEAD_BYTES);
      const limit = judge(head.subarray(0, headBytes), size);
      if (size !== undefined && size > limit) throw tooLong(input.given);
      // A pipe's buffer grows; a file is cut where it ended when it was opened.
      let bytes = size === undefined ? head : Buffer.allocUnsafe(Math.max(size, headBytes));
      if (bytes !== head) head.copy(bytes);
      for (let at = headBytes; ;) {
        if (at > limit) throw tooLong(input.given);
        signal?.throwIfAborted();
        if (at === bytes.length && size === undefined) bytes = Buffer.concat([bytes], 2 * bytes.length);
        const count = await fill(file, bytes, at, Math.min(PIECE_BYTES, bytes.length - at));
        if (count === 0) return bytes.subarray(0, at);
        at += count;
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw readingProblem(error, input.given);
  }
}

interface Source {
  /** Undefined for a pipe. */
  readonly size: number | undefined;
  /** Reads up to `count` bytes to `at` of the buffer; 0 at the end. */
  read(buffer: Buffer, at: number, count: number): Promise<number>;
  close(): Promise<void> | void;
}

/** Opens a file or a pipe. Throws the system's error. */
async function openSource({ path }: Input, signal: AbortSignal | undefined): Promise<Source> {
  if (!(await fs.stat(path)).isFile()) {
    const pipe = new Pipe(path, signal);
    return { size: undefined, read: (...where) => pipe.read(...where), close: () => pipe.close() };
  }
  const file = await fs.open(path, 'r');
  const { size } = await file.stat();
  const read = async (buffer: Buffer, at: number, count: number): Promise<number> =>
    (await file.read(buffer, at, count, null)).bytesRead;
  return { size, read, close: () => file.close() };
}

/** Reads `count` bytes to `start` of the buffer; fewer only at the end. Returns how many. */
async function fill(source: Source, buffer: Buffer, start: number, count: number): Promise<number> {
  let done = 0;
  while (done < count) {
    const bytes = await source.read(buffer, start + done, count - done);
    if (bytes === 0) break;
    done += bytes;
  }
  return done;
}

const tooLong = (file: string): Problem =>
  new Problem('no-room', "is longer than anything that fits into the board's RAM disk", {
    file,
    hint: 'play a shorter file',
  });

function readingProblem(error: unknown, file: string): Problem {
  if (error instanceof Problem) return error;
  const code = systemCode(error);
  if (code === 'ENOENT')
    return new Problem('not-found', 'no such file', { file, hint: 'check the name and the folder', cause: error });
  return new Problem('not-readable', `cannot be read (${systemReason(error)})`, { file, cause: error });
}
