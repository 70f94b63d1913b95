// From words of the jack back to 16-bit stereo frames, as a listener gets them: ramps and held level included.

import { RIGHT_FIRST } from '../../drivers/jack-keys.js';

/** Where the two words of a pair go in a frame of left and right. */
const FIRST = RIGHT_FIRST ? 1 : 0;
const SECOND = 1 - FIRST;

/** The sample that a word of a PWM period of `range` clocks stands for: 0 to range becomes -32768 to 32767. */
export function wordToSample(word: number, range: number): number {
  const sample = Math.round((word / range - 0.5) * 65536);
  return sample > 32767 ? 32767 : sample < -32768 ? -32768 : sample;
}

/** Keeps what is needed across blocks: half a pair, and the place among the repetitions of a frame. */
export class FrameMaker {
  /** Periods of the first and the second word of a pair, in clocks. */
  range: [number, number] = [0, 0];
  /** Pairs a frame. */
  private repeat = 1;
  private phase = 0;
  private half: number | undefined;
  private out = new Int16Array(4096);

  /** Sets the pairs a frame; a frame that is under way is given up. */
  setRepeat(repeat: number): void {
    this.repeat = Math.max(1, repeat);
    this.phase = 0;
  }

  /** Interleaved left and right samples, one frame for `repeat` pairs. Valid until the next call. */
  frames(words: Uint32Array): Int16Array {
    if (this.out.length < words.length + 2) this.out = new Int16Array(words.length * 2);
    const out = this.out;
    const { repeat } = this;
    const [range1, range2] = this.range;
    let { phase, half } = this;
    let count = 0;
    let at = 0;
    while (at < words.length) {
      const first: number = half ?? (words[at++] as number);
      half = first;
      if (at === words.length) break;
      half = undefined;
      const second = words[at++] as number;
      if (phase === 0) {
        out[count + FIRST] = range1 > 0 ? wordToSample(first, range1) : 0;
        out[count + SECOND] = range2 > 0 ? wordToSample(second, range2) : 0;
        count += 2;
      }
      if (++phase === repeat) phase = 0;
    }
    this.phase = phase;
    this.half = half;
    return out.subarray(0, count);
  }
}
