// The player's output while a host plays through it (firmware/link/audio-stream.ts): the track waits where it is.

import { Output } from '../audio/output';
import { Led, showLed } from '../led';
import { pumpStream, StreamStage } from '../link/audio-stream';
import { endAside } from './aside';
import { Deck, State } from './deck';

export class LineStage extends StreamStage {
  /** The tick by which the stream wants the next `pump`. */
  due: i64 = i64.MAX_VALUE;
  /** What the output had of the track when it was lent. */
  private appended: i64 = 0;

  constructor(private readonly deck: Deck) {
    super();
  }

  lend(): Output {
    const deck = this.deck;
    endAside(deck);
    this.appended = deck.output.appended;
    deck.joining = false;
    deck.isLent = true;
    showLed(Led.Playing);
    return deck.output;
  }

  takeBack(): void {
    const deck = this.deck;
    const output = deck.output;
    deck.isLent = false;
    this.due = i64.MAX_VALUE;
    if (deck.state === State.Playing) {
      output.putBack(deck.source, deck.playlist.index, this.appended);
    } else {
      deck.isMute = deck.state === State.Looking || deck.state === State.Opening;
      output.close();
    }
    showLed(Led.Paused);
  }

  /** Appends what the jack has room for, while the output is lent. */
  pump(): void {
    if (this.deck.isLent) this.due = pumpStream();
  }
}
