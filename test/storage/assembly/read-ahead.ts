// A ReadAhead over a file whose bytes tell where they are, and which counts what is asked of it.
import { Bytes, within } from '../../../firmware/storage/bytes';
import { ReadAhead } from '../../../firmware/storage/read-ahead';

export const buffer: usize = memory.data(1 << 20);

class Counted extends Bytes {
  failsAt: i64 = i64.MAX_VALUE;
  reads: i32 = 0;
  bytes: i64 = 0;
  odd: i32 = 0;
  read(offset: i64, ptr: usize, bytes: i32): i32 {
    this.reads++;
    const count = within(this.size, offset, bytes);
    this.bytes += count;
    if (offset & 511 || (count & 511 && offset + count !== this.size)) this.odd++;
    if (offset + count > this.failsAt) return -1;
    for (let i = 0; i < count; i++) store<u8>(ptr + i, byteAt(offset + i));
    return count;
  }
}

function byteAt(offset: i64): u8 {
  return <u8>(offset ^ (offset >> 8) ^ (offset >> 16));
}

const file = new Counted();
const ahead = new ReadAhead(memory.data(1 << 20), 1 << 20);

export function open(size: f64): void {
  file.size = <i64>size;
  file.failsAt = i64.MAX_VALUE;
  file.reads = 0;
  file.bytes = 0;
  ahead.open(file);
}
export function failAt(offset: f64): void {
  file.failsAt = <i64>offset;
}
/** How many bytes were read; -2 when one of them was wrong. */
export function read(offset: f64, bytes: i32): i32 {
  const count = ahead.read(<i64>offset, buffer, bytes);
  for (let i = 0; i < count; i++) if (load<u8>(buffer + i) !== byteAt(<i64>offset + i)) return -2;
  return count;
}
export function fill(): bool {
  return ahead.fill();
}
export function isAhead(): f64 {
  return <f64>ahead.ahead;
}
export function isWhole(): bool {
  return ahead.isWhole;
}
export function failed(): bool {
  return ahead.failed;
}
export function reads(): i32 {
  return file.reads;
}
export function bytesRead(): f64 {
  return <f64>file.bytes;
}
/** Reads that did not begin or end with a sector. */
export function odd(): i32 {
  return file.odd;
}
