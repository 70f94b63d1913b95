// Bytes at places: an image file or a block device, read only. What is read is small, so it is read at once; only
// `flash` moves much, and has its own way.

import fs from 'node:fs';
import path from 'node:path';
import { Problem, systemReason } from '../problem.js';

export interface ByteSource {
  /** What messages call it. */
  readonly name: string;
  readonly bytes: number;
  /** The bytes from `offset` on, the caller's own: fewer than `length` at the end. Throws Problem. */
  read(offset: number, length: number): Buffer;
}

/** A whole card. */
export interface CardSource extends ByteSource {
  /** Whether it is a block device, and no image of one. */
  readonly isDevice: boolean;
}

/** An open file or block device. */
export class FileSource implements CardSource {
  private constructor(
    readonly name: string,
    readonly bytes: number,
    readonly isDevice: boolean,
    private readonly descriptor: number,
  ) {}

  /** Opens it. Throws Problem: not there, not readable, neither a file nor a block device. */
  static open(name: string): FileSource {
    let descriptor: number | undefined;
    try {
      // A pipe would hold the process up.
      const stat = fs.statSync(name);
      if (!stat.isFile() && !stat.isBlockDevice())
        throw new Problem('usage', 'is neither a file nor a block device', { file: name });
      descriptor = fs.openSync(name, 'r');
      const bytes = stat.isFile() ? stat.size : deviceBytes(stat.rdev);
      return new FileSource(name, bytes, !stat.isFile(), descriptor);
    } catch (error) {
      if (descriptor !== undefined) fs.closeSync(descriptor);
      throw readProblem(error, name);
    }
  }

  read(offset: number, length: number): Buffer {
    const wanted = Math.max(0, Math.min(length, this.bytes - offset));
    const buffer = Buffer.allocUnsafe(wanted);
    let done = 0;
    try {
      while (done < wanted) {
        const count = fs.readSync(this.descriptor, buffer, done, wanted - done, offset + done);
        if (count === 0) break;
        done += count;
      }
    } catch (error) {
      throw readProblem(error, this.name, offset + done);
    }
    return buffer.subarray(0, done);
  }

  close(): void {
    fs.closeSync(this.descriptor);
  }
}

function readProblem(error: unknown, file: string, offset?: number): Problem {
  if (error instanceof Problem) return error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return new Problem('not-found', 'no such file or device', { file, cause: error });
  return new Problem('not-readable', `cannot be read (${systemReason(error)})`, {
    ...{ file, offset, cause: error },
    ...(code === 'EACCES' ? { hint: 'devices are read as root: try it with sudo' } : {}),
  });
}

/** Linux' device number as `major:minor`. */
export function deviceNumber(rdev: number): string {
  const [high, low] = [Math.floor(rdev / 2 ** 32), rdev >>> 0];
  const major = ((low >>> 8) & 0xfff) + (high >>> 12) * 2 ** 12;
  const minor = (low & 0xff) + ((low >>> 12) & 0xfff00) + (high & 0xfff) * 2 ** 20;
  return `${major}:${minor}`;
}

/** Bytes of a sector in /sys, whatever the device's own are. */
export const SYS_SECTOR = 512;

function deviceBytes(rdev: number): number {
  if (process.platform !== 'linux')
    throw new Problem('usage', 'devices are read on Linux only', { hint: 'copy the card to a file with dd first' });
  const size = fs.readFileSync(path.join('/sys/dev/block', deviceNumber(rdev), 'size'), 'utf8');
  return Number(size) * SYS_SECTOR;
}

/** A part of another source. */
export class PartOfSource implements ByteSource {
  readonly name: string;

  constructor(
    private readonly whole: ByteSource,
    /** In the whole. */
    readonly offset: number,
    readonly bytes: number,
  ) {
    this.name = whole.name;
  }

  read(offset: number, length: number): Buffer {
    return this.whole.read(this.offset + offset, Math.max(0, Math.min(length, this.bytes - offset)));
  }
}
