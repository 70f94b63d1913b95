// The socket: a card in it, or none. A board of this kind has no switch that tells (bcm2711: card detect is not wired).

import type { SdCard } from './sd-card.js';
import type { Torn } from './sd-card-data.js';
import type { Time } from '../time.js';

export class SdSlot {
  private inside: SdCard | undefined;

  constructor(
    private readonly now: () => Time,
    card?: SdCard,
  ) {
    this.inside = card;
  }

  get card(): SdCard | undefined {
    return this.inside;
  }

  /** Pulls the card, which loses power; what it was programming is left as `torn` says. Undefined if there was none. */
  pull(torn: Torn = 'mixed'): SdCard | undefined {
    const card = this.inside;
    card?.powerOff(this.now(), torn);
    this.inside = undefined;
    return card;
  }

  /** Puts a card in, in place of one that is there. */
  insert(card: SdCard): void {
    this.pull();
    card.powerOff(this.now());
    this.inside = card;
  }

  /** Power goes and comes back with the card in its place. */
  powerCut(torn: Torn): void {
    this.inside?.powerOff(this.now(), torn);
  }
}
