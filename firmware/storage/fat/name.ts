// Names as FAT keeps them, up to 255 UTF-16 units, and as everything else does, UTF-8.

import { decodePoint, encodePoint, pointBytes, REPLACEMENT } from '../../console/utf8';
import { fold } from './fold';
import { FsError } from './fs-error';

/** UTF-16 units of the longest name, and bytes it has as UTF-8. */
export const NAME_UNITS: i32 = 255;
export const NAME_BYTES: i32 = NAME_UNITS * 3;

const SPACE = 0x20;
const DOT = 0x2e;
const SLASH = 0x2f;
const DELETE = 0x7f;

/** `"*:<>?\|`: FAT has no such characters, beside the slash and what steers. */
const forbidden = memory.data<u8>([0x22, 0x2a, 0x3a, 0x3c, 0x3e, 0x3f, 0x5c, 0x7c]);
const FORBIDDEN_BYTES: usize = 8;

/** Whether a character may be in a long name that is made. */
export function isAllowed(unit: i32): bool {
  if (unit < SPACE || unit === SLASH || unit === DELETE) return false;
  for (let i: usize = 0; i < FORBIDDEN_BYTES; i++) {
    if (unit === <i32>load<u8>(forbidden + i)) return false;
  }
  return true;
}

/** Whether a name from the card may be shown and looked up: no slash and no control characters, not `.` or `..`. */
export function isPlain(units: usize, length: i32): bool {
  for (let i = 0; i < length; i++) {
    const unit = <i32>load<u16>(units + (i << 1));
    if (unit < SPACE || unit === SLASH || unit === DELETE) return false;
  }
  return !isDots(units, length);
}

function isDots(units: usize, length: i32): bool {
  if (length > 2 || load<u16>(units) !== DOT) return false;
  return length === 1 || load<u16>(units, 2) === DOT;
}

/** Writes `length` UTF-16 units as UTF-8 to `ptr`, up to three bytes each; half a pair becomes U+FFFD. The bytes. */
export function toUtf8(units: usize, length: i32, ptr: usize): i32 {
  let bytes = 0;
  for (let i = 0; i < length; i++) {
    let point = <i32>load<u16>(units + (i << 1));
    if (point >= 0xd800 && point < 0xe000) {
      const low = i + 1 < length ? <i32>load<u16>(units + (i << 1), 2) : 0;
      const isPair = point < 0xdc00 && low >= 0xdc00 && low < 0xe000;
      point = isPair ? 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00) : REPLACEMENT;
      i += <i32>isPair;
    }
    bytes += encodePoint(ptr + bytes, point);
  }
  return bytes;
}

/** A name that something is looked for by, or made with. */
export class Name {
  readonly units: usize = heap.alloc(NAME_UNITS * 2);
  /** The same, folded. */
  private readonly folded: usize = heap.alloc(NAME_UNITS * 2);
  length: i32 = 0;

  /** Takes `bytes` bytes of UTF-8. 0, or BadName: too long, `.` or `..`, or broken. */
  take(ptr: usize, bytes: i32): i32 {
    let length = 0;
    for (let at = 0; at < bytes; at += pointBytes) {
      const point = decodePoint(ptr + at, bytes - at);
      // U+FFFD itself takes three bytes.
      if ((point === REPLACEMENT && pointBytes < 3) || point < SPACE || point === DELETE) return FsError.BadName;
      if (length + <i32>(point > 0xffff) >= NAME_UNITS) return FsError.BadName;
      if (point > 0xffff) this.put(length++, 0xd7c0 + (point >> 10));
      this.put(length++, point > 0xffff ? 0xdc00 | (point & 0x3ff) : point);
    }
    this.length = length;
    return length === 0 || isDots(this.units, length) ? FsError.BadName : 0;
  }

  private put(index: i32, unit: i32): void {
    store<u16>(this.units + (index << 1), unit);
    store<u16>(this.folded + (index << 1), fold(unit));
  }

  /** Whether a file may be called so: what Windows takes, which drops dots and spaces at the end. */
  get isAllowed(): bool {
    for (let i = 0; i < this.length; i++) {
      if (!isAllowed(load<u16>(this.units + (i << 1)))) return false;
    }
    const last = load<u16>(this.units + ((this.length - 1) << 1));
    return last !== DOT && last !== SPACE;
  }

  /** Whether other units are this name but for upper and lower case. */
  equals(units: usize, length: i32): bool {
    if (length !== this.length) return false;
    const folded = this.folded;
    for (let at: usize = 0; at < <usize>(length << 1); at += 2) {
      const unit = <i32>load<u16>(units + at);
      const wanted = <i32>load<u16>(folded + at);
      if (unit !== wanted && fold(unit) !== wanted) return false;
    }
    return true;
  }
}
