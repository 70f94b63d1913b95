// The library's QOA decoder by itself: what bench.ts runs on wasm3 and what wasm2c translates. Imports no board.

import { QoaSource } from '../../firmware/codecs/qoa';
import { Bytes, within } from '../../firmware/storage/bytes';

const MAX_FILE: i32 = 64 * 1024;
const MAX_FRAMES: i32 = 44100;
/** Frames of one `read`, as the player asks for them. */
const BLOCK: i32 = 512;

const file = memory.data(MAX_FILE, 16);
const out = memory.data(MAX_FRAMES * 8, 16);

class Memory extends Bytes {
  read(offset: i64, ptr: usize, bytes: i32): i32 {
    const count = within(this.size, offset, bytes);
    memory.copy(ptr, file + <usize>offset, count);
    return count;
  }
}

const whole = new Memory();
const source = new QoaSource();

/** Where the file belongs, and where the frames are afterwards. */
export function fileAddress(): usize {
  return file;
}
export function outAddress(): usize {
  return out;
}

/** The decoder, at the beginning of the file of so many bytes. */
export function openFile(bytes: i32): QoaSource {
  whole.size = bytes;
  source.open(whole);
  return source;
}

/** Decodes the file, stereo; returns the frames. */
export function decodeAll(bytes: i32): i32 {
  openFile(bytes);
  let done = 0;
  let count: i32;
  do {
    count = source.read(out + done * 8, min(BLOCK, MAX_FRAMES - done));
    done += max(count, 0);
  } while (count > 0);
  return done;
}
