// The ustar reader on an archive that the test offers through copyIn.
import { Part } from '../../../firmware/storage/bytes';
import { RamDisk } from '../../../firmware/storage/ram-disk';
import { Archive } from '../../../firmware/storage/ustar';

const disk = new RamDisk();
const archive = new Archive();
const part = new Part();
export const buffer: usize = heap.alloc(1 << 16);

export function open(size: i32): void {
  disk.size = size;
  archive.open(disk);
}
export function setBudget(budget: i32): void {
  archive.budget = budget;
}
export function gaveUp(): bool {
  return archive.gaveUp;
}
export function next(): i32 {
  return archive.next();
}
export function name(): usize {
  return archive.name;
}
export function nameBytes(): i32 {
  return archive.nameBytes;
}
export function offset(): f64 {
  return <f64>archive.offset;
}
export function size(): f64 {
  return <f64>archive.size;
}
/** Makes a part of the disk and reads from it to the buffer. */
export function readPart(start: f64, size: f64, from: f64, bytes: i32): i32 {
  part.of(disk, <i64>start, <i64>size);
  return part.read(<i64>from, buffer, bytes);
}
export function partSize(): f64 {
  return <f64>part.size;
}
