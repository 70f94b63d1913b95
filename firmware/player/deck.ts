// What the player does with its tracks: which one is next, how it is opened and announced, and what follows when it
// ends, breaks off or is left.

import { Waiter } from '../../drivers/block-device';
import { ticks } from '../../drivers/board';
import { Jack, JackState } from '../../drivers/jack';
import { milliseconds } from '../../drivers/timer';
import { Output, Pumped } from '../audio/output';
import { Source, SourceError } from '../audio/source';
import { Decoders } from '../codecs/decoders';
import { endLine, print, printTime } from '../console/console';
import { beginRecord, endRecord, recordNumber } from '../console/records';
import { Led, showLed } from '../led';
import { pumpStream, StreamStage } from '../link/audio-stream';
import { Settings } from '../settings';
import { DemoSource } from './demo';
import { Endings } from './endings';
import { HandOver } from './hand-over';
import { Playlist } from './playlist';
import { reportJack, reportProblem, reportTrack } from './report';
import { SLOTS, TrackStore } from './track-store';

export const enum State {
  /** All tracks that are known are played, but the archive is not looked through yet. */
  Looking,
  /** Track `index` is to be opened. */
  Opening,
  Playing,
  /** All is decoded; the last frames are still in the jack. */
  Draining,
  /** All was heard; keys may begin again. */
  Ended,
  /** The level goes down, then the program ends. */
  Leaving,
  /** The medium of the tracks is gone. */
  Lost,
  /** Something else than a track has the jack: `playAside`. */
  Aside,
}

/** Keeps a deck's jack fed. */
class DeckWaiter extends Waiter {
  deck: Deck | null = null;
  whileWaiting(): void {
    const deck = this.deck;
    if (deck) deck.pumpAside();
  }
}

const jack = new Jack();
const demo = new DemoSource();
const NONE: i32 = -1;

/** The next track is opened when so much of the current one is left, or as soon as that needs its medium no more. */
const PREPARE_SECONDS: i64 = 5;
/** A track that is to follow another without a break must come before the jack holds less than this. */
const LATE_MS: i64 = 20;

/** So much is in the ring when a module is to take over: it takes a while to load and to start. */
const SWAP_MS: i32 = 300;

/** The tracks on their way to the jack. Made once, before `start`. */
export class Deck extends StreamStage {
  readonly jack: Jack = jack;
  readonly output: Output = new Output(jack);
  readonly settings: Settings = new Settings();
  readonly playlist: Playlist;
  /** Tracks that are appended wholly, but not heard to their end. */
  readonly endings: Endings = new Endings();
  state: State = State.Looking;
  /** The track that plays, or played last. */
  source: Source = demo;
  /** Where to go on when a track cannot be played: 1 or -1. */
  private direction: i32 = 1;
  private opens: i32 = 0;
  private announced: bool = false;
  /** The slot of the current track, and the track that is open in the other one. */
  private slot: i32 = 0;
  private prepared: i32 = NONE;
  private decoders: StaticArray<Decoders> = new StaticArray<Decoders>(SLOTS);
  private sources: StaticArray<Source> = new StaticArray<Source>(SLOTS);
  /** The track before has just ended: what comes next in this step may follow it without a break. */
  private joining: bool = false;
  /** Whether the source was sought in and not read since: where it reads next is not ahead yet. */
  private isSought: bool = false;
  /** Whether the current source is in use: nothing may be pulled from it meanwhile. */
  private isBusy: bool = false;
  private asideDue: i64 = 0;
  /** For a block device that the tracks are read from. */
  readonly waiter: DeckWaiter = new DeckWaiter();
  private startSeconds: i64 = 0;
  /** What the module before this one has left, until that is gone on with. */
  readonly handed: HandOver = new HandOver();
  private isTakingOver: bool = false;
  private seed: u32 = 0;
  private first: i32 = NONE;
  /** What the record that is left has, so that it is written when that changes. */
  private notedPairs: i64 = 0;
  private notedMark: i32 = 0;
  /** Whether a stream has the output (`lend`): tracks are chosen, but none is begun, left or sought in. */
  isLent: bool = false;
  /** The tick by which a stream wants the next `pump`. */
  streamDue: i64 = i64.MAX_VALUE;
  /** What the output had of the track when it was lent. */
  private lentAppended: i64 = 0;
  /** Whether the next track begins paused: a stream has played meanwhile. */
  private isMute: bool = false;
  /** While Aside: the state to go back to, whether the track was paused then, and how much of it was appended. */
  private stateBefore: State = State.Looking;
  private wasPaused: bool = false;
  private appendedBefore: i64 = 0;

