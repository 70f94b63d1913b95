// Frames on their way out, kept until they are acknowledged. The line keeps the order: a frame is lost as soon as one
// that was sent after it has arrived, and it is sent again then; or when nothing came for long.

import { milliseconds } from '../../drivers/timer';
import { lineFreeAt, lineTicks } from '../console/line';
import { makeFrame, WIRE_BYTES } from './frame';
import { Channel, Link } from './protocol';

const SLOTS: i32 = Link.Window;
const LEAST_WAIT_MS: i64 = 20;
const MOST_WAIT_MS: i64 = 1000;
const FIRST_TIME_MS: i64 = 50;
const MOST_DOUBLED: i32 = 6;
/** What a frame costs beside its payload, on average. */
const OVERHEAD_BYTES: i64 = 16;
const LEAST_PAYLOAD: i32 = 64;
/** Losses are averaged over some 2^n frames, in 2^-16. */
const AVERAGE_SHIFT: i64 = 7;

const enum Mark {
  /** Sent and neither acknowledged nor known to be lost. */
  Flying = 1,
  Arrived = 2,
}

/** A slot's record. */
const enum At {
  /** i32: bytes on the line. */
  Wire = 0,
  /** i32: which sending this was. */
  Stamp = 4,
  /** i64: the tick at which it left. */
  Left = 8,
  Marks = 16,
  Times = 20,
  /** i32, 1: sent again only because nothing came: which of the sendings an answer is to is not known. */
  Doubtful = 24,
  Bytes = 32,
}

const frames = heap.alloc(SLOTS * WIRE_BYTES);
const records = memory.data(SLOTS * At.Bytes);

/** Sequence numbers count on without end here. */
let base: i32 = 0; // the first that is not acknowledged
let fresh: i32 = 0; // the first that was never sent
let top: i32 = 0; // the first that is not there yet
let stamp: i32 = 0;
let newest: i32 = 0; // the latest sending that has arrived
let doubt: i32 = 0; // the latest sending that may have arrived, or the one before it
let flying: i32 = 0; // bytes in flight
let room: i32 = 0; // the other side's last word
let heardAt: i64 = 0;
let answer: i64 = 0; // average time of an answer, in ticks
let shortest: i64 = 0;
let doubled: i32 = 0;
let lossAverage: i64 = 0; // in 2^-16 frames
let wireAverage: i64 = 0; // in 2^-16 bytes

/** Frames that were sent again. */
export let framesAgain: i32 = 0;

/** Begins with a session: nothing was sent. */
export function clearWindow(): void {
  base = fresh = top = stamp = newest = doubt = flying = doubled = 0;
  room = WIRE_BYTES * SLOTS;
  answer = milliseconds(FIRST_TIME_MS);
  shortest = i64.MAX_VALUE;
  lossAverage = 0;
  wireAverage = (<i64>WIRE_BYTES) << 16;
}

/**
 * Goes on where an earlier module was. What it sent and the host may not have is gone: empty messages, which nobody gets,
 * take its numbers.
 */
export function resumeWindow(session: i32, from: i32, to: i32): void {
  clearWindow();
  base = fresh = top = from;
  while (top !== to && windowHasRoom()) putMessage(Channel.Log, session, 0, 0);
}

/** The first sequence number that is not acknowledged. Both are without end. */
export function windowBase(): i32 {
  return base;
}
/** The first sequence number that was given to no message. */
export function windowTop(): i32 {
  return top;
}

/** Whether all was acknowledged. */
export function isWindowEmpty(): bool {
  return base === top;
}

/** Whether one more message can be put into it. */
export function windowHasRoom(): bool {
  return top - base < SLOTS;
}

function record(sequence: i32): usize {
  return records + (sequence & (SLOTS - 1)) * At.Bytes;
}

/** Takes a message; there must be room. */
export function putMessage(channel: Channel, session: i32, ptr: usize, bytes: i32): void {
  const at = record(top);
  const to = frames + (top & (SLOTS - 1)) * WIRE_BYTES;
  store<i32>(at, makeFrame(to, channel, session, top & 0xffff, ptr, bytes), At.Wire);
  store<i32>(at, 0, At.Marks);
  store<i32>(at, 0, At.Times);
  store<i32>(at, 0, At.Doubtful);
  top++;
}

/** Of the frame that `windowTurn` came to. */
export let turnPtr: usize = 0;
export let turnBytes: i32 = 0;
let turn: i32 = 0;

/** Comes to the frame that is to be sent next: one that was lost, or a new one for which the other side has room. */
export function windowTurn(): bool {
  for (turn = base; turn < fresh; turn++) if (!load<i32>(record(turn), At.Marks)) return choose();
  return turn < top && choose();
}

function choose(): bool {
  turnPtr = frames + (turn & (SLOTS - 1)) * WIRE_BYTES;
  turnBytes = load<i32>(record(turn), At.Wire);
  return !flying || flying + turnBytes <= room;
}

