// The link's console channel: bytes that were typed.

import { addInput } from '../console/input';

/** A message of the console channel. */
export function consoleMessage(ptr: usize, bytes: i32): void {
  addInput(ptr, bytes);
}
