// The named pipe that QEMU writes its log into. The reader is there first, and stays until the last byte is read.

import { execFile } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import { promisify } from 'node:util';
import { Problem } from '../problem.js';

const run = promisify(execFile);

export interface Fifo {
  path: string;
  /** Bytes as they arrive; ends after `writerGone` when all are read. */
  stream: net.Socket;
  /** Tells that QEMU has ended. */
  writerGone(): void;
}

/** Makes the pipe and opens it for reading. */
export async function makeFifo(path: string): Promise<Fifo> {
  try {
    await run('mkfifo', ['-m', '600', path]);
  } catch (error) {
    throw new Problem('write-failed', 'no named pipe can be made there', {
      file: path,
      hint: 'set TMPDIR to a folder on a local disk',
      cause: error,
    });
  }
  const { O_RDONLY, O_WRONLY, O_NONBLOCK } = fs.constants;
  const reader = fs.openSync(path, O_RDONLY | O_NONBLOCK);
  // As long as a writer is here the end of QEMU, or its absence at first, is not the end of the stream.
  let writer: number | undefined = fs.openSync(path, O_WRONLY | O_NONBLOCK);
  const stream = new net.Socket({ fd: reader, readable: true, writable: false });
  return {
    path,
    stream,
    writerGone() {
      if (writer !== undefined) fs.closeSync(writer);
      writer = undefined;
    },
  };
}

/** A read of less than this is followed by a pause in which QEMU writes more. */
const ENOUGH_BYTES = 32 * 1024;
const LINGER_MS = 0.5;
const never = new Int32Array(new SharedArrayBuffer(4));

/**
 * Call it with each chunk before working on it. QEMU writes line by line, and each line wakes a reader that waits: some
 * hundred bytes a read, and both sides busy with waking and being woken. A reader that lets the pipe fill takes tenths
 * of the time; the pipe holds 64 KiB, a third of a millisecond at full speed.
 */
export function linger(chunk: Buffer): void {
  if (chunk.length < ENOUGH_BYTES) Atomics.wait(never, 0, 0, LINGER_MS);
}