/** That frame was given to the line. */
export function windowSent(now: i64): void {
  const at = record(turn);
  store<i32>(at, ++stamp, At.Stamp);
  store<i64>(at, max(lineFreeAt(), now), At.Left);
  store<i32>(at, Mark.Flying, At.Marks);
  const times = load<i32>(at, At.Times) + 1;
  store<i32>(at, times, At.Times);
  if (times > 1) framesAgain++;
  flying += turnBytes;
  if (turn === fresh) fresh++;
}

/** An Ack: the first that is missing, 16 bits; which behind it are not; how many bytes may be in flight. */
export function acknowledge(missing: i32, mask: u32, bytes: i32, now: i64): void {
  const ahead = <i32>(<i16>(missing - base));
  // What was never sent cannot have arrived; an old Ack says nothing new.
  if (ahead < 0 || ahead > fresh - base) return;
  room = bytes;
  const first = base + ahead;
  let news = false;
  for (let i = base; i < first; i++) if (arrived(i, now)) news = true;
  for (let i = first + 1; mask && i < fresh; i++, mask >>= 1) if (mask & 1 && arrived(i, now)) news = true;
  if (!news) return;
  base = first;
  heardAt = now;
  for (let i = base; i < fresh; i++) {
    const at = record(i);
    if (load<i32>(at, At.Marks) === Mark.Flying && load<i32>(at, At.Stamp) < newest) lose(at, false);
  }
}

/** A frame has arrived. False when that was known. */
function arrived(sequence: i32, now: i64): bool {
  const at = record(sequence);
  const marks = load<i32>(at, At.Marks);
  if (marks === Mark.Arrived) return false;
  if (marks === Mark.Flying) flying -= load<i32>(at, At.Wire);
  store<i32>(at, Mark.Arrived, At.Marks);
  const took = max(now - load<i64>(at, At.Left), 0);
  const isOnce = load<i32>(at, At.Times) === 1;
  if (isOnce) {
    // The average follows a longer answer at once, a shorter one slowly.
    answer += (took - answer) >> (took > answer ? 1 : 3);
    // Only an answer to what was sent once tells how long answers take.
    doubled = 0;
    shortest = min(shortest, took);
    average(0, load<i32>(at, At.Wire));
  }
  // Sent again: the answer may be to the sending before, which would make all since then look lost.
  if (load<i32>(at, At.Doubtful)) doubt = max(doubt, load<i32>(at, At.Stamp));
  else if (isOnce || (marks === Mark.Flying && took >= shortest / 2)) newest = max(newest, load<i32>(at, At.Stamp));
  return true;
}

function lose(at: usize, isDoubtful: bool): void {
  store<i32>(at, 0, At.Marks);
  store<i32>(at, isDoubtful ? 1 : 0, At.Doubtful);
  flying -= load<i32>(at, At.Wire);
  average(1 << 16, load<i32>(at, At.Wire));
}

function average(lost: i64, wire: i32): void {
  lossAverage += (lost - lossAverage) >> AVERAGE_SHIFT;
  wireAverage += (((<i64>wire) << 16) - wireAverage) >> AVERAGE_SHIFT;
}

/** When the oldest frame in flight is taken for lost; i64.MAX_VALUE when none is. */
export function windowDue(): i64 {
  if (base === fresh || !flying) return i64.MAX_VALUE;
  const wait = min(max(2 * answer, milliseconds(LEAST_WAIT_MS)) << doubled, milliseconds(MOST_WAIT_MS));
  // An answer may stand behind the two longest frames.
  return max(heardAt, load<i64>(oldest(), At.Left)) + wait + lineTicks(2 * WIRE_BYTES);
}

function oldest(): usize {
  let i = base;
  while (i < fresh && load<i32>(record(i), At.Marks) !== Mark.Flying) i++;
  return record(i);
}

/**
 * `windowDue` has passed: one is sent again. A host that only stood still answers the sending before, so its answer makes
 * nothing look lost; the next new frame's does, or where none follows the next call (as F-RTO, RFC 5682, for TCP).
 */
export function windowLate(): void {
  let isLost = false;
  for (let i = base; i < fresh; i++) {
    const at = record(i);
    if (load<i32>(at, At.Marks) !== Mark.Flying || load<i32>(at, At.Stamp) >= doubt) continue;
    lose(at, false);
    isLost = true;
  }
  if (!isLost) lose(oldest(), true);
  doubled = min(doubled + 1, MOST_DOUBLED);
}

/** The payload with which most gets through: longer ones are hit more often, shorter ones have more around them. */
export function bestPayload(): i32 {
  if (lossAverage < 16) return Link.PayloadBytes;
  const best = <i32>Math.sqrt(<f64>((OVERHEAD_BYTES * wireAverage) / lossAverage));
  return min(max(best, LEAST_PAYLOAD), Link.PayloadBytes);
}
