// What the jack has been given, and how far it has been played: the ring with its position, and the level words that
// come between tracks. Policy (when to hold, when to open and close) is the Jack's.

import { copyOut, read32, ticks, write32 } from './board';
import { CarrierClock } from './carrier-clock';
import { DmaChannel } from './dma';
import { bridgePairs, writeBridge } from './jack-bridge';
import { beginHeader, header, Header } from './jack-header';
import { JackMode } from './jack-probe';
import { BlockKind } from './jack-keys';
import { JackRing } from './jack-ring';
import { MAX_PAIRS } from './sink';
import { microseconds, systemMicroseconds, tickRate } from './timer';
import { JACK_HEADER, JACK_HEADER_BYTES, SLOTS, windowAddress } from './window';

/** Slots that the longest bridge takes: twice the bias ramp at the highest carrier. */
export const BRIDGE_SLOTS: i32 = 49;
/** Blocks that make up the fill. */
const GRAINS: i32 = 4;
export const NOT_YET: i64 = -1;

const scratch = memory.data(4096, 16);

export class JackStream {
  range: i32 = 0;
  middle: i32 = 0;
  carrierHz: i32 = 0;
  /** The longest block of level in pairs, and of tracks by `Jack.room`: on a board position is known to the block. */
  grain: i32 = MAX_PAIRS;
  mode: JackMode = JackMode.None;
  /** Track blocks and bridges count as played at once; only held level takes time. */
  free: bool = false;
  /** Times the position overtook what was appended, in a paced capture. */
  overrun: i32 = 0;
  /** The tick at which the first track pair passed; NOT_YET until then. */
  firstTrackTick: i64 = NOT_YET;
  readonly ring: JackRing;
  /** Number of the last block played, and pairs played, as of the last `update`. */
  playedBlock: u32 = 0;
  playedPairs: i64 = 0;
  /** The last pair appended. */
  first: i32 = 0;
  second: i32 = 0;

  private locks: i32 = 0;
  private updated: i64 = 0;
  private clock: CarrierClock = new CarrierClock();
  private firstTrackPair: i64 = NOT_YET;
  private firstTrackBlock: u32 = 0;

  constructor(private readonly engine: DmaChannel) {
    this.ring = new JackRing(engine);
  }

  /** The board appends nothing from here to `unlock`; what it has appended before is taken over. Can be nested. */
  lock(): void {
    if (this.locks++) return;
    const at = windowAddress(JACK_HEADER);
    write32(at + Header.Busy, 1);
    const last = read32(at + Header.Last);
    const ring = this.ring;
    if (last === ring.last) return;
    // Words came too late, and the board has held the level.
    const pairs = (<u64>read32(at + Header.Pairs)) | ((<u64>read32(at + Header.Pairs + 4)) << 32);
    ring.adopt(ring.fifo, ring.stamps, last, pairs, ring.trackPairs);
    ring.memory.appended = read32(at + Header.Appended);
    this.countHeld(read32(at + Header.Held));
  }

  private countHeld(held: u32): void {
    if (held !== load<u32>(header, Header.HeldKnown)) this.overrun++;
    store<u32>(header, held, Header.Held);
    store<u32>(header, held, Header.HeldKnown);
  }

  unlock(): void {
    if (!--this.locks) write32(windowAddress(JACK_HEADER) + Header.Busy, 0);
  }

  /** Begins at level 0 with an empty ring; the engine is idle. Addresses as for JackRing.start. */
  begin(rateHz: i32, repeat: i32, fifo: u32, stamps: u32): void {
    this.ring.start(fifo, stamps);
    beginHeader(this.mode, rateHz, this.range, repeat, tickRate());
    store<u32>(header, this.engine.registers, Header.Engine);
    store<u32>(header, fifo, Header.Fifo);
    store<u32>(header, stamps, Header.Stamps);
    this.publish();
    this.ring.memory.begin(rateHz, repeat, this.range);
    this.updated = ticks();
    this.clock.begin(this.updated, this.carrierHz, tickRate());
    this.firstTrackTick = NOT_YET;
    this.firstTrackPair = NOT_YET;
    this.playedBlock = 0;
    this.playedPairs = 0;
    this.first = 0;
    this.second = 0;
    this.overrun = 0;
  }

