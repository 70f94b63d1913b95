// Playlists: .m3u and .m3u8, a path a line, `#` begins a comment. Paths are relative to the playlist's folder, or begin
// at the card's root with a slash; backslashes are slashes. UTF-8; a line that is none is taken as Windows' western
// letters (Latin-1), which is what .m3u mostly was. Nothing leads out of the card: `..`, drives and addresses are refused.

import { decodePoint, encodePoint, pointBytes, REPLACEMENT } from '../console/utf8';
import { Bytes } from '../storage/bytes';

/** Bytes of the longest path, as the player keeps it. */
export const PATH_BYTES: i32 = 900;
const CHUNK: i32 = 512;

/** What `next` has found. */
export const enum Line {
  End = 0,
  /** A path: `path`, `pathBytes`. */
  Path = 1,
  /** A line that is no path on the card. */
  Refused = 2,
  /** The playlist could not be read on. */
  Failed = 3,
}

const chunk = memory.data(512);
const line = memory.data(PATH_BYTES);
/** The playlist's own folder, with a slash at its end unless it is the root. */
const folder = memory.data(PATH_BYTES);

/** Goes through a playlist line by line. */
export class M3u {
  /** UTF-8, relative to the root, without a leading slash; this object's until the next call. */
  readonly path: usize = heap.alloc(PATH_BYTES + 2);
  pathBytes: i32 = 0;
  /** Number of the last line; the first is 1. */
  line: i32 = 0;

  private file: Bytes | null = null;
  private offset: i64 = 0;
  private at: i32 = 0;
  private count: i32 = 0;
  private folderBytes: i32 = 0;

  /** Starts with a playlist whose own path is `bytes` bytes at `name`. */
  open(file: Bytes, name: usize, bytes: i32): void {
    this.file = file;
    this.offset = 0;
    this.at = 0;
    this.count = 0;
    this.line = 0;
    while (bytes > 0 && load<u8>(name + bytes - 1) !== 0x2f) bytes--;
    this.folderBytes = min(bytes, PATH_BYTES);
    memory.copy(folder, name, this.folderBytes);
  }

  /** Goes on to the next line that is no comment. */
  next(): Line {
    while (true) {
      const length = this.readLine();
      if (length === -1) return Line.End;
      if (length === -2) return Line.Failed;
      if (length === -3) return Line.Refused;
      let start = line;
      let end = line + length;
      // A byte order mark.
      if (this.line === 1 && length >= 3 && load<u16>(start) === 0xbbef && load<u8>(start, 2) === 0xbf) start += 3;
      while (start < end && load<u8>(start) <= 0x20) start++;
      while (end > start && load<u8>(end - 1) <= 0x20) end--;
      if (start === end || load<u8>(start) === 0x23) continue;
      return this.resolve(start, end) ? Line.Path : Line.Refused;
    }
  }

  /** Bytes of the next line, at `line`; -1 at the end, -2 when reading failed, -3 for one that is too long. */
  private readLine(): i32 {
    let length = 0;
    this.line++;
    while (true) {
      if (this.at === this.count) {
        const file = this.file;
        const got = file ? file.read(this.offset, chunk, CHUNK) : 0;
        if (got < 0) return -2;
        if (got === 0) return length > 0 ? min(length, PATH_BYTES) : -1;
        this.offset += got;
        this.at = 0;
        this.count = got;
      }
      const byte = load<u8>(chunk + this.at++);
      if (byte === 0x0a) return length > PATH_BYTES ? -3 : length;
      if (length < PATH_BYTES) store<u8>(line + length, byte);
      length++;
    }
  }

  /** Makes `path` of the line from `start` to `end`. */
  private resolve(start: usize, end: usize): bool {
    const isUtf8 = isValidUtf8(start, end);
    let length = this.folderBytes;
    const first = load<u8>(start);
    if (first === 0x2f || first === 0x5c) length = 0;
    const path = this.path;
    memory.copy(path, folder, length);
    let component = length;
    for (; start < end; start++) {
      let byte = <i32>load<u8>(start);
      if (byte === 0x5c) byte = 0x2f;
      if (byte < 0x20 || byte === 0x3a || byte === 0x7f) return false;
      if (byte === 0x2f) {
        if (!this.endComponent(component, length)) return false;
        length = this.droppedTo;
        if (length && load<u8>(path + length - 1) !== 0x2f) store<u8>(path + length++, 0x2f);
        component = length;
        continue;
      }
      if (isUtf8) store<u8>(path + length++, byte);
      else length += encodePoint(path + length, byte);
      if (length >= PATH_BYTES) return false;
    }
    if (!this.endComponent(component, length)) return false;
    this.pathBytes = this.droppedTo;
    return this.pathBytes > 0;
  }

  private droppedTo: i32 = 0;

  /** False for `..`; `.` and nothing are left out. */
  private endComponent(from: i32, to: i32): bool {
    this.droppedTo = to;
    const at = this.path + from;
    if (to - from === 1 && load<u8>(at) === 0x2e) this.droppedTo = from;
    return !(to - from === 2 && load<u16>(at) === 0x2e2e);
  }
}

/** Whether all bytes are well-formed UTF-8. */
function isValidUtf8(at: usize, end: usize): bool {
  for (; at < end; at += pointBytes) if (decodePoint(at, <i32>(end - at)) === REPLACEMENT) return false;
  return true;
}
