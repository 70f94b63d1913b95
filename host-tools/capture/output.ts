// Files that a run writes while it plays: checked before anything runs, written in large pieces, and whole at every
// moment that the run may be cut off. A character device or a pipe takes them as well, as a stream.

import fs from 'node:fs';
import path from 'node:path';
import { patchSizes, wavHeader, wavSoftware } from '../media/wav.js';
import { Problem, systemCode, systemReason } from '../problem.js';
import { isRunning, readMark, thisWriter, writeMark, type Writer } from './output-mark.js';

const PIECE = 1 << 18;
const HEAD_BYTES = 4096;
const WAV_LIMIT = 0xffffffff - HEAD_BYTES;
/** Size of a WAV that has no end yet, as others stream it. */
const ENDLESS = 0xffffffff;

/** A file under way: buffered, every error a Problem with path and bytes written. */
export class Output {
  private readonly buffer = Buffer.allocUnsafe(PIECE);
  private fill = 0;
  private closed = false;
  /** Bytes that are in the file. */
  written = 0;

  private constructor(
    readonly file: string,
    private readonly descriptor: number,
    /** Whether writing begins behind `written`; a pipe has no places. */
    private readonly behind = false,
  ) {}

  /** Opens a file again that `written` bytes were written to. Throws Problem, also when it is another one by now. */
  static reopen(file: string, written: number): Output {
    let output: Output;
    try {
      output = new Output(file, fs.openSync(file, 'r+'), true);
    } catch (error) {
      throw writeProblem(error, file, written);
    }
    output.written = written;
    if (fs.fstatSync(output.descriptor).size === written) return output;
    output.close();
    throw new Problem('in-use', 'was changed by somebody else during the run', { file, hint: 'name another file' });
  }

  /** Creates or empties the file. `exclusive`: it must not exist. Throws Problem. */
  static create(file: string, exclusive = false): Output {
    try {
      if (isPipe(file)) checkReader(file);
      return new Output(file, fs.openSync(file, exclusive ? 'wx' : 'w'));
    } catch (error) {
      throw writeProblem(error, file, 0);
    }
  }

  /** Copies the bytes; they reach the file some time before `close`. Throws Problem. */
  append(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const count = Math.min(PIECE - this.fill, bytes.length - at);
      this.buffer.set(bytes.subarray(at, at + count), this.fill);
      this.fill += count;
      at += count;
      if (this.fill === PIECE) this.flush();
    }
  }

  /** Writes what is buffered. Throws Problem; what did not fit is dropped then. */
  flush(): void {
    let at = 0;
    try {
      while (at < this.fill) {
        const count = fs.writeSync(this.descriptor, this.buffer, at, this.fill - at, this.behind ? this.written : null);
        at += count;
        this.written += count;
      }
    } catch (error) {
      throw writeProblem(error, this.file, this.written);
    } finally {
      this.fill = 0;
    }
  }

  /** Writes over bytes that are in the file already. */
  patch(bytes: Buffer, at: number): void {
    try {
      fs.writeSync(this.descriptor, bytes, 0, bytes.length, at);
    } catch (error) {
      throw writeProblem(error, this.file, this.written);
    }
  }

  /** Closes the file; further calls do nothing. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    fs.closeSync(this.descriptor);
  }
}

/** Opening a pipe that nobody reads would wait for ever. Throws Problem, and the system's errors. */
function checkReader(file: string): void {
  try {
    fs.closeSync(fs.openSync(file, fs.constants.O_WRONLY | fs.constants.O_NONBLOCK));
  } catch (error) {
    if (systemCode(error) !== 'ENXIO') throw error;
    throw new Problem('write-failed', 'is a pipe that nobody reads', { file, hint: 'start its reader first' });
  }
}

function writeProblem(error: unknown, file: string, written: number): Problem {
  if (error instanceof Problem) return error;
  const after = written > 0 ? ` after ${written} bytes` : '';
  const full = systemCode(error) === 'ENOSPC';
  return new Problem('write-failed', `cannot be written${after} (${systemReason(error)})`, {
    file,
    hint: full ? 'make room, or choose another folder' : undefined,
    cause: error,
  });
}

/**
 * A WAV of 16-bit stereo frames, valid up to the last flush at every moment. It may go on after `finish`. What goes to
 * a device or a pipe has no size in its header, and ends with `finish`.
 */
export class WavFile {
  private output: Output;
  private open = true;
  private readonly header: Buffer;
  private readonly stream: boolean;
  frames = 0;

  /** `rateHz` is what the header says. Throws Problem. */
  constructor(
    readonly file: string,
    readonly rateHz: number,
    private readonly version: string,
  ) {
    this.stream = isStream(file);
    const software = writeMark(version, this.stream ? undefined : thisWriter());
    this.header = wavHeader({ rateHz, channels: 2, bits: 16, software });
    // Once more: another run may have begun it since.
    checkCapture(file);
    if (this.stream) {
      this.header.writeUInt32LE(ENDLESS, 4);
      this.header.writeUInt32LE(ENDLESS, this.header.length - 4);
    } else fs.rmSync(file, { force: true });
    this.output = Output.create(file, !this.stream);
    try {
      this.output.append(this.header);
      this.output.flush();
    } catch (error) {
      this.output.close();
      throw error;
    }
  }