  constructor(private tracks: TrackStore) {
    super();
    this.playlist = new Playlist(tracks, demo);
    for (let slot = 0; slot < SLOTS; slot++) {
      this.decoders[slot] = new Decoders();
      this.sources[slot] = demo;
    }
    this.waiter.deck = this;
  }

  /** Takes the tracks of a store; what plays is stopped. */
  take(tracks: TrackStore): void {
    this.tracks = tracks;
    this.prepared = NONE;
    if (!this.isLent) this.output.stop();
    this.playlist.begin(tracks);
    this.state = State.Looking;
  }

  /** Takes the store's tracks anew, where the current one is track `index` now, or none (-1). */
  renew(index: i32, seed: u32): void {
    this.playlist.begin(this.tracks);
    this.arrange(seed, index);
    if (index >= 0) this.playlist.goTo(index);
    if (this.prepared === NONE) return;
    const following = this.playlist.following();
    this.prepared = following >= 0 && this.tracks.isTrackOf(this.slot ^ 1, following) ? following : NONE;
  }

  /** A track's file, by its key, is to go: lets go of it if it only waits for its turn. False: it plays. */
  release(directory: u32, index: i32): bool {
    if (this.prepared !== NONE && this.tracks.isFileOf(this.slot ^ 1, directory, index)) this.prepared = NONE;
    return this.state !== State.Playing || !this.tracks.isFileOf(this.slot, directory, index);
  }

  /** Sets the order in which tracks are played, when all are known; one of chance begins with `first`, if that is not -1. */
  arrange(seed: u32, first: i32 = NONE): void {
    this.seed = seed;
    this.first = first;
    this.playlist.repeat = this.settings.repeat;
    this.playlist.arrange(this.settings.order, seed, first);
  }

  /** Goes to a track, to be played from some seconds into it. */
  startAt(index: i32, seconds: i64): void {
    this.playlist.goTo(index);
    this.startSeconds = seconds;
    this.state = State.Opening;
  }

  /** Goes on behind a track that cannot be read, and says so. */
  passOver(index: i32): void {
    this.playlist.goTo(index);
    reportProblem(this.playlist, SourceError.ReadFailed, 0, false);
    this.playlist.markFailed();
    this.goOn(1);
  }

  /**
   * Goes on with track `index`, where the module before this one was. False, and nothing has changed, when that track is
   * another one now.
   */
  takeOver(index: i32): bool {
    const handed = this.handed;
    const playlist = this.playlist;
    handed.isThere = false;
    if (!playlist.count && this.settings.demo) playlist.useDemo();
    if (index < 0 || index >= playlist.count) return false;
    playlist.goTo(index);
    const length = playlist.length;
    if (length < handed.nameBytes || memory.compare(playlist.ptr, handed.name, handed.nameBytes)) return false;
    this.output.setVolume(handed.volume);
    switch (handed.state) {
      case State.Opening:
      case State.Playing:
        this.isTakingOver = true;
        this.state = State.Opening;
        return true;
      case State.Draining:
      case State.Ended:
        this.state = handed.state;
        return true;
      default:
        return false;
    }
  }

  /** Makes the ring last until the next module has started. Whether it does by now: then `handOver`, and swap. */
  fillRing(): bool {
    const jack = this.jack;
    if (jack.state !== JackState.Open) return true;
    if (this.state !== State.Playing || this.output.paused) {
      jack.holdFor(SWAP_MS);
      return true;
    }
    jack.aheadMs = SWAP_MS;
    return <i64>jack.fillPairs * 1000 >= <i64>jack.carrierHz * (SWAP_MS - LATE_MS);
  }

