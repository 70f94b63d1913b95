// Finds the lines of a playlist that mean a file: by a hash of the path, in which capital letters are as small ones.

import { decodePoint, pointBytes } from '../console/utf8';
import { MOST_CARD_TRACKS } from '../storage/card-limits';
import { fold } from '../storage/fat/fold';

const BUCKETS: i32 = 8192;
const NONE: u16 = 0xffff;
/** The newest line of each bucket, and of each line the one before it. */
const newest = memory.data(8192 * 2, 2);
const before = memory.data(MOST_CARD_TRACKS * 2, 2);
const hashes = memory.data(MOST_CARD_TRACKS * 4, 4);

export class PathIndex {
  clear(): void {
    memory.fill(newest, 0xff, BUCKETS * 2);
  }

  /** Notes line `number`, whose path is `bytes` bytes at `path`. */
  add(number: i32, path: usize, bytes: i32): void {
    const hash = hashOf(path, bytes);
    const bucket = bucketOf(hash);
    store<u32>(hashes + ((<usize>number) << 2), hash);
    store<u16>(before + ((<usize>number) << 1), load<u16>(bucket));
    store<u16>(bucket, <u16>number);
  }

  /** The newest line that may mean this path, `after` when it is given one older than that; -1 if there is none. */
  find(path: usize, bytes: i32, after: i32 = -1): i32 {
    const hash = hashOf(path, bytes);
    let number = after < 0 ? load<u16>(bucketOf(hash)) : load<u16>(before + ((<usize>after) << 1));
    while (number !== NONE && load<u32>(hashes + ((<usize>number) << 2)) !== hash)
      number = load<u16>(before + ((<usize>number) << 1));
    return number === NONE ? -1 : <i32>number;
  }
}

/** Whether two paths are the same but for capital letters. */
export function isSamePath(a: usize, aBytes: i32, b: usize, bBytes: i32): bool {
  while (aBytes > 0 && bBytes > 0) {
    const first = foldedAt(a, aBytes);
    a += pointBytes;
    aBytes -= pointBytes;
    if (first !== foldedAt(b, bBytes)) return false;
    b += pointBytes;
    bBytes -= pointBytes;
  }
  return aBytes === bBytes;
}


@inline
function foldedAt(ptr: usize, left: i32): i32 {
  const point = decodePoint(ptr, left);
  return point > 0xffff ? point : fold(point);
}

/** FNV-1a over the folded code points. */
function hashOf(path: usize, bytes: i32): u32 {
  let hash: u32 = 0x811c9dc5;
  while (bytes > 0) {
    hash = (hash ^ foldedAt(path, bytes)) * 0x01000193;
    path += pointBytes;
    bytes -= pointBytes;
  }
  return hash;
}


@inline
function bucketOf(hash: u32): usize {
  return newest + (((hash ^ (hash >> 16)) & (BUCKETS - 1)) << 1);
}
