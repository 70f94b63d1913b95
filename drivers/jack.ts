// The headphone jack: a Sink whose words go through the ring to the PWM's FIFO.
//
//   const jack = new Jack();
//   jack.probe(JackSetting.Auto);            // once
//   jack.open(44100);                        // the level rises from 0 to the middle in 64 ms, meanwhile decode
//   step: while ((frames = jack.room())) { …make frames · repeat pairs…; jack.append(words, pairs); }
//         return jack.service();             // in every step, after the appends
//
// The level never jumps by itself. Where it would, a *bridge* of level words comes between (jack-bridge.ts): at start,
// at stop, and after `breakTrack`. Track words are never changed. When no words come, the level is held.
//
// A jack that an earlier module has left playing is adopted by `probe`: it is open then, at the rate it had, with all
// counts; nothing of the hardware is touched, and the next words come right behind the last ones.
//
// In the emulator ("capture") a block is played the moment it is linked, so position is counted there: paced, by the
// carrier and the ticks; free running, track blocks and bridges count as played at once, one `append` a step, and
// only the held level takes time.

import { Info, info, ticks, write32 } from './board';
import { startPwmClock } from './clock-manager';
import { armEngine, busRegister, DmaChannel } from './dma';
import { JACK_FIRST, JACK_SECOND, PinFunction, setPinFunction } from './gpio';
import { findHeader, header, Header } from './jack-header';
import { JackRegister, PWM_CLOCK_HZ } from './jack-keys';
import { jackMode, JackMode, jackSigns, JackSign } from './jack-probe';
import { JackError, JackState } from './jack-state';
import { BRIDGE_SLOTS, JackStream } from './jack-stream';
import { JackWatch } from './jack-watch';
import { CAPTURE, Pwm, PWM1, STA, STA_EMPT } from './pwm';
import { MAX_PAIRS, Sink } from './sink';
import { milliseconds, waitFor } from './timer';

export { JackMode, JackSetting, JackSign } from './jack-probe';
export { JackError, JackState } from './jack-state';

export const MIN_RATE_HZ: i32 = 8000;
export const MAX_RATE_HZ: i32 = 192000;
/** Frames of slower tracks are repeated until the carrier is no longer heard. */
const MIN_CARRIER_HZ: i32 = 32000;

/**
 * Thirds of `fillMs`: so far ahead the held level is kept, and a track that comes later than that before its turn is
 * held up. The first must be below the fill, or there would never be room for a track.
 */
const HOLD_THIRDS: i32 = 2;
const STARVED_THIRDS: i32 = 1;
/** On a board the engine and its flags are looked at this often. */
const WATCH_MS: i64 = 5;
/** How long the FIFO may take to empty, in microseconds, and a close longer than what is ahead, in milliseconds. */
const FIFO_US: i64 = 5000;
const CLOSE_MS: i64 = 500;
/** How soon to look again for slots that the ramp down needs, in milliseconds. */
const SLOTS_MS: i64 = 1;
/** A capture whose reader is behind is looked at this often. */
const STALLED_MS: i64 = 1;
const NEVER: i64 = i64.MAX_VALUE;

/** Pairs that each frame becomes. */
export function jackRepeat(rateHz: i32): i32 {
  return rateHz < MIN_CARRIER_HZ ? (MIN_CARRIER_HZ + rateHz - 1) / rateHz : 1;
}

/** The largest word at a carrier of so many pairs a second. */
export function jackRange(carrierHz: i32): i32 {
  return (PWM_CLOCK_HZ + carrierHz / 2) / carrierHz;
}

export class Jack implements Sink {
  rateHz: i32 = 0;
  range: i32 = 0;
  repeat: i32 = 1;
  middle: i32 = 0;
  /** rateHz · repeat: pairs a second. */
  carrierHz: i32 = 0;
  mode: JackMode = JackMode.None;
  /** What `probe` saw, as JackSign bits. */
  signs: i32 = 0;
  state: JackState = JackState.Closed;
  /** Milliseconds of the carrier that `room` lets be appended ahead; set it before `open`. */
  fillMs: i32 = 60;
  /**
   * Milliseconds that `room` lets be appended ahead when that is more than `fillMs`: before a swap, say, so that the ring
   * lasts until the next module has started.
   */
  aheadMs: i32 = 0;
  /** Run free instead of paced, where the mode is capture; set it before `open`. */
  free: bool = false;
  /** What went wrong so far, by cause. */
  readonly watch: JackWatch;

