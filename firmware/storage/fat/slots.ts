// A directory as what it is on the card: slots of 32 bytes, in the chain of its clusters or, for the root directory of
// FAT12 and FAT16, in a place of its own.

import { Layout, SECTOR_SLOTS, SLOT_BYTES } from './boot-sector';
import { Chain } from './chain';
import { FsError } from './fs-error';
import { Sectors } from './sectors';
import { END, Table } from './table';

/** No directory has more: 2 MiB. */
export const MOST_SLOTS: i32 = 65536;

/** The slots of one directory. */
export class Slots {
  /** The directory's first cluster; 0 for the root directory. */
  directory: u32 = 0;
  private readonly chain: Chain;

  constructor(
    private readonly sectors: Sectors,
    private readonly layout: Layout,
    table: Table,
  ) {
    this.chain = new Chain(sectors, table);
  }

  /** Begins with a directory. */
  open(directory: u32): void {
    this.directory = directory;
    this.chain.open(directory ? directory : this.layout.rootCluster);
  }

  /** A slot in the cache, to be read before the next call; 0: there is none, or with `error` not 0 it failed. */
  read(index: i32): usize {
    const sector = this.sectorOf(index);
    const at = sector ? this.sectors.read(sector) : 0;
    return at ? at + <usize>((index % SECTOR_SLOTS) * SLOT_BYTES) : 0;
  }

  /** The same, to be changed. */
  change(index: i32): usize {
    const sector = this.sectorOf(index);
    const at = sector ? this.sectors.change(sector) : 0;
    return at ? at + <usize>((index % SECTOR_SLOTS) * SLOT_BYTES) : 0;
  }

  /** The sector that a slot is in, or 0 as above. */
  sectorOf(index: i32): u32 {
    const layout = this.layout;
    this.sectors.error = FsError.None;
    const sector = <u32>index / SECTOR_SLOTS;
    if (this.isFixed) return index < layout.rootSlots ? layout.rootStart + sector : 0;
    const cluster = this.chain.locate(sector / layout.clusterSectors, 1);
    if (cluster < 0 || cluster === END) return 0;
    if (index < MOST_SLOTS) return layout.sectorOf(cluster) + (sector % layout.clusterSectors);
    this.sectors.fail(FsError.Corrupt, cluster); // no directory goes on so long
    return 0;
  }

  /** Whether it is a root directory that cannot grow. */
  get isFixed(): bool {
    return this.directory === 0 && this.layout.rootSlots !== 0;
  }

  /** The last cluster, when there are `clusters`. */
  tail(clusters: u32): i32 {
    return this.chain.locate(clusters - 1, 1);
  }
}
