// Raw samples from another program, while it makes them: no end that is known, nothing to go back to.

import { Resampler } from '../media/resample.js';
import { Problem } from '../problem.js';
import { ClockFollower } from './clock-follower.js';
import { Sound, toMono } from './sound.js';

export interface LiveOptions {
  rateHz: number;
  channels: 1 | 2;
  mono?: boolean | undefined;
}

/** So much is kept on the host, in seconds; a source that is faster than sound is held up then. */
const AHEAD_SECONDS = 1;

/** A live source; `follow` gets what statuses say. */
export class LiveSound {
  readonly sound: Sound;
  private readonly follower = new ClockFollower();
  private readonly resampler: Resampler;
  /** Frames of the sound that are no longer wanted. */
  private used = 0;
  private drained = (): void => undefined;
  /** Whether the source had to wait: it keeps no clock of its own. */
  private isHeldUp = false;

  constructor(
    private readonly bytes: AsyncIterable<Uint8Array>,
    private readonly options: LiveOptions,
    grew: () => void,
  ) {
    const channels = options.mono ? 1 : options.channels;
    this.sound = new Sound('stdin', options.rateHz, channels, grew);
    this.resampler = new Resampler(channels, 1);
    void this.pump();
  }

  /** Frames before this one have been sent. */
  forget(before: number): void {
    this.used = before;
    this.sound.forget(before);
    this.drained();
  }

  /** What the device tells of its fill; undefined where it says nothing, before it sounds. */
  follow(fillMs: number | undefined): void {
    // A source that waits for us follows by itself.
    if (fillMs === undefined || this.isHeldUp) this.follower.restart();
    else this.follower.update(fillMs);
    this.isHeldUp = false;
    this.resampler.ratio = this.follower.ratio;
  }

  get ppm(): number {
    return Math.round((this.follower.ratio - 1) * 1e6);
  }

  private async pump(): Promise<void> {
    const { sound, options } = this;
    const frameBytes = 2 * options.channels;
    let rest: Buffer = Buffer.alloc(0);
    try {
      for await (const chunk of this.bytes) {
        const bytes = rest.length ? Buffer.concat([rest, chunk]) : Buffer.from(chunk);
        const whole = bytes.length - (bytes.length % frameBytes);
        rest = bytes.subarray(whole);
        const samples = new Int16Array(whole / 2);
        for (let i = 0; i < samples.length; i++) samples[i] = bytes.readInt16LE(2 * i);
        sound.add(this.resampler.push(options.mono && options.channels === 2 ? toMono(samples) : samples));
        while (sound.available - this.used > AHEAD_SECONDS * options.rateHz) {
          this.isHeldUp = true;
          await new Promise<void>((resolve) => (this.drained = resolve));
        }
      }
      sound.add(this.resampler.finish());
      sound.end();
    } catch (error) {
      sound.end(new Problem('not-readable', `stdin cannot be read further (${String(error)})`, { cause: error }));
    }
  }
}
