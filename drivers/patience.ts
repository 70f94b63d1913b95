// How long a call of a slow device may wait in all, and the audio pump that runs meanwhile.

import { read32, ticks, wait } from './board';
import { Waiter } from './block-device';
import { microseconds } from './timer';

/** What all waits of one call may come to: with the work between them it must end within a step's two seconds. */
const CALL_US: i64 = 1_400_000;
/** How often the waiter is called. */
const BREATH_US: i64 = 1000;
/** A register is looked at without a pause for so long, then after each nap. */
const SPIN_US: i64 = 50;
const NAP_US: i64 = 20;

export class Patience {
  private waiter: Waiter | null = null;
  /** In ticks. */
  private left: i64 = 0;
  private breath: i64 = 0;
  /** The tick by which all waits must have ended. */
  private by: i64 = i64.MAX_VALUE;

  /** All calls until the next `share` wait together no longer than one of them may. */
  share(): void {
    this.by = ticks() + microseconds(CALL_US);
  }

  /** A call begins. `waiter` is called about every millisecond. */
  begin(waiter: Waiter | null): void {
    this.waiter = waiter;
    this.left = min(microseconds(CALL_US), max(this.by - ticks(), 0));
    this.breath = ticks() + microseconds(BREATH_US);
  }

  /** Nothing more may be waited for in this call. */
  get isOver(): bool {
    return this.left <= 0;
  }

  /**
   * Calls the waiter when it is time. Work that takes long calls this, too. The waiter gets a third of the time at most:
   * one that is behind, on a slow emulator, must not make the step of a card's call too long.
   */
  breathe(): void {
    const begin = ticks();
    if (begin < this.breath) return;
    const waiter = this.waiter;
    if (waiter) waiter.whileWaiting();
    const end = ticks();
    this.breath = end + max(microseconds(BREATH_US), 2 * (end - begin));
  }

  /** Waits at least `us` microseconds. */
  pause(us: i64): void {
    const begin = ticks();
    const until = begin + microseconds(us);
    while (ticks() < until) {
      wait(until < this.breath ? until : this.breath, 0);
      this.breathe();
    }
    this.left -= ticks() - begin;
  }

  /**
   * Reads a register until one of `bits` is set, at most `us` microseconds and what is left; looks once more when they
   * have passed. The value, or 0 when none was ever set.
   */
  until(address: u32, bits: u32, us: i64): u32 {
    let value = read32(address);
    if (value & bits) return value;
    const begin = ticks();
    const own = microseconds(us);
    const most = own < this.left ? own : this.left;
    const spin = microseconds(SPIN_US);
    let passed: i64 = 0;
    for (;;) {
      value = read32(address);
      if (value & bits) break;
      if (passed >= most) {
        value = 0;
        break;
      }
      this.breathe();
      if (passed > spin) wait(ticks() + microseconds(NAP_US), 0);
      passed = ticks() - begin;
    }
    this.left -= ticks() - begin;
    return value;
  }
}
