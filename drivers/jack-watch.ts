// What goes wrong while the jack plays: the counts by cause, and what only the hardware of a board can tell, the PWM's
// flags and an engine that has run dry.

import { DmaChannel } from './dma';
import { header, Header } from './jack-header';
import { JackStream } from './jack-stream';
import { Pwm, STA, STA_BERR, STA_EMPT, STA_GAPO1, STA_GAPO2, STA_RERR, STA_WERR } from './pwm';
import { waitFor } from './timer';

/** How long an engine takes at most to bring a word, in microseconds. */
const REFILL_US: i64 = 100;

export class JackWatch {
  /** Times the words came too late: an empty FIFO or ring, a lost word, or a track that had to be held up. */
  underruns: i32 = 0;
  /** Of them, by cause: WERR, and track words that were late while the level could still be held. */
  writeErrors: i32 = 0;
  starvations: i32 = 0;
  /** BERR: a register write was lost. Bus errors of the engine. Neither is an underrun. */
  registerErrors: i32 = 0;
  engineErrors: i32 = 0;

  constructor(
    private readonly engine: DmaChannel,
    private readonly pwm: Pwm,
    private readonly stream: JackStream,
  ) {}

  /** Counts an underrun. */
  underrun(): void {
    this.underruns++;
    store<i32>(header, this.underruns, Header.Underruns);
  }

  /** Counts a track that was late while the level could still be held. */
  starved(): void {
    this.starvations++;
    this.underrun();
  }

  /**
   * Looks at a board's flags and engine; `playing` is false while a close drains the ring, as it should. True when the
   * pins had fallen to 0: a bridge up from there is appended, and the next words do not continue the last ones.
   */
  check(playing: bool): bool {
    const stream = this.stream;
    if (this.engine.takeError()) this.engineErrors++;
    const flags = this.pwm.takeFlags();
    if (flags & STA_BERR) this.registerErrors++;
    if (!playing) return false;
    if (flags & STA_WERR) {
      // A word was lost, so left and right have changed places: begin again at the block that was playing.
      this.writeErrors++;
      this.underrun();
      stream.lock();
      this.engine.stop();
      this.pwm.clearFifo();
      stream.ring.restart();
      stream.unlock();
      // What the channels lack until the first word is no further underrun.
      waitFor(this.pwm.base + STA, STA_EMPT, 0, REFILL_US);
      this.pwm.clearFlags();
    } else if (stream.ring.drained) {
      this.underrun();
      stream.restartAtZero();
      this.pwm.clearFlags();
      return true;
    } else if (flags & (STA_GAPO1 | STA_GAPO2 | STA_RERR)) {
      this.underrun();
    }
    return false;
  }
}
