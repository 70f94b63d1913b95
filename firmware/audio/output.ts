// The pump: pulls frames from a Source through the volume and makes the words that the jack plays.
//
//   const output = new Output(jack);
//   output.play(source, index);         // opens the jack at the source's rate, or closes and opens it again
//   step: output.pump(); return jack.service();
//
// It never waits. What has been appended is heard later, so a source is at its end before its last frame is:
// `heard` tells how far the jack has come.

import { Jack, JackState } from '../../drivers/jack';
import { MAX_PAIRS } from '../../drivers/sink';
import { PcmCrc } from './frames';
import { Source } from './source';
import { Volume } from './volume';
import { framesToWords } from './words';

/** What `pump` has to tell. */
export const enum Pumped {
  /** Nothing: the jack has enough, or there is nothing to play. */
  Nothing,
  /** Frames were appended. */
  Frames,
  /** The source has come to its end, or broken off: `source.error` tells. It is no longer played. */
  Ended,
  /** The jack could not be opened: `jackError`. The source is no longer played. */
  NoJack,
}

/** A block of frames, and of words: at most two channels, 4 bytes each. */
const frames = memory.data(MAX_PAIRS * 8, 16);
const words = memory.data(MAX_PAIRS * 8, 16);

export class Output {
  /** Of the volume, in tenths of a decibel; `setVolume` changes it. Quiet to begin with: headphones may be on. */
  tenthsDb: i32 = -200;
  /** Whether frames are summed, before the volume; costs some 60 instructions a frame. */
  summing: bool = false;
  readonly sum: PcmCrc = new PcmCrc();
  /** Frames of the source that were appended since `play`. */
  appended: i64 = 0;
  /** Whether `sum` is the whole source's so far: nothing was left out or played twice. */
  whole: bool = false;
  paused: bool = false;
  /** The JackError of the last opening, 0 when it went well. */
  jackError: i32 = 0;
  /** How often the jack was opened. */
  opens: i32 = 0;

  private volume: Volume = new Volume();
  private source: Source | null = null;
  private index: i32 = 0;
  private announced: bool = false;
  /** Pairs that were appended before the jack was opened the last time: it counts anew from there. */
  private before: i64 = 0;

  constructor(readonly jack: Jack) {}

  /**
   * Plays a source from where it stands, instead of the one before; what is in the ring is still heard. `index` is
   * its number for whoever reads the jack's header or capture.
   */
  play(source: Source, index: i32): void {
    this.source = source;
    this.index = index;
    this.announced = false;
    this.appended = 0;
    this.whole = source.position === 0;
    this.sum.reset();
    this.volume.setDb(this.tenthsDb);
    this.volume.settle();
    this.paused = false;
    const jack = this.jack;
    jack.breakTrack();
    if (jack.state === JackState.Open && jack.rateHz !== source.rateHz) jack.close();
    if (jack.state === JackState.Closed) this.open(source);
  }

  /** Changes the volume, heard after what is in the ring: tenths of a decibel, up to 0. */
  setVolume(tenths: i32): void {
    this.tenthsDb = tenths;
    this.volume.setDb(tenths);
  }

  /** Plays nothing more; the jack goes to the middle and stays open. */
  stop(): void {
    this.source = null;
    this.jack.breakTrack();
  }

  /** Plays nothing more and lets the level down to 0. */
  close(): void {
    this.stop();
    this.jack.close();
  }

  /** Stops after what is in the ring, or goes on from there. */
  pause(on: bool): void {
    if (on && !this.paused) this.jack.breakTrack();
    this.paused = on;
  }

  /** Goes to a frame of the source. False when it cannot: `source.error` tells why, and the next `pump` ends it. */
  seek(frame: i64): bool {
    const source = this.source;
    if (!source) return false;
    this.jack.breakTrack();
    this.whole = false;
    return source.seek(max<i64>(0, min(frame, source.frames)));
  }

  /** A mark for `heard`: everything appended so far. */
  get mark(): i64 {
    return this.before + this.jack.trackPairsAppended;
  }

  /** Whether everything up to a mark has been heard. */
  heard(mark: i64): bool {
    return this.before + this.jack.trackPairsPlayed >= mark;
  }

  /** Appends what the jack has room for: one block when it runs free. Call it in every step, before `jack.service`. */
  pump(): Pumped {
    const source = this.source;
    if (!source || this.paused) return Pumped.Nothing;
    const jack = this.jack;
    if (jack.state !== JackState.Open) {
      if (jack.state === JackState.Closing) return Pumped.Nothing;
      this.open(source);
      if (this.jackError) {
        this.source = null;
        return Pumped.NoJack;
      }
    }
    let pumped = Pumped.Nothing;
    for (let room = jack.room(); room > 0; room = jack.room()) {
      const count = source.read(frames, room);
      if (count <= 0) {
        this.source = null;
        return Pumped.Ended;
      }
      this.append(source, count);
      pumped = Pumped.Frames;
    }
    return pumped;
  }

  private open(source: Source): void {
    const jack = this.jack;
    const pairs = jack.trackPairsAppended;
    this.announced = false;
    this.jackError = jack.open(source.rateHz);
    if (this.jackError) return;
    this.before += pairs;
    this.opens++;
    this.volume.setRate(source.rateHz);
  }

  private append(source: Source, count: i32): void {
    const jack = this.jack;
    const channels = source.channels;
    if (!this.announced) {
      jack.noteTrack(this.index);
      this.announced = true;
    }
    if (this.summing) this.sum.add(frames, count, channels, source.bits);
    this.volume.apply(frames, count, channels);
    // There was room for as many.
    assert(!jack.append(words, framesToWords(frames, count, channels, jack.range, jack.repeat, words)));
    this.appended += count;
  }
}
