// Bytes that can be read at any place: the RAM disk, a member of an archive on it, a file on a card.

/** Something with a length that bytes are read from. */
export abstract class Bytes {
  /** Length in bytes, constant while it is open. */
  size: i64 = 0;

  /**
   * Reads up to `bytes` bytes from `offset` to `ptr`, which stays the caller's. Returns how many were written:
   * fewer than asked for only at the end, 0 at or after the end or for a negative offset, -1 when the medium failed
   * (what is at `ptr` is then undefined).
   */
  abstract read(offset: i64, ptr: usize, bytes: i32): i32;
}

/** How many of `wanted` bytes at `offset` lie inside `size`. */
@inline
export function within(size: i64, offset: i64, wanted: i32): i32 {
  if (offset < 0 || offset >= size || wanted <= 0) return 0;
  const left = size - offset;
  return left < <i64>wanted ? <i32>left : wanted;
}

/** A part of other bytes. Made once, pointed at one part after the other. */
export class Part extends Bytes {
  private whole: Bytes | null = null;
  private start: i64 = 0;

  /** Shows `size` bytes of `whole` from `start`; what lies beyond the end of `whole` is cut off. */
  of(whole: Bytes, start: i64, size: i64): void {
    this.whole = whole;
    this.start = start;
    const left = whole.size - start;
    this.size = start < 0 || size < 0 || left < 0 ? 0 : size < left ? size : left;
  }

  read(offset: i64, ptr: usize, bytes: i32): i32 {
    const whole = this.whole;
    const count = within(this.size, offset, bytes);
    if (!whole || !count) return 0;
    return whole.read(this.start + offset, ptr, count);
  }
}
