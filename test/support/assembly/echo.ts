// What test/support/module.ts is tested with.
import { ticks, copyIn } from '../../../drivers/board';

const buffer = memory.data(16);

export function later(by: i64): i64 {
  return ticks() + by;
}

export function fetch(physical: u32): usize {
  copyIn(physical, buffer, 16);
  return buffer;
}

export function fail(): void {
  assert(false, 'on purpose');
}
