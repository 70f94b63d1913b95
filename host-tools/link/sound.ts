// A sound that is decoded while it is sent: 16-bit frames that grow at their end, and can be read at any place.

import { decode } from '../media/decode.js';
import { detectFormat, unknownFormat } from '../media/detect.js';
import { breathe } from '../media/pace.js';
import { toInt16, type Pcm } from '../media/pcm.js';
import { decodeQoaFrame, openQoa, type QoaFile } from '../media/qoa-decode.js';
import { Resampler } from '../media/resample.js';
import { Problem } from '../problem.js';

/** How it is changed on its way. */
export interface SoundOptions {
  /** Both channels as one. */
  mono?: boolean | undefined;
  /** Another rate, in Hz. */
  rateHz?: number | undefined;
  signal?: AbortSignal | undefined;
}

export class Sound {
  /** Frames so far. */
  available = 0;
  /** Whether all frames are there. */
  isWhole = false;
  /** Why it ends before its file does, or what is odd about it. */
  problem: Problem | undefined;
  /** Its frames of QOA, where it has not been changed. */
  qoa: QoaFile | undefined;
  private readonly pieces: Int16Array[] = [];
  /** Of each piece: the frame it begins at. */
  private readonly starts: number[] = [];
  /** Pieces that were given up. */
  private gone = 0;

  /** `grew` is called when there is more, or all. */
  constructor(
    readonly name: string,
    readonly rateHz: number,
    readonly channels: number,
    private readonly grew: () => void,
  ) {}

  add(samples: Int16Array): void {
    if (samples.length === 0) return;
    this.starts.push(this.available);
    this.pieces.push(samples);
    this.available += samples.length / this.channels;
    this.grew();
  }

  end(problem?: Problem): void {
    this.isWhole = true;
    this.problem ??= problem;
    this.grew();
  }

  /** Copies up to `count` frames from frame `from` on. */
  read(from: number, count: number): Int16Array {
    const { channels, starts, pieces } = this;
    const frames = Math.max(0, Math.min(count, this.available - from));
    const out = new Int16Array(frames * channels);
    let index = this.pieceAt(from);
    for (let done = 0; done < frames; index++) {
      const piece = pieces[index] as Int16Array;
      const at = (from + done - (starts[index] as number)) * channels;
      const part = piece.subarray(at, Math.min(piece.length, at + (frames - done) * channels));
      out.set(part, done * channels);
      done += part.length / channels;
    }
    return out;
  }

  /** Gives up what lies before a frame: of a source that never ends. */
  forget(before: number): void {
    const index = this.pieceAt(before);
    for (; this.gone < index; this.gone++) this.pieces[this.gone] = new Int16Array();
  }

  private pieceAt(frame: number): number {
    let [low, high] = [0, this.starts.length];
    while (low + 1 < high) {
      const middle = (low + high) >> 1;
      if ((this.starts[middle] as number) <= frame) low = middle;
      else high = middle;
    }
    return low;
  }
}

/** Makes one channel of two, rounded down. */
export function toMono(samples: Int16Array): Int16Array {
  return Int16Array.from(
    { length: samples.length / 2 },
    (_, i) => ((samples[2 * i] as number) + (samples[2 * i + 1] as number)) >> 1,
  );
}

/**
 * Opens a sound file's bytes by their content and goes on decoding them behind the caller's back; `grew` is called when
 * there is more, or all. `file` is its name as the user gave it, for messages. Throws Problem where nothing of it can be
 * played; what is wrong later stands in the sound's `problem`.
 */
export async function decodeSound(
  bytes: Buffer,
  { name, file }: { name: string; file: string },
  options: SoundOptions,
  grew: () => void,
): Promise<Sound> {
  const { signal } = options;
  const format = detectFormat(bytes);
  if (format === undefined) throw unknownFormat(bytes, file);
  return new Promise<Sound>((opened, failed) => {
    let sound: Sound | undefined;
    let resampler: Resampler | undefined;
    const take = (pcm: Pcm): void => {
      const mono = options.mono === true && pcm.channels === 2;
      const channels = mono ? 1 : pcm.channels;
      const rateHz = options.rateHz ?? pcm.rateHz;
      if (!sound && rateHz !== pcm.rateHz) resampler = new Resampler(channels, pcm.rateHz / rateHz);
      const samples = mono ? toMono(toInt16(pcm)) : toInt16(pcm);
      sound ??= new Sound(name, rateHz, channels, grew);
      sound.add(resampler ? resampler.push(samples) : samples);
      if (sound.available > 0) opened(sound);
    };
    const whole = (problem?: Problem): void => {
      if (sound && resampler) sound.add(resampler.finish());
      if (!sound?.available) {
        failed(problem ?? new Problem('bad-media', 'has no sound', { file }));
        return;
      }
      sound.end(problem);
      opened(sound);
    };
    const decoding =
      format === 'qoa'
        ? decodeQoa(bytes, file, take, signal, (qoa) => {
            if (sound && !resampler && sound.channels === qoa.channels) sound.qoa = qoa;
          })
        : decode(bytes, format, file, { signal, take }).then(({ remark, flaw }) => flaw ?? remarked(remark, file));
    decoding.then(whole, (error: unknown) => {
      if (error instanceof Problem) whole(error);
      else if (sound) sound.end(signal?.aborted ? undefined : unexpected(error, file));
      else failed(error as Error);
    });
  });
}

const remarked = (remark: string | undefined, file: string): Problem | undefined =>
  remark === undefined ? undefined : new Problem('bad-media', remark, { file });

const unexpected = (error: unknown, file: string): Problem =>
  new Problem('unexpected', `cannot be decoded further (${String(error)})`, { file, cause: error });

/** `first` is called when there is sound. */
async function decodeQoa(
  bytes: Buffer,
  file: string,
  take: (pcm: Pcm) => void,
  signal: AbortSignal | undefined,
  first: (qoa: QoaFile) => void,
): Promise<Problem | undefined> {
  const qoa = openQoa(bytes, file);
  for (const [index, frame] of qoa.frames.entries()) {
    take(decodeQoaFrame(frame, qoa.rateHz, qoa.channels));
    if (index === 0) first(qoa);
    await breathe(signal);
  }
  return qoa.flaw;
}
