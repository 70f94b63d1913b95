// The player on both sides of a swap (firmware/link/modules.ts): what it leaves for the module that takes its place, and
// how it goes on where the one before it was. What is left is in hand-over.ts.

import { JackState } from '../../drivers/jack';
import { aheadTicks, fillForSwap, FULL_MS } from '../audio/output-swap';
import { SwapUser } from '../link/swap-user';
import { Deck, State } from './deck';

export class PlayerSwap extends SwapUser {
  /** What the record that is left has, so that it is written when that changes. */
  private notedPairs: i64 = 0;
  private notedMark: i32 = 0;

  constructor(private readonly deck: Deck) {
    super();
  }

  /** Makes the ring last until the next module has started. Whether it does by now: then `note`, and swap. */
  prepare(): bool {
    const deck = this.deck;
    const jack = deck.jack;
    if (jack.state !== JackState.Open) return true;
    if (deck.state === State.Playing && !deck.output.paused) return fillForSwap(jack);
    jack.holdFor(FULL_MS);
    return true;
  }

  stay(): void {
    this.deck.jack.aheadMs = 0;
  }

  aheadTicks(): i64 {
    return aheadTicks(this.deck.jack);
  }

  /** Leaves what the next module needs to go on, if that has changed; to be called at the end of each step. */
  note(): void {
    const deck = this.deck;
    const state = deck.state;
    const handed = deck.handed;
    if (deck.isLent || deck.isTakingOver || handed.isThere || state < State.Opening || state > State.Ended) return;
    const playlist = deck.playlist;
    const output = deck.output;
    const pairs = deck.jack.trackPairsAppended;
    const mark =
      (playlist.index << 16) ^
      (state << 12) ^
      (output.tenthsDb << 1) ^
      i32(output.paused) ^
      (deck.endings.changes * 0x9e3779b1);
    if (pairs === this.notedPairs && mark === this.notedMark) return;
    this.notedPairs = pairs;
    this.notedMark = mark;
    handed.note(state, playlist, output, state === State.Playing ? deck.source.position : 0, deck.endings);
  }
}

/**
 * Goes on with track `index`, where the module before this one was. False, and nothing has changed, when that track is
 * another one now.
 */
export function takeOver(deck: Deck, index: i32): bool {
  const handed = deck.handed;
  const playlist = deck.playlist;
  handed.isThere = false;
  if (!playlist.count && deck.settings.demo) playlist.useDemo();
  if (index < 0 || index >= playlist.count) return false;
  playlist.goTo(index);
  const length = playlist.length;
  if (length < handed.nameBytes || memory.compare(playlist.ptr, handed.name, handed.nameBytes)) return false;
  deck.output.setVolume(handed.volume);
  switch (handed.state) {
    case State.Opening:
    case State.Playing:
      deck.isTakingOver = true;
      deck.state = State.Opening;
      return true;
    case State.Draining:
    case State.Ended:
      deck.state = handed.state;
      return true;
    default:
      return false;
  }
}
