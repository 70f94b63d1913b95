// Takes the line's bytes apart: frames between zero bytes, and text (docs/link.md, Text and frames). A block of bytes
// is given once; each call of `nextFrame` then comes to the next whole frame in it.

import { crc32 } from '../../drivers/board';
import { textBytes } from '../console/input';
import { cobsBytes, cobsDecode, findZero } from './cobs';
import { Link } from './protocol';

const FRAME_BYTES: i32 = Link.HeaderBytes + Link.PayloadBytes + Link.CrcBytes;
const COLLECT_BYTES: i32 = cobsBytes(FRAME_BYTES);
const collected = heap.alloc(COLLECT_BYTES);
/** The frame that `nextFrame` came to: header, payload and CRC; valid until the next call. */
export const frame: usize = heap.alloc(FRAME_BYTES);
/** Bytes of its payload. */
export let framePayload: i32 = 0;

/** Whether a zero byte was seen and no whole frame since; or nothing yet, as the board may have started within a frame. */
export let collecting: bool = true;
let isFirst: bool = true;
/** What stood between zero bytes and was no frame. */
export let damagedFrames: i32 = 0;
let count: i32 = 0;
let at: usize = 0;
let end: usize = 0;

/** Whether a block is nothing but more of the frame that was begun; it is then taken in. */
export function isMore(ptr: usize, bytes: i32): bool {
  if (!collecting || count + bytes > COLLECT_BYTES || findZero(ptr, ptr + bytes) !== ptr + bytes) return false;
  memory.copy(collected + count, ptr, bytes);
  count += bytes;
  return true;
}

/** Gives a block of bytes; it stays the caller's and must last until `nextFrame` has answered false. */
export function feed(ptr: usize, bytes: i32): void {
  at = ptr;
  end = ptr + bytes;
}

/** Comes to the next frame; false when the block is used up. */
export function nextFrame(): bool {
  while (at < end) {
    const zero = findZero(at, end);
    const bytes = <i32>(zero - at);
    if (!collecting) {
      // Nobody types right before a frame: that is one whose beginning was lost, as when the board starts within it.
      if (bytes && zero === end) textBytes(at, bytes);
      at = zero;
      if (at < end) {
        at++;
        collecting = true;
        count = 0;
      }
      continue;
    }
    const room = COLLECT_BYTES - count;
    if (bytes > room) {
      at += room;
      giveUp();
      continue;
    }
    memory.copy(collected + count, at, bytes);
    count += bytes;
    at = zero;
    if (at === end) return false;
    at++;
    isFirst = false;
    if (!count) continue;
    const whole = isFrame(count);
    count = 0;
    if (whole) {
      collecting = false;
      return true;
    }
    damagedFrames++;
  }
  return false;
}

/** No more of the frame that was begun comes; what was the first of all was none, but typed. */
export function giveUp(): void {
  if (isFirst) textBytes(collected, count);
  else if (count) damagedFrames++;
  isFirst = false;
  count = 0;
  collecting = false;
}

function isFrame(stuffed: i32): bool {
  const bytes = cobsDecode(collected, stuffed, frame, FRAME_BYTES);
  if (bytes < Link.HeaderBytes + Link.CrcBytes) return false;
  framePayload = bytes - Link.HeaderBytes - Link.CrcBytes;
  if (<i32>load<u16>(frame, 6) !== framePayload) return false;
  const covered = bytes - Link.CrcBytes;
  return crc32(frame, covered, 0) === load<u32>(frame + covered);
}
