// The guest's memory as a file that QEMU and this process share, so that the words of the jack can be read where the
// guest's DMA engine puts them (drivers/jack-memory.ts). The file is sparse: it takes what the guest touches.

import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { CAPTURE_RING, CAPTURE_RING_BYTES, DMA_WINDOW, DMA_WINDOW_BYTES } from '../../boot/memory-map.js';
import * as keys from '../../drivers/jack-keys.js';
import { Descriptor } from '../../drivers/jack-keys.js';
import { Problem, systemReason } from '../problem.js';
import type { Scratch } from './scratch.js';

const MiB = 1024 * 1024;
/** What QEMU gives the machine. */
export const MEMORY_BYTES = 2048 * MiB;
/** What a run touches, beside its RAM disk. */
const TOUCHED_BYTES = 160 * MiB;
/** Memory that is a file system. */
const SHARED = '/dev/shm';
/** Where a process finds what it inherited as descriptor 3. */
const INHERITED = '/proc/self/fd/3';

/** Where the descriptor of the capture lies in the guest's memory, and in the file. */
export const DESCRIPTOR = DMA_WINDOW + DMA_WINDOW_BYTES - keys.DESCRIPTOR_FROM_END;

export interface GuestMemory {
  /** The file, open; physical addresses are offsets in it. */
  file: number;
  /** What QEMU, which has to inherit `file` as its descriptor 3, opens. */
  path: string;
  /** Gives the file up; its memory is free when QEMU has ended, too. */
  close(): void;
}

function roomIn(folder: string): number {
  try {
    const { bavail, bsize } = fs.statfsSync(folder);
    fs.accessSync(folder, fs.constants.W_OK);
    return bavail * bsize;
  } catch {
    return 0;
  }
}

function makeFile(scratch: Scratch, needed: number): { file: string; shared: boolean } {
  if (process.platform === 'linux' && roomIn(SHARED) >= needed)
    return { file: path.join(SHARED, `mirleft-${crypto.randomUUID()}`), shared: true };
  // Less room than a mapped file needs would kill QEMU when it has filled it.
  if (roomIn(scratch.folder) < needed)
    throw new Problem('write-failed', `has no room for the emulator's memory (${Math.ceil(needed / MiB)} MiB)`, {
      file: scratch.folder,
      hint: `make room, or set TMPDIR to a folder that has it`,
    });
  return { file: scratch.file('memory'), shared: false };
}

/**
 * Makes the memory. `ramDisk` is the file to be loaded into it. With `capture` the descriptor of one lies in it; `ahead` is
 * how many bytes of words the guest may be ahead of their reader. Throws Problem.
 */
export function makeMemory(
  scratch: Scratch,
  ramDisk: string | undefined,
  capture?: { ahead?: number | undefined },
): GuestMemory {
  const disk = ramDisk === undefined ? 0 : (fs.statSync(ramDisk, { throwIfNoEntry: false })?.size ?? 0);
  const { file: name, shared } = makeFile(scratch, disk + TOUCHED_BYTES);
  let file: number;
  try {
    file = fs.openSync(name, 'wx+', 0o600);
  } catch (error) {
    throw new Problem('write-failed', `cannot be made (${systemReason(error)})`, { file: name, cause: error });
  }
  let open = true;
  const close = (): void => {
    if (open) fs.closeSync(file);
    open = false;
  };
  try {
    // It needs no name where QEMU can open what it inherits; then it is gone with its last user, come what may.
    const nameless = process.platform === 'linux';
    if (nameless || shared) fs.unlinkSync(name);
    fs.ftruncateSync(file, MEMORY_BYTES);
    if (capture) fs.writeSync(file, descriptor(capture.ahead), 0, keys.DESCRIPTOR_BYTES, DESCRIPTOR);
    return { file, path: nameless ? INHERITED : name, close };
  } catch (error) {
    close();
    throw new Problem('write-failed', `cannot be written (${systemReason(error)})`, { file: name, cause: error });
  }
}

function descriptor(ahead = CAPTURE_RING_BYTES - keys.RESERVE_BYTES): Buffer {
  const bytes = Buffer.alloc(keys.DESCRIPTOR_BYTES);
  const words: [Descriptor, number][] = [
    [Descriptor.Magic0, keys.DESCRIPTOR_MAGIC_0],
    [Descriptor.Magic1, keys.DESCRIPTOR_MAGIC_1],
    [Descriptor.Base, CAPTURE_RING],
    [Descriptor.Bytes, CAPTURE_RING_BYTES],
    [Descriptor.Ahead, ahead],
    [Descriptor.NotRead, 0xffffffff],
  ];
  for (const [offset, value] of words) bytes.writeUInt32LE(value, offset);
  return bytes;
}
