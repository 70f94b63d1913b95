// Folders that are still to be looked through, with their paths.

import { FOLDER_PATHS_BYTES, MOST_CARD_FOLDERS } from '../storage/card-limits';
import { Entry } from '../storage/fat/entry';
import { PATH_BYTES } from './m3u';

const pool = memory.data(FOLDER_PATHS_BYTES);

/** u32 where the path stands, u32 its bytes; u32 the folder's first cluster, u32 its parent's, i32 its index there. */
const PATH: usize = 0;
const PATH_LENGTH: usize = 4;
const CLUSTER: usize = 8;
const PARENT: usize = 12;
const INDEX: usize = 16;
const ENTRY_BYTES: i32 = 20;
const entries = memory.data(MOST_CARD_FOLDERS * ENTRY_BYTES, 4);

export class Folders {
  /** The path of the folder of the last `next`, with a slash at its end; of the root it is empty. */
  path: usize = pool;
  pathBytes: i32 = 0;
  private count: i32 = 0;
  private at: i32 = -1;
  private used: i32 = 0;

  /** Begins with the root. */
  clear(): void {
    this.count = 0;
    this.at = -1;
    this.used = 0;
    this.path = pool;
    this.pathBytes = 0;
  }

  /** Adds a folder of the one that `next` gave. False when there is no room for it. */
  add(folder: Entry): bool {
    const bytes = this.pathBytes + folder.nameBytes + 1;
    if (this.count === MOST_CARD_FOLDERS || bytes > PATH_BYTES || this.used + bytes > FOLDER_PATHS_BYTES) return false;
    const to = pool + this.used;
    memory.copy(to, this.path, this.pathBytes);
    memory.copy(to + this.pathBytes, folder.name, folder.nameBytes);
    store<u8>(to + bytes - 1, 0x2f);
    this.used += bytes;
    const entry = entries + this.count++ * ENTRY_BYTES;
    store<u32>(entry, <u32>to, PATH);
    store<i32>(entry, bytes, PATH_LENGTH);
    store<u32>(entry, folder.cluster, CLUSTER);
    store<u32>(entry, folder.directory, PARENT);
    store<i32>(entry, folder.index, INDEX);
    return true;
  }

  /** Gives the next folder, the root first; false when there is none. */
  next(out: Entry): bool {
    out.beRoot();
    if (this.at++ < 0) return true;
    if (this.at > this.count) return false;
    const entry = entries + (this.at - 1) * ENTRY_BYTES;
    this.path = load<u32>(entry, PATH);
    this.pathBytes = load<i32>(entry, PATH_LENGTH);
    out.cluster = load<u32>(entry, CLUSTER);
    out.directory = load<u32>(entry, PARENT);
    out.index = load<i32>(entry, INDEX);
    return true;
  }
}
