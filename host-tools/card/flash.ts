// The operation `flash`: the used blocks of an image onto a target, then all of them read back and compared. The first
// block, with the partition table, is emptied first and written last, when the rest has been compared: what was broken
// off does not look like a card that boots.

import { open, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { Problem, systemReason } from '../problem.js';
import type { Region } from './fat-reader.js';
import { ALIGNMENT, type FlashPlan } from './flash-plan.js';
import { alignedBuffer, type FlashTarget } from './flash-target.js';
import { Speed } from './speed.js';

export const FLASH_SCHEMA = 1;

/** Of one transfer; cards are quickest with large ones. */
const PIECE_BYTES = 4 << 20;
const HEAD: Region = { offset: 0, bytes: ALIGNMENT };

export interface FlashOptions {
  image: string;
  plan: FlashPlan;
  target: FlashTarget;
  /** Ends it early; what is written stays, without its first block. */
  signal?: AbortSignal | undefined;
}

export type FlashPhase = 'writing' | 'verifying';

export interface FlashEvent {
  event: 'progress';
  phase: FlashPhase;
  /** Of `total` in this phase. */
  bytes: number;
  total: number;
  /** Of the last seconds; undefined while it is too early to tell. */
  bytesPerSecond: number | undefined;
  /** Of both phases, at the speed of this one. */
  secondsLeft: number | undefined;
}

export interface FlashReport {
  schema: typeof FLASH_SCHEMA;
  image: string;
  target: string;
  /** Of the image that were in use: written, and compared. */
  writtenBytes: number;
  verifiedBytes: number;
  writeSeconds: number;
  verifySeconds: number;
  /** Whether the target was touched: the first block is emptied before anything is counted. */
  begun: boolean;
  /** Whether what was compared came from the medium, not from the system's cache. */
  cacheBypassed: boolean;
  interrupted: boolean;
}

/** What was read back is not what was written. */
export class VerifyProblem extends Problem {
  constructor(
    file: string,
    /** The bytes from the first that differs to the last, at most a transfer. */
    readonly range: { from: number; to: number },
    /** CRC-32 of that range, 8 hexadecimal digits. */
    readonly expected: string,
    readonly found: string,
  ) {
    super('verify-failed', `reads back otherwise than it was written, ${range.to - range.from} bytes`, {
      file,
      offset: range.from,
      details: `bytes ${range.from} to ${range.to - 1}: CRC-32 ${expected} was written, ${found} was read`,
      hint: 'try it again; if it fails again, take another card or reader',
    });
  }
}

/** Runs it. Throws Problem: the image or the target fails, VerifyProblem. The target stays open. */
export async function* flash(options: FlashOptions): AsyncGenerator<FlashEvent, FlashReport> {
  const { image, target } = options;
  let file: FileHandle;
  try {
    file = await open(image, 'r');
  } catch (error) {
    throw new Problem('not-readable', `cannot be read (${systemReason(error)})`, { file: image, cause: error });
  }
  try {
    return yield* new Flashing(options, file, target).run();
  } finally {
    await file.close();
  }
}

/** Regions in pieces of a transfer, without the head. */
function piecesOf(regions: readonly Region[]): Region[] {
  const pieces: Region[] = [];
  for (const { offset, bytes } of regions)
    for (let at = Math.max(offset, HEAD.bytes); at < offset + bytes; at += PIECE_BYTES)
      pieces.push({ offset: at, bytes: Math.min(PIECE_BYTES, offset + bytes - at) });
  return pieces;
}

class Flashing {
  private readonly report: FlashReport;
  private readonly pieces: Region[];
  private readonly ours = alignedBuffer(PIECE_BYTES);
  private readonly theirs = alignedBuffer(PIECE_BYTES);

  constructor(
    private readonly options: FlashOptions,
    private readonly image: FileHandle,
    private readonly target: FlashTarget,
  ) {
    this.pieces = piecesOf(options.plan.regions);
    this.report = {
      ...{ schema: FLASH_SCHEMA, image: options.image, target: target.name, writtenBytes: 0, verifiedBytes: 0 },
      ...{ writeSeconds: 0, verifySeconds: 0, begun: false, cacheBypassed: target.isDirect, interrupted: false },
    };
  }

  async *run(): AsyncGenerator<FlashEvent, FlashReport> {
    const { report, target } = this;
    const { plan } = this.options;
    if (this.interrupted()) return report;
    await target.resize(plan.neededBytes);
    report.begun = true;
    await target.write(this.ours.fill(0).subarray(0, this.whole(HEAD.bytes)), HEAD.offset);
    await target.sync();
    let began = performance.now();
    yield* this.each('writing', 2, async (piece) => {
      await target.write(await this.ofImage(piece), piece.offset);
      report.writtenBytes += piece.bytes;
    });
    if (report.interrupted) return report;
    await target.sync();
    report.writeSeconds = (performance.now() - began) / 1000;
    began = performance.now();
    yield* this.each('verifying', 1, (piece) => this.verify(piece));
    if (report.interrupted) return report;
    await target.write(await this.ofImage(HEAD), HEAD.offset);
    await target.sync();
    report.writtenBytes += HEAD.bytes;
    await this.verify(HEAD);
    await target.resize(plan.neededBytes);
    target.finish();
    report.verifySeconds = (performance.now() - began) / 1000;
    return report;
  }

  /** Does something to all pieces but the head; `passes` is how many there are from here on. */
  private async *each(
    phase: FlashPhase,
    passes: number,
    work: (piece: Region) => Promise<void>,
  ): AsyncGenerator<FlashEvent> {
    const total = this.pieces.reduce((sum, piece) => sum + piece.bytes, 0);
    const speed = new Speed(performance.now());
    let bytes = 0;
    for (const piece of this.pieces) {
      if (this.interrupted()) return;
      await work(piece);
      bytes += piece.bytes;
      speed.mark(performance.now(), bytes);
      const { bytesPerSecond } = speed;
      const secondsLeft = bytesPerSecond && (total * passes - bytes) / bytesPerSecond;
      yield { event: 'progress', phase, bytes, total, bytesPerSecond, secondsLeft };
    }
  }

  /** The image's bytes, with zeros up to whole blocks behind its end; valid until the next call. */
  private async ofImage({ offset, bytes }: Region): Promise<Buffer> {
    let done = 0;
    try {
      while (done < bytes) {
        const { bytesRead } = await this.image.read(this.ours, done, bytes - done, offset + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
    } catch (error) {
      const { image: file } = this.options;
      throw new Problem('not-readable', `cannot be read (${systemReason(error)})`, { file, offset, cause: error });
    }
    return this.ours.fill(0, done, this.whole(bytes)).subarray(0, this.whole(bytes));
  }

  private async verify(piece: Region): Promise<void> {
    const theirs = this.theirs.subarray(0, this.whole(piece.bytes));
    const [ours] = await Promise.all([this.ofImage(piece), this.target.read(theirs, piece.offset)]);
    if (!ours.equals(theirs)) throw this.difference(piece.offset, ours, theirs);
    this.report.verifiedBytes += piece.bytes;
  }

  private difference(offset: number, ours: Buffer, theirs: Buffer): VerifyProblem {
    const differs = (byte: number, at: number): boolean => byte !== theirs[at];
    const [first, last] = [ours.findIndex(differs), ours.findLastIndex(differs)];
    const [expected = '', found = ''] = [ours, theirs].map((bytes) =>
      crc32(bytes.subarray(first, last + 1))
        .toString(16)
        .padStart(8, '0'),
    );
    return new VerifyProblem(this.target.name, { from: offset + first, to: offset + last + 1 }, expected, found);
  }

  /** Bytes of whole blocks of the target. */
  private whole(bytes: number): number {
    const { blockBytes } = this.target;
    return Math.ceil(bytes / blockBytes) * blockBytes;
  }

  private interrupted(): boolean {
    return (this.report.interrupted ||= this.options.signal?.aborted ?? false);
  }
}