  /** Interleaved left and right. Throws Problem. */
  append(frames: Int16Array): void {
    if (this.output.written > WAV_LIMIT && !this.stream)
      throw new Problem('write-failed', 'has reached the 4 GiB that a WAV file can have', { file: this.file });
    if (!this.open) this.goOn();
    const before = this.output.written;
    this.output.append(new Uint8Array(frames.buffer, frames.byteOffset, frames.byteLength));
    this.frames += frames.length / 2;
    if (this.output.written !== before) this.patch();
  }

  private goOn(): void {
    checkCapture(this.file);
    this.output = Output.reopen(this.file, this.output.written);
    this.open = true;
    this.sign(thisWriter());
    this.patch();
  }

  private sign(writer?: Writer): void {
    const info = wavSoftware(this.header);
    if (info) this.header.write(writeMark(this.version, writer), info.offset, 'latin1');
  }

  private patch(): void {
    if (this.stream) return;
    const frames = Math.floor((this.output.written - this.header.length) / 4);
    patchSizes(this.header, this.header.length, frames * 4);
    this.output.patch(this.header, 0);
  }

  /** Writes what is left and marks the file as complete. The file is closed whatever happens. Throws Problem. */
  finish(): void {
    if (!this.open) return;
    this.open = false;
    try {
      this.output.flush();
    } finally {
      try {
        this.sign();
        this.patch();
      } finally {
        this.output.close();
      }
    }
  }
}

/** The beginning of a file, or undefined when there is none. */
function head(file: string): Buffer | undefined {
  let descriptor: number;
  try {
    descriptor = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    if (fs.existsSync(file))
      throw new Problem('would-overwrite', `exists and cannot be read (${systemReason(error)})`, {
        file,
        cause: error,
      });
    throw writeProblem(error, file, 0);
  }
  try {
    const bytes = Buffer.alloc(HEAD_BYTES);
    return bytes.subarray(0, fs.readSync(descriptor, bytes, 0, HEAD_BYTES, 0));
  } finally {
    fs.closeSync(descriptor);
  }
}

/**
 * Refuses a capture that would replace a file which is not a capture of ours, or one that another run is writing.
 * Character devices and pipes are taken as they are. Throws Problem.
 */
export function checkCapture(file: string): void {
  checkFolder(file);
  if (isStream(file)) return;
  if (kind(file)?.isFile() === false)
    throw new Problem('would-overwrite', 'is neither a regular file nor a character device or pipe', {
      file,
      hint: 'name another file with --capture',
    });
  const bytes = head(file);
  if (bytes === undefined) return;
  const mark = readMark(wavSoftware(bytes)?.text ?? '');
  if (mark === undefined)
    throw new Problem('would-overwrite', 'exists and is no capture of ours', {
      file,
      hint: 'name another file with --capture, or move that one away',
    });
  const { writer } = mark;
  if (writer && isRunning(writer))
    throw new Problem('in-use', `is being written by another run (process ${writer.pid})`, {
      file,
      hint: 'name another file with --capture, or wait',
    });
}

/** Refuses an output whose folder is not there. Throws Problem. */
export function checkFolder(file: string): void {
  const folder = path.dirname(path.resolve(file));
  if (!fs.existsSync(folder)) throw new Problem('not-found', 'its folder does not exist', { file });
  if (fs.existsSync(file) && fs.statSync(file).isDirectory())
    throw new Problem('would-overwrite', 'is a folder', { file });
}

/**
 * Refuses to replace a file that does not carry the output's own ending: what says by nothing else who made it is
 * only taken for an earlier output by its name. Throws Problem.
 */
export function checkReplaceable(file: string, ending: string): void {
  checkFolder(file);
  if (!fs.existsSync(file) || isStream(file) || file.toLowerCase().endsWith(ending)) return;
  throw new Problem('would-overwrite', `exists, and its name does not end in ${ending}`, {
    file,
    hint: `name a file that ends in ${ending}, or one that does not exist`,
  });
}

/** Refuses outputs that are inputs, or each other. Throws Problem. */
export function checkDistinct(inputs: (string | Buffer)[], outputs: string[]): void {
  const identity = (file: string | Buffer): string => {
    try {
      const { dev, ino } = fs.statSync(file, { bigint: true });
      return `${dev}:${ino}`;
    } catch {
      return path.resolve(file.toString());
    }
  };
  const taken = new Map(inputs.map((file) => [identity(file), 'is one of the files to play']));
  for (const file of outputs) {
    const id = identity(file);
    const why = taken.get(id);
    // Devices such as /dev/null may be named more than once.
    if (why !== undefined && !isDevice(file))
      throw new Problem('would-overwrite', why, { file, hint: 'name another output' });
    taken.set(id, 'is named for two outputs');
  }
}

function kind(file: string): fs.Stats | undefined {
  try {
    return fs.statSync(file);
  } catch {
    return undefined;
  }
}

export const isPipe = (file: string): boolean => kind(file)?.isFIFO() ?? false;
export const isDevice = (file: string): boolean => kind(file)?.isCharacterDevice() ?? false;

/** Whether what is written there goes away, so that nothing is replaced and nothing can be changed afterwards. */
const isStream = (file: string): boolean => isDevice(file) || isPipe(file);
