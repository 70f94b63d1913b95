// The RAM disk as a block device, for a test that offers it through copyIn.
import { BlockDevice } from '../../../drivers/block-device';
import { RamBlocks } from '../../../firmware/storage/ram-disk';

const disk: BlockDevice = new RamBlocks();
export const buffer: usize = heap.alloc(1 << 12);

export function sectors(): i64 {
  return disk.sectors;
}
export function isWritable(): bool {
  return disk.isWritable;
}
export function read(sector: i64, count: i32): i32 {
  return disk.read(sector, buffer, count);
}
export function write(sector: i64, count: i32): i32 {
  return disk.write(sector, buffer, count);
}
export function flush(): i32 {
  return disk.flush();
}
