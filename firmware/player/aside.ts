// What has the jack instead of the track for a while, a tone or nothing: the track waits where it is.

import { Source } from '../audio/source';
import { Deck, State } from './deck';

/** While Aside: the state to go back to, whether the track was paused then, and how much of it was appended. */
let stateBefore: State = State.Looking;
let wasPaused = false;
let appendedBefore: i64 = 0;

/** Plays a source without an end until `endAside`. False when that cannot be now. */
export function playAside(deck: Deck, source: Source): bool {
  if (deck.isLent) return false;
  if (deck.state !== State.Aside) {
    if (deck.state !== State.Playing && deck.state !== State.Ended) return false;
    stepAside(deck);
  }
  deck.output.play(source, deck.playlist.index);
  return true;
}

/** Lets the level down and plays nothing more, until `endAside`. */
export function shutDown(deck: Deck): void {
  endAside(deck);
  stepAside(deck);
  deck.output.close();
}

function stepAside(deck: Deck): void {
  stateBefore = deck.state;
  wasPaused = deck.output.paused;
  appendedBefore = deck.output.appended;
  deck.state = State.Aside;
}

/** Goes back to the track that waits, if one does. */
export function endAside(deck: Deck): void {
  if (deck.state !== State.Aside) return;
  const output = deck.output;
  deck.state = stateBefore;
  if (deck.state !== State.Playing) {
    output.stop();
    return;
  }
  output.play(deck.source, deck.playlist.index);
  output.appended = appendedBefore;
  output.whole = false;
  output.paused = wasPaused;
}
