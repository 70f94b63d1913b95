// A card that is gone while its tracks are played: what played is noted, the jack is let down, and a card is looked for
// until one can be played.

import { BlockError, blockErrorText } from '../../drivers/block-device';
import { ticks } from '../../drivers/board';
import { JackState } from '../../drivers/jack';
import { tickRate } from '../../drivers/timer';
import { print, printLine, printNumber } from '../console/console';
import { Led, showLed } from '../led';
import { Card } from './card';
import { Deck } from './deck';
import { PATH_BYTES } from './m3u';

/** How often a card that is gone is looked for. */
const LOOK_SECONDS: i64 = 1;
const NEVER: i64 = i64.MAX_VALUE;
/** A card that hangs twice this near to the same place of a track hangs over that. */
const SAME_SECONDS: i32 = 30;

/** The track that played when the card went. */
const lostPath = memory.data(PATH_BYTES);

export class LostCard {
  /** The card is there again, and what played when it went is to go on. */
  isBack: bool = false;
  /** It went twice at the same place: that is not played again. */
  isTwice: bool = false;
  /** How long the name is of what played, and how far that was. */
  pathBytes: i32 = 0;
  seconds: i32 = 0;
  /** When a card is looked for again; NEVER: none is gone. */
  private lookAt: i64 = NEVER;
  /** The card is there, but not mounted yet. */
  private isFound: bool = false;
  /** Why the card that is looked for cannot be played, when that was told: 0 when nothing was. */
  private told: i32 = 0;

  constructor(
    private readonly deck: Deck,
    private readonly card: Card,
  ) {}

  get path(): usize {
    return lostPath;
  }

  /**
   * To be called while the deck's card is lost: lets the jack down, and looks for a card from time to time. The tick by
   * which to call it again; 0: the card is back.
   */
  look(): i64 {
    if (this.lookAt === NEVER) this.lose();
    if (this.deck.jack.state !== JackState.Closed) return NEVER;
    const now = ticks();
    if (now < this.lookAt) return this.lookAt;
    // Finding it may take a second, and so may mounting it: not in one step.
    const wasFound = this.isFound;
    const failed = wasFound ? this.card.mount() : this.card.find();
    this.isFound = !wasFound && !failed;
    if (this.isFound) return now;
    if (wasFound && !failed && this.card.isOpen) {
      this.lookAt = NEVER;
      this.told = 0;
      this.isBack = true;
      printLine('card: there again');
      return 0;
    }
    this.tellUnfit(failed);
    this.lookAt = ticks() + LOOK_SECONDS * tickRate();
    return this.lookAt;
  }

  /** Says once why a card that is there cannot be played: `failed`, a BlockError, or what was found on it. */
  private tellUnfit(failed: i32): void {
    // The two kinds of errors have the same numbers.
    const why = failed ? failed : 1 - this.card.volume.sectors.error;
    if (why === this.told) return;
    this.told = why;
    const isThere = failed !== BlockError.NoCard;
    showLed(isThere ? Led.BadCard : Led.NoCard);
    if (isThere) this.card.print(failed);
  }

  private lose(): void {
    const deck = this.deck;
    print('card: ');
    print(blockErrorText(this.card.volume.sectors.blockError));
    const sector = this.card.volume.sectors.errorSector;
    if (sector >= 0) {
      print(' at sector ');
      printNumber(sector);
    }
    // One that hangs is opened anew. Where it hangs again at the same place, it would do so for ever.
    const error = this.card.volume.sectors.blockError;
    const hangs = error === BlockError.Timeout || error === BlockError.Controller;
    printLine(hangs ? '; it is opened again' : '; put it back and it goes on');
    const bytes = min(deck.playlist.length, PATH_BYTES);
    const seconds = <i32>(deck.source.position / max(deck.source.rateHz, 1));
    const isSame = bytes === this.pathBytes && !memory.compare(lostPath, deck.playlist.ptr, bytes);
    this.isTwice = hangs && isSame && abs(seconds - this.seconds) < SAME_SECONDS;
    memory.copy(lostPath, deck.playlist.ptr, bytes);
    this.pathBytes = bytes;
    this.seconds = seconds;
    this.lookAt = ticks();
    deck.output.close();
    showLed(Led.NoCard);
  }
}
