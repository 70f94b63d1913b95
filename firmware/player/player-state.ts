// What the player remembers when the power is cut, as the bytes of a StateFile. Numbers are little-endian:
//   0  format 2                           12  seconds into the track
//   4  volume in tenths of a decibel      16  volume_db of player.ini when this was written, in tenths
//   8  seed of the shuffled order         20  the track's path, UTF-8, to the end
// Format 1 has no volume_db: its path begins at 16. It is read, and no longer written.

import { PATH_BYTES } from './m3u';

const FORMAT: u32 = 2;
const OLD_FORMAT: u32 = 1;
const VOLUME: usize = 4;
const SEED: usize = 8;
const SECONDS: usize = 12;
const SETTING: usize = 16;
const PATH: usize = 20;
const OLD_PATH: usize = 16;
/** A volume_db that is not known. */
const UNKNOWN: i32 = i32.MIN_VALUE;
/** The least that volume_db can be. */
const SOFTEST: i32 = -1000;
/** The longest that `encode` makes. */
export const MOST_BYTES: i32 = <i32>PATH + PATH_BYTES;

const bytes = memory.data(20 + 900, 4);

export class PlayerState {
  /** Tenths of a decibel, -1000 to 0. */
  volumeTenths: i32 = 0;
  /** volume_db when that was written, in the same unit. */
  settingTenths: i32 = UNKNOWN;
  /** Of the shuffled order. */
  seed: u32 = 0;
  /** Whole seconds into the track. */
  seconds: i32 = 0;
  /** The track's path, `pathBytes` bytes of UTF-8; none when that is 0. */
  readonly path: usize = heap.alloc(PATH_BYTES);
  pathBytes: i32 = 0;

  /** Takes `length` bytes at `from`; false, and nothing has changed, when they make no sense. */
  decode(from: usize, length: i32): bool {
    const format = length < <i32>OLD_PATH ? 0 : load<u32>(from);
    if (format !== FORMAT && format !== OLD_FORMAT) return false;
    const path = format === FORMAT ? PATH : OLD_PATH;
    const pathBytes = length - <i32>path;
    if (pathBytes < 0 || pathBytes > PATH_BYTES) return false;
    if (load<i32>(from, SECONDS) < 0 || !isVolume(load<i32>(from, VOLUME))) return false;
    if (format === FORMAT && !isVolume(load<i32>(from, SETTING))) return false;
    this.settingTenths = format === FORMAT ? load<i32>(from, SETTING) : UNKNOWN;
    this.volumeTenths = load<i32>(from, VOLUME);
    this.seed = load<u32>(from, SEED);
    this.seconds = load<i32>(from, SECONDS);
    this.pathBytes = pathBytes;
    memory.copy(this.path, from + path, pathBytes);
    return true;
  }

  /** Whether volume_db may have been the same when this was written. */
  agrees(settingTenths: i32): bool {
    return this.settingTenths === UNKNOWN || this.settingTenths === settingTenths;
  }

  /** Notes the track. One whose path is too long is none. */
  setTrack(path: usize, length: i32): void {
    this.pathBytes = length > PATH_BYTES ? 0 : length;
    memory.copy(this.path, path, this.pathBytes);
  }

  /** Writes it down; `encodedBytes` bytes, valid until the next call. */
  encode(): usize {
    store<u32>(bytes, FORMAT);
    store<i32>(bytes, this.volumeTenths, VOLUME);
    store<u32>(bytes, this.seed, SEED);
    store<i32>(bytes, this.seconds, SECONDS);
    store<i32>(bytes, this.settingTenths, SETTING);
    memory.copy(bytes + PATH, this.path, this.pathBytes);
    return bytes;
  }

  /** How long it is, written down. */
  get encodedBytes(): i32 {
    return <i32>PATH + this.pathBytes;
  }
}

function isVolume(tenths: i32): bool {
  return tenths >= SOFTEST && tenths <= 0;
}
