// The pump: pulls frames from a Source through the volume and makes the words that the jack plays.
//
//   const output = new Output(jack);
//   output.play(source, index);         // opens the jack at the source's rate, or closes and opens it again
//   step: output.pump(); return jack.service();
//
// It never waits. What has been appended is heard later, so a source is at its end before its last frame is:
// `heard` tells how far the jack has come.

import { ticks } from '../../drivers/board';
import { Jack, JackState } from '../../drivers/jack';
import { MAX_PAIRS } from '../../drivers/sink';
import { PcmCrc } from './frames';
import { TrackEnd } from './join';
import { Peak } from './peak';
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

/** One call appends no more: on a machine slower than the sound there would always be room again. */
const STEP_BLOCKS: i32 = 8;

export class Output {
  /** Of the volume, in tenths of a decibel; `setVolume` changes it. Quiet to begin with: headphones may be on. */
  tenthsDb: i32 = -200;
  /** The most that the volume can be set to, in tenths of a decibel. */
  mostTenths: i32 = 0;
  /** Whether frames are summed, before the volume; costs some 60 instructions a frame. */
  summing: bool = false;
  readonly sum: PcmCrc = new PcmCrc();
  /** Whether `peak` is told what is made, behind the volume; some 30 instructions a frame. */
  metering: bool = false;
  readonly peak: Peak = new Peak();
  /** Frames of the source that were appended since `play`. */
  appended: i64 = 0;
  /** Whether `sum` is the whole source's so far: nothing was left out or played twice. */
  whole: bool = false;
  paused: bool = false;
  /** The JackError of the last opening, 0 when it went well. */
  jackError: i32 = 0;
  /** How often the jack was opened. */
  opens: i32 = 0;
  /** Ticks spent so far in the source, and from frames to the jack's words. */
  sourceTicks: i64 = 0;
  wordTicks: i64 = 0;
  /** The least that was ahead in the jack while a track went on, in microseconds; -1 before. */
  leastAheadUs: i64 = -1;

  private volume: Volume = new Volume();
  private source: Source | null = null;
  private index: i32 = 0;
  private announced: bool = false;
  /** Whether the jack had all it asked for since the last break: from then on little ahead is a sign. */
  private flows: bool = false;
  /** Pairs of the last block in `words`, and the end of the source before, which `follows` if it goes on there. */
  private pairs: i32 = 0;
  private readonly end: TrackEnd = new TrackEnd();
  private follows: bool = false;
  /** Pairs that were appended before the jack was opened the last time: it counts anew from there. */
  private before: i64 = 0;

  constructor(readonly jack: Jack) {}

  /**
   * Plays a source from where it stands, instead of the one before; what is in the ring is still heard. `index` is
   * its number for whoever reads the jack's header or capture. With `follows` it comes right behind the end of the one
   * before, if that has the same rate and the level does not jump there; its first frames must be appended in this step.
   */
  play(source: Source, index: i32, follows: bool = false): void {
    this.source = source;
    this.index = index;
    this.announced = false;
    this.flows = false;
    this.appended = 0;
    this.whole = source.position === 0;
    this.sum.reset();
    this.paused = false;
    const jack = this.jack;
    this.follows = follows && jack.state === JackState.Open && jack.rateHz === source.rateHz;
    this.volume.setDb(this.tenthsDb);
    if (jack.adopted) this.volume.setRate(source.rateHz);
    if (!this.follows) {
      this.volume.settle();
      jack.breakTrack();
    }
    if (jack.state === JackState.Open && jack.rateHz !== source.rateHz) jack.close();
    if (jack.state === JackState.Closed) this.open(source);
  }

  /**
   * Goes on with a source that a module before this one has played, from the frame where it stands: `appended` of its
   * frames are in the jack or heard, the last of them with that gain. Without a break, if the jack was adopted.
   */
  goOn(source: Source, index: i32, appended: i64, gain: i32): void {
    this.play(source, index, true);
    this.appended = appended;
    if (!this.follows) return;
    this.follows = false;
    this.announced = true;
    this.volume.gain = gain;
  }

  /** The gain of the frame that comes next. */
  get gain(): i32 {
    return this.volume.gain;
  }

  /**
   * Puts a source back that played before, paused where it stands; `appended` of it were. The jack is left as it is, or
   * closed where it has another rate.
   */
  putBack(source: Source, index: i32, appended: i64): void {
    this.source = source;
    this.index = index;
    this.announced = false;
    this.appended = appended;
    this.whole = false;
    this.follows = false;
    this.paused = true;
    this.jack.breakTrack();
    if (this.jack.rateHz !== source.rateHz) this.jack.close();
  }

  /** Changes the volume, heard after what is in the ring: tenths of a decibel, up to `mostTenths`. */
  setVolume(tenths: i32): void {
    this.tenthsDb = min(tenths, this.mostTenths);
    this.volume.setDb(this.tenthsDb);
  }

  /** Plays nothing more; the jack goes to the middle and stays open. */
  stop(): void {
    this.source = null;
    this.flows = false;
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
    this.flows = false;
    this.paused = on;
  }

  /** Pauses and lets the level down to 0, so that the power can be cut; `pause(false)` opens the jack again. */
  rest(): void {
    this.pause(true);
    this.jack.close();
  }

  /** Goes to a frame of the source. False when it cannot: `source.error` tells why, and the next `pump` ends it. */
  seek(frame: i64): bool {
    const source = this.source;
    if (!source) return false;
    this.flows = false;
    this.jack.breakTrack();
    this.whole = false;
    return source.seek(max<i64>(0, min(frame, source.frames)));
  }

  /** A mark for `heard`: everything appended so far. */
  get mark(): i64 {
    return this.before + this.jack.trackPairsAppended;
  }

  /** What has been heard of what was appended, in the pairs of `mark`. */
  get heardPairs(): i64 {
    return this.before + this.jack.trackPairsPlayed;
  }

  /** Whether everything up to a mark has been heard. */
  heard(mark: i64): bool {
    return this.heardPairs >= mark;
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
    let blocks = STEP_BLOCKS;
    let room = jack.room();
    if (this.flows) this.noteAhead();
    for (; room > 0 && blocks--; room = jack.room()) {
      const from = ticks();
      const count = source.read(frames, room);
      const between = ticks();
      this.sourceTicks += between - from;
      if (count === 0 && source.waits) break;
      if (count <= 0) {
        if (this.pairs) this.end.note(words, this.pairs);
        this.source = null;
        return Pumped.Ended;
      }
      this.append(source, count);
      this.wordTicks += ticks() - between;
      pumped = Pumped.Frames;
    }
    this.flows = true;
    return pumped;
  }

  /** Microseconds that are ahead in the jack, as of the last `pump`. */
  get aheadUs(): i64 {
    const jack = this.jack;
    return jack.carrierHz ? (<i64>jack.fillPairs * 1_000_000) / jack.carrierHz : 0;
  }

  private noteAhead(): void {
    const ahead = this.aheadUs;
    if (this.leastAheadUs < 0 || ahead < this.leastAheadUs) this.leastAheadUs = ahead;
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
    if (this.metering) this.peak.add(frames, count, channels);
    const pairs = framesToWords(frames, count, channels, jack.range, jack.repeat, words);
    if (this.follows && !this.end.continues(words, pairs)) jack.breakTrack();
    this.follows = false;
    this.pairs = pairs;
    // There was room for as many.
    assert(!jack.append(words, pairs));
    this.appended += count;
  }
}
