// The paths that player.ini gives: the playlist, and the folders whose tracks resume. They are copied, without slashes
// at their ends, and lead nowhere but into the card.

/** Bytes that a path can have. */
const MOST_BYTES: i32 = 510;
/** Folders that resume. */
export const MAX_FOLDERS: i32 = 8;
/** A path in memory: its length as u16, its bytes. The first is the playlist. */
const SLOT_BYTES: i32 = 512;
const slots = memory.data(9 * 512);

/** The path that was read last. */
let found: usize = 0;
let foundBytes: i32 = 0;

/** Reads the path in the bytes from `start` to `end`, which may be quoted. False when it is none. */
export function readPath(start: usize, end: usize): bool {
  if (end - start >= 2 && load<u8>(start) === 0x22 && load<u8>(end - 1) === 0x22) {
    start++;
    end--;
  }
  if (start === end) return false;
  while (start < end && load<u8>(start) === 0x2f) start++;
  while (end > start && load<u8>(end - 1) === 0x2f) end--;
  found = start;
  foundBytes = <i32>(end - start);
  return foundBytes <= MOST_BYTES && (!foundBytes || isClean(start, end));
}

/** Whether what was read last ends in .m3u or .m3u8. */
export function isPlaylist(): bool {
  let end = found + foundBytes;
  if (foundBytes > 5 && load<u8>(end - 1) === 0x38) end--;
  return end - found > 4 && load<u8>(end - 4) === 0x2e && (load<u32>(end - 4) | 0x20202020) === 0x75336d2e;
}

/** Copies what was read last into a slot: 0 the playlist, 1 to 8 a folder. */
export function keepPath(slot: i32): void {
  const to = slots + slot * SLOT_BYTES;
  store<u16>(to, <u16>foundBytes);
  memory.copy(to + 2, found, foundBytes);
}

/** Where the path of a slot begins. */
export function pathAt(slot: i32): usize {
  return slots + slot * SLOT_BYTES + 2;
}

/** Bytes of the path of a slot; 0 for the card itself. */
export function pathBytes(slot: i32): i32 {
  return load<u16>(slots + slot * SLOT_BYTES);
}

/** Whether a path from the card's root is the path of a slot or lies in it. ASCII letters are alike, large or small. */
export function isWithin(slot: i32, path: usize, bytes: i32): bool {
  const folder = pathAt(slot);
  const length = pathBytes(slot);
  if (!length) return true;
  if (bytes < length || (bytes > length && load<u8>(path + length) !== 0x2f)) return false;
  for (let i = 0; i < length; i++) {
    if (small(load<u8>(folder + i)) !== small(load<u8>(path + i))) return false;
  }
  return true;
}

/** No control characters, no quotes or backslashes, and no component that is empty, `.` or `..`. */
function isClean(start: usize, end: usize): bool {
  let length = 0;
  let dots = 0;
  for (let at = start; at <= end; at++) {
    const byte = at < end ? load<u8>(at) : <u8>0x2f;
    if (byte < 0x20 || byte === 0x7f || byte === 0x22 || byte === 0x5c) return false;
    if (byte === 0x2f) {
      if (length === dots && length < 3) return false;
      length = 0;
      dots = 0;
    } else {
      length++;
      if (byte === 0x2e) dots++;
    }
  }
  return true;
}

function small(byte: u8): u8 {
  return <u32>byte - 0x41 < 26 ? byte | 0x20 : byte;
}
