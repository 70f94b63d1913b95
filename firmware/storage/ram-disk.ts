// The RAM disk: whatever was loaded beside the kernel (QEMU's loader, `initramfs` on a board), read only.

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
