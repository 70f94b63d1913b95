// Several files at once as one Source without an end: each voice has decoders of its own, the sum is saturated.

import { Decoders } from '../codecs/decoders';
import { Bytes } from '../storage/bytes';
import { Source, SourceError } from './source';

export const VOICES: i32 = 8;
/** Frames that are mixed at a time. */
const BLOCK_FRAMES: i32 = 512;
const block = memory.data(BLOCK_FRAMES * 8, 8);

/** One file being played. */
class Voice {
  readonly decoders: Decoders = new Decoders();
  source: Source | null = null;
}

/** Mixes up to VOICES files of the mixer's own rate to stereo; a ninth takes the place of the oldest. */
export class Mixer extends Source {
  private voices: StaticArray<Voice> = new StaticArray<Voice>(VOICES);
  private next: i32 = 0;
  /** How many files are being played. */
  playing: i32 = 0;

  /** Makes all voices. `rateHz`, of the mix and of the files, is to be set before the first `play`. */
  constructor() {
    super();
    for (let i = 0; i < VOICES; i++) this.voices[i] = new Voice();
    this.channels = 2;
    this.bits = 32;
    this.frames = i64.MAX_VALUE;
  }

  /**
   * Plays a file from its start beside what is playing; the file must stay as it is meanwhile. The source tells in
   * `error` why not, or by its `rateHz` that it is not the mixer's, and then nothing has changed but the oldest voice.
   */
  play(file: Bytes): Source {
    const voice = this.voices[this.next];
    this.next = (this.next + 1) % VOICES;
    const source = voice.decoders.open(file);
    const fits = source.error === SourceError.None && source.rateHz === this.rateHz;
    voice.source = fits ? source : null;
    return source;
  }

  /** The mixer is no file. */
  open(_file: Bytes): bool {
    return true;
  }

  read(ptr: usize, maxFrames: i32): i32 {
    const count = min(maxFrames, BLOCK_FRAMES);
    memory.fill(ptr, 0, count * 8);
    this.playing = 0;
    for (let i = 0; i < VOICES; i++) {
      const voice = this.voices[i];
      const source = voice.source;
      if (!source) continue;
      const frames = source.read(block, count);
      if (frames > 0) add(ptr, frames, source.channels);
      // A broken frame ends a voice as its last one does.
      if (frames < count) voice.source = null;
      else this.playing++;
    }
    this.position += count;
    return count;
  }

  seek(_frame: i64): bool {
    return true;
  }
}

/** Adds `frames` frames of the block to `ptr`. */
function add(ptr: usize, frames: i32, channels: i32): void {
  const stride = channels * 4;
  const second = stride - 4;
  const end = ptr + frames * 8;
  let from = block;
  for (let to = ptr; to < end; to += 8) {
    store<i32>(to, saturated(<i64>load<i32>(to) + load<i32>(from)));
    store<i32>(to, saturated(<i64>load<i32>(to, 4) + load<i32>(from + second)), 4);
    from += stride;
  }
}


@inline
function saturated(sample: i64): i32 {
  return <i32>max<i64>(i32.MIN_VALUE, min<i64>(i32.MAX_VALUE, sample));
}
