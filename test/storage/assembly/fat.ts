// The FAT file system on a block device that the test is: its sectors come and go through functions of the test.
import { Directory } from '../../../firmware/storage/fat/directory';
import { Entry } from '../../../firmware/storage/fat/entry';
import { File } from '../../../firmware/storage/fat/file';
import { fold } from '../../../firmware/storage/fat/fold';
import { FsError, fsErrorCode, fsErrorText } from '../../../firmware/storage/fat/fs-error';
import { StateFile } from '../../../firmware/storage/fat/state-file';
import { Volume } from '../../../firmware/storage/fat/volume';
import { TestDevice } from './test-device';

const device = new TestDevice();
const volume = new Volume();
const directory = new Directory(volume);
const entry = new Entry();
const files = [new File(volume), new File(volume)];
const state = new StateFile(volume);

/** Where the test puts paths and data. */
export const text: usize = heap.alloc(1 << 13);
export const data: usize = heap.alloc(3 << 20);

export function mount(sectors: f64, isWritable: bool): i32 {
  device.sectors = <i64>sectors;
  device.isWritable = isWritable;
  return volume.mount(device);
}
export function bits(): i32 {
  return volume.layout.bits;
}
export function clusters(): u32 {
  return volume.layout.clusters;
}
export function clusterBytes(): i32 {
  return volume.clusterBytes;
}
export function label(): usize {
  return volume.label;
}
export function labelBytes(): i32 {
  return volume.labelBytes;
}
export function countFree(budget: i32): i32 {
  return volume.countFree(budget);
}
export function freeBytes(): f64 {
  return <f64>volume.freeBytes;
}
export function error(): i32 {
  return volume.sectors.error;
}
export function blockError(): i32 {
  return volume.sectors.blockError;
}
export function errorSector(): f64 {
  return <f64>volume.sectors.errorSector;
}
export function errorCluster(): u32 {
  return volume.sectors.errorCluster;
}

export function lookUp(bytes: i32): i32 {
  return volume.lookUp(text, bytes, entry);
}
export function entryAt(directory: u32, index: i32): i32 {
  return volume.entryAt(directory, index, entry);
}
export function entryName(): usize {
  return entry.name;
}
export function entryNameBytes(): i32 {
  return entry.nameBytes;
}
export function entryIsDirectory(): bool {
  return entry.isDirectory;
}
export function entryAttributes(): i32 {
  return entry.attributes;
}
export function entrySize(): u32 {
  return entry.size;
}
export function entryCluster(): u32 {
  return entry.cluster;
}
export function entryDirectory(): u32 {
  return entry.directory;
}
export function entryIndex(): i32 {
  return entry.index;
}

/** Both of the entry that was found last. */
export function openDirectory(): i32 {
  return directory.open(entry);
}
export function openFile(file: i32): i32 {
  return files[file].open(entry);
}
export function next(): i32 {
  return directory.next(entry);
}
export function read(file: i32, offset: f64, bytes: i32): i32 {
  return files[file].read(<i64>offset, data, bytes);
}
export function fileSize(file: i32): f64 {
  return <f64>files[file].size;
}
export function fileError(file: i32): i32 {
  return files[file].error;
}

export function create(bytes: i32): i32 {
  return volume.create(text, bytes, entry);
}
export function makeDirectory(bytes: i32): i32 {
  return volume.makeDirectory(text, bytes);
}
export function remove(bytes: i32): i32 {
  return volume.remove(text, bytes);
}
/** The new name follows the old one. */
export function rename(fromBytes: i32, toBytes: i32): i32 {
  return volume.rename(text, fromBytes, text + fromBytes, toBytes);
}
export function write(file: i32, offset: f64, bytes: i32): i32 {
  return files[file].write(<i64>offset, data, bytes);
}
export function truncate(file: i32, size: f64): i32 {
  return files[file].truncate(<i64>size);
}
export function sync(file: i32): i32 {
  return files[file].sync();
}
export function findState(bytes: i32): i32 {
  return state.open(text, bytes);
}
/** Opens the state and makes it ready, in as many pieces as that takes. */
export function openState(bytes: i32): i32 {
  const failed = findState(bytes);
  return failed && failed !== FsError.NotFound ? failed : makeState(bytes, i32.MAX_VALUE);
}
/** At most so many pieces of making the state ready; what the last of them returned. */
export function makeState(bytes: i32, most: i32): i32 {
  let made = 1;
  while (made > 0 && most--) made = state.make(text, bytes);
  return made;
}
export function loadState(most: i32): i32 {
  return state.load(data, most);
}
export function saveState(bytes: i32): i32 {
  return state.save(data, bytes);
}

export function folded(unit: i32): i32 {
  return fold(unit);
}
export function errorCode(error: i32): string {
  return fsErrorCode(error);
}
export function errorText(error: i32): string {
  return fsErrorText(error);
}
