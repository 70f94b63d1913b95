// What the player leaves for the module after it (firmware/swap/state.ts): which track of which list, how far it was handed
// to the jack, and how; and the ends of tracks that are not heard yet. Offsets of the record; behind it the path of the
// playlist, the track's name, and the ends.

import { Jack } from '../../drivers/jack';
import { Output } from '../audio/output';
import { Source } from '../audio/source';
import { findState, leaveState } from '../swap/state';
import { Endings, ENDING_BYTES, ENDINGS } from './endings';
import { PATH_BYTES } from './m3u';
import { Playlist } from './playlist';

const PLAYER_FORMAT: u32 = 0x504c0002;

const STATE: usize = 0;
const INDEX: usize = 4;
const FRAME: usize = 8;
const PAIRS: usize = 16;
const APPENDED: usize = 24;
const VOLUME: usize = 32;
const GAIN: usize = 36;
const SUM: usize = 40;
const SEED: usize = 44;
const FLAGS: usize = 48;
const NAME_BYTES: usize = 52;
const LIST_BYTES: usize = 56;
const FIRST: usize = 60;
const ENDS: usize = 64;
const LIST: usize = 68;
const RECORD_BYTES: i32 = <i32>LIST + 2 * PATH_BYTES + ENDINGS * ENDING_BYTES;

const PAUSED: u32 = 1;
const WHOLE: u32 = 2;

const record = memory.data(68 + 2 * 900 + 32 * 32, 8);

export class HandOver {
  /** Whether there is something to go on with. */
  isThere: bool = false;

  /** Looks for what an earlier module has left. */
  find(): void {
    const length = findState(PLAYER_FORMAT, record, RECORD_BYTES);
    const most = length - <i32>LIST;
    this.isThere =
      most >= 0 &&
      <u32>this.listBytes <= <u32>most &&
      <u32>this.nameBytes <= <u32>(most - this.listBytes) &&
      <u32>load<i32>(record, ENDS) <= <u32>ENDINGS &&
      this.lengthBefore + load<i32>(record, ENDS) * ENDING_BYTES === length &&
      this.frame >= 0;
    if (!this.isThere) store<i32>(record, 0, LIST_BYTES);
  }

  /** Bytes of the record before the ends. */
  private get lengthBefore(): i32 {
    return <i32>LIST + this.listBytes + this.nameBytes;
  }

  /** The playlist whose tracks are played, of all folders when it has no bytes; kept for the next module from now on. */
  get list(): usize {
    return record + LIST;
  }
  get listBytes(): i32 {
    return load<i32>(record, LIST_BYTES);
  }
  /** What was there to go on with is forgotten. */
  setList(path: usize, bytes: i32): void {
    this.isThere = false;
    memory.copy(record + LIST, path, bytes);
    store<i32>(record, bytes, LIST_BYTES);
  }

  /** Takes the ends that are not heard yet; where the jack was not adopted, no more of them will be. */
  takeEnds(endings: Endings, jack: Jack): void {
    endings.take(record + this.lengthBefore, load<i32>(record, ENDS), jack.adopted);
  }

  /** The deck's State, the track's index and name, and its order. */
  get state(): i32 {
    return load<i32>(record, STATE);
  }
  get index(): i32 {
    return load<i32>(record, INDEX);
  }
  get name(): usize {
    return record + LIST + this.listBytes;
  }
  get nameBytes(): i32 {
    return load<i32>(record, NAME_BYTES);
  }
  get seed(): u32 {
    return load<u32>(record, SEED);
  }
  /** The track that an order of chance began with, -1 where that is chance too. */
  get first(): i32 {
    return load<i32>(record, FIRST);
  }
  /** The frame that comes next, as far as the record knows. */
  get frame(): i64 {
    return load<i64>(record, FRAME);
  }
  get volume(): i32 {
    return load<i32>(record, VOLUME);
  }
  get paused(): bool {
    return (load<u32>(record, FLAGS) & PAUSED) !== 0;
  }

  /** The frame that comes next: blocks may have been appended since the record was written. */
  nextFrame(jack: Jack): i64 {
    return this.frame + this.since(jack);
  }

  private since(jack: Jack): i64 {
    return jack.adopted ? (jack.trackPairsAppended - load<i64>(record, PAIRS)) / jack.repeat : 0;
  }

  /** Has the output go on with the source, which stands at `nextFrame`. */
  goOn(output: Output, source: Source): void {
    const since = this.since(output.jack);
    const isWhole = (load<u32>(record, FLAGS) & WHOLE) !== 0 && !since;
    output.goOn(source, this.index, load<i64>(record, APPENDED) + since, load<i32>(record, GAIN));
    output.whole = isWhole;
    output.sum.value = load<u32>(record, SUM);
    output.pause(this.paused);
  }

  /** Writes what there is now. */
  note(state: i32, playlist: Playlist, output: Output, frame: i64, endings: Endings): void {
    const length = min(playlist.length, PATH_BYTES);
    const appended = output.jack.trackPairsAppended;
    store<i32>(record, state, STATE);
    store<i32>(record, playlist.index, INDEX);
    store<i64>(record, frame, FRAME);
    store<i64>(record, appended, PAIRS);
    store<i64>(record, output.appended, APPENDED);
    store<i32>(record, output.tenthsDb, VOLUME);
    store<i32>(record, output.gain, GAIN);
    store<u32>(record, output.sum.value, SUM);
    store<u32>(record, playlist.seed, SEED);
    store<i32>(record, playlist.first, FIRST);
    store<u32>(record, (output.paused ? PAUSED : 0) | (output.whole ? WHOLE : 0), FLAGS);
    store<i32>(record, length, NAME_BYTES);
    memory.copy(this.name, playlist.ptr, length);
    const before = this.lengthBefore;
    store<i32>(record, endings.count, ENDS);
    // The next module counts what the jack was given from its opening on.
    endings.copyTo(record + before, output.mark - appended);
    leaveState(PLAYER_FORMAT, record, before + endings.count * ENDING_BYTES);
  }
}
