// Where one track is to follow another without a word between them: whether the second goes on where the first ends, as
// the tracks of one recording do, or whether the level would jump.

/** So many pairs on either side tell how fast the music moves there. */
const NEAR_PAIRS: i32 = 64;
/** A step so many times as large as those beside it is a jump. */
const JUMP: i32 = 2;

/** The largest step between neighbouring words of a channel, in `pairs` pairs at `words`. */
function largestStep(words: usize, pairs: i32): i32 {
  let largest = 0;
  const end = words + ((<usize>pairs) << 3);
  for (let at = words + 8; at < end; at += 4) largest = max(largest, abs(load<i32>(at) - load<i32>(at - 8)));
  return largest;
}

/** The end of a track: its last pair, and how fast it moved. */
export class TrackEnd {
  private first: i32 = 0;
  private second: i32 = 0;
  private step: i32 = 0;

  /** Notes the last `pairs` (1 or more) pairs of a track at `words`. */
  note(words: usize, pairs: i32): void {
    const last = words + ((<usize>(pairs - 1)) << 3);
    this.first = load<i32>(last);
    this.second = load<i32>(last, 4);
    const near = min(pairs, NEAR_PAIRS);
    this.step = largestStep(words + ((<usize>(pairs - near)) << 3), near);
  }

  /** Whether `pairs` (1 or more) pairs at `words` go on from there. */
  continues(words: usize, pairs: i32): bool {
    const jump = max(abs(load<i32>(words) - this.first), abs(load<i32>(words, 4) - this.second));
    const usual = max(this.step, largestStep(words, min(pairs, NEAR_PAIRS)));
    return jump <= JUMP * usual;
  }
}
