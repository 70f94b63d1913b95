// Playing from a card: what is taken from it at start, and what is kept on it meanwhile.

import { ticks } from '../../drivers/board';
import { Waiter } from '../../drivers/block-device';
import { JackState } from '../../drivers/jack';
import { endLine, print, printLine, printNumber } from '../console/console';
import { FsError, fsErrorText } from '../storage/fat/fs-error';
import { Card } from './card';
import { CardList } from './card-list';
import { Deck, State } from './deck';
import { LostCard } from './lost-card';
import { Order } from './play-mode';
import { takeOver } from './player-swap';
import { tellResumeFolders } from './resume-folders';

const NEVER: i64 = i64.MAX_VALUE;

/** How much rests, one above the other: what was noted is written when it is more than before. */
const enum Rest {
  /** Nothing is to be noted: no track has begun. */
  Unknown,
  Plays,
  Paused,
  /** The jack is let down, so that the power can be cut. */
  Stopped,
  /** All is played. */
  Ended,
}

export class CardSession {
  /** Whether the deck plays the card's tracks. */
  isActive: bool = false;
  readonly list: CardList;
  private readonly lost: LostCard;
  private rest: Rest = Rest.Plays;
  private seed: u32 = 0;

  constructor(
    private readonly deck: Deck,
    readonly card: Card,
    private readonly waiter: Waiter,
  ) {
    this.list = new CardList(deck, card.tracks);
    this.lost = new LostCard(deck, card);
  }

  /** Takes the tracks of the card that was opened. */
  begin(): void {
    const deck = this.deck;
    const card = this.card;
    const settings = deck.settings;
    const isFirst = !this.isActive;
    this.isActive = true;
    card.device.waiter = this.waiter;
    const keeper = card.keeper;
    const state = keeper.state;
    if (!keeper.open()) state.volumeTenths = deck.output.tenthsDb;
    else if (isFirst && state.agrees(settings.volumeDbTenths)) deck.output.setVolume(state.volumeTenths);
    state.settingTenths = settings.volumeDbTenths;
    // A new order each time, unless the one before is gone on with.
    this.seed = (<u32>ticks()) ^ (state.seed * 0x9e3779b1);
    if (isFirst && !deck.handed.isThere) deck.handed.setList(settings.playlist, settings.playlistBytes);
    this.list.take();
  }

  /** Whether tracks are being looked for. */
  get isLooking(): bool {
    return this.isActive && (this.deck.playlist.more || this.card.tracks.isRenewing);
  }

  /** See CardUser. */
  release(directory: u32, index: i32): bool {
    return !this.isActive || this.deck.release(directory, index);
  }

  /** Chooses the first track when all are known: where it was cut, or the first of its order. */
  choose(): void {
    const deck = this.deck;
    const state = this.card.keeper.state;
    const tracks = this.card.tracks;
    const handed = deck.handed;
    let place = -1;
    let seconds = 0;
    if (handed.isThere) {
      place = tracks.find(handed.name, handed.nameBytes);
      this.seed = handed.seed;
      deck.arrange(this.seed, handed.first);
      state.seed = this.seed;
      if (takeOver(deck, place)) return;
    }
    const lost = this.lost;
    if (lost.isBack) {
      place = tracks.find(lost.path, lost.pathBytes);
      seconds = lost.seconds;
    } else if (state.pathBytes && deck.settings.resumes(state.path, state.pathBytes)) {
      place = tracks.find(state.path, state.pathBytes);
      seconds = state.seconds;
    }
    const isSkipped = lost.isBack && lost.isTwice;
    lost.isBack = false;
    if (place >= 0) this.seed = state.seed;
    state.seed = this.seed;
    deck.arrange(this.seed);
    // The next time it is to be another one.
    if (deck.settings.order === Order.Shuffle) this.card.keeper.due = ticks();
    if (place >= 0 && isSkipped) deck.passOver(place);
    else if (place >= 0) deck.startAt(place, seconds);
    else deck.chooseFirst();
  }

  /** Tells what was odd about the card's folders or its playlist. */
  tell(): void {
    const tracks = this.card.tracks;
    if (this.list.error) {
      print('playlist: ');
      print(fsErrorText(this.list.error));
      printLine('; all folders are played');
    }
    if (tracks.badLines) {
      printNumber(tracks.badLines);
      print(' lines of the playlist lead to no track, the first is line ');
      printNumber(tracks.firstBadLine);
      endLine();
    }
    if (tracks.badFolders) {
      printNumber(tracks.badFolders);
      print(' folders are left out: ');
      printLine(fsErrorText(tracks.folderError));
    }
    if (tracks.tooMany) printLine('more tracks or folders than can be kept: not all are played');
    tellResumeFolders(this.deck.settings, tracks);
    if (this.card.keeper.error) {
      print('player.state: ');
      print(fsErrorText(this.card.keeper.error));
      printLine('; place and volume will not be remembered');
    }
  }

  /** Does what is due; returns the tick by which to call it again. */
  service(): i64 {
    if (!this.isActive) return NEVER;
    if (this.deck.state !== State.Lost) return min(this.list.renew(this.seed), this.keep());
    const due = this.lost.look();
    if (!due) this.begin();
    return due;
  }

  /** Keeps what is to be remembered. */
  private keep(): i64 {
    const deck = this.deck;
    const keeper = this.card.keeper;
    const rest = this.resting();
    if (rest === Rest.Unknown) return NEVER;
    if (!keeper.error) {
      keeper.noteVolume(deck.output.tenthsDb);
      this.notePlace(rest);
      if (rest > this.rest) keeper.hurry();
      this.rest = rest;
      if (ticks() < keeper.due) return keeper.due;
      if (keeper.write()) return keeper.due;
      if (!this.card.tracks.isLost) {
        print('player.state cannot be written: ');
        printLine(fsErrorText(keeper.error));
      }
    }
    // What rests may rest without a card, until it goes on.
    if (rest !== Rest.Plays || keeper.error !== FsError.Device || !this.card.tracks.isLost) return NEVER;
    deck.output.stop();
    deck.state = State.Lost;
    return ticks();
  }

  private resting(): Rest {
    const deck = this.deck;
    if (deck.state === State.Draining || deck.state === State.Ended) return Rest.Ended;
    if (deck.state !== State.Playing) return Rest.Unknown;
    if (!deck.output.paused) return Rest.Plays;
    return deck.jack.state === JackState.Open ? Rest.Paused : Rest.Stopped;
  }

  private notePlace(rest: Rest): void {
    const deck = this.deck;
    const keeper = this.card.keeper;
    const playlist = deck.playlist;
    // What plays without tracks is not from the card; and where none can be played the place is still right.
    if (!this.card.tracks.count || playlist.failed === playlist.count) return;
    if (rest === Rest.Ended) {
      // The next time all begins anew.
      keeper.notePlace(0, 0, 0, false);
      return;
    }
    const seconds = <i32>(deck.source.position / deck.source.rateHz);
    keeper.notePlace(playlist.ptr, playlist.length, seconds, deck.settings.resumes(playlist.ptr, playlist.length));
  }
}
