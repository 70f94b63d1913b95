// Sounds as frames of QOA, to be sent piece by piece: a QOA file's own where it has whole ones, else encoded.

import type { QoaFile } from '../media/qoa-decode.js';
import { QoaEncoder } from '../media/qoa.js';
import type { Sound } from './sound.js';

const QOA_FRAME = 5120;

export class QoaPieces {
  private encoder: QoaEncoder | undefined;
  /** Frames that are made and not sent, the first one perhaps in part. */
  private readonly made: Buffer[] = [];

  /** The first frame of a sound that can be sent, at `position` or before it. */
  static align(sound: Sound, position: number): number {
    return ownFrames(sound) ? position - (position % QOA_FRAME) : position;
  }

  clear(): void {
    this.made.length = 0;
    this.encoder = undefined;
  }

  get isEmpty(): boolean {
    return this.made.length === 0;
  }

  /** Makes a frame of what comes next in a sound; how many of its frames that took, 0 when there are too few yet. */
  make(sound: Sound, position: number): number {
    const frame = ownFrames(sound)?.frames[position / QOA_FRAME];
    if (frame) {
      // A short frame ends what was before.
      this.finish();
      this.made.push(frame.bytes);
      return frame.samples;
    }
    const wanted = QOA_FRAME - ((this.encoder?.frames ?? 0) % QOA_FRAME);
    if (sound.available - position < wanted && !sound.isWhole) return 0;
    const samples = sound.read(position, wanted);
    this.encoder ??= new QoaEncoder(sound.rateHz, sound.channels);
    this.encoder.push(samples);
    this.made.push(...this.encoder.take());
    return samples.length / sound.channels;
  }

  /** Makes a short frame of what is left. */
  finish(): void {
    // Behind the file's header.
    this.made.push(...(this.encoder?.finish().slice(1) ?? []));
    this.encoder = undefined;
  }

  /** The next piece of at most `most` bytes, to be taken when there is room for it. */
  next(most: number): Buffer | undefined {
    return this.made[0]?.subarray(0, most);
  }

  /** Takes so many bytes of the next one away: they are sent. */
  take(bytes: number): void {
    const [first] = this.made;
    if (!first) return;
    if (bytes === first.length) this.made.shift();
    else this.made[0] = first.subarray(bytes);
  }
}

/** The frames of a file of QOA that can be sent as they are. */
function ownFrames({ qoa }: Sound): QoaFile | undefined {
  return qoa?.frames.slice(0, -1).every(({ samples }) => samples === QOA_FRAME) ? qoa : undefined;
}
