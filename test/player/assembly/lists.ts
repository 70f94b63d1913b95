// Playlists, and the order of names, on bytes that the test gives.
import { M3u } from '../../../firmware/player/m3u';
import { TrackTable } from '../../../firmware/player/track-table';
import { Bytes, within } from '../../../firmware/storage/bytes';
import { compareNaturally } from '../../../firmware/storage/natural-order';

export const buffer: usize = heap.alloc(1 << 16);

class Given extends Bytes {
  failsAt: i64 = i64.MAX_VALUE;
  read(offset: i64, ptr: usize, bytes: i32): i32 {
    if (offset >= this.failsAt) return -1;
    const count = within(this.size, offset, bytes);
    memory.copy(ptr, buffer + <usize>offset, count);
    return count;
  }
}

const given = new Given();
const m3u = new M3u();

/** The playlist is `size` bytes at `buffer`, its own name `nameBytes` bytes behind it. */
export function open(size: i32, nameBytes: i32, failsAt: i32): void {
  given.size = size;
  given.failsAt = failsAt;
  m3u.open(given, buffer + size, nameBytes);
}
export function next(): i32 {
  return m3u.next();
}
export function path(): usize {
  return m3u.path;
}
export function pathBytes(): i32 {
  return m3u.pathBytes;
}
export function line(): i32 {
  return m3u.line;
}
/** Two names at `buffer`, one behind the other. */
export function compare(first: i32, second: i32): i32 {
  return compareNaturally(buffer, first, buffer + first, second);
}

const table = new TrackTable(0);
export function clear(): void {
  table.clear();
}
/** Folder and name at `buffer`, one behind the other. */
export function add(folder: i32, name: i32, directory: u32, index: i32): bool {
  return table.add(buffer, folder, buffer + folder, name, directory, index);
}
export function sort(): i32 {
  let passes = 1;
  while (table.sortOn()) passes++;
  return passes;
}
export function count(): i32 {
  return table.count;
}
export function trackPath(place: i32): usize {
  return table.path(place);
}
export function trackPathBytes(place: i32): i32 {
  return table.pathBytes(place);
}
export function directory(place: i32): u32 {
  return table.directory(place);
}
export function index(place: i32): i32 {
  return table.index(place);
}
export function find(bytes: i32): i32 {
  return table.find(buffer, bytes);
}
