// Whether a name may be made or taken away: the checks before anything is changed.

import { Attribute, Entry } from '../storage/fat/entry';
import { FsError } from '../storage/fat/fs-error';
import { Name } from '../storage/fat/name';
import { Volume } from '../storage/fat/volume';
import { CardUser } from './file-interfaces';
import { FileProblem } from './file-problem';
import { LinkError } from './protocol';

/** Bytes of the longest name with its folders. */
export const PATH_BYTES: i32 = 255;
/** What a put is written to first, and what it is of; both in the root. */
export const PUT_NAME = '.mirleft-put';
export const RECORD_NAME = '.mirleft-put.ini';

const SLASH: i32 = 0x2f;
const name = new Name();

/** Where the last name of a path begins; slashes at the end do not count. */
function lastName(path: usize, bytes: i32): i32 {
  let at = bytes;
  while (at > 0 && load<u8>(path + at - 1) !== SLASH) at--;
  return at;
}

/** A path without slashes at its end; how many bytes are left. */
export function trimmed(path: usize, bytes: i32): i32 {
  while (bytes > 0 && load<u8>(path + bytes - 1) === SLASH) bytes--;
  return bytes;
}

export class Target {
  /** What stands there already; `isThere` tells whether anything does. */
  readonly entry: Entry = new Entry();
  isThere: bool = false;

  constructor(
    private readonly volume: Volume,
    private readonly user: CardUser,
    private readonly problem: FileProblem,
  ) {}

  /** Whether a file or folder can be made of that name: sets `isThere` and `entry`, or the problem. */
  mayMake(path: usize, bytes: i32): bool {
    const problem = this.problem;
    if (!this.mayName(path, bytes)) return false;
    const failed = this.volume.lookUp(path, bytes, this.entry);
    this.isThere = failed === 0;
    if (failed && failed !== FsError.NotFound) return problem.take(failed);
    if (!this.isThere) {
      const parent = this.volume.lookUp(path, lastName(path, bytes), this.entry);
      if (parent === FsError.NotFound) return problem.set(LinkError.NotFound, 'there is no such folder');
      if (!problem.take(parent)) return false;
      if (!this.entry.isDirectory) return problem.take(FsError.NotADirectory);
    }
    return this.volume.sectors.isWritable ? true : problem.take(FsError.ReadOnly);
  }

  /** Whether the file that `mayMake` has found may give its place away. */
  mayReplace(isWanted: bool): bool {
    if (!this.isThere) return true;
    if (this.entry.isDirectory) return this.problem.set(LinkError.Kind, 'there is a folder of that name');
    return isWanted ? this.mayTake(this.entry) : this.problem.take(FsError.Exists);
  }

  /** Whether a file may go. */
  mayTake(entry: Entry): bool {
    return entry.attributes & Attribute.ReadOnly ? this.problem.take(FsError.ReadOnly) : this.isFree(entry);
  }

  /** Whether nobody uses a file. */
  isFree(entry: Entry): bool {
    if (entry.isDirectory || this.user.release(entry.directory, entry.index)) return true;
    return this.problem.set(LinkError.Busy, 'the player uses it: let it play something else first');
  }

  private mayName(path: usize, bytes: i32): bool {
    const from = lastName(path, bytes);
    const isName = bytes <= PATH_BYTES && !name.take(path + from, bytes - from) && name.isAllowed;
    if (!isName) return this.problem.take(FsError.BadName);
    if (trimmed(path, from) || !(isCalled(PUT_NAME) || isCalled(RECORD_NAME))) return true;
    return this.problem.set(LinkError.Name, 'this name is kept for what is being put');
  }
}

function isCalled(text: string): bool {
  return name.equals(changetype<usize>(text), text.length);
}