  /** Whether it was open when `probe` found it, and nothing has closed it since. */
  adopted: bool = false;

  private pwm: Pwm;
  private engine: DmaChannel;
  private stream: JackStream;
  private broken: bool = true;
  private starving: bool = false;
  private rampedDown: bool = false;
  private stepUsed: bool = false;
  private closeBy: i64 = 0;

  /** `channel` is the DMA engine, a full one; `probe` takes another where the VideoCore keeps that one for itself. */
  constructor(channel: i32 = 5) {
    const engine = new DmaChannel(channel);
    const pwm = new Pwm(CAPTURE);
    const stream = new JackStream(engine);
    this.engine = engine;
    this.pwm = pwm;
    this.stream = stream;
    this.watch = new JackWatch(engine, pwm, stream);
  }

  /**
   * Finds out which jack there is, and adopts one that is open already; call it once, in `start`, with `fillMs` and `free`
   * set. `setting` is a JackSetting. Returns the JackMode.
   */
  probe(setting: i32): JackMode {
    this.engine.use(armEngine(this.engine.channel));
    startPwmClock();
    this.signs = jackSigns();
    this.mode = jackMode(this.signs, setting);
    this.pwm.base = this.mode === JackMode.Pwm1 ? PWM1 : CAPTURE;
    if (this.mode === JackMode.Capture) this.stream.ring.memory.find();
    if (info(Info.Generation) > 1 && findHeader()) this.adopt();
    return this.mode;
  }

  private adopt(): void {
    const state = load<i32>(header, Header.State);
    if (load<i32>(header, Header.Mode) !== this.mode || load<u32>(header, Header.Engine) !== this.engine.registers)
      return;
    this.pwm.enabled = true;
    if (state === JackState.Closed) return;
    const stream = this.stream;
    stream.mode = this.mode;
    stream.free = this.free && this.mode === JackMode.Capture;
    stream.adopt();
    this.rateHz = load<i32>(header, Header.RateHz);
    this.repeat = load<i32>(header, Header.Repeat);
    this.carrierHz = stream.carrierHz;
    this.range = stream.range;
    this.middle = stream.middle;
    stream.setGrain(this.fillMs);
    this.watch.underruns = load<i32>(header, Header.Underruns);
    this.state = state;
    this.adopted = true;
    this.broken = false;
    this.rampedDown = state === JackState.Closing && !stream.first && !stream.second;
    if (state === JackState.Closing) this.expectClose(ticks());
  }

  /** Whether the signs of `probe` contradict each other. */
  get disagree(): bool {
    return this.signs === JackSign.LiteEngine || this.signs === JackSign.RegisterAnswers;
  }

