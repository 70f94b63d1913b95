// The device's end of the serial line (docs/link.md): sessions, numbered messages both ways, and control frames.
//
// A program calls `serviceLink` in every step, takes all messages that have come (`takeMessage`), and sends its own
// where `canSend` says that there is room.

import { Info, info, Queue, take, ticks } from '../../drivers/board';
import { isUartSent } from '../../drivers/pl011';
import { milliseconds } from '../../drivers/timer';
import { inputRoom, inputWaiting, linkInput, listenToText } from '../console/input';
import {
  isFrameCut,
  isTextsTurn,
  lineBaud,
  lineUnpaced,
  lineTurnAt,
  sendFrame,
  sendRest,
  setLineBaud,
  setLineSession,
  setLineUnpaced,
} from '../console/line';
import { isBaudChanging, isDeaf, resetBaud, serviceBaud } from './baud';
import { clearAnswers, dueAnswer, isAnswerDue, makeAck, makeAnswer, obeyControl, unknownSession } from './control';
import { collecting, feed, frame, framePayload, giveUp, isMore, nextFrame } from './deframer';
import { WIRE_BYTES } from './frame';
import { Channel, Control, Link } from './protocol';
import {
  arrive,
  Arrival,
  arrivedBytes,
  arrivedChannel,
  arrivedPtr,
  arrivalRoom,
  clearArrived,
  isAllTaken,
  isGap,
  nextWhole,
  arrivedMask,
  resumeArrived,
  takeArrived,
} from './receive-window';
import {
  clearWindow,
  isWindowEmpty,
  putMessage,
  resumeWindow,
  turnBytes,
  turnPtr,
  windowBase,
  windowDue,
  windowHasRoom,
  windowLate,
  windowSent,
  windowTop,
  windowTurn,
} from './send-window';
import { findSession, keepSession, Kept, kept } from './session-record';

/** Bytes that one step takes at most. */
const BLOCK_BYTES: i32 = 4096;
/** Frames that one step gives to the line at most. */
const STEP_FRAMES: i32 = 8;
const ACK_FRAMES: i32 = 4;
const ACK_MS: i64 = 10;
/**
 * Text of the line counts as typed when no frame has come for so long, although a session lasts: its host pings every
 * second, so it is gone, and somebody sits at a terminal. Before that text is what damage has made of frames.
 */
const TEXT_MS: i64 = 1500;
/** Zero bytes say nothing; so many fill the transmit FIFO of a line that keeps a pace. */
const FILL_BYTES: i32 = 48;

const block = heap.alloc(BLOCK_BYTES);
const controlFrame = heap.alloc(WIRE_BYTES);

let session: i32 = 0;
let boot: u32 = 0;
/** When a frame of the session has come last. */
let heardAt: i64 = 0;
/** When bytes have come last. */
let bytesAt: i64 = 0;
/**
 * Whether the last call of `serviceLink` only took in a few bytes more of a frame: a step that nothing else has asked
 * for has then nothing to do. There are ten thousands of them a second.
 */
export let isMidFrame: bool = false;
/** What `serviceLink` has answered last, when all that was to be done was done. */
let plannedAt: i64 = 0;
let unacknowledged: i32 = 0;
let ackAt: i64 = i64.MAX_VALUE;
/** Frames that the last Ack told of room for. */
let toldRoom: i32 = Link.Window;

/** Frames that came whole and were not taken: of another version, channel or session, or nonsense. */
export let refusedFrames: i32 = 0;
/** What `takeMessage` came to. */
export let messageChannel: i32 = 0;
export let messagePtr: usize = 0;
export let messageBytes: i32 = 0;

/** Whether a session lasts. */
export function linkIsOpen(): bool {
  return session !== 0;
}

/** The session's number; 0: there is none. */
export function linkSession(): i32 {
  return session;
}

/** What tells this boot from others. */
export function linkBoot(): u32 {
  return boot;
}

/** Whether one more message can be sent now. */
export function canSend(): bool {
  return session !== 0 && windowHasRoom();
}

/** Sends 1 to Link.PayloadBytes bytes, which are copied. False when there is no room: try again in a later step. */
export function sendMessage(channel: Channel, ptr: usize, bytes: i32): bool {
  if (!canSend()) return false;
  putMessage(channel, session, ptr, bytes);
  plannedAt = 0;
  return true;
}

