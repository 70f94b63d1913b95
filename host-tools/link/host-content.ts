// Contents of the host's files, for transfers: read in pieces, and their CRC-32.

import fs from 'node:fs';
import { crc32 } from 'node:zlib';
import { Problem, systemCode, systemReason } from '../problem.js';

const PIECE_BYTES = 1 << 16;

/** Gives up to `most` bytes from `offset` on; none behind the end. Throws Problem. */
export type ReadPiece = (offset: number, most: number) => Promise<Uint8Array>;

const { O_RDONLY, O_NONBLOCK = 0 } = fs.constants as { O_RDONLY: number; O_NONBLOCK?: number }; // Windows has no pipes there

/** Opens a file to read, and does not wait for who writes to a pipe. Throws Problem, also where it is something else. */
export async function openToRead(file: string): Promise<fs.promises.FileHandle> {
  const handle = await fs.promises.open(file, O_RDONLY | O_NONBLOCK).catch((error: unknown) => {
    throw notReadable(file, error);
  });
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new Problem('not-readable', 'is no file, but a folder, a pipe or a device', { file });
}

/** Reads a file in large pieces, to be given out in small ones. */
export function piecesOf(handle: fs.promises.FileHandle, file: string): ReadPiece {
  let held: Uint8Array = new Uint8Array();
  let at = 0;
  return async (offset, most) => {
    if (offset < at || offset >= at + held.length) {
      const buffer = Buffer.alloc(PIECE_BYTES);
      const { bytesRead } = await handle.read(buffer, 0, PIECE_BYTES, offset).catch((error: unknown) => {
        throw notReadable(file, error);
      });
      held = buffer.subarray(0, bytesRead);
      at = offset;
    }
    return held.subarray(offset - at, offset - at + most);
  };
}

/** CRC-32 of the first `bytes`. Throws Problem, `interrupted` when the signal came. */
export async function sumOf(bytes: number, read: ReadPiece, signal?: AbortSignal): Promise<number> {
  let sum = 0;
  for (let at = 0; at < bytes;) {
    if (signal?.aborted) throw new Problem('interrupted', 'was broken off');
    const piece = await read(at, PIECE_BYTES);
    if (piece.length === 0) break;
    sum = crc32(piece, sum);
    at += piece.length;
  }
  return sum;
}

/** CRC-32 of a file. Throws Problem. */
export async function sumOfFile(file: string, signal?: AbortSignal): Promise<number> {
  const handle = await openToRead(file);
  try {
    return await sumOf((await handle.stat()).size, piecesOf(handle, file), signal);
  } finally {
    await handle.close();
  }
}

export const notReadable = (file: string, error: unknown): Problem =>
  new Problem(systemCode(error) === 'ENOENT' ? 'not-found' : 'not-readable', systemReason(error), {
    file,
    cause: error,
  });

export const notWritable = (file: string, error: unknown): Problem =>
  new Problem('write-failed', systemReason(error), { file, cause: error });
