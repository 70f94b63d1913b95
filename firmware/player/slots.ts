// The tracks that are open: the current one, and in the other slot the one that follows, opened before its turn. While a
// medium is waited for the current one may be pulled from, unless it is in use itself.

import { Output, Pumped } from '../audio/output';
import { Source } from '../audio/source';
import { Decoders } from '../codecs/decoders';
import { Playlist } from './playlist';
import { SLOTS, TrackStore } from './track-store';

const NONE: i32 = -1;
/** The next track is opened when so much of the current one is left, or as soon as that needs its medium no more. */
const PREPARE_SECONDS: i64 = 5;

export class Slots {
  /** The track that is open in the other slot; -1: none. */
  prepared: i32 = NONE;
  /** The slot of the current track. */
  private current: i32 = 0;
  private readonly decoders: StaticArray<Decoders> = new StaticArray<Decoders>(SLOTS);
  private readonly sources: StaticArray<Source> = new StaticArray<Source>(SLOTS);
  /** Whether the source was sought in and not read since: where it reads next is not ahead yet. */
  private isSought: bool = false;
  /** Whether the current source is in use: nothing may be pulled from it meanwhile. */
  private isBusy: bool = false;

  constructor(
    public store: TrackStore,
    private readonly playlist: Playlist,
  ) {
    for (let slot = 0; slot < SLOTS; slot++) {
      const decoders = new Decoders();
      this.decoders[slot] = decoders;
      this.sources[slot] = decoders.wav;
    }
  }

  /** Takes the tracks of a store. */
  take(store: TrackStore): void {
    this.store = store;
    this.prepared = NONE;
  }

  /** The store's tracks have other numbers now. */
  renew(): void {
    if (this.prepared === NONE) return;
    const following = this.playlist.following();
    this.prepared = following >= 0 && this.store.isTrackOf(this.current ^ 1, following) ? following : NONE;
  }

  /** A track's file, by its key, is to go: lets go of it if it only waits for its turn. False: it is the current one's. */
  release(directory: u32, index: i32): bool {
    if (this.prepared !== NONE && this.store.isFileOf(this.current ^ 1, directory, index)) this.prepared = NONE;
    return !this.store.isFileOf(this.current, directory, index);
  }

  /** Makes track `index` of the list the current one. Its source's `error` tells whether it can be played. */
  open(index: i32): Source {
    this.isSought = false;
    if (this.prepared === index) this.current ^= 1;
    else this.openIn(this.current, index);
    this.prepared = NONE;
    return this.sources[this.current];
  }

  /** Opens a track in a slot; meanwhile another slot's may be pulled from, never this one's. */
  private openIn(slot: i32, index: i32): void {
    const busy = this.isBusy;
    this.isBusy = busy || slot === this.current;
    this.sources[slot] = this.playlist.open(index, slot, this.decoders[slot]);
    this.isBusy = busy;
  }

  /** Reads the current track further ahead, and opens the one that follows in time. Whether there is more to do at once. */
  prepare(): bool {
    const store = this.store;
    if (store.fill(this.current)) return true;
    if (this.prepared !== NONE) return store.fill(this.current ^ 1);
    const source = this.sources[this.current];
    const left = source.frames - source.position;
    if (!store.isSlow) return false;
    if (!store.isWhole(this.current) && left > PREPARE_SECONDS * source.rateHz) return false;
    const following = this.playlist.following();
    if (following === NONE) return false;
    this.openIn(this.current ^ 1, following);
    this.prepared = following;
    return true;
  }

  /** Whether the current track can be pulled from without waiting for its medium. */
  get isReady(): bool {
    return this.store.isReady(this.current);
  }

  /** Whether it can be without touching its medium. */
  get isAhead(): bool {
    return this.store.isAhead(this.current);
  }

  /** Whether nobody is at work in the current source, nor has left it at a place that is not ahead. */
  get isFree(): bool {
    return !this.isBusy && !this.isSought;
  }

  /** Has an output pull from the current track, which it plays. */
  pump(output: Output): Pumped {
    this.isBusy = true;
    const pumped = output.pump();
    this.isBusy = false;
    if (pumped !== Pumped.Nothing) this.isSought = false;
    return pumped;
  }

  /** Goes to a frame of the current track, which no output plays yet. */
  seek(frame: i64): bool {
    const source = this.sources[this.current];
    this.isBusy = true;
    this.isSought = true;
    const went = source.seek(min(frame, source.frames));
    this.isBusy = false;
    return went;
  }

  /** Has an output go to a frame of the current track, which it plays. */
  seekPlaying(output: Output, frame: i64): bool {
    this.isBusy = true;
    this.isSought = true;
    const went = output.seek(frame);
    this.isBusy = false;
    return went;
  }
}
