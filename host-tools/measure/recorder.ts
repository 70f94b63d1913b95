// What a run of the virtual Pi gives to measure: the samples of both channels, and when tracks and level followed each
// other at the jack.

import { BlockKind, JackRegister, PWM_CLOCK_HZ } from '../../drivers/jack-keys.js';
import type { WordEvents } from '../capture/ring.js';
import { Problem } from '../problem.js';
import { PinFilter } from '../virtual-pi/pwm/pin-filter.js';
import type { Output, PinRun, PinSink } from '../virtual-pi/pwm/pins.js';
import { SECOND, type Time } from '../virtual-pi/time.js';

/** How the jack's PWM runs. */
export interface PinFacts {
  /** Periods a second, and their clocks. */
  carrierHz: number;
  range: number;
  output: Output;
}

/** A stretch of the jack's time, in seconds since power on: of one track, or of level. */
export interface Stretch {
  kind: BlockKind;
  /** Undefined for level. */
  track: number | undefined;
  fromSeconds: number;
  toSeconds: number;
}

/** Above 20 kHz as much is kept as fits between two times 20 kHz and the rate, so that the spectrum shows it. */
const PASS = 5 / 12;
const CHUNK = 1 << 18;
/** Samples a channel: 512 MiB for both. */
const MOST_SAMPLES = 1 << 26;
/** A period of the slowest carrier that there is, and more: runs are told when their last period has ended. */
const LATE: Time = SECOND / 1000;

export class Recorder implements PinSink, WordEvents {
  /** In the order of time; level between two tracks is one stretch. */
  readonly stretches: Stretch[] = [];
  /** Of the first run; undefined while the pins were still. */
  facts: PinFacts | undefined;
  private readonly filter: PinFilter;
  private readonly left: Float32Array[] = [];
  private readonly right: Float32Array[] = [];
  private count = 0;
  private track: number | undefined;
  private range = 0;

  constructor(readonly rateHz: number) {
    this.filter = new PinFilter({ rateHz, passHz: Math.max(20_000, rateHz * PASS) }, (left, right) => {
      this.keep(left, right);
    });
  }

  run(run: PinRun): void {
    const { clock, range, output } = run;
    this.facts ??= { carrierHz: SECOND / (clock * range), range, output };
    this.filter.run(run);
  }

  /** Nothing more comes from before `now`. */
  settle(now: Time): void {
    this.filter.settle(now - LATE);
  }

  block(words: Uint32Array, kind: number, micros: number): void {
    const toSeconds = micros / 1e6;
    const carrierHz = this.facts?.carrierHz ?? PWM_CLOCK_HZ / Math.max(1, this.range);
    const track = (kind as BlockKind) === BlockKind.Track ? this.track : undefined;
    const last = this.stretches.at(-1);
    if (last?.kind === (kind as BlockKind) && last.track === track) last.toSeconds = toSeconds;
    else {
      const began = toSeconds - words.length / 2 / carrierHz;
      // What follows without a gap begins where the one before ends.
      const fromSeconds = last && began - last.toSeconds < 1e-3 ? last.toSeconds : began;
      this.stretches.push({ kind: kind as BlockKind, track, fromSeconds, toSeconds });
    }
  }

  register(offset: number, value: number): void {
    if ((offset as JackRegister) === JackRegister.NoteTrack) this.track = value;
    if ((offset as JackRegister) === JackRegister.Range1) this.range = value;
  }

  get seconds(): number {
    return this.count / this.rateHz;
  }

  /** A copy of a channel's samples; outside the recording they are as at its ends. */
  samples(channel: 'left' | 'right', fromSeconds: number, toSeconds: number): Float32Array {
    const first = Math.round(fromSeconds * this.rateHz);
    const out = new Float32Array(Math.max(0, Math.round(toSeconds * this.rateHz) - first));
    const chunks = this[channel];
    for (let i = 0; i < out.length; i++) {
      const at = Math.min(Math.max(first + i, 0), this.count - 1);
      out[i] = chunks[Math.floor(at / CHUNK)]?.[at % CHUNK] ?? -1;
    }
    return out;
  }

  private keep(left: Float32Array, right: Float32Array): void {
    if (this.count + left.length > MOST_SAMPLES)
      throw new Problem(
        'no-room',
        `more than ${Math.floor(MOST_SAMPLES / this.rateHz)} s are too long to be measured`,
        {
          hint: 'shorter files, or a lower --rate',
        },
      );
    for (let done = 0; done < left.length;) {
      const [chunk, at] = [Math.floor(this.count / CHUNK), this.count % CHUNK];
      if (at === 0) {
        this.left.push(new Float32Array(CHUNK));
        this.right.push(new Float32Array(CHUNK));
      }
      const some = Math.min(CHUNK - at, left.length - done);
      this.left[chunk]?.set(left.subarray(done, done + some), at);
      this.right[chunk]?.set(right.subarray(done, done + some), at);
      done += some;
      this.count += some;
    }
  }
}
