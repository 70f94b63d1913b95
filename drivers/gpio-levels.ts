// Changes of GPIO levels, from the board's queue: pins of the header, sampled at 1 kHz, each with the tick of its sample,
// however long a step takes. A program that makes no LevelQueue watch is not woken by them.

import { Info, Queue, info, read32, take, ticks } from './board';
import { GPLEV0 } from './gpio';

const RECORD_BYTES: i32 = 16;
/** Records that are taken at once. */
const SOME_BYTES: i32 = 16 * RECORD_BYTES;

/** The levels of GPIO 0 to 31 as they change. */
export class LevelQueue {
  /** The levels, a bit a pin, of the record that `next` has shown last, and its tick. */
  levels: u32 = 0;
  tick: i64 = 0;

  private readonly records: usize = heap.alloc(SOME_BYTES);
  private at: i32 = 0;
  private bytes: i32 = 0;
  private lost: i64 = 0;

  /** From now on changes are queued; shows what the levels are. */
  watch(): void {
    take(Queue.Gpio, this.records, 0);
    this.lost = info(Info.GpioLost);
    this.look();
  }

  /**
   * Shows the next change; false when there is none. Behind changes that were lost, for the queue was full, it shows
   * the levels as they are: what lay between is not known, but what is pressed is.
   */
  next(): bool {
    if (this.at === this.bytes) {
      this.at = 0;
      this.bytes = take(Queue.Gpio, this.records, SOME_BYTES);
      if (!this.bytes) {
        const lost = info(Info.GpioLost);
        if (lost === this.lost) return false;
        this.lost = lost;
        this.look();
        return true;
      }
    }
    const record = this.records + this.at;
    this.levels = load<u32>(record);
    this.tick = load<i64>(record, 8);
    this.at += RECORD_BYTES;
    return true;
  }

  private look(): void {
    this.levels = read32(GPLEV0);
    this.tick = ticks();
  }
}
