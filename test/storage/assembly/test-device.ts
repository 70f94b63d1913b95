// The block device of tests: its sectors are the test's own.

import { BlockDevice } from '../../../drivers/block-device';


@external('board', 'readSectors')
declare function readSectors(sector: i64, ptr: usize, count: i32): i32;


@external('board', 'writeSectors')
declare function writeSectors(sector: i64, ptr: usize, count: i32): i32;


@external('board', 'flushSectors')
declare function flushSectors(): i32;

/** Counts, fails and loses power as the test's `readSectors`, `writeSectors` and `flushSectors` say. */
export class TestDevice extends BlockDevice {
  read(sector: i64, ptr: usize, count: i32): i32 {
    return readSectors(sector, ptr, count);
  }
  write(sector: i64, ptr: usize, count: i32): i32 {
    return writeSectors(sector, ptr, count);
  }
  flush(): i32 {
    return flushSectors();
  }
}
