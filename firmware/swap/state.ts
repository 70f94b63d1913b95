// What a module leaves for the one after it, in the DMA window, where it outlives both: written when it changes, so that
// it is there after a trap or a hang too. One record at a time:
//   0   "MLST"                           8   length of what follows the header, in bytes
//   4   format, the program's own number 12  CRC-32 of bytes 0 to 11 and of what follows

import { copyIn, copyOut, crc32, Info, info } from '../../drivers/board';

const MAGIC: u32 = 0x54534c4d;
const FORMAT: usize = 4;
const LENGTH: usize = 8;
const SUM: usize = 12;
const HEADER_BYTES: i32 = 16;

const header = memory.data(16, 4);

function sumOf(ptr: usize, length: i32): u32 {
  return crc32(ptr, length, crc32(header, <i32>SUM, 0));
}

/** The most that a record can hold, in bytes. */
export function stateRoom(): i32 {
  return <i32>info(Info.StateBytes) - HEADER_BYTES;
}

/**
 * Leaves `length` bytes at `ptr`, at most `stateRoom`, instead of the record before. `format` is to change with what the
 * bytes mean: another format is not understood, and the next module begins anew.
 */
export function leaveState(format: u32, ptr: usize, length: i32): void {
  assert(length >= 0 && length <= stateRoom());
  store<u32>(header, MAGIC);
  store<u32>(header, format, FORMAT);
  store<i32>(header, length, LENGTH);
  store<u32>(header, sumOf(ptr, length), SUM);
  const base = <u32>info(Info.StateBase);
  // A module that is ended between the two has left none.
  copyOut(base, header, HEADER_BYTES);
  copyOut(base + HEADER_BYTES, ptr, length);
}

/**
 * The record of an earlier module, with that format: its length, and its bytes at `ptr`; -1 when there is none, or it is
 * longer than `most`. Memory may hold one from before a restart: the first module finds none.
 */
export function findState(format: u32, ptr: usize, most: i32): i32 {
  const base = <u32>info(Info.StateBase);
  if (info(Info.Generation) < 2 || copyIn(base, header, HEADER_BYTES)) return -1;
  const length = load<i32>(header, LENGTH);
  if (load<u32>(header) !== MAGIC || load<u32>(header, FORMAT) !== format) return -1;
  if (length < 0 || length > min(most, stateRoom())) return -1;
  const sum = load<u32>(header, SUM);
  copyIn(base + HEADER_BYTES, ptr, length);
  return sumOf(ptr, length) === sum ? length : -1;
}
