// The RAM disk: whatever was loaded beside the kernel (QEMU's loader, `initramfs` on a board), read only. As bytes, and
// as a block device where it holds a card's image.

import { BlockDevice, BlockError, SECTOR_BYTES } from '../../drivers/block-device';
import { copyIn, info, Info } from '../../drivers/board';
import { Bytes, within } from './bytes';

/** The whole region of the RAM disk; its content says itself how long it is. */
export class RamDisk extends Bytes {
  private base: u32;

  constructor() {
    super();
    this.base = <u32>info(Info.RamDiskBase);
    this.size = info(Info.RamDiskBytes);
  }

  read(offset: i64, ptr: usize, bytes: i32): i32 {
    const count = within(this.size, offset, bytes);
    if (!count) return 0;
    return copyIn(this.base + <u32>offset, ptr, count) ? -1 : count;
  }
}

/** The same region in sectors. */
export class RamBlocks extends BlockDevice {
  private readonly base: u32;

  constructor() {
    super();
    this.base = <u32>info(Info.RamDiskBase);
    this.sectors = info(Info.RamDiskBytes) / SECTOR_BYTES;
  }

  read(sector: i64, ptr: usize, count: i32): i32 {
    if (count < 1 || sector < 0 || sector > this.sectors - count) return BlockError.Range;
    return copyIn(this.base + <u32>sector * SECTOR_BYTES, ptr, count * SECTOR_BYTES)
      ? BlockError.Card
      : BlockError.None;
  }

  write(_sector: i64, _ptr: usize, _count: i32): i32 {
    return BlockError.Protected;
  }

  /** Nothing was written. */
  flush(): i32 {
    return BlockError.None;
  }
}
