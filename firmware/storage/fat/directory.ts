// Lists a directory.

import { Entry } from './entry';
import { FsError } from './fs-error';
import { Mount } from './mount';
import { Scan } from './scan';

/** An open directory; open it anew after something was made or removed in it. */
export class Directory {
  private readonly scan: Scan;
  private mounts: i32 = -1;

  constructor(private readonly volume: Mount) {
    this.scan = new Scan(volume.sectors, volume.layout, volume.table);
  }

  /** Begins with a directory that was found. 0, or an FsError: then there is nothing in it. */
  open(entry: Entry): i32 {
    const volume = this.volume;
    this.mounts = -1;
    if (!volume.isMounted) return volume.sectors.fail(FsError.NotMounted);
    if (!entry.isDirectory) return volume.sectors.fail(FsError.NotADirectory);
    if (entry.index >= 0) {
      const failed = volume.checkDirectory(entry.cluster, entry.directory);
      if (failed) return failed;
    }
    this.scan.open(entry.cluster);
    this.mounts = volume.mounts;
    return 0;
  }

  /** The slot that `next` looks at next, counted from the directory's first; to go on there with another object. */
  get place(): i32 {
    return this.scan.index;
  }

  /** Goes to a place, of an open directory. One that is none of an entry is passed over. */
  goTo(place: i32): void {
    this.scan.seek(place);
  }

  /** The next file or directory, in the order on the card: 1; 0 at the end; or an FsError. */
  next(out: Entry): i32 {
    const volume = this.volume;
    if (this.mounts !== volume.mounts) return volume.sectors.fail(FsError.NotMounted);
    const found = this.scan.next();
    if (found > 0) this.scan.fill(out);
    return found;
  }
}
