// The list of tracks that a card gives, of all its folders or of a playlist; and its renewal when a host has changed files,
// beside the tracks that are played.

import { ticks } from '../../drivers/board';
import { tickRate } from '../../drivers/timer';
import { FsError } from '../storage/fat/fs-error';
import { endAside } from './aside';
import { CardTracks } from './card-tracks';
import { Deck, State } from './deck';

/** Tracks that came over the line are looked for when nothing more has come for so long, and so far in one step. */
const SETTLE_SECONDS: i64 = 2;
const RENEW_BUDGET: i32 = 512;
const NEVER: i64 = i64.MAX_VALUE;

export class CardList {
  /** Why the playlist was not taken, an FsError. */
  error: i32 = FsError.None;
  /** When to look for tracks again, as files were changed. */
  private renewAt: i64 = NEVER;
  /** Tracks were looked for again, and are to be adopted; where track `missing` plays they cannot be, as it is not there. */
  private isRenewed: bool = false;
  private missing: i32 = 0;

  constructor(
    private readonly deck: Deck,
    private readonly tracks: CardTracks,
  ) {}

  /** Has the deck take the tracks of the playlist that is chosen, or of all folders; they are looked for from now on. */
  take(): void {
    const handed = this.deck.handed;
    this.renewAt = NEVER;
    this.isRenewed = false;
    this.error = this.tracks.begin(handed.list, handed.listBytes);
    this.deck.take(this.tracks);
  }

  /** Takes another playlist, whose path is `bytes` bytes at `path`, or with 0 bytes all folders. */
  takeOther(path: usize, bytes: i32): void {
    endAside(this.deck);
    this.deck.handed.setList(path, bytes);
    this.take();
  }

  /** Files were changed by a host: tracks are looked for again soon. */
  changed(): void {
    this.tracks.isChanged = true;
    this.renewAt = ticks() + SETTLE_SECONDS * tickRate();
  }

  /**
   * Looks for tracks again when files were changed; where there were none, the first is played. An order of chance is
   * that of `seed`. The tick by which to call it again.
   */
  renew(seed: u32): i64 {
    const deck = this.deck;
    const tracks = this.tracks;
    if (tracks.isRenewing) {
      tracks.look(RENEW_BUDGET, false);
      this.isRenewed = !tracks.isRenewing;
      this.missing = -1;
      return 0;
    }
    if (ticks() < this.renewAt) {
      if (this.isRenewed && this.renewAt === NEVER) this.adopt(seed);
      return this.renewAt;
    }
    if (deck.playlist.more || (!tracks.count && deck.state !== State.Ended)) return NEVER;
    if (tracks.count) {
      this.renewAt = NEVER;
      this.error = tracks.beginRenewal(deck.handed.list, deck.handed.listBytes);
    } else {
      this.take();
    }
    return 0;
  }

  /** Has the deck play of the tracks that were found, as soon as the one that plays is among them: it plays on. */
  private adopt(seed: u32): void {
    const deck = this.deck;
    const playlist = deck.playlist;
    if ((deck.state !== State.Playing && deck.state !== State.Ended) || deck.endings.count) return;
    if (deck.state === State.Playing && this.missing === playlist.index) return;
    const place = this.tracks.findRenewed(playlist.ptr, playlist.length);
    this.missing = playlist.index;
    if (place < 0 && deck.state === State.Playing) return;
    this.isRenewed = false;
    this.tracks.adopt();
    deck.renew(place, seed);
  }
}
