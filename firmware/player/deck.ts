// What the player does with its tracks: which one is next, how it is opened and announced, and what follows when it
// ends, breaks off or is left.

import { Jack, JackState } from '../../drivers/jack';
import { Output, Pumped } from '../audio/output';
import { Source, SourceError } from '../audio/source';
import { Led, showLed } from '../led';
import { Settings } from '../settings';
import { DemoSource } from './demo';
import { Endings } from './endings';
import { HandOver } from './hand-over';
import { Playlist } from './playlist';
import { reportJack, reportOpening, reportPlace, reportProblem, reportTrack } from './report';
import { Slots } from './slots';
import { TrackStore } from './track-store';

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
  /** Something else than a track has the jack: see aside.ts. */
  Aside,
}

const jack = new Jack();
const demo = new DemoSource();
const NONE: i32 = -1;

/** The tracks on their way to the jack. Made once, before `start`. */
export class Deck {
  readonly jack: Jack = jack;
  readonly output: Output = new Output(jack);
  readonly settings: Settings = new Settings();
  readonly playlist: Playlist;
  readonly slots: Slots;
  /** Tracks that are appended wholly, but not heard to their end. */
  readonly endings: Endings = new Endings();
  state: State = State.Looking;
  /** The track that plays, or played last. */
  source: Source = demo;
  /** The track before has just ended: what comes next in this step may follow it without a break. */
  joining: bool = false;
  /** Whether a stream has the output: tracks are chosen, but none is begun, left or sought in. */
  isLent: bool = false;
  /** Whether the next track begins paused: a stream has played meanwhile. */
  isMute: bool = false;
  /** What the module before this one has left, until that is gone on with. */
  readonly handed: HandOver = new HandOver();
  /** Whether the next track is opened where the module before this one was in it. */
  isTakingOver: bool = false;
  /** Where to go on when a track cannot be played: 1 or -1. */
  private direction: i32 = 1;
  private opens: i32 = 0;
  private announced: bool = false;
  private startSeconds: i64 = 0;

  constructor(tracks: TrackStore) {
    const playlist = new Playlist(tracks, demo);
    this.playlist = playlist;
    this.slots = new Slots(tracks, playlist);
  }

  /** Takes the tracks of a store; what plays is stopped. */
  take(tracks: TrackStore): void {
    this.slots.take(tracks);
    if (!this.isLent) this.output.stop();
    this.playlist.begin(tracks);
    this.state = State.Looking;
  }

  /** Takes the store's tracks anew, where the current one is track `index` now, or none (-1). */
  renew(index: i32, seed: u32): void {
    this.playlist.begin(this.slots.store);
    this.arrange(seed, index);
    if (index >= 0) this.playlist.goTo(index);
    this.slots.renew();
  }

  /** A track's file, by its key, is to go: lets go of it if it only waits for its turn. False: it plays. */
  release(directory: u32, index: i32): bool {
    return this.slots.release(directory, index) || this.state !== State.Playing;
  }

  /** Sets the order in which tracks are played, when all are known; one of chance begins with `first`, if that is not -1. */
  arrange(seed: u32, first: i32 = NONE): void {
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

  /** Leaves what plays for a track. False when nothing can be played now. */
  jumpTo(index: i32): bool {
    if (this.isLent || this.state === State.Lost || this.state === State.Leaving) return false;
    if (this.state === State.Playing && this.announced) this.finish();
    this.output.stop();
    this.direction = 1;
    this.startAt(index, 0);
    return true;
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
    const index = this.playlist.index;
    const source = this.slots.open(index);
    this.source = source;
    if (source.error !== SourceError.None) return false;
    if (this.isTakingOver) return this.goOnWith(source);
    if (seconds > 0 && !this.slots.seek(seconds * source.rateHz)) return false;
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
    if (!this.slots.seek(handed.nextFrame(this.jack))) return false;
    this.state = State.Playing;
    this.announced = true;
    this.joining = false;
    // Strings that were plucked before do not ring on: its level is another one there.
    if (source === demo) output.play(source, this.playlist.index);
    handed.goOn(output, source);
    showLed(output.paused ? Led.Paused : Led.Playing);
    return true;
  }

  /**
   * Reads the current track further ahead, and opens the one that follows before this one ends. Whether there is more
   * to do at once.
   */
  prepare(): bool {
    if (this.state !== State.Playing || this.source === demo) return false;
    return this.slots.prepare();
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
    if (this.opens !== this.output.opens) reportOpening(this.jack);
    this.opens = this.output.opens;
    reportTrack(this.playlist, this.source);
    if (this.source.warning !== SourceError.None)
      reportProblem(this.playlist, this.source.warning, this.source.warningOffset, true);
  }

  /** The current track cannot be played, or not further. */
  fail(): void {
    if (this.slots.store.isLost) {
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
    if (this.isLent) return;
    if (this.state === State.Aside) this.output.pump();
    if (this.state !== State.Playing || !this.slots.isReady) return;
    const pumped = this.slots.pump(this.output);
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
    this.tellPlace('stopped at ');
  }

  seek(frame: i64): void {
    if (this.isLent || this.state !== State.Playing) return;
    if (this.slots.seekPlaying(this.output, frame)) this.tellPlace('at ');
  }

  /** Says where the track goes on, or stands. */
  tellPlace(text: string): void {
    reportPlace(text, this.playlist, this.source, this.output);
  }
}