  /** No module has come: the ring is filled as usual again. */
  keepOn(): void {
    this.jack.aheadMs = 0;
  }

  /** Leaves what the next module needs to go on, if that has changed; to be called at the end of each step. */
  handOver(): void {
    const state = this.state;
    if (this.isLent || this.isTakingOver || this.handed.isThere || state < State.Opening || state > State.Ended) return;
    const playlist = this.playlist;
    const output = this.output;
    const pairs = this.jack.trackPairsAppended;
    const mark =
      (playlist.index << 16) ^
      (state << 12) ^
      (output.tenthsDb << 1) ^
      i32(output.paused) ^
      (this.endings.changes * 0x9e3779b1);
    if (pairs === this.notedPairs && mark === this.notedMark) return;
    this.notedPairs = pairs;
    this.notedMark = mark;
    const frame = state === State.Playing ? this.source.position : 0;
    this.handed.note(state, playlist, output, frame, this.seed, this.first, this.endings);
  }

  /** Leaves what plays for a track. False when nothing can be played now. */
  jumpTo(index: i32): bool {
    if (this.isLent || this.state === State.Lost || this.state === State.Leaving) return false;
    this.endAside();
    if (this.state === State.Playing && this.announced) this.finish();
    this.output.stop();
    this.direction = 1;
    this.startAt(index, 0);
    return true;
  }

  /** Plays a source without an end until `endAside`; the track waits where it is. False when that cannot be now. */
  playAside(source: Source): bool {
    if (this.isLent) return false;
    if (this.state !== State.Aside) {
      if (this.state !== State.Playing && this.state !== State.Ended) return false;
      this.stepAside();
    }
    this.output.play(source, this.playlist.index);
    return true;
  }

  private stepAside(): void {
    this.stateBefore = this.state;
    this.wasPaused = this.output.paused;
    this.appendedBefore = this.output.appended;
    this.state = State.Aside;
  }

  /** Goes back to the track that waits, if one does. */
  endAside(): void {
    if (this.state !== State.Aside) return;
    this.state = this.stateBefore;
    if (this.state !== State.Playing) {
      this.output.stop();
      return;
    }
    this.output.play(this.source, this.playlist.index);
    this.output.appended = this.appendedBefore;
    this.output.whole = false;
    this.output.paused = this.wasPaused;
  }

  /** Lets the level down and plays nothing more, until `endAside`. */
  shutDown(): void {
    this.endAside();
    this.stepAside();
    this.output.close();
  }

  /** What comes first, as soon as it is known. */
  chooseFirst(): void {
    if (this.playlist.move(1)) {
      this.state = State.Opening;
    } else if (!this.playlist.more) {
      this.state = State.Draining;
      if (this.playlist.count) return;
      if (this.settings.demo) {
        this.playlist.useDemo();
        this.state = State.Opening;
      }
    }
  }

  /** Opens the current track of the list; false when it cannot be played. */
  open(): bool {
    const seconds = this.startSeconds;
    this.startSeconds = 0;
    this.isSought = false;
    const index = this.playlist.index;
    if (this.prepared === index) this.slot ^= 1;
    else this.openIn(this.slot, index);
    this.prepared = NONE;
    this.source = this.sources[this.slot];
    const source = this.source;
    if (source.error !== SourceError.None) return false;
    if (this.isTakingOver) return this.goOnWith(source);
    if (seconds > 0 && !this.seekTo(seconds * source.rateHz)) return false;
    this.state = State.Playing;
    this.announced = false;
    this.direction = 1; // what breaks later goes on to the next, also after `p`
    this.output.play(source, index, this.joining);
    this.joining = false;
    if (this.isMute) this.output.pause(true);
    showLed(this.isMute ? Led.Paused : Led.Playing);
    this.isMute = false;
    return true;
  }

