// Playing from a card: what is taken from it at start, what is kept on it meanwhile, and what happens when it is pulled
// and put back.

import { ticks } from '../../drivers/board';
import { BlockError, blockErrorText, Waiter } from '../../drivers/block-device';
import { JackState } from '../../drivers/jack';
import { tickRate } from '../../drivers/timer';
import { endLine, print, printLine, printNumber } from '../console/console';
import { Led, showLed } from '../led';
import { FsError, fsErrorText } from '../storage/fat/fs-error';
import { endAside } from './aside';
import { Card } from './card';
import { Deck, State } from './deck';
import { PATH_BYTES } from './m3u';
import { Order } from './play-mode';
import { takeOver } from './player-swap';
import { tellResumeFolders } from './resume-folders';

/** Tracks that came over the line are looked for when nothing more has come for so long, and so far in one step. */
const SETTLE_SECONDS: i64 = 2;
const RENEW_BUDGET: i32 = 512;
/** How often a card that is gone is looked for. */
const LOOK_SECONDS: i64 = 1;
const NEVER: i64 = i64.MAX_VALUE;
/** A card that hangs twice this near to the same place of a track hangs over that. */
const SAME_SECONDS: i32 = 30;

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

/** The track that played when the card went. */
const lostPath = memory.data(900);

export class CardSession {
  /** Whether the deck plays the card's tracks. */
  isActive: bool = false;
  private lostBytes: i32 = 0;
  private lostSeconds: i32 = 0;
  /** The card is there again, and what played when it went is to go on. */
  private isBack: bool = false;
  /** It went twice at the same place: that is not played again. */
  private isTwice: bool = false;
  private lookAt: i64 = NEVER;
  /** The card is there, but not mounted yet. */
  private isFound: bool = false;
  /** Why the card that is looked for cannot be played, when that was told: 0 when nothing was. */
  private told: i32 = 0;
  private rest: Rest = Rest.Plays;
  private listError: i32 = FsError.None;
  private seed: u32 = 0;
  /** When to look for tracks again, as files were changed. */
  private renewAt: i64 = NEVER;
  /** Tracks were looked for again, and are to be adopted; where track `missing` plays they cannot be, as it is not there. */
  private isRenewed: bool = false;
  private missing: i32 = 0;

  constructor(
    private readonly deck: Deck,
    readonly card: Card,
    private readonly waiter: Waiter,
  ) {}

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
    this.find();
    deck.take(card.tracks);
  }

  /** Takes the tracks of another playlist, whose path is `bytes` bytes at `path`, or with 0 bytes those of all folders. */
  takeList(path: usize, bytes: i32): void {
    endAside(this.deck);
    this.deck.handed.setList(path, bytes);
    this.find();
    this.deck.take(this.card.tracks);
  }

  /** Begins to look for tracks. */
  private find(): void {
    const handed = this.deck.handed;
    this.renewAt = NEVER;
    this.isRenewed = false;
    this.listError = this.card.tracks.begin(handed.list, handed.listBytes);
  }

  /** Whether tracks are being looked for. */
  get isLooking(): bool {
    return this.isActive && (this.deck.playlist.more || this.card.tracks.isRenewing);
  }

  /** Files were changed by a host: tracks are looked for again soon, beside those that are played. */
  changed(): void {
    this.card.tracks.isChanged = true;
    this.renewAt = ticks() + SETTLE_SECONDS * tickRate();
  }

  /** See CardUser. */
  release(directory: u32, index: i32): bool {
    return !this.isActive || this.deck.release(directory, index);
  }

  /** Looks for tracks again when files were changed; where there were none, the first is played. */
  private renew(): i64 {
    const deck = this.deck;
    const tracks = this.card.tracks;
    if (tracks.isRenewing) {
      tracks.look(RENEW_BUDGET, false);
      this.isRenewed = !tracks.isRenewing;
      this.missing = -1;
      return 0;
    }
    if (ticks() < this.renewAt) {
      if (this.isRenewed && this.renewAt === NEVER) this.adopt();
      return this.renewAt;
    }
    if (deck.playlist.more || (!tracks.count && deck.state !== State.Ended)) return NEVER;
    if (tracks.count) {
      this.renewAt = NEVER;
      this.listError = tracks.beginRenewal(deck.handed.list, deck.handed.listBytes);
    } else {
      this.find();
      deck.take(tracks);
    }
    return 0;
  }

  /** Has the tracks that were found, as soon as the one that plays is among them: it plays on. */
  private adopt(): void {
    const deck = this.deck;
    const playlist = deck.playlist;
    if ((deck.state !== State.Playing && deck.state !== State.Ended) || deck.endings.count) return;
    if (deck.state === State.Playing && this.missing === playlist.index) return;
    const place = this.card.tracks.findRenewed(playlist.ptr, playlist.length);
    this.missing = playlist.index;
    if (place < 0 && deck.state === State.Playing) return;
    this.isRenewed = false;
    this.card.tracks.adopt();
    deck.renew(place, this.seed);
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
    if (this.isBack) {
      place = tracks.find(lostPath, this.lostBytes);
      seconds = this.lostSeconds;
    } else if (state.pathBytes && deck.settings.resumes(state.path, state.pathBytes)) {
      place = tracks.find(state.path, state.pathBytes);
      seconds = state.seconds;
    }
    const isSkipped = this.isBack && this.isTwice;
    this.isBack = false;
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
    if (this.listError) {
      print('playlist: ');
      print(fsErrorText(this.listError));
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
    if (this.deck.state === State.Lost) return this.look();
    return min(this.renew(), this.keep());
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

  /** The card is gone: lets the jack down, and looks for one from time to time. */
  private look(): i64 {
    const deck = this.deck;
    if (this.lookAt === NEVER) this.lose();
    if (deck.jack.state !== JackState.Closed) return NEVER;
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
      this.begin();
      return now;
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
    const isSame = bytes === this.lostBytes && !memory.compare(lostPath, deck.playlist.ptr, bytes);
    this.isTwice = hangs && isSame && abs(seconds - this.lostSeconds) < SAME_SECONDS;
    memory.copy(lostPath, deck.playlist.ptr, bytes);
    this.lostBytes = bytes;
    this.lostSeconds = seconds;
    this.lookAt = ticks();
    deck.output.close();
    showLed(Led.NoCard);
  }
}
