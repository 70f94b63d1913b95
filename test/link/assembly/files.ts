// The service of files on a block device that the test is; its messages come and go through functions of the test.
import { CardUser, Outlet } from '../../../firmware/link/file-interfaces';
import { FileService } from '../../../firmware/link/file-service';
import { Entry } from '../../../firmware/storage/fat/entry';
import { FsError } from '../../../firmware/storage/fat/fs-error';
import { StateFile } from '../../../firmware/storage/fat/state-file';
import { Volume } from '../../../firmware/storage/fat/volume';
import { TestDevice } from '../../storage/assembly/test-device';


@external('board', 'answer')
declare function giveAnswer(ptr: usize, bytes: i32): bool;


@external('board', 'mayAnswer')
declare function mayAnswer(): bool;


@external('board', 'changed')
declare function tellChanged(): void;

class TestOutlet extends Outlet {
  get isFree(): bool {
    return mayAnswer();
  }
  send(ptr: usize, bytes: i32): bool {
    return mayAnswer() && giveAnswer(ptr, bytes);
  }
}

/** One file is in use, and the folders may be being looked through. */
class TestUser extends CardUser {
  directory: u32 = 0;
  index: i32 = -1;
  isLooking: bool = false;

  get mayChange(): bool {
    return !this.isLooking;
  }
  release(directory: u32, index: i32): bool {
    return directory !== this.directory || index !== this.index;
  }
  changed(): void {
    tellChanged();
  }
}

const device = new TestDevice();
const volume = new Volume();
const user = new TestUser();
const service = new FileService(volume, user, new TestOutlet());
const entry = new Entry();
const state = new StateFile(volume);

/** Where the test puts messages. */
export const text: usize = heap.alloc(1 << 12);

export function mount(sectors: f64, isWritable: bool): i32 {
  device.sectors = <i64>sectors;
  device.isWritable = isWritable;
  return volume.mount(device);
}
export function message(bytes: i32): void {
  service.message(text, bytes);
}
/** Whether it wants to be called again at once. */
export function serve(): bool {
  return service.service() === 0;
}
export function reset(): void {
  service.reset();
}
export function use(bytes: i32): i32 {
  const failed = volume.lookUp(text, bytes, entry);
  user.directory = entry.directory;
  user.index = bytes ? entry.index : -1;
  return failed;
}
export function setLooking(isLooking: bool): void {
  user.isLooking = isLooking;
}
/** What the player keeps meanwhile. */
export function saveState(bytes: i32, stateBytes: i32): i32 {
  const failed = state.open(text, bytes);
  if (failed && failed !== FsError.NotFound) return failed;
  for (let made = 1; made > 0;) {
    made = state.make(text, bytes);
    if (made < 0) return made;
  }
  return state.save(text, stateBytes);
}
