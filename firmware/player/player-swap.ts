// The player when another module is to take its place (firmware/link/modules.ts).

import { aheadTicks } from '../audio/output-swap';
import { SwapUser } from '../link/swap-user';
import { Deck } from './deck';

export class PlayerSwap extends SwapUser {
  constructor(private readonly deck: Deck) {
    super();
  }

  prepare(): bool {
    return this.deck.fillRing();
  }

  stay(): void {
    this.deck.keepOn();
  }

  aheadTicks(): i64 {
    return aheadTicks(this.deck.jack);
  }
}
