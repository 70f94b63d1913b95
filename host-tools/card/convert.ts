// A track that the device does not decode, turned into one that it does: a file on this computer, written piece by piece,
// so that neither its samples nor its result are ever all in memory.

import fs from 'node:fs';
import { Problem, systemReason } from '../problem.js';
import { decode } from '../media/decode.js';
import type { Format } from '../media/detect.js';
import { readInput, type Input } from '../media/input.js';
import { toInt16, type Pcm } from '../media/pcm.js';
import { QoaEncoder } from '../media/qoa.js';
import { patchSizes, putSamples, sampleBytes, wavHeader } from '../media/wav.js';

/** Of a compressed file: it is decoded in memory. */
const MOST_INPUT = 2 ** 31 - 1;
/** What the sizes in a WAV's header can tell. */
const MOST_WAV = 2 ** 32 - 1;

export interface Converted {
  bytes: number;
  seconds: number;
  /** What the decoder had to leave out, for people. */
  remark: string | undefined;
  /** Why it ends early: what came before is whole. */
  flaw: Problem | undefined;
}

export interface ConvertOptions {
  /** WAV of the track's own depth instead of QOA. */
  lossless: boolean;
  signal?: AbortSignal | undefined;
  /** Told how many seconds of sound are done. */
  progress?: ((seconds: number) => void) | undefined;
}

/** Takes samples as they come and writes them to a file. */
interface TrackWriter {
  push(piece: Pcm): void;
  /** Writes what is left and the header. */
  finish(): void;
  bytes: number;
}

/** Converts to the file `to`, which is made. Throws Problem, and the signal's reason; the file is of no use then. */
export async function convertTrack(
  input: Input,
  format: Exclude<Format, 'qoa'>,
  to: string,
  options: ConvertOptions,
): Promise<Converted> {
  const { lossless, signal, progress } = options;
  const about = input.given;
  const bytes = await readInput(input, () => MOST_INPUT, signal);
  const descriptor = fs.openSync(to, 'wx');
  let writer: TrackWriter | undefined;
  let rateHz = 0;
  let frames = 0;
  const take = (piece: Pcm): void => {
    const write = (part: Uint8Array, at: number): void => writeAll(descriptor, part, at, about);
    writer ??= lossless ? new WavWriter(piece, write, about) : new QoaWriter(piece, write);
    writer.push(piece);
    rateHz = piece.rateHz;
    frames += piece.samples.length / piece.channels;
    progress?.(frames / rateHz);
  };
  try {
    const { remark, flaw } = await decode(bytes, format, about, { take, signal });
    if (!writer || frames === 0) throw new Problem('bad-media', 'has no frames', { file: about });
    // What `take` assigns is not seen here.
    const written: TrackWriter = writer;
    written.finish();
    return { bytes: written.bytes, seconds: frames / rateHz, remark, flaw };
  } finally {
    fs.closeSync(descriptor);
  }
}

type Write = (bytes: Uint8Array, at: number) => void;

class QoaWriter implements TrackWriter {
  private readonly encoder: QoaEncoder;
  /** The header comes last. */
  bytes = 8;

  constructor(
    { rateHz, channels }: Pcm,
    private readonly write: Write,
  ) {
    this.encoder = new QoaEncoder(rateHz, channels);
  }

  push(piece: Pcm): void {
    this.encoder.push(toInt16(piece));
    this.encoder.take().forEach((part) => this.append(part));
  }

  finish(): void {
    const [header = Buffer.alloc(0), ...rest] = this.encoder.finish();
    rest.forEach((part) => this.append(part));
    this.write(header, 0);
  }

  private append(part: Buffer): void {
    this.write(part, this.bytes);
    this.bytes += part.length;
  }
}

class WavWriter implements TrackWriter {
  private readonly header: Buffer;
  bytes: number;

  constructor(
    format: Pcm,
    private readonly write: Write,
    private readonly about: string,
  ) {
    this.header = wavHeader({ rateHz: format.rateHz, channels: format.channels, bits: format.bits });
    this.bytes = this.header.length;
  }

  push(piece: Pcm): void {
    const part = Buffer.alloc(sampleBytes(piece));
    if (this.bytes + part.length > MOST_WAV)
      throw new Problem('no-room', 'would be longer than the 4 GiB that a WAV can have', {
        file: this.about,
        hint: 'leave out --lossless',
      });
    putSamples(piece, part, 0);
    this.write(part, this.bytes);
    this.bytes += part.length;
  }

  finish(): void {
    const data = this.bytes - this.header.length;
    patchSizes(this.header, this.header.length, data);
    this.write(this.header, 0);
    if (data & 1) this.write(Buffer.alloc(1), this.bytes++);
  }
}

function writeAll(descriptor: number, bytes: Uint8Array, at: number, about: string): void {
  try {
    for (let done = 0; done < bytes.length;)
      done += fs.writeSync(descriptor, bytes, done, bytes.length - done, at + done);
  } catch (error) {
    throw new Problem('write-failed', `cannot be converted (${systemReason(error)})`, {
      file: about,
      hint: 'make room where the card is made',
      cause: error,
    });
  }
}