  private goOnWith(source: Source): bool {
    const handed = this.handed;
    const output = this.output;
    this.isTakingOver = false;
    if (!this.seekTo(handed.nextFrame(this.jack))) return false;
    this.state = State.Playing;
    this.announced = true;
    this.joining = false;
    // Strings that were plucked before do not ring on: its level is another one there.
    if (source === demo) output.play(source, this.playlist.index);
    handed.goOn(output, source);
    showLed(output.paused ? Led.Paused : Led.Playing);
    return true;
  }

  lend(): Output {
    this.endAside();
    this.lentAppended = this.output.appended;
    this.joining = false;
    this.isLent = true;
    showLed(Led.Playing);
    return this.output;
  }

  takeBack(): void {
    this.isLent = false;
    this.streamDue = i64.MAX_VALUE;
    if (this.state === State.Playing) {
      this.output.putBack(this.source, this.playlist.index, this.lentAppended);
    } else {
      this.isMute = this.state === State.Looking || this.state === State.Opening;
      this.output.close();
    }
    showLed(Led.Paused);
  }

  private seekTo(frame: i64): bool {
    this.isBusy = true;
    this.isSought = true;
    const went = this.source.seek(min(frame, this.source.frames));
    this.isBusy = false;
    return went;
  }

  /** Opens a track in a slot; meanwhile `pumpAside` may play another slot's, never this one's. */
  private openIn(slot: i32, index: i32): void {
    const busy = this.isBusy;
    this.isBusy = busy || slot === this.slot;
    this.sources[slot] = this.playlist.open(index, slot, this.decoders[slot]);
    this.isBusy = busy;
  }

  /**
   * Reads the current track further ahead, and opens the one that follows before this one ends. Whether there is more
   * to do at once.
   */
  prepare(): bool {
    if (this.state !== State.Playing || this.source === demo) return false;
    if (this.tracks.fill(this.slot)) return true;
    if (this.prepared !== NONE) return this.tracks.fill(this.slot ^ 1);
    const source = this.source;
    const left = source.frames - source.position;
    if (!this.tracks.isSlow) return false;
    if (!this.tracks.isWhole(this.slot) && left > PREPARE_SECONDS * source.rateHz) return false;
    const following = this.playlist.following();
    if (following === NONE) return false;
    this.openIn(this.slot ^ 1, following);
    this.prepared = following;
    return true;
  }

  /** Opens a track and says so, or says why not and goes on to another. */
  begin(): void {
    if (this.isLent) return;
    if (this.open()) this.announce();
    else this.fail();
  }

  /** Says which track plays, once the jack is open for it: after another rate that takes a while, or fails. */
  announce(): void {
    if (this.announced || this.jack.state !== JackState.Open || this.state !== State.Playing) return;
    this.announced = true;
    this.tellJack();
    reportTrack(this.playlist, this.source);
    if (this.source.warning !== SourceError.None)
      reportProblem(this.playlist, this.source.warning, this.source.warningOffset, true);
  }

  /** The current track cannot be played, or not further. */
  fail(): void {
    if (this.tracks.isLost) {
      this.output.stop();
      this.state = State.Lost;
      return;
    }
    reportProblem(this.playlist, this.source.error, this.source.errorOffset, false);
    this.playlist.markFailed();
    this.goOn(this.direction);
  }

  /** Goes on to what follows a track that has ended by itself. */
  private followOn(): void {
    this.joining = this.playlist.follow();
    this.state = State.Opening;
    if (!this.joining) this.stopAtEnd();
  }

  private stopAtEnd(): void {
    this.output.stop();
    this.state = this.playlist.more ? State.Looking : State.Draining;
  }

  /** To be called in every step when tracks were begun: one that did not follow at once comes after a break. */
  endJoin(): void {
    if (this.joining) this.output.stop();
    this.joining = false;
  }

  /** Goes on to the next track that may be played (`by` 1) or the one before; where there is none before, stays. */
  private goOn(by: i32): void {
    // What comes next need not come at once: until then the jack holds the middle.
    this.output.stop();
    this.direction = by;
    this.state = State.Opening;
    if (this.playlist.move(by)) return;
    this.direction = 1;
    if (by < 0 && (!this.playlist.hasFailed(this.playlist.index) || this.playlist.move(1))) return;
    this.stopAtEnd();
  }

