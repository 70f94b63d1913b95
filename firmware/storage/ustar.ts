// A reader for tar archives (POSIX.1-1988 ustar; pax and GNU archives are the same to it, less their extensions).
// A member is a header of 512 bytes, its data, and padding to 512; a block of zeros is the end. Nothing in a header is
// believed before its checksum, and nothing then but what fits into the archive: behind a member with a broken header
// the reader looks for the next block that is a header beyond doubt, and goes on there. That may take long, and an
// archive may hold a great many members that are no files: a program that must not wait gives `next` a budget.

import { Bytes } from './bytes';

export const BLOCK: i32 = 512;
/** Bytes that the longest name has: prefix, slash and name. */
export const NAME_BYTES: i32 = 256;

/** What `next` has found. */
export const enum Member {
  /** The end of the archive. */
  End = 0,
  /** A regular file: `name`, `offset`, `size`. */
  File = 1,
  /** A header that is damaged or lies, at `offset`. Call `next` again for what stands behind it. */
  Damaged = 2,
  /** The medium failed at `offset`. There is no more. */
  Failed = 3,
  /** The budget is used up. Give a new one and call `next` again to go on. */
  Paused = 4,
}

/** What a block costs of a budget: passed over, and with its checksum taken. In QEMU 800 and 13,000 instructions. */
const PASS_COST: i32 = 1;
const CHECK_COST: i32 = 16;
/** Behind a damaged member so many bytes are looked through for a header: six minutes of a WAV file. */
const LOST_BYTES: i64 = 64 << 20;

// Fields of a header, and where they end: POSIX.1-1988, section 10.1.1.
const SIZE: usize = 124;
const SIZE_BYTES: i32 = 12;
const CHECKSUM: usize = 148;
const CHECKSUM_BYTES: i32 = 8;
const TYPE: usize = 156;
const MAGIC: usize = 257;
const PREFIX: usize = 345;
const NAME_FIELD: i32 = 100;
const PREFIX_FIELD: i32 = 155;

/** "usta" as a little-endian word; "r\0" follows in ustar, "r " in GNU's archives, which have no prefix. */
const USTA: u32 = 0x61747375;
const R_NUL: u16 = 0x0072;

const NONE: i64 = -1;

/** Every second byte of a word, the lowest bit of each byte, of each 16 bits, and the lowest 16 bits. */
const EVEN: u64 = 0x00ff00ff00ff00ff;
const ONES: u64 = 0x0101010101010101;
const LANES: u64 = 0x0001000100010001;
const LANE: u64 = 0xffff;

const header = memory.data(512);

/** Goes through an archive, member by member, without keeping a list. */
export class Archive {
  /** The file's name without a leading `./`, UTF-8 as it was found: any bytes but 0. */
  readonly name: usize = heap.alloc(NAME_BYTES);
  nameBytes: i32 = 0;
  /** Where the file's data begins in the archive, or the damaged header. */
  offset: i64 = 0;
  size: i64 = 0;
  /** What `next` may still do before it pauses: 1 for a block that is passed over, 16 for one that may be a header. */
  budget: i32 = i32.MAX_VALUE;
  /** Whether a header that could be believed was found, of whatever kind. */
  found: bool = false;
  /** Whether `next` gave up before the end of the medium, as no header came for 64 MiB behind a damaged one. */
  gaveUp: bool = false;

  private file: Bytes | null = null;
  private at: i64 = 0;
  private isLost: bool = false;
  private lostAt: i64 = 0;

  /** Starts with an archive's first member. */
  open(file: Bytes): void {
    this.file = file;
    this.at = 0;
    this.isLost = false;
    this.found = false;
    this.gaveUp = false;
  }

  /** Finds the next file; directories, links and extension headers are passed over. */
  next(): Member {
    const file = this.file;
    if (!file) return Member.End;
    for (;;) {
      const at = this.at;
      this.offset = at;
      this.size = 0;
      this.nameBytes = 0;
      if (this.budget <= 0) return Member.Paused;
      const got = file.read(at, header, BLOCK);
      if (got < 0) {
        this.file = null;
        return Member.Failed;
      }
      if (got === 0) return this.end();
      if (got < BLOCK) {
        this.file = null;
        return this.isLost ? Member.End : Member.Damaged;
      }
      if (this.isLost) {
        // Only what carries the magic and a right checksum counts here.
        const isLike = load<u32>(header + MAGIC) === USTA;
        if (!isLike || !isChecked()) {
          this.budget -= isLike ? CHECK_COST : PASS_COST;
          this.at = at + BLOCK;
          if (this.at - this.lostAt < LOST_BYTES) continue;
          this.gaveUp = true;
          return this.end();
        }
        this.isLost = false;
      }
      this.budget -= CHECK_COST;
      if (isZero()) return this.end();
      const size = isChecked() ? sizeOf() : NONE;
      const padded = (size + (BLOCK - 1)) & ~(<i64>BLOCK - 1);
      if (size < 0 || size > file.size - at - BLOCK) {
        this.isLost = true;
        this.lostAt = at;
        this.at = at + BLOCK;
        return Member.Damaged;
      }
      this.found = true;
      this.at = at + BLOCK + padded;
      const kind = load<u8>(header + TYPE);
      // '0', its older spelling, and '7', a contiguous file, which is one like others here.
      if (kind !== 0x30 && kind !== 0 && kind !== 0x37) continue;
      this.takeName();
      if (this.nameBytes === 0 || load<u8>(this.name + this.nameBytes - 1) === 0x2f) continue;
      this.offset = at + BLOCK;
      this.size = size;
      return Member.File;
    }
  }

