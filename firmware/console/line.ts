// The way out onto the line, which text and frames share. A frame must not be cut by text, and what waits in the
// board's queue must not hold up frames for long: in a session nothing is queued that takes more than a little while
// to leave. How long what was sent takes is reckoned from the rate.

import { send, ticks } from '../../drivers/board';
import { milliseconds, tickRate } from '../../drivers/timer';

/** In a session nothing more is given to the board while it has so much to send, in milliseconds of the line. */
const AHEAD_MS: i64 = 20;
const BITS_A_BYTE: i64 = 10;

/** The line's rate in bit/s. */
export let lineBaud: i32 = 115200;
/** Whether the line takes bytes as fast as they come, as an emulator's does. */
export let lineUnpaced: bool = false;
/** The tick at which what was given to the board has left. */
let freeAt: i64 = 0;
let inSession = false;
/** No text goes out: the rate is being changed. */
let held = false;
/** Rest of a frame that the board had no room for. */
let restPtr: usize = 0;
let restBytes: i32 = 0;
/** Text waits, and it is its turn: frames of data and text alternate. */
let textWaits = false;
let textsTurn = false;

/** Notes the line's rate, in bit/s. */
export function setLineBaud(baud: i32): void {
  lineBaud = baud;
}

/** Notes whether the line takes bytes at once, whatever its rate. */
export function setLineUnpaced(unpaced: bool): void {
  lineUnpaced = unpaced;
}

/** A session has begun or ended. */
export function setLineSession(on: bool): void {
  inSession = on;
  textsTurn = false;
}

/** Text is held back, or no more. */
export function holdText(on: bool): void {
  held = on;
}

/** The tick at which what was given to the board will have left; not after now when all has. */
export function lineFreeAt(): i64 {
  return freeAt;
}

/** Ticks that `bytes` take on the line. */
export function lineTicks(bytes: i32): i64 {
  return lineUnpaced ? 0 : (<i64>bytes * BITS_A_BYTE * tickRate()) / lineBaud;
}

/** The tick from which on the next frame may be given to the board. */
export function lineTurnAt(): i64 {
  return lineUnpaced ? 0 : freeAt - milliseconds(AHEAD_MS);
}

/** Whether a frame of data should let text go first. */
export function isTextsTurn(): bool {
  return textsTurn && textWaits;
}

/** Whether a frame is half sent. Call `sendRest` until it is not. */
export function isFrameCut(): bool {
  return restBytes > 0;
}

function give(ptr: usize, bytes: i32, now: i64): i32 {
  const sent = send(ptr, bytes);
  freeAt = max(freeAt, now) + lineTicks(sent);
  return sent;
}

/** Sends a frame whole; it stays the caller's and must not change while `isFrameCut`. */
export function sendFrame(ptr: usize, bytes: i32, now: i64): void {
  const sent = give(ptr, bytes, now);
  restPtr = ptr + sent;
  restBytes = bytes - sent;
  textsTurn = true;
}

/** Sends on what the board had no room for. True when nothing is left. */
export function sendRest(now: i64): bool {
  if (!restBytes) return true;
  const sent = give(restPtr, restBytes, now);
  restPtr += sent;
  restBytes -= sent;
  return !restBytes;
}

/** Sends text, as much as may go now; returns how many bytes. */
export function sendText(ptr: usize, bytes: i32): i32 {
  if (held || restBytes) return 0;
  const now = ticks();
  let most = bytes;
  if (inSession && !lineUnpaced) {
    const ahead = freeAt - now;
    const room = milliseconds(AHEAD_MS) - (ahead > 0 ? ahead : 0);
    most = room <= 0 ? 0 : min(bytes, <i32>((room * lineBaud) / (BITS_A_BYTE * tickRate())) + 1);
  }
  const sent = most ? give(ptr, most, now) : 0;
  textWaits = sent < bytes;
  if (sent) textsTurn = false;
  return sent;
}
