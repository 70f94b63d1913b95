// What an image is written to: a block device, or a file that stands in for one. Both are written and read past the
// system's cache (O_DIRECT) where that goes: the speed that is told is the card's, and what is read back comes from it.

import fs from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { Problem, systemCode, systemReason } from '../problem.js';
import type { Temporary } from '../temporary.js';
import type { BlockDevice } from './block-devices.js';
import { otherDevice } from './flash-policy.js';
import { checkPlace, makeBeside, putInPlace } from './beside.js';
import { deviceNumber } from './byte-source.js';
import { ALIGNMENT } from './flash-plan.js';

export interface FlashTarget {
  readonly name: string;
  /** What transfers are multiples of, at places that are. */
  readonly blockBytes: number;
  /** Whether reading comes past the cache. */
  readonly isDirect: boolean;
  /** Takes bytes of an aligned buffer (`alignedBuffer`). Throws Problem. */
  write(bytes: Buffer, offset: number): Promise<void>;
  /** Returns when the medium has all that was written. Throws Problem. */
  sync(): Promise<void>;
  /** Fills the buffer, which is aligned. Throws Problem. */
  read(into: Buffer, offset: number): Promise<void>;
  /** Gives it its length, where it has none of its own. Throws Problem. */
  resize(bytes: number): Promise<void>;
  /** Puts it into its place, where it is not yet; it is whole. Throws Problem. */
  finish(): void;
  /** What was not finished is gone afterwards, where it is a file. */
  close(): Promise<void>;
}

const PAGE_BYTES = 65_536;

/** A buffer that begins at a page of memory, as transfers past the cache need it: a module's memory does. */
export function alignedBuffer(bytes: number): Buffer {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  return Buffer.from(new WebAssembly.Memory({ initial: pages, maximum: pages }).buffer, 0, bytes);
}

/** Linux has it, and Node names it only there. */
const DIRECT = fs.constants.O_DIRECT as number | undefined;

const madeIn = ({ folder }: Temporary): string => path.join(folder, 'file');

class OpenTarget implements FlashTarget {
  constructor(
    readonly name: string,
    readonly blockBytes: number,
    readonly isDirect: boolean,
    private readonly file: FileHandle,
    /** Where a file is made, and the place that it takes; undefined for a device. */
    private readonly fresh?: { making: Temporary; place: string },
  ) {}

  async write(bytes: Buffer, offset: number): Promise<void> {
    await this.guarded(offset, async () => {
      for (let done = 0; done < bytes.length;) {
        const { bytesWritten } = await this.file.write(bytes, done, bytes.length - done, offset + done);
        done += bytesWritten;
      }
    });
  }

  async sync(): Promise<void> {
    await this.guarded(undefined, () => this.file.sync());
  }

  async read(into: Buffer, offset: number): Promise<void> {
    await this.guarded(offset, async () => {
      for (let done = 0; done < into.length;) {
        const { bytesRead } = await this.file.read(into, done, into.length - done, offset + done);
        if (bytesRead === 0)
          throw new Problem('verify-failed', 'ends before what was written', { file: this.name, offset });
        done += bytesRead;
      }
    });
  }

  async resize(bytes: number): Promise<void> {
    if (this.fresh) await this.guarded(undefined, () => this.file.truncate(bytes));
  }

  finish(): void {
    if (this.fresh) putInPlace(madeIn(this.fresh.making), this.fresh.place);
  }

  async close(): Promise<void> {
    await this.file.close();
    this.fresh?.making.remove();
  }

  private async guarded(offset: number | undefined, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof Problem) throw error;
      const gone = ['ENXIO', 'ENODEV', 'ENOMEDIUM'].includes(systemCode(error) ?? '');
      throw new Problem('write-failed', gone ? 'was taken out' : `fails (${systemReason(error)})`, {
        ...{ file: this.name, offset, cause: error },
        hint: this.fresh ? undefined : 'try it again, then another card or reader',
      });
    }
  }
}

/** Opens it past the cache, or through it where the system refuses that (EINVAL): then a new file has been made. */
async function openDirect(name: string, flags: number): Promise<{ file: FileHandle; isDirect: boolean }> {
  if (DIRECT === undefined) return { file: await open(name, flags, 0o666), isDirect: false };
  try {
    return { file: await open(name, flags | DIRECT, 0o666), isDirect: true };
  } catch (error) {
    if (systemCode(error) !== 'EINVAL') throw error;
  }
  const { O_CREAT, O_EXCL } = fs.constants;
  return { file: await open(name, flags & O_CREAT ? flags & ~O_EXCL : flags, 0o666), isDirect: false };
}

/**
 * A file for a copy of `image`, made beside its place; `finish` puts it there. Throws Problem: one that is there is
 * replaced only by `force`, and the image itself never.
 */
export async function openFileTarget(name: string, image: string, force: boolean): Promise<FlashTarget> {
  const there = fs.statSync(name, { throwIfNoEntry: false });
  const refuse = (message: string, hint: string): Problem =>
    new Problem('would-overwrite', message, { file: name, hint });
  if (there && !there.isFile())
    throw new Problem('usage', 'is no regular file', { file: name, hint: '--to names a file to be made' });
  if (there && isSameFile(name, image)) throw refuse('is the image itself', 'name another file');
  if (there && !force) throw refuse('is there already', '--force replaces it');
  if (!there) checkPlace(name, 'a device is named without --to');
  // A link stays one: what it leads to is replaced.
  const place = there ? fs.realpathSync(name) : name;
  const making = makeBeside(place, '.mirleft-flash-');
  try {
    const { O_RDWR, O_CREAT, O_EXCL } = fs.constants;
    const { file, isDirect } = await openDirect(madeIn(making), O_RDWR | O_CREAT | O_EXCL);
    return new OpenTarget(name, ALIGNMENT, isDirect, file, { making, place });
  } catch (error) {
    making.remove();
    throw new Problem('write-failed', `cannot be made (${systemReason(error)})`, { file: name, cause: error });
  }
}

/** Also by another name, or a hard link. */
function isSameFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map((name) => fs.statSync(name, { bigint: true, throwIfNoEntry: false }));
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
}

/**
 * Opens a device for this process alone: the system refuses when somebody mounts it meanwhile. `shared`: also when it is
 * in use. Throws Problem, also when the path leads to another device than was described.
 */
export async function openDeviceTarget(device: BlockDevice, shared: boolean): Promise<FlashTarget> {
  const { O_RDWR, O_EXCL } = fs.constants;
  let file: FileHandle | undefined;
  try {
    const opened = await openDirect(device.path, O_RDWR | (shared ? 0 : O_EXCL));
    file = opened.file;
    if (deviceNumber((await file.stat()).rdev) !== device.number) throw otherDevice(device);
    return new OpenTarget(device.path, device.blockBytes, opened.isDirect, file);
  } catch (error) {
    await file?.close();
    if (error instanceof Problem) throw error;
    const code = systemCode(error);
    const busy = code === 'EBUSY';
    throw new Problem(
      busy ? 'in-use' : 'write-failed',
      busy ? 'is in use' : `cannot be opened (${systemReason(error)})`,
      {
        ...{ file: device.path, cause: error },
        hint: busy
          ? 'unmount its partitions, and end what else uses it'
          : code === 'EACCES'
            ? 'devices are written as root: try it with sudo'
            : undefined,
      },
    );
  }
}