/** Comes to the next message of the host, in order; false when there is none. It is valid until the next call. */
export function takeMessage(): bool {
  if (!takeArrived()) return false;
  messageChannel = arrivedChannel;
  messagePtr = arrivedPtr;
  messageBytes = arrivedBytes;
  return true;
}

/** Whether the session is one of a module before this one. */
export let isResumed: bool = false;
let isBegun: bool = false;

/** Goes on with the session that a module before this one had. Called once, before anything else of the link. */
function resume(now: i64): void {
  isBegun = true;
  bytesAt = now;
  linkInput();
  if (!findSession()) return;
  isResumed = true;
  session = load<i32>(kept, Kept.Session);
  boot = load<u32>(kept, Kept.Boot);
  setLineBaud(load<i32>(kept, Kept.Baud));
  setLineUnpaced(load<i32>(kept, Kept.Unpaced) !== 0);
  resumeWindow(session, load<i32>(kept, Kept.Base), load<i32>(kept, Kept.Top));
  resumeArrived(load<i32>(kept, Kept.Next), load<u32>(kept, Kept.Mask));
  heardAt = ackAt = now;
  setLineSession(true);
}

/** Keeps for the next module what the session has come to. */
function keep(): void {
  store<i32>(kept, session, Kept.Session);
  store<u32>(kept, boot, Kept.Boot);
  store<i32>(kept, lineBaud, Kept.Baud);
  store<i32>(kept, lineUnpaced, Kept.Unpaced);
  store<i32>(kept, nextWhole(), Kept.Next);
  store<u32>(kept, arrivedMask(), Kept.Mask);
  store<i32>(kept, windowBase(), Kept.Base);
  store<i32>(kept, windowTop(), Kept.Top);
  keepSession();
}

/** Whether a swap would lose nothing: all that came was taken, all that was sent has arrived. */
export function isLinkQuiet(): bool {
  return isAllTaken() && isWindowEmpty() && !isFrameCut() && !isBaudChanging();
}

/** A swap begins now. */
export function noteSwap(now: i64): void {
  store<i64>(kept, now, Kept.SwapAt);
  keep();
}

/** The tick at which the swap to this module was begun. */
export function swapBegun(): i64 {
  return load<i64>(kept, Kept.SwapAt);
}

/** Takes bytes of the line, answers, sends. Returns the tick by which to call it again; bounded work. */
export function serviceLink(): i64 {
  const now = ticks();
  if (!isBegun) resume(now);
  // What is typed stays with the board until there is room for it.
  const bytes = take(Queue.Uart, block, session ? BLOCK_BYTES : min(BLOCK_BYTES, inputRoom()));
  // The board calls for each few bytes of a frame when it has nothing else to do: that must cost little.
  if (bytes && session && now < plannedAt && !isDeaf(now) && isMore(block, bytes)) {
    bytesAt = now;
    isMidFrame = true;
    return plannedAt;
  }
  isMidFrame = false;
  return (plannedAt = service(bytes, now));
}

function service(bytes: i32, now: i64): i64 {
  let due = receive(bytes, now);
  if (session) {
    const silentAt = heardAt + milliseconds(Link.SilenceMs);
    if (now >= silentAt) endSession(now);
    due = min(due, silentAt);
  }
  keep();
  due = min(due, transmit(now));
  // An answer goes out at the rate that it was asked for at.
  if (isAnswerDue() || isFrameCut()) return min(due, now + milliseconds(1));
  return min(due, serviceBaud(now));
}

function receive(bytes: i32, now: i64): i64 {
  listenToText(!isBaudChanging() && (!session || now - heardAt > milliseconds(TEXT_MS)));
  if (!bytes) {
    if (!collecting) return inputWaiting() ? 0 : i64.MAX_VALUE;
    const idleAt = bytesAt + milliseconds(Link.IdleMs);
    if (now < idleAt) return inputWaiting() ? 0 : idleAt;
    giveUp();
    return inputWaiting() ? 0 : i64.MAX_VALUE;
  }
  bytesAt = now;
  if (isDeaf(now)) return 0;
  feed(block, bytes);
  while (nextFrame()) takeFrame(now);
  if (inputWaiting()) return 0;
  return collecting ? now + milliseconds(Link.IdleMs) : i64.MAX_VALUE;
}

