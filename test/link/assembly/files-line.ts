// The service of files behind the device's end of the link, on a block device that the test is.
import { BlockDevice } from '../../../drivers/block-device';
import { flushConsole } from '../../../firmware/console/console';
import { CardUser } from '../../../firmware/link/file-interfaces';
import { openFiles } from '../../../firmware/link/files';
import { serviceServices } from '../../../firmware/link/services';
import { Volume } from '../../../firmware/storage/fat/volume';


@external('board', 'readSectors')
declare function readSectors(sector: i64, ptr: usize, count: i32): i32;


@external('board', 'writeSectors')
declare function writeSectors(sector: i64, ptr: usize, count: i32): i32;

class TestDevice extends BlockDevice {
  read(sector: i64, ptr: usize, count: i32): i32 {
    return readSectors(sector, ptr, count);
  }
  write(sector: i64, ptr: usize, count: i32): i32 {
    return writeSectors(sector, ptr, count);
  }
  flush(): i32 {
    return 0;
  }
}

class Nobody extends CardUser {
  get mayChange(): bool {
    return true;
  }
  release(_directory: u32, _index: i32): bool {
    return true;
  }
  changed(): void {
    return;
  }
}

const device = new TestDevice();
const volume = new Volume();
openFiles(volume, new Nobody());

export function mount(sectors: f64): i32 {
  device.sectors = <i64>sectors;
  device.isWritable = true;
  return volume.mount(device);
}

/** One step of a program; the tick of the next. */
export function step(): i64 {
  const due = serviceServices();
  flushConsole();
  return due;
}
