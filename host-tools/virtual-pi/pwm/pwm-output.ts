// What the pins of a PWM block did, gathered into runs for whoever draws, filters or counts it.

import type { Output, PinSink } from './pins.js';
import type { Time } from '../time.js';

/** Words of one run at most. */
const MOST_WORDS = 8192;

export class PwmOutput {
  private readonly buffer = new Uint32Array(MOST_WORDS);
  private filled = 0;
  private start: Time = 0;
  private told = 0;
  private clock = 1;
  private range = 1;
  private output: Output = 'mark-space';

  constructor(private readonly sink: PinSink) {}

  /** Periods from now on begin at `start` and follow one another; tells those before. */
  open(start: Time, clock: number, range: number, output: Output): void {
    this.flush();
    this.start = start;
    this.told = 0;
    this.clock = clock;
    this.range = range;
    this.output = output;
  }

  /** The next period, played to its end. */
  add(word1: number, word2: number): void {
    const { buffer, filled } = this;
    buffer[filled] = word1;
    buffer[filled + 1] = word2;
    this.filled = filled + 2;
    if (this.filled === MOST_WORDS) this.flush();
  }

  /** Tells what has been added and not told. */
  flush(): void {
    if (this.filled === 0) return;
    const { clock, range, output } = this;
    // Counted from where the run was opened, so that no error adds up where the clock is off.
    const start = this.start + this.told * (range * clock);
    const words = this.buffer.subarray(0, this.filled);
    this.told += this.filled / 2;
    this.filled = 0;
    this.sink.run({ start, clock, range, output, words });
  }
}
