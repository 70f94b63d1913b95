// Short names: 8 bytes and 3, capitals, padded with spaces. Everything on a card has one, and what has a long name too
// has as the short one an alias such as `SOMETH~1.WAV`.

import { FsError } from './fs-error';
import { isAllowed, Name } from './name';

export const SHORT_BYTES: i32 = 11;
const BASE_BYTES: i32 = 8;
/** UTF-16 units of a short name with its dot. */
export const SHORT_UNITS: i32 = 12;

/** Offset in an entry, and bits there: base or extension are meant in small letters (Windows NT). */
export const CASE: usize = 12;
const SMALL_BASE: i32 = 8;
const SMALL_EXTENSION: i32 = 16;

/** Stands for a first byte of 0xe5, which would mean a free slot. */
const KANJI_E5: i32 = 5;

const SPACE: u8 = 0x20;
const DOT = 0x2e;
const TILDE = 0x7e;
const UNDERSCORE = 0x5f;
const ZERO = 0x30;
const REPLACEMENT = 0xfffd;

/** Bytes 0x80 to 0xa5 of code pages 437 and 850, which agree there but for one. What comes behind is shown as U+FFFD. */
// prettier-ignore
const codePage = memory.data<u16>([
  0xc7, 0xfc, 0xe9, 0xe2, 0xe4, 0xe0, 0xe5, 0xe7, 0xea, 0xeb, 0xe8, 0xef, 0xee, 0xec, 0xc4, 0xc5, 0xc9, 0xe6, 0xc6,
  0xf4, 0xf6, 0xf2, 0xfb, 0xf9, 0xff, 0xd6, 0xdc, 0xf8, 0xa3, 0xd8, 0xd7, 0x192, 0xe1, 0xed, 0xf3, 0xfa, 0xf1, 0xd1,
]);
const CODE_PAGE_END: i32 = 0xa5;

/** The checksum of a short name that every slot of its long name carries. */
export function shortSum(short: usize): i32 {
  let sum = 0;
  for (let i = 0; i < SHORT_BYTES; i++) sum = (((sum & 1) << 7) + (sum >> 1) + <i32>load<u8>(short + i)) & 0xff;
  return sum;
}

/** Writes the short name of an entry as up to SHORT_UNITS units; returns how many. */
export function decodeShort(entry: usize, units: usize): i32 {
  const small = <i32>load<u8>(entry, CASE);
  let length = 0;
  let at = 0;
  for (let end = BASE_BYTES; end <= SHORT_BYTES; end += SHORT_BYTES - BASE_BYTES) {
    let last = end;
    while (last > at && load<u8>(entry + last - 1) === SPACE) last--;
    if (at && last > at) store<u16>(units + (length++ << 1), DOT);
    const isSmall = (small & (at ? SMALL_EXTENSION : SMALL_BASE)) !== 0;
    for (; at < last; at++) {
      let byte = <i32>load<u8>(entry + at);
      if (at === 0 && byte === KANJI_E5) byte = 0xe5;
      store<u16>(units + (length++ << 1), decodeByte(byte, isSmall));
    }
    at = end;
  }
  return length;
}

function decodeByte(byte: i32, isSmall: bool): i32 {
  if (byte >= 0x80) return byte > CODE_PAGE_END ? REPLACEMENT : <i32>load<u16>(codePage + ((byte - 0x80) << 1));
  if (!isAllowed(byte)) return UNDERSCORE;
  return isSmall && byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte;
}

/** Makes the short name for a new long one. One pass over the directory finds the number that it needs. */
export class Alias {
  readonly bytes: usize = heap.alloc(16);
  /** Whether the long name is a short one as it is, so that it needs no slots of its own. */
  isWhole: bool = false;
  /** Whether something was lost, so that a number tells it from others. */
  private isLossy: bool = false;
  private baseBytes: i32 = 0;
  private highest: i32 = 0;

  /** Begins with a name. */
  begin(name: Name): void {
    memory.fill(this.bytes, SPACE, SHORT_BYTES);
    this.highest = 0;
    this.isWhole = true;
    this.isLossy = false;
    const units = name.units;
    const length = name.length;
    let dot = length - 1;
    while (dot > 0 && load<u16>(units + (dot << 1)) !== DOT) dot--;
    if (dot <= 0) dot = length;
    this.baseBytes = this.put(units, 0, dot, 0, BASE_BYTES);
    this.put(units, dot + 1, length, BASE_BYTES, SHORT_BYTES);
    if (this.baseBytes === 0) {
      store<u8>(this.bytes, UNDERSCORE);
      this.baseBytes = 1;
      this.isLossy = true;
    }
    if (this.isLossy) this.isWhole = false;
  }

  /** Puts units `from` to `to` to bytes `at` to `end`; returns how many bytes were put. */
  private put(units: usize, from: i32, to: i32, at: i32, end: i32): i32 {
    const start = at;
    for (let i = from; i < to; i++) {
      let unit = <i32>load<u16>(units + (i << 1));
      if (unit >= 0x61 && unit <= 0x7a) {
        unit -= 32;
        this.isWhole = false;
      }
      const isLost = unit === SPACE || unit === DOT;
      // `+,;=[]` may be in a long name but not here.
      const isStrange =
        unit >= 0x80 ||
        unit === 0x2b ||
        unit === 0x2c ||
        unit === 0x3b ||
        unit === 0x3d ||
        unit === 0x5b ||
        unit === 0x5d;
      if (isLost || isStrange || at === end) this.isLossy = true;
      if (!isLost && at < end) store<u8>(this.bytes + at++, isStrange ? UNDERSCORE : unit);
    }
    return at - start;
  }

  /** Looks at a short name that is in the directory. */
  note(short: usize): void {
    let at = BASE_BYTES;
    while (at > 0 && load<u8>(short + at - 1) === SPACE) at--;
    let number = 0;
    for (let scale = 1; at > 1; scale *= 10) {
      const digit = <i32>load<u8>(short + at - 1) - ZERO;
      if (digit < 0 || digit > 9) break;
      number += digit * scale;
      at--;
    }
    if (at < 2 || load<u8>(short + at - 1) !== TILDE || number <= this.highest) return;
    if (memory.compare(short, this.bytes, at - 1) === 0) this.highest = number;
  }

  /** Ends the pass. 0, or DirectoryFull. */
  finish(): i32 {
    if (!this.isLossy) return 0;
    let number = this.highest + 1;
    let digits = 1;
    for (let rest = number; rest >= 10; rest /= 10) digits++;
    if (digits > 6) return FsError.DirectoryFull;
    const tilde = min(this.baseBytes, BASE_BYTES - 1 - digits);
    memory.fill(this.bytes + tilde, SPACE, BASE_BYTES - tilde);
    store<u8>(this.bytes + tilde, TILDE);
    for (let at = tilde + digits; at > tilde; at--) {
      store<u8>(this.bytes + at, ZERO + (number % 10));
      number /= 10;
    }
    return 0;
  }
}
