// Keeps the jack fed while a block device waits: from what was read ahead, and not more often than it matters.

import { Waiter } from '../../drivers/block-device';
import { ticks } from '../../drivers/board';
import { milliseconds } from '../../drivers/timer';
import { Deck, State } from './deck';
import { LineStage } from './line-stage';

/** A track that is to follow another without a break must come before the jack holds less than this. */
const LATE_MS: i64 = 20;

export class DeckWaiter extends Waiter {
  private due: i64 = 0;

  constructor(
    private readonly deck: Deck,
    private readonly line: LineStage,
  ) {
    super();
  }

  whileWaiting(): void {
    const now = ticks();
    if (now < this.due) return;
    this.due = now + milliseconds(1);
    const deck = this.deck;
    const slots = deck.slots;
    if (slots.isFree && !deck.endings.full && (deck.isLent || slots.isAhead)) {
      this.line.pump();
      deck.pump();
      if (deck.state === State.Opening && !deck.isLent && slots.prepared === deck.playlist.index) deck.begin();
    }
    const jack = deck.jack;
    // What was to follow at once comes too late.
    if (<i64>jack.fillPairs * 1000 < <i64>jack.carrierHz * LATE_MS) deck.endJoin();
    jack.service();
  }
}