  /** Begins again with the first track (`by` 1) or the last. */
  again(by: i32): void {
    if (this.isLent || !this.playlist.count || !this.playlist.restart(by)) return;
    this.direction = by;
    this.state = State.Opening;
  }

  /** The track has come to its end, or is left: its `end` is told when its last frame has been heard. */
  private finish(): void {
    const summed = this.output.summing && this.output.whole && this.output.appended === this.source.frames;
    this.endings.add(
      this.output.mark,
      this.playlist.index,
      this.output.appended,
      summed ? <i64>this.output.sum.value : -1,
    );
  }

  /** Appends what the jack has room for, and does what follows when the track ends or breaks off. */
  pump(): void {
    if (this.isLent) this.streamDue = pumpStream();
    else if (this.state === State.Aside) this.output.pump();
    if (this.isLent || this.state !== State.Playing) return;
    if (!this.tracks.isReady(this.slot)) return;
    this.isBusy = true;
    const pumped = this.output.pump();
    this.isBusy = false;
    if (pumped !== Pumped.Nothing) this.isSought = false;
    this.announce();
    if (pumped === Pumped.Ended) {
      this.finish();
      if (this.source.error !== SourceError.None) this.fail();
      else this.followOn();
    } else if (pumped === Pumped.NoJack) {
      reportJack(this.playlist, this.output.jackError);
      this.playlist.markFailed();
      this.goOn(1);
    }
  }

  /** Keeps the jack fed while a block device waits: from what was read ahead, and not more often than it matters. */
  pumpAside(): void {
    const now = ticks();
    if (now < this.asideDue) return;
    this.asideDue = now + milliseconds(1);
    if (!this.isBusy && !this.isSought && !this.endings.full && (this.isLent || this.tracks.isAhead(this.slot))) {
      this.pump();
      if (this.state === State.Opening && !this.isLent && this.prepared === this.playlist.index) this.begin();
    }
    // What was to follow at once comes too late.
    if (this.joining && <i64>this.jack.fillPairs * 1000 < <i64>this.jack.carrierHz * LATE_MS) this.endJoin();
    this.jack.service();
  }

  /** Tells how the jack was opened, when it was. */
  private tellJack(): void {
    if (this.opens === this.output.opens) return;
    this.opens = this.output.opens;
    if (!beginRecord('jack')) return;
    recordNumber('rateHz', this.jack.rateHz);
    recordNumber('range', this.jack.range);
    recordNumber('repeat', this.jack.repeat);
    endRecord();
  }

  /** Leaves the track that plays, or that was just chosen, for the next or the one before. */
  leave(by: i32): void {
    if (this.isLent || (this.state !== State.Playing && this.state !== State.Opening)) return;
    if (this.state === State.Playing && this.announced) this.finish();
    this.goOn(by);
  }

  /** Stops with the jack closed; pausing off goes on from there. */
  rest(): void {
    if (this.isLent || this.state !== State.Playing) return;
    this.output.rest();
    showLed(Led.Paused);
    this.printPlace('stopped at ');
  }

  seek(frame: i64): void {
    if (this.isLent || this.state !== State.Playing) return;
    this.isBusy = true;
    this.isSought = true;
    const went = this.output.seek(frame);
    this.isBusy = false;
    if (went) this.printPlace('at ');
  }

  /** Says where the track goes on, or stands; as a record also how much of it was appended until there. */
  printPlace(text: string): void {
    print(text);
    printTime(this.source.position / this.source.rateHz);
    print(' of ');
    printTime(this.source.frames / this.source.rateHz);
    endLine();
    if (!beginRecord('place')) return;
    recordNumber('index', this.playlist.index);
    recordNumber('frame', this.source.position);
    recordNumber('appended', this.output.appended);
    recordNumber('paused', this.output.paused ? 1 : 0);
    endRecord();
  }
}
