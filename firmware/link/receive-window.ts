// Frames that have arrived, each once and in order, although they may come twice and with gaps.

import { Link } from './protocol';

const SLOTS: i32 = Link.Window;
const payloads = heap.alloc(SLOTS * Link.PayloadBytes);
/** Of each slot: u16 bytes, u16 channel. */
const heads = memory.data(SLOTS * 4);

/** Sequence numbers count on without end here; the low 16 bits go onto the line. */
let next: i32 = 0; // the first that is missing
let mask: u32 = 0; // bit n: next + 1 + n is here
let released: i32 = 0; // the first whose slot may not be used anew
let given: i32 = 0; // the next to be taken

/** Frames that came a second time, or beyond what there is room for. */
export let surplusFrames: i32 = 0;
/** Of the message that `takeArrived` came to. */
export let arrivedPtr: usize = 0;
export let arrivedBytes: i32 = 0;
export let arrivedChannel: i32 = 0;

export const enum Arrival {
  /** The one that was missing next. */
  InOrder,
  /** Another one is missing before it. */
  Ahead,
  /** It was here already, or there is no room. */
  Surplus,
}

/** Begins with a session: nothing has arrived. */
export function clearArrived(): void {
  next = mask = released = given = 0;
}

/** Goes on where an earlier module was: what it had beyond the first that is missing is not there any more, but known. */
export function resumeArrived(missing: i32, ahead: u32): void {
  next = released = given = missing;
  mask = ahead;
  memory.fill(heads, 0, SLOTS * 4);
}

/** Whether all that has come was taken. */
export function isAllTaken(): bool {
  return given === next && !mask;
}

/** The sequence number that is missing next, without end. */
export function nextWhole(): i32 {
  return next;
}

/** The sequence number that is missing next, 16 bits. */
export function nextMissing(): i32 {
  return next & 0xffff;
}

/** Which behind it have arrived, as in an Ack. */
export function arrivedMask(): u32 {
  return mask;
}

/** Whether one is missing before one that is here. */
export function isGap(): bool {
  return mask !== 0;
}

/** Frames that there is room for from the one that is missing next on. */
export function arrivalRoom(): i32 {
  return SLOTS - (next - released);
}

/** Takes in a frame's payload. */
export function arrive(sequence: i32, channel: i32, ptr: usize, bytes: i32): Arrival {
  const ahead = <i32>(<i16>(sequence - next));
  const bit: u32 = ahead > 0 && ahead <= 32 ? 1 << (ahead - 1) : 0;
  if (ahead < 0 || next + ahead - released >= SLOTS || mask & bit) {
    surplusFrames++;
    return Arrival.Surplus;
  }
  const slot = (next + ahead) & (SLOTS - 1);
  memory.copy(payloads + slot * Link.PayloadBytes, ptr, bytes);
  store<u16>(heads + slot * 4, bytes);
  store<u16>(heads + slot * 4, channel, 2);
  if (ahead) {
    mask |= bit;
    return Arrival.Ahead;
  }
  let more = true;
  while (more) {
    more = (mask & 1) !== 0;
    mask >>= 1;
    next++;
  }
  return Arrival.InOrder;
}

/** Comes to the next message in order, empty ones left out; false when there is none. It is valid until the next call. */
export function takeArrived(): bool {
  do {
    released = given;
    if (given === next) return false;
    const slot = given++ & (SLOTS - 1);
    arrivedPtr = payloads + slot * Link.PayloadBytes;
    arrivedBytes = load<u16>(heads + slot * 4);
    arrivedChannel = load<u16>(heads + slot * 4, 2);
  } while (!arrivedBytes);
  return true;
}