  /**
   * Opens at a track's rate, in Hz, and sends the level up to the middle. 0, or a JackError and nothing has changed. An
   * adopted jack that has this rate already is bridged to from where it is.
   * `range`, `repeat`, `carrierHz` and `middle` hold from here on; the true rate is PWM_CLOCK_HZ / (range · repeat).
   */
  open(rateHz: i32): i32 {
    if (this.adopted && this.state === JackState.Open && rateHz === this.rateHz) {
      this.adopted = false;
      this.broken = true;
      return JackError.None;
    }
    if (this.state !== JackState.Closed) return JackError.Busy;
    if (rateHz < MIN_RATE_HZ || rateHz > MAX_RATE_HZ) return JackError.Rate;
    if (this.mode === JackMode.None) return JackError.NoDevice;
    if (this.mode === JackMode.Pwm1 && !(this.signs & JackSign.RegisterAnswers)) return JackError.NoDevice;
    if (startPwmClock() < 0) return JackError.Clock;
    if (this.engine.setUp() < 0) return JackError.Engine;
    this.rateHz = rateHz;
    this.repeat = jackRepeat(rateHz);
    this.carrierHz = rateHz * this.repeat;
    this.range = jackRange(this.carrierHz);
    this.middle = (this.range + 1) >> 1;
    this.state = JackState.Open;
    this.broken = true;
    this.starving = false;
    this.rampedDown = false;
    this.stepUsed = false;

    const capture = this.mode === JackMode.Capture;
    if (capture) {
      write32(CAPTURE + JackRegister.NoteRate, rateHz);
      write32(CAPTURE + JackRegister.NoteRepeat, this.repeat);
    }
    this.pwm.start(this.range);
    setPinFunction(JACK_FIRST, PinFunction.Alt0);
    setPinFunction(JACK_SECOND, PinFunction.Alt0);
    const stream = this.stream;
    stream.mode = this.mode;
    stream.range = this.range;
    stream.middle = this.middle;
    stream.carrierHz = this.carrierHz;
    stream.setGrain(this.fillMs);
    stream.free = this.free && capture;
    stream.begin(
      rateHz,
      this.repeat,
      busRegister(this.pwm.base + JackRegister.Fifo),
      capture ? busRegister(CAPTURE + JackRegister.Stamps) : 0,
    );
    store<i32>(header, JackState.Open, Header.State);
    stream.bridge(this.middle, this.middle);
    if (!capture) this.pwm.clearFlags(); // the FIFO was empty until the first word
    return JackError.None;
  }

  /** Pairs ahead for which `room` is 0. */
  private get full(): i32 {
    return this.stream.pairsOf(max(this.fillMs, this.aheadMs));
  }

  /** Frames that may be appended now, at most MAX_PAIRS / repeat and a quarter of the fill; 0 = later (see Sink). */
  room(): i32 {
    const stream = this.stream;
    if (this.state !== JackState.Open || (stream.free && this.stepUsed)) return 0;
    this.update();
    // Before words are made for a ring that ran dry: they would start the engine, and the level would jump up to them.
    if (this.mode === JackMode.Pwm1 && stream.ring.drained && this.watch.check(true)) this.broken = true;
    if (stream.stalled || stream.fill >= this.full || stream.freeSlots <= BRIDGE_SLOTS) return 0;
    return stream.grain / this.repeat;
  }

  /** Appends a block of track words; see Sink. */
  append(words: usize, pairs: i32): i32 {
    const stream = this.stream;
    if (this.state !== JackState.Open) return JackError.NotOpen;
    if (pairs < 1 || pairs > MAX_PAIRS) return JackError.Room;
    if (stream.stalled || stream.freeSlots < (this.broken ? BRIDGE_SLOTS + 1 : 1)) return JackError.Room;
    if (this.broken) stream.bridge(load<i32>(words), load<i32>(words, 4));
    this.broken = false;
    this.starving = false;
    this.stepUsed = true;
    stream.track(words, pairs);
    return JackError.None;
  }

  /** See Sink. Blocks that are in the ring are still played. */
  breakTrack(): void {
    this.broken = true;
  }

  /** Says which track the next `append` belongs to, for whoever reads the capture or the header. */
  noteTrack(index: i32): void {
    store<i32>(header, index, Header.Track);
    this.stream.ring.memory.noteTrack(index);
    if (this.mode === JackMode.Capture) write32(CAPTURE + JackRegister.NoteTrack, index);
  }

  /** Sends the level down to 0 after what is in the ring; `service` until `state` is Closed (it returns 0 then). */
  close(): void {
    if (this.state !== JackState.Open) return;
    this.state = JackState.Closing;
    store<i32>(header, JackState.Closing, Header.State);
    this.update();
    this.expectClose(ticks());
    this.rampDown();
  }

  /** See Sink: restarts an idle engine, keeps the held level fed, counts what went wrong, ends a close. */
  service(): i64 {
    if (this.state === JackState.Closed) return NEVER;
    this.stepUsed = false;
    const stream = this.stream;
    const now = ticks();
    if (this.mode === JackMode.Pwm1 && this.watch.check(this.state === JackState.Open)) this.broken = true;
    stream.restart();
    this.update();
    if (this.state === JackState.Closing) return this.closing(now);
    if (stream.stalled) return now + milliseconds(STALLED_MS);
    if (stream.free && !this.broken) return 0;
    const reserve = stream.pairsOf((this.fillMs * (this.broken ? HOLD_THIRDS : STARVED_THIRDS)) / 3);
    if (stream.fill < reserve) this.hold(reserve);
    const full = this.full;
    // When more is ahead than `room` allows (a long bridge), the next call is due when there is room again.
    const due = stream.fill >= full ? full - 1 : reserve - 1;
    return this.watched(now, stream.tickOfFill(now, due));
  }

