// What the player leaves for the module after it (firmware/swap/state.ts): which track, how far it was handed to the
// jack, and how. Offsets of the record; the track's name follows.

import { Jack } from '../../drivers/jack';
import { Output } from '../audio/output';
import { Source } from '../audio/source';
import { findState, leaveState } from '../swap/state';
import { PATH_BYTES } from './m3u';

const PLAYER_FORMAT: u32 = 0x504c0001;

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
const NAME: usize = 56;
const RECORD_BYTES: i32 = <i32>NAME + PATH_BYTES;

const PAUSED: u32 = 1;
const WHOLE: u32 = 2;

const record = memory.data(56 + 900, 8);

export class HandOver {
  /** Whether there is something to go on with. */
  isThere: bool = false;

  /** Looks for what an earlier module has left. */
  find(): void {
    const length = findState(PLAYER_FORMAT, record, RECORD_BYTES);
    const nameBytes = load<i32>(record, NAME_BYTES);
    this.isThere = length >= <i32>NAME && nameBytes >= 0 && nameBytes === length - <i32>NAME && this.frame >= 0;
  }

  /** The deck's State, the track's index and name, and the seed of its order. */
  get state(): i32 {
    return load<i32>(record, STATE);
  }
  get index(): i32 {
    return load<i32>(record, INDEX);
  }
  get name(): usize {
    return record + NAME;
  }
  get nameBytes(): i32 {
    return load<i32>(record, NAME_BYTES);
  }
  get seed(): u32 {
    return load<u32>(record, SEED);
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

  /** Writes what there is now; `name` of `nameBytes` bytes is the track's. */
  note(state: i32, index: i32, output: Output, frame: i64, seed: u32, name: usize, nameBytes: i32): void {
    const length = min(nameBytes, PATH_BYTES);
    store<i32>(record, state, STATE);
    store<i32>(record, index, INDEX);
    store<i64>(record, frame, FRAME);
    store<i64>(record, output.jack.trackPairsAppended, PAIRS);
    store<i64>(record, output.appended, APPENDED);
    store<i32>(record, output.tenthsDb, VOLUME);
    store<i32>(record, output.gain, GAIN);
    store<u32>(record, output.sum.value, SUM);
    store<u32>(record, seed, SEED);
    store<u32>(record, (output.paused ? PAUSED : 0) | (output.whole ? WHOLE : 0), FLAGS);
    store<i32>(record, length, NAME_BYTES);
    memory.copy(record + NAME, name, length);
    leaveState(PLAYER_FORMAT, record, <i32>NAME + length);
  }
}
