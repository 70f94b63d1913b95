// The updater on a block device that the test is, from one boot to the next.
import { Updater } from '../../../firmware/player/updater';
import { Volume } from '../../../firmware/storage/fat/volume';
import { TestDevice } from '../../storage/assembly/test-device';

const device = new TestDevice();
const volume = new Volume();
const updater = new Updater(volume);

/** Mounts the card and begins, as at start; what `mount` says. */
export function begin(sectors: f64): i32 {
  device.sectors = <i64>sectors;
  device.isWritable = true;
  const failed = volume.mount(device);
  if (!failed) updater.begin();
  return failed;
}

export function request(bytes: i32, sum: u32): i32 {
  return updater.request(bytes, sum);
}

/** Does a little; the tick of the next call. */
export function service(): i64 {
  return updater.service(true);
}

export function isReady(): bool {
  return updater.isReady;
}

export function go(): void {
  updater.go();
}