  /** Goes on where the header, which `findHeader` has found, says that an earlier module was. */
  adopt(): void {
    const ring = this.ring;
    const rateHz = load<i32>(header, Header.RateHz);
    this.range = load<i32>(header, Header.Range);
    this.middle = (this.range + 1) >> 1;
    this.carrierHz = rateHz * load<i32>(header, Header.Repeat);
    this.first = load<i32>(header, Header.FirstWord);
    this.second = load<i32>(header, Header.SecondWord);
    const last = load<u32>(header, Header.Last);
    const pairs = load<i64>(header, Header.Pairs);
    const fifo = load<u32>(header, Header.Fifo);
    ring.adopt(fifo, load<u32>(header, Header.Stamps), last, pairs, load<i64>(header, Header.TrackPairs));
    ring.memory.begin(rateHz, load<i32>(header, Header.Repeat), this.range);
    ring.memory.noteTrack(load<u32>(header, Header.Track));
    if (ring.memory.bytes) ring.memory.appended = load<u32>(header, Header.Appended);
    store<i32>(header, 1, Header.Busy);
    this.countHeld(load<u32>(header, Header.Held));
    const now = ticks();
    this.updated = now;
    const empty = load<i64>(header, Header.EmptyTick);
    this.clock.begin(now, this.carrierHz, tickRate());
    this.clock.hold(empty === i64.MAX_VALUE ? now : empty, pairs);
    this.playedBlock = last < <u32>SLOTS ? 0 : last - (SLOTS - 1);
    this.update(now);
  }

  /** Tells the board how long the ring lasts. */
  private tellEmpty(pairs: i64): void {
    store<i64>(header, this.free ? i64.MAX_VALUE : this.clock.tickOf(pairs), Header.EmptyTick);
  }

  /** The position has changed by other than time and blocks. */
  private publishEmpty(): void {
    this.tellEmpty(this.ring.pairs);
    copyOut(windowAddress(JACK_HEADER) + Header.EmptyTick, header + Header.EmptyTick, 8);
  }

  /** Slots that can be appended to. */
  get freeSlots(): i32 {
    return <i32>(SLOTS - 1 - (this.ring.last - this.playedBlock));
  }

  /** Whether the reader of a capture is behind: nothing is to be appended, and its time stands still. */
  get stalled(): bool {
    return this.ring.memory.full;
  }

  /** Pairs appended and not played. */
  get fill(): i32 {
    return <i32>(this.ring.pairs - this.playedPairs);
  }

  /** Makes blocks a quarter of a fill, but not so short that the longest bridge takes more than its slots. */
  setGrain(fillMs: i32): void {
    const least = bridgePairs(this.range, this.range, this.carrierHz) / (BRIDGE_SLOTS - 1) + 1;
    this.grain = min(MAX_PAIRS, max(least, this.pairsOf(fillMs) / GRAINS));
  }

  /** Milliseconds of the carrier in pairs. */
  pairsOf(ms: i32): i32 {
    return <i32>((<i64>this.carrierHz * ms) / 1000);
  }

  /** Appends track words. */
  track(words: usize, pairs: i32): void {
    if (this.firstTrackPair === NOT_YET) {
      this.firstTrackPair = this.ring.pairs;
      this.firstTrackBlock = this.ring.last + 1;
    }
    this.push(BlockKind.Track, words, pairs);
    if (this.free) this.clock.skip(pairs);
  }

  /** Appends a bridge from the last pair to this one; nothing if it is the same. */
  bridge(firstTo: i32, secondTo: i32): void {
    const first = this.first;
    const second = this.second;
    const way = max(abs(firstTo - first), abs(secondTo - second));
    const length = bridgePairs(way, this.range, this.carrierHz);
    const grain = this.grain;
    for (let done = 0; done < length; done += grain) {
      const pairs = min(grain, length - done);
      writeBridge(scratch, first, firstTo, second, secondTo, length, done, pairs);
      this.push(BlockKind.Level, scratch, pairs);
    }
    if (this.free) this.clock.skip(length);
  }

  /** The pins have fallen to 0, as the ring ran dry: bridges from there to the middle. */
  restartAtZero(): void {
    this.update(ticks());
    this.first = 0;
    this.second = 0;
    this.bridge(this.middle, this.middle);
  }

