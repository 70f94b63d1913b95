// A program whose sound comes from one Output, when another module is to take its place (firmware/link/modules.ts).

import { Jack, JackState } from '../../drivers/jack';
import { tickRate } from '../../drivers/timer';
import { SwapUser } from '../link/swap-user';
import { Output } from './output';

/** So much is in the ring when the next module is loaded, in milliseconds, and so much less will do. */
export const FULL_MS: i32 = 300;
const NEARLY_MS: i32 = 20;

/** Whether the ring lasts for a swap; asks the jack to be filled so far. */
export function fillForSwap(jack: Jack): bool {
  jack.aheadMs = FULL_MS;
  return jack.state !== JackState.Open || <i64>jack.fillPairs * 1000 >= <i64>jack.carrierHz * (FULL_MS - NEARLY_MS);
}

/** Ticks for which a jack has words. */
export function aheadTicks(jack: Jack): i64 {
  return jack.state === JackState.Open ? (<i64>jack.fillPairs * tickRate()) / jack.carrierHz : 0;
}

/** Fills the ring before a swap. */
export class OutputSwap extends SwapUser {
  constructor(private readonly output: Output) {
    super();
  }

  prepare(): bool {
    // While paused the level is held, by the board too.
    return this.output.paused || fillForSwap(this.output.jack);
  }

  stay(): void {
    this.output.jack.aheadMs = 0;
  }

  aheadTicks(): i64 {
    return aheadTicks(this.output.jack);
  }
}
