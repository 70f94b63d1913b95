// Keeps player.state on the card up to date. Where tracks are to go on where they were cut, a version is written each
// second that was played, in the same two places of the file; elsewhere only when something has changed, and a while
// later. What is about to be written is written at once when the power may soon be cut: `hurry`.

import { ticks } from '../../drivers/board';
import { tickRate } from '../../drivers/timer';
import { FsError } from '../storage/fat/fs-error';
import { StateFile } from '../storage/fat/state-file';
import { Volume } from '../storage/fat/volume';
import { MOST_BYTES, PlayerState } from './player-state';

const NAME = memory.data<u8>([0x70, 0x6c, 0x61, 0x79, 0x65, 0x72, 0x2e, 0x73, 0x74, 0x61, 0x74, 0x65]); // player.state
const NAME_BYTES: i32 = 12;
const loaded = memory.data(20 + 900, 4);
/** How long after a change it is written, in seconds: a volume is turned in many steps. */
const SETTLE_SECONDS: i64 = 2;
const NEVER: i64 = i64.MAX_VALUE;

export class Keeper {
  readonly state: PlayerState = new PlayerState();
  /** Why nothing can be kept, an FsError; 0 as long as it can. */
  error: i32 = FsError.NotMounted;
  /** The tick at which `write` has something to do; i64.MAX_VALUE: it has not. */
  due: i64 = NEVER;

  private readonly file: StateFile;
  /** When a version was written last. */
  private written: i64 = 0;

  constructor(private readonly volume: Volume) {
    this.file = new StateFile(volume);
  }

  /**
   * Opens the file on the volume that is mounted. Whether there is a version in it. A file that is not there is made
   * when it is first written, not before the first sound.
   */
  open(): bool {
    this.due = NEVER;
    const failed = this.file.open(NAME, NAME_BYTES);
    this.error = this.volume.sectors.isWritable ? FsError.None : FsError.ReadOnly;
    if (failed && failed !== FsError.NotFound) this.error = failed;
    if (failed) return false;
    const length = this.file.load(loaded, MOST_BYTES);
    if (length < 0) this.error = length;
    return length > 0 && this.state.decode(loaded, length);
  }

  /** Whether it keeps in the file with a key (see Entry). */
  holds(directory: u32, index: i32): bool {
    return !this.error && this.file.isAt(directory, index);
  }

  /** Notes the volume, in tenths of a decibel. */
  noteVolume(tenths: i32): void {
    if (this.state.volumeTenths === tenths) return;
    this.state.volumeTenths = tenths;
    this.settle();
  }

  /** Notes the track, none when `length` is 0, and with `isExact` how far it is: that is kept each second. */
  notePlace(path: usize, length: i32, seconds: i32, isExact: bool): void {
    const state = this.state;
    const isSame = state.pathBytes === length && !memory.compare(state.path, path, length);
    if (isSame && (!isExact || seconds === state.seconds)) return;
    if (!isSame) this.settle();
    if (isExact) this.due = min(this.due, max(ticks(), this.written + tickRate()));
    state.seconds = isExact ? seconds : 0;
    state.setTrack(path, length);
  }

  /** Something has changed that may change again: puts off what is not yet due. */
  private settle(): void {
    const now = ticks();
    if (this.due > now) this.due = now + SETTLE_SECONDS * tickRate();
  }

  /** What was noted and is not written is due now. */
  hurry(): void {
    if (this.due !== NEVER) this.due = min(this.due, ticks());
  }

  /**
   * Writes the version that was noted, or does a piece of what comes before the first: then it is due as before. False
   * when that failed: `error` says why, and nothing more is kept.
   */
  write(): bool {
    const made = this.file.make(NAME, NAME_BYTES);
    if (made > 0) return true;
    this.due = NEVER;
    this.written = ticks();
    this.error = made ? made : this.file.save(this.state.encode(), this.state.encodedBytes);
    return this.error === 0;
  }
}
