// The tracks in the order in which they are played, and one of them as the current one. Which tracks there are is the
// store's business.

import { Source } from '../audio/source';
import { Decoders } from '../codecs/decoders';
import { Order, Repeat } from './play-mode';
import { DemoSource } from './demo';
import { TrackName } from './report';
import { TrackStore } from './track-store';

/** The most tracks of any store. */
const MOST_TRACKS: i32 = 8192;

/** For each track whether it could not be played; and, shuffled, the tracks by their turn. */
const failures = memory.data(MOST_TRACKS);
const turns = memory.data(MOST_TRACKS * 2, 2);

const DEMO_NAME = memory.data<u8>([0x64, 0x65, 0x6d, 0x6f]); // demo
const DEMO_NAME_BYTES: i32 = 4;
const NONE: i32 = -1;

/** The list, and one track of it as the current one: number, name, failures. */
export class Playlist extends TrackName {
  /** Tracks that could not be played, or not to their end. */
  failed: i32 = 0;
  repeat: Repeat = Repeat.Off;
  /** Of `arrange`. */
  seed: u32 = 0;
  first: i32 = NONE;
  /** The name that `showName` has fetched. */
  shownPtr: usize = 0;
  shownBytes: i32 = 0;

  /** Which turn is the current track's; -1 before the first. */
  private turn: i32 = NONE;
  private isDemo: bool = false;
  private shuffled: bool = false;

  constructor(
    private tracks: TrackStore,
    private readonly demo: DemoSource,
  ) {
    super();
  }

  /** Takes the tracks of a store. None is the current one: `move(1)` goes to the first. */
  begin(tracks: TrackStore): void {
    this.isDemo = false;
    this.tracks = tracks;
    this.isDemo = false;
    this.turn = NONE;
    this.index = NONE;
    this.failed = 0;
    this.shuffled = false;
    memory.fill(failures, 0, MOST_TRACKS);
    this.note();
  }

  private note(): void {
    this.count = this.tracks.count;
    this.more = this.tracks.more;
  }

  /** Looks on for tracks; see TrackStore. */
  look(budget: i32, untilTrack: bool): i32 {
    const left = this.tracks.look(budget, untilTrack);
    this.note();
    return left;
  }

  /**
   * Plays in an order of chance, the same for the same seed, or in the store's. One of chance begins with track `first`,
   * unless that is -1. To be called when all are known.
   */
  arrange(order: Order, seed: u32, first: i32): void {
    this.seed = seed;
    this.first = first;
    this.shuffled = order === Order.Shuffle;
    if (!this.shuffled) return;
    let state = seed | 1;
    for (let i = 0; i < this.count; i++) {
      // xorshift32 (Marsaglia, 2003).
      state ^= state << 13;
      state ^= state >> 17;
      state ^= state << 5;
      const at = turns + ((<usize>(state % (i + 1))) << 1);
      store<u16>(turns + ((<usize>i) << 1), load<u16>(at));
      store<u16>(at, i);
    }
    const turn = this.turnOf(first);
    if (turn >= this.count) return;
    store<u16>(turns + ((<usize>turn) << 1), load<u16>(turns));
    store<u16>(turns, first);
  }

  /** Which turn is a track's; `count` when there is no such track. */
  private turnOf(index: i32): i32 {
    let turn = 0;
    while (turn < this.count && this.at(turn) !== index) turn++;
    return turn;
  }

  /** Makes the demo piece the only track. */
  useDemo(): void {
    this.isDemo = true;
    this.count = 1;
    this.select(0);
  }

  /** Opens track `index` in a slot, with the slot's decoders. Never null: `error` tells whether it can be played. */
  open(index: i32, slot: i32, decoders: Decoders): Source {
    if (!this.isDemo) return this.tracks.open(index, slot, decoders);
    this.demo.begin();
    return this.demo;
  }

  /** Notes that the current track cannot be played. */
  markFailed(): void {
    if (this.hasFailed(this.index)) return;
    store<u8>(failures + this.index, 1);
    this.failed++;
  }

  /** Whether a track could not be played. */
  hasFailed(index: i32): bool {
    return load<u8>(failures + index) !== 0;
  }

  /** The turn of the next track that has not failed (`by` 1) or the one before (-1); NONE if there is none. */
  private turnAfter(by: i32): i32 {
    return this.turnFrom(this.turn, by);
  }

  private turnFrom(turn: i32, by: i32): i32 {
    const wraps = this.repeat !== Repeat.Off && !this.more;
    for (let i = 0; i < this.count; i++) {
      turn += by;
      if (turn < 0 || turn >= this.count) {
        if (!wraps) return NONE;
        turn = by > 0 ? 0 : this.count - 1;
      }
      if (!this.hasFailed(this.at(turn))) return turn;
    }
    return NONE;
  }

  /** Which turn is the current track's; -1 before the first. */
  get currentTurn(): i32 {
    return this.turn;
  }

  /** The turn behind another one; -1 if there is none. */
  turnBehind(turn: i32): i32 {
    return this.turnFrom(turn, 1);
  }

  /** Has the name of a track in `shownPtr` and `shownBytes`, until the next call of the list. */
  showName(index: i32): void {
    this.shownPtr = this.ptr;
    this.shownBytes = this.length;
    if (this.isDemo) return;
    this.tracks.name(index);
    this.shownPtr = this.tracks.namePtr;
    this.shownBytes = this.tracks.nameBytes;
  }

  /** Has the current track's own name again, after `showName`: a store may have only one at a time. */
  hideName(): void {
    if (!this.isDemo && this.index >= 0 && this.count) this.tracks.name(this.index);
  }

  /** The track that follows the current one when that has ended; -1 if none does. */
  following(): i32 {
    if (this.repeat === Repeat.One && this.index >= 0 && !this.hasFailed(this.index)) return this.index;
    const turn = this.turnAfter(1);
    return turn < 0 ? NONE : this.at(turn);
  }

  /** Goes to the track that `following` told. False, and stays, if there is none. */
  follow(): bool {
    return this.following() === this.index ? this.index >= 0 : this.move(1);
  }

  /** Goes to the next track that has not failed (`by` 1) or the one before (-1). False, and stays, if there is none. */
  move(by: i32): bool {
    const turn = this.turnAfter(by);
    if (turn < 0) return false;
    this.select(turn);
    return true;
  }

  /** Goes to a track, wherever its turn is. */
  goTo(index: i32): void {
    this.select(this.turnOf(index));
  }

  /** Whether `move(-1)` would go anywhere. */
  hasPrevious(): bool {
    return this.turnAfter(-1) >= 0;
  }

  /** Goes to the first track that has not failed (`by` 1) or the last (-1). False if all have. */
  restart(by: i32): bool {
    this.turn = by > 0 ? NONE : this.count;
    if (this.move(by)) return true;
    this.select(0);
    return false;
  }

  /** The track whose turn it is. */
  at(turn: i32): i32 {
    return this.shuffled ? <i32>load<u16>(turns + ((<usize>turn) << 1)) : turn;
  }

  private select(turn: i32): void {
    this.turn = turn;
    this.index = this.at(turn);
    if (this.isDemo) {
      this.ptr = DEMO_NAME;
      this.length = DEMO_NAME_BYTES;
      return;
    }
    this.tracks.name(this.index);
    this.ptr = this.tracks.namePtr;
    this.length = this.tracks.nameBytes;
  }
}
