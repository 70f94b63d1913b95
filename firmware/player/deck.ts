// What the player does with its tracks: which one is next, how it is opened and announced, and what follows when it
// ends, breaks off or is left.

import { Jack, JackState } from '../../drivers/jack';
import { Output, Pumped } from '../audio/output';
import { Source, SourceError } from '../audio/source';
import { Decoders } from '../codecs/decoders';
import { endLine, print, printTime } from '../console/console';
import { beginRecord, endRecord, recordNumber } from '../console/records';
import { Led, showLed } from '../led';
import { Settings } from '../settings';
import { DemoSource } from './demo';
import { Endings } from './endings';
import { Playlist } from './playlist';
import { reportJack, reportProblem, reportTrack } from './report';

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
}

const jack = new Jack();
const demo = new DemoSource();

/** The tracks on their way to the jack. Made once, before `start`. */
export class Deck {
  readonly jack: Jack = jack;
  readonly output: Output = new Output(jack);
  readonly settings: Settings = new Settings();
  readonly playlist: Playlist = new Playlist(new Decoders(), demo);
  /** Tracks that are appended wholly, but not heard to their end. */
  readonly endings: Endings = new Endings();
  state: State = State.Looking;
  /** The track that plays, or played last. */
  source: Source = demo;
  /** Where to go on when a track cannot be played: 1 or -1. */
  private direction: i32 = 1;
  private opens: i32 = 0;
  private announced: bool = false;

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

  /** Opens the track `playlist.index`; false when it cannot be played. */
  open(): bool {
    this.source = this.playlist.open();
    if (this.source.error !== SourceError.None) return false;
    this.state = State.Playing;
    this.announced = false;
    this.direction = 1; // what breaks later goes on to the next, also after `p`
    this.output.play(this.source, this.playlist.index);
    showLed(Led.Playing);
    return true;
  }

  /** Opens a track and says so, or says why not and goes on to another. */
  begin(): void {
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
    reportProblem(this.playlist, this.source.error, this.source.errorOffset, false);
    this.playlist.markFailed();
    this.goOn(this.direction);
  }

  /** Goes on to the next track that may be played (`by` 1) or the one before; where there is none before, stays. */
  private goOn(by: i32): void {
    // What comes next need not come at once: until then the jack holds the middle.
    this.output.stop();
    this.direction = by;
    this.state = State.Opening;
    if (this.playlist.move(by)) return;
    this.direction = 1;
    if (by < 0 && (!this.playlist.hasFailed() || this.playlist.move(1))) return;
    this.state = this.playlist.more ? State.Looking : State.Draining;
  }

  /** Begins again with the first track (`by` 1) or the last. */
  again(by: i32): void {
    if (!this.playlist.count || !this.playlist.restart(by)) return;
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

  pump(): void {
    if (this.state !== State.Playing) return;
    const pumped = this.output.pump();
    this.announce();
    if (pumped === Pumped.Ended) {
      this.finish();
      if (this.source.error !== SourceError.None) this.fail();
      else this.goOn(1);
    } else if (pumped === Pumped.NoJack) {
      reportJack(this.playlist, this.output.jackError);
      this.playlist.markFailed();
      this.goOn(1);
    }
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
    if (this.state !== State.Playing && this.state !== State.Opening) return;
    if (this.state === State.Playing && this.announced) this.finish();
    this.goOn(by);
  }

  seek(frame: i64): void {
    if (this.state !== State.Playing) return;
    if (this.output.seek(frame)) this.printPlace('at ');
  }

  printPlace(text: string): void {
    print(text);
    printTime(this.source.position / this.source.rateHz);
    print(' of ');
    printTime(this.source.frames / this.source.rateHz);
    endLine();
  }
}