function takeFrame(now: i64): void {
  const channel = <i32>load<u8>(frame, 1);
  const named = <i32>load<u16>(frame, 2);
  const first = framePayload ? <i32>load<u8>(frame, Link.HeaderBytes) : 0;
  const isHello = channel === Channel.Control && first === Control.Hello && !named;
  // A Hello of any version is answered: with what would be understood.
  if (isHello) {
    hello(now);
    return;
  }
  if (
    load<u8>(frame) !== Link.Version ||
    channel >= Channel.Count ||
    !named ||
    (channel === Channel.Control && !framePayload)
  ) {
    refusedFrames++;
    return;
  }
  if (named !== session) {
    unknownSession(named, now);
    return;
  }
  heardAt = now;
  if (channel === Channel.Control) {
    if (first === Control.Bye) endSession(now);
    else if (!obeyControl(frame + Link.HeaderBytes, framePayload, now)) refusedFrames++;
    return;
  }
  const arrival = arrive(load<u16>(frame, 4), channel, frame + Link.HeaderBytes, framePayload);
  if (arrival !== Arrival.InOrder || isGap() || ++unacknowledged >= ACK_FRAMES) ackAt = now;
  else ackAt = min(ackAt, now + milliseconds(ACK_MS));
}

function hello(now: i64): void {
  const at = frame + Link.HeaderBytes;
  const wanted = framePayload >= 5 ? <i32>load<u16>(at, 3) : 0;
  if (!wanted) {
    refusedFrames++;
    return;
  }
  if (<i32>load<u8>(at, 1) > Link.Version || <i32>load<u8>(at, 2) < Link.Version) {
    dueAnswer(Control.Refuse);
    return;
  }
  if (!boot) {
    boot = (<u32>info(Info.EntryTicks) * 0x9e3779b1) ^ (<u32>now);
    findPace(now);
  }
  heardAt = now;
  dueAnswer(Control.Welcome);
  // The same once more: the host has not got the answer yet.
  if (wanted === session) return;
  session = wanted;
  clearWindow();
  clearArrived();
  unacknowledged = 0;
  toldRoom = Link.Window;
  ackAt = i64.MAX_VALUE;
  setLineSession(true);
}

/** Sees whether the line takes bytes at once, as an emulator's does. */
function findPace(now: i64): void {
  if (isFrameCut()) return;
  memory.fill(controlFrame, 0, FILL_BYTES);
  sendFrame(controlFrame, FILL_BYTES, now);
  setLineUnpaced(isUartSent());
}

function endSession(now: i64): void {
  session = 0;
  ackAt = i64.MAX_VALUE;
  clearAnswers();
  setLineSession(false);
  resetBaud(now);
}

/** Sends what is due, as far as the line's queue is not too long; returns when to go on. */
function transmit(now: i64): i64 {
  if (!sendRest(now)) return now + milliseconds(1);
  if (windowDue() <= now) windowLate();
  // The host may be waiting for room that it was told there is not.
  if (toldRoom < Link.Window / 2 && arrivalRoom() > Link.Window / 2) ackAt = now;
  for (let frames = STEP_FRAMES; frames; frames--) {
    const isControl = now >= ackAt || isAnswerDue();
    if (!isControl) {
      if (!session || isBaudChanging()) return ackAt;
      if (isTextsTurn()) return min(now + milliseconds(1), ackAt);
      if (!windowTurn()) return min(ackAt, windowDue());
    }
    const turnAt = lineTurnAt();
    if (now < turnAt) return turnAt;
    if (isControl) {
      sendControl(now);
    } else {
      sendFrame(turnPtr, turnBytes, now);
      windowSent(now);
    }
    if (isFrameCut()) return now + milliseconds(1);
  }
  return 0;
}

function sendControl(now: i64): void {
  let bytes: i32;
  if (isAnswerDue()) {
    bytes = makeAnswer(controlFrame);
  } else {
    bytes = makeAck(controlFrame);
    toldRoom = arrivalRoom();
    unacknowledged = 0;
    ackAt = i64.MAX_VALUE;
  }
  sendFrame(controlFrame, bytes, now);
}