  /** Appends the last pair again and again until `pairs` are ahead or the slots are used up. */
  hold(pairs: i32): void {
    const both = (<u64>(<u32>this.first)) | ((<u64>(<u32>this.second)) << 32);
    for (let i = 0; i < this.grain; i++) store<u64>(scratch + ((<usize>i) << 3), both);
    while (this.fill < pairs && this.freeSlots > 0) this.push(BlockKind.Level, scratch, this.grain);
  }

  private push(kind: BlockKind, words: usize, pairs: i32): void {
    this.lock();
    const last = words + ((<usize>(pairs - 1)) << 3);
    this.first = load<i32>(last);
    this.second = load<i32>(last, 4);
    store<u32>(header, this.ring.last + 1, Header.Last);
    store<i64>(header, this.ring.pairs + pairs, Header.Pairs);
    store<i64>(header, this.ring.trackPairs + (kind === BlockKind.Track ? pairs : 0), Header.TrackPairs);
    store<i32>(header, this.first, Header.FirstWord);
    store<i32>(header, this.second, Header.SecondWord);
    if (this.mode === JackMode.Capture) this.tellEmpty(this.ring.pairs + pairs);
    this.ring.append(kind, words, pairs, header, JACK_HEADER_BYTES);
    this.unlock();
  }

  /** Copies the header to the window as it is; each block does so anyway. */
  publish(): void {
    copyOut(windowAddress(JACK_HEADER), header, JACK_HEADER_BYTES);
    if (!this.locks) write32(windowAddress(JACK_HEADER) + Header.Busy, 0);
  }

  /** Starts an engine that is idle with blocks left. */
  restart(): void {
    this.lock();
    this.ring.restart();
    this.unlock();
  }

  /** Brings the position up to tick `now`. */
  update(now: i64): void {
    if (read32(windowAddress(JACK_HEADER) + Header.Last) !== this.ring.last) {
      this.lock();
      this.unlock();
    }
    if (this.mode === JackMode.Pwm1) this.playedByEngine(now);
    else this.playedByClock(now);
  }

  private playedByEngine(now: i64): void {
    this.playedBlock = this.ring.played;
    this.playedPairs = this.ring.endOf(this.playedBlock);
    if (this.firstTrackTick !== NOT_YET || this.firstTrackPair === NOT_YET) return;
    if (this.playedPairs < this.firstTrackPair) return;
    const ago = systemMicroseconds() - this.ring.stampOf(this.firstTrackBlock - 1);
    this.firstTrackTick = now - microseconds(ago);
  }

  private playedByClock(now: i64): void {
    const ring = this.ring;
    // Or the level would have to be held in a ring that has no room for it.
    if (this.stalled) {
      this.clock.pause(now - this.updated);
      this.publishEmpty();
    }
    this.updated = now;
    let position = this.clock.pairsAt(now);
    if (position > ring.pairs) {
      position = ring.pairs;
      this.clock.hold(now, position);
      if (!this.free) this.publishEmpty();
      if (!this.free) this.overrun++;
    }
    while (this.playedBlock !== ring.last && ring.endOf(this.playedBlock + 1) <= position) this.playedBlock++;
    this.playedPairs = position;
    if (this.firstTrackTick !== NOT_YET || this.firstTrackPair === NOT_YET) return;
    if (position >= this.firstTrackPair) this.firstTrackTick = this.clock.tickOf(this.firstTrackPair);
  }

  /** The tick at which no more than `pairs` are ahead, as far as that can be told at `now`. */
  tickOfFill(now: i64, pairs: i32): i64 {
    if (this.mode !== JackMode.Pwm1) return this.clock.tickOf(this.ring.pairs - pairs);
    return now + (<i64>(this.fill - pairs) * tickRate()) / this.carrierHz;
  }

  /** Pairs of tracks played. */
  get trackPairsPlayed(): i64 {
    const ring = this.ring;
    const whole = ring.trackEndOf(this.playedBlock);
    if (this.playedBlock === ring.last || ring.trackEndOf(this.playedBlock + 1) === whole) return whole;
    return whole + this.playedPairs - ring.endOf(this.playedBlock);
  }
}
