// Makes frames as they go onto the line: header, payload and CRC, stuffed, between zero bytes.

import { crc32 } from '../../drivers/board';
import { cobsBytes, cobsEncode } from './cobs';
import { Channel, Link } from './protocol';

/** Bytes of the longest frame on the line. */
export const WIRE_BYTES: i32 = cobsBytes(Link.HeaderBytes + Link.PayloadBytes + Link.CrcBytes) + 2;

const plain = heap.alloc(Link.HeaderBytes + Link.PayloadBytes + Link.CrcBytes);
/** Where the next frame's payload may be written before `makeFrame`. */
export const payloadAt: usize = plain + Link.HeaderBytes;

/**
 * Makes a frame at `to`, which has room for WIRE_BYTES. `ptr` is the payload, at most Link.PayloadBytes; `payloadAt`
 * when it lies there already. Returns how many bytes the frame takes on the line.
 */
export function makeFrame(to: usize, channel: Channel, session: i32, sequence: i32, ptr: usize, bytes: i32): i32 {
  store<u8>(plain, Link.Version);
  store<u8>(plain, channel, 1);
  store<u16>(plain, session, 2);
  store<u16>(plain, sequence, 4);
  store<u16>(plain, bytes, 6);
  if (ptr !== payloadAt) memory.copy(payloadAt, ptr, bytes);
  const covered = Link.HeaderBytes + bytes;
  store<u32>(plain + covered, crc32(plain, covered, 0));
  store<u8>(to, 0);
  const stuffed = cobsEncode(plain, covered + Link.CrcBytes, to + 1);
  store<u8>(to + 1 + stuffed, 0);
  return stuffed + 2;
}
