// Typed bytes, from wherever they come: straight from the board, or, in a program with a link, what the deframer found
// beside the frames and what came on the console channel. Nothing else takes `Queue.Uart`.

import { Queue, take } from '../../drivers/board';

const RING_BYTES: i32 = 4096;
const ring = memory.data(RING_BYTES);
/** Positions count bytes for ever; their low bits are the index. */
let put: u32 = 0;
let taken: u32 = 0;
let linked = false;

/** From now on bytes come by `addInput` and not from the board. */
export function linkInput(): void {
  linked = true;
}

/** Bytes that wait. */
export function inputWaiting(): i32 {
  return <i32>(put - taken);
}

/** Bytes that can be added now. */
export function inputRoom(): i32 {
  return RING_BYTES - inputWaiting();
}

/** Adds bytes; what has no room is lost. */
export function addInput(ptr: usize, bytes: i32): void {
  const kept = min(bytes, inputRoom());
  for (let i = 0; i < kept; i++) store<u8>(ring + (put++ % RING_BYTES), load<u8>(ptr + i));
}

/** Takes up to `max` bytes that were typed; how many. */
export function takeInput(ptr: usize, max: i32): i32 {
  if (!linked) return take(Queue.Uart, ptr, max);
  const bytes = min(max, inputWaiting());
  for (let i = 0; i < bytes; i++) store<u8>(ptr + i, load<u8>(ring + (taken++ % RING_BYTES)));
  return bytes;
}

let listening = true;

/** Says whether text of the line counts as typed; in a session it does not, as damaged frames look like text. */
export function listenToText(on: bool): void {
  listening = on;
}

/** Text that stood between frames. */
export function textBytes(ptr: usize, bytes: i32): void {
  if (listening) addInput(ptr, bytes);
}