  private end(): Member {
    this.file = null;
    return Member.End;
  }

  private takeName(): void {
    const name = this.name;
    let length = 0;
    const magic = load<u16>(header + MAGIC, 4);
    if (load<u32>(header + MAGIC) === USTA && magic === R_NUL && load<u8>(header + PREFIX)) {
      length = fieldLength(header + PREFIX, PREFIX_FIELD);
      memory.copy(name, header + PREFIX, length);
      store<u8>(name + length++, 0x2f);
    }
    const own = fieldLength(header, NAME_FIELD);
    memory.copy(name + length, header, own);
    length += own;
    // What `tar` of a folder's `.` puts before every name.
    while (length >= 2 && load<u16>(name) === 0x2f2e) {
      length -= 2;
      memory.copy(name, name + 2, length);
    }
    this.nameBytes = length;
  }
}

/** Bytes before the first 0. */
function fieldLength(field: usize, bytes: i32): i32 {
  let length = 0;
  while (length < bytes && load<u8>(field + length)) length++;
  return length;
}

function isZero(): bool {
  for (let i: usize = 0; i < <usize>BLOCK; i += 8) {
    if (load<u64>(header + i)) return false;
  }
  return true;
}

/** Whether the checksum is right: all bytes added, the checksum's own as spaces; old writers added signed bytes. */
function isChecked(): bool {
  const claimed = octal(header + CHECKSUM, CHECKSUM_BYTES);
  if (claimed < 0) return false;
  // Four sums in 16-bit lanes: 64 words of two bytes a lane stay below 2^15. Counts of top bits, in 8-bit lanes: 64.
  let sums: u64 = 0;
  let tops: u64 = 0;
  for (let at = header, end = header + BLOCK; at !== end; at += 32) {
    const a = load<u64>(at);
    const b = load<u64>(at, 8);
    const c = load<u64>(at, 16);
    const d = load<u64>(at, 24);
    sums += (a & EVEN) + ((a >> 8) & EVEN) + (b & EVEN) + ((b >> 8) & EVEN);
    sums += (c & EVEN) + ((c >> 8) & EVEN) + (d & EVEN) + ((d >> 8) & EVEN);
    tops += ((a >> 7) & ONES) + ((b >> 7) & ONES) + ((c >> 7) & ONES) + ((d >> 7) & ONES);
  }
  let sum = CHECKSUM_BYTES * 0x20 + <i32>((sums & LANE) + ((sums >> 16) & LANE) + ((sums >> 32) & LANE) + (sums >> 48));
  tops = (tops & EVEN) + ((tops >> 8) & EVEN);
  let high = <i32>((tops * LANES) >> 48); // bytes that are negative as signed ones
  for (let i = CHECKSUM; i < CHECKSUM + CHECKSUM_BYTES; i++) {
    const byte = <i32>load<u8>(header + i);
    sum -= byte;
    high -= byte >> 7;
  }
  return claimed === <i64>sum || claimed === <i64>(sum - 256 * high);
}

/** The size field: octal, or with the top bit of its first byte set a big-endian number (GNU, star). */
function sizeOf(): i64 {
  const first = load<u8>(header + SIZE);
  if (!(first & 0x80)) return octal(header + SIZE, SIZE_BYTES);
  if (first !== 0x80 || load<u16>(header + SIZE, 1) || load<u8>(header + SIZE, 3)) return NONE; // 2^64 and more, or < 0
  const value = bswap<i64>(load<i64>(header + SIZE, 4));
  return value < 0 ? NONE : value;
}

/** Octal digits, after spaces, up to a space, a 0 or the field's end; -1 for anything else, or nothing. */
function octal(field: usize, bytes: i32): i64 {
  let i = 0;
  while (i < bytes && load<u8>(field + i) === 0x20) i++;
  const first = i;
  let value: i64 = 0;
  for (; i < bytes; i++) {
    const digit = <i32>load<u8>(field + i) - 0x30;
    if (digit < 0 || digit > 7) break;
    value = (value << 3) | (<i64>digit);
  }
  if (i === first) return NONE;
  for (; i < bytes; i++) {
    const byte = load<u8>(field + i);
    if (byte !== 0 && byte !== 0x20) return NONE;
  }
  return value;
}
