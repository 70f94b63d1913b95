// What plays when there are no tracks: a few bars for plucked strings with an echo that wanders from side to side.
// A Source like any decoder, so the whole way to the jack is the same.

import { pluck, renderStrings, resetStrings } from '../audio/strings';
import { Source } from '../audio/source';
import { Bytes } from '../storage/bytes';

const RATE_HZ: i32 = 44100;
/** Notes start on multiples of this many frames: 54 ms. */
const TICK_FRAMES: i32 = 2400;
/** Four bars of eight notes, then a last chord that rings. */
const NOTE_TICKS: i32 = 4;
const CHORD_TICK: i32 = 128;
const TICKS: i32 = 196;
/** It rises from silence, as no string does, so that the jack has no way to go to its first frame. */
const RISE_FRAMES: i32 = 256;
/** The last two seconds fade out. */
const FADE_FRAMES: i32 = 2 * RATE_HZ;

/** MIDI notes of the accompaniment, of the tune (0 = rest), and of the last chord. */
const ACCOMPANIMENT = memory.data<u8>([
  43, 50, 55, 59, 62, 59, 55, 50, 40, 47, 52, 55, 59, 55, 52, 47, 48, 52, 55, 60, 64, 60, 55, 52, 50, 54, 57, 62, 66,
  62, 57, 54,
]);
const TUNE = memory.data<u8>([
  74, 0, 0, 71, 0, 0, 67, 69, 71, 0, 0, 67, 0, 0, 0, 0, 72, 0, 0, 76, 0, 74, 72, 0, 74, 0, 69, 0, 66, 0, 69, 0,
]);
const CHORD = memory.data<u8>([43, 50, 55, 59, 62, 67, 74]);
const CHORD_NOTES: i32 = 7;

/** The echo: so many frames later, on the other side, at a quarter of the level. */
const ECHO_FRAMES: i32 = 5 * TICK_FRAMES;
const ECHO_BYTES: i32 = ECHO_FRAMES * 8;
const echo = memory.data(ECHO_BYTES);

/** The strings leave room for eight of them at their loudest; the piece never has that. */
@inline
function louder(sample: i32): i32 {
  return <i32>max<i64>(i32.MIN_VALUE, min<i64>(i32.MAX_VALUE, (<i64>sample) << 3));
}

/** Left of the middle for low notes, right of it for high ones. */
function panOf(note: i32): i32 {
  return max(32, min(224, 128 + (note - 59) * 5));
}

/** The demo piece, 10.7 s in stereo. */
export class DemoSource extends Source {
  private echoAt: i32 = 0;

  /** Starts the piece; there is no file to it. */
  open(_file: Bytes): bool {
    this.reset();
    this.begin();
    return true;
  }

  /** Starts the piece from its beginning. */
  begin(): void {
    this.rateHz = RATE_HZ;
    this.channels = 2;
    this.bits = 32;
    this.frames = TICKS * TICK_FRAMES;
    this.seek(0);
  }

  read(ptr: usize, maxFrames: i32): i32 {
    let done = 0;
    while (done < maxFrames && this.position < this.frames) {
      const inTick = <i32>(this.position % TICK_FRAMES);
      if (!inTick) this.play(<i32>(this.position / TICK_FRAMES));
      const count = min(maxFrames - done, TICK_FRAMES - inTick);
      const at = ptr + done * 8;
      renderStrings(at, count);
      this.addEcho(at, count);
      this.fade(at, count);
      this.position += count;
      done += count;
    }
    return done;
  }

  /** Goes to a frame. The notes before it do not ring on, so what follows differs from playing up to there. */
  seek(frame: i64): bool {
    this.position = frame;
    this.echoAt = 0;
    memory.fill(echo, 0, ECHO_BYTES);
    resetStrings(RATE_HZ);
    return true;
  }

  private play(tick: i32): void {
    if (tick >= CHORD_TICK) {
      const note = tick - CHORD_TICK;
      if (note < CHORD_NOTES) this.pluck(CHORD + note, 200);
    } else if (tick % NOTE_TICKS === 0) {
      this.pluck(ACCOMPANIMENT + tick / NOTE_TICKS, 150);
      this.pluck(TUNE + tick / NOTE_TICKS, 230);
    }
  }

  private pluck(at: usize, level: i32): void {
    const note = <i32>load<u8>(at);
    if (note) pluck(note, level, panOf(note));
  }

  private addEcho(ptr: usize, frames: i32): void {
    let at = this.echoAt;
    const end = ptr + frames * 8;
    for (let to = ptr; to < end; to += 8) {
      const left = load<i32>(to) + (load<i32>(echo + at, 4) >> 2);
      const right = load<i32>(to, 4) + (load<i32>(echo + at) >> 2);
      store<i32>(to, louder(left));
      store<i32>(to, louder(right), 4);
      store<i32>(echo + at, left);
      store<i32>(echo + at, right, 4);
      at += 8;
      if (at === ECHO_BYTES) at = 0;
    }
    this.echoAt = at;
  }

  private fade(ptr: usize, frames: i32): void {
    let at = this.position;
    if (at >= RISE_FRAMES && this.frames - at - frames > FADE_FRAMES) return;
    const end = ptr + frames * 8;
    for (let to = ptr; to < end; to += 8) {
      const gain = min<i64>((at * FADE_FRAMES) / RISE_FRAMES, min<i64>(this.frames - at, FADE_FRAMES));
      store<i32>(to, <i32>((<i64>load<i32>(to) * gain) / FADE_FRAMES));
      store<i32>(to, <i32>((<i64>load<i32>(to, 4) * gain) / FADE_FRAMES), 4);
      at++;
    }
  }
}