  /** Times the words came too late; `watch` tells the causes. */
  get underruns(): i32 {
    return this.watch.underruns;
  }

  /** Pairs that have passed the jack since `open`: to the block on a board, exactly in a paced capture. */
  played(): i64 {
    this.update();
    return this.stream.playedPairs;
  }

  /** Pairs of tracks appended since `open`. */
  get trackPairsAppended(): i64 {
    return this.stream.ring.trackPairs;
  }

  /** Pairs of tracks that have passed the jack since `open`, as of the last `room`, `played` or `service`. */
  get trackPairsPlayed(): i64 {
    return this.stream.trackPairsPlayed;
  }

  /** Pairs appended and not played, as of the last `room`, `played` or `service`. */
  get fillPairs(): i32 {
    return this.stream.fill;
  }

  /** The tick at which the first track pair since `open` passed the jack; -1 until then. */
  get firstTrackTick(): i64 {
    return this.stream.firstTrackTick;
  }

  private update(): void {
    this.stream.update(ticks());
    if (!this.stream.overrun) return;
    if (this.state === JackState.Open) this.watch.underrun();
    this.stream.overrun = 0;
  }

  /** Keeps the level for so long that the ring lasts `ms` milliseconds: before a swap, while no track plays. */
  holdFor(ms: i32): void {
    this.update();
    const pairs = this.stream.pairsOf(ms);
    if (this.state === JackState.Open && this.broken && this.stream.fill < pairs) this.hold(pairs);
  }

  /** No words came in time: between tracks down or up to the middle, within one the last level again. */
  private hold(pairs: i32): void {
    const stream = this.stream;
    if (!this.broken) {
      if (!this.starving) {
        this.starving = true;
        this.watch.starved();
      }
    } else if (stream.first !== this.middle || stream.second !== this.middle) {
      if (stream.freeSlots < BRIDGE_SLOTS) return;
      stream.bridge(this.middle, this.middle);
      this.update();
    }
    stream.hold(pairs);
  }

  private watched(now: i64, tick: i64): i64 {
    return this.mode === JackMode.Pwm1 ? min(tick, now + milliseconds(WATCH_MS)) : tick;
  }

  private rampDown(): void {
    const stream = this.stream;
    if (stream.stalled || stream.freeSlots < BRIDGE_SLOTS) return;
    stream.bridge(0, 0);
    this.rampedDown = true;
    this.expectClose(ticks());
  }

  private expectClose(now: i64): void {
    this.closeBy = now + milliseconds(CLOSE_MS + (<i64>this.stream.fill * 1000) / this.carrierHz);
  }

  private closing(now: i64): i64 {
    const stream = this.stream;
    if (stream.stalled) {
      this.expectClose(now);
      return now + milliseconds(STALLED_MS);
    }
    if (!this.rampedDown) this.rampDown();
    const done = this.rampedDown && stream.fill === 0 && stream.ring.drained;
    if (!done && now < this.closeBy) {
      // With no slots for the ramp yet, short blocks are playing.
      if (!this.rampedDown) return now + milliseconds(SLOTS_MS);
      return this.watched(now, stream.tickOfFill(now, 0));
    }
    if (!done) this.watch.engineErrors++;
    // Leave the FIFO, at duty 0, before DMA stops.
    if (this.mode === JackMode.Pwm1) waitFor(this.pwm.base + STA, STA_EMPT, STA_EMPT, FIFO_US);
    this.pwm.stop();
    this.engine.tearDown();
    this.state = JackState.Closed;
    this.adopted = false;
    this.rateHz = 0;
    store<i32>(header, JackState.Closed, Header.State);
    stream.publish(); // no block will
    return 0; // the caller's next step sees that it is closed
  }
}
