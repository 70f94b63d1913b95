// Where tracks come from: an archive on the RAM disk, or the folders and playlists of a card. A store is a list that
// grows while it is looked through; names and files are fetched when they are wanted.

import { Source, SourceError } from '../audio/source';
import { Decoders } from '../codecs/decoders';

/** Tracks that are open at once: the one that plays and the one that comes next. */
export const SLOTS: i32 = 2;

export abstract class TrackStore {
  /** Tracks that are known; one that is known stays. */
  count: i32 = 0;
  /** Whether there may be more that `look` has not come to. */
  more: bool = false;
  /** Whether opening a track takes a while, so that it is done before its turn. */
  isSlow: bool = false;
  /** Whether there are more than are played. */
  tooMany: bool = false;
  /** Name of the track of the last `name`, UTF-8; the store's until the next call. */
  namePtr: usize = 0;
  nameBytes: i32 = 0;

  /**
   * Looks on for tracks while there is `more`, for as long as `budget` allows (see `Archive`: 1 is some 800
   * instructions); with `untilTrack` no further than to a track. Returns what is left of the budget.
   */
  abstract look(budget: i32, untilTrack: bool): i32;

  /** Fetches the name of track `index`. */
  abstract name(index: i32): void;

  /** Opens track `index` in a slot with that slot's decoders. Never null: `error` tells whether it can be played. */
  abstract open(index: i32, slot: i32, decoders: Decoders): Source;

  /** Whether a slot's track can be read for a while without waiting for its medium, or can never be. */
  isReady(_slot: i32): bool {
    return true;
  }

  /** Whether a slot's track can be read for a while without touching its medium. */
  isAhead(_slot: i32): bool {
    return true;
  }

  /** Whether a slot's track needs its medium no more. */
  isWhole(_slot: i32): bool {
    return true;
  }

  /** Whether a slot's track is the file with a key (see Entry). */
  isFileOf(_slot: i32, _directory: u32, _index: i32): bool {
    return false;
  }

  /** Whether what is open in a slot is track `index`. */
  isTrackOf(_slot: i32, _index: i32): bool {
    return false;
  }

  /** Whether the medium is gone, with all that is on it. */
  get isLost(): bool {
    return false;
  }

  /** Reads a slot's track further ahead. Whether there is more to read now. */
  fill(_slot: i32): bool {
    return false;
  }
}

/** For stores: what stands for a track that cannot be opened. */
export function brokenSource(decoders: Decoders, error: SourceError, offset: i64): Source {
  const source = decoders.wav;
  source.error = error;
  source.errorOffset = offset;
  return source;
}
