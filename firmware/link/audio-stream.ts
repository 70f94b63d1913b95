// Sound that the host pushes (docs/link.md, Audio): what its messages ask for, and what they are answered with.
//
// A program with a player gives `setStreamStage` what pauses its own sound while a stream is open; `pumpStream` feeds
// the jack and is to be called in every step before `jack.service`, `serviceAudioStream` answers.

import { ticks } from '../../drivers/board';
import { JackState, jackRange, jackRepeat } from '../../drivers/jack';
import { PWM_CLOCK_HZ } from '../../drivers/jack-keys';
import { milliseconds } from '../../drivers/timer';
import { Output, Pumped } from '../audio/output';
import { SourceError, sourceErrorText } from '../audio/source';
import { STREAM_BYTES, StreamSource } from '../audio/stream-source';
import { endLine, print, printNumber } from '../console/console';
import { printName } from '../console/names';
import { canSend, linkSession, sendMessage } from './link';
import { AudioFormat, AudioOp, Channel, LinkError } from './protocol';

/** Who has the jack when no stream is open. */
export abstract class StreamStage {
  /** Pauses what plays; the output is the stream's until `takeBack`. */
  abstract lend(): Output;
  abstract takeBack(): void;
}

/** What the jack's header and its capture call a stream. */
const STREAM_TRACK: i32 = 0xffff;

const enum State {
  None,
  /** Too little is there: before the first sound, after a flush, and when it ran dry. */
  Waiting,
  Playing,
  /** All is appended, and not heard yet. */
  Draining,
}

/** Bytes of the messages. */
const OPEN_BYTES: i32 = 10;
const OPENED_BYTES: i32 = 9;
const STATUS_BYTES: i32 = 32;
const ENDED_BYTES: i32 = 19;
const TEXT_BYTES: i32 = 96;

const STATUS_MS: i64 = 100;
/** So much of the ring taken is told at once, so that what the host may send never runs out. */
const STATUS_SHARE: i64 = STREAM_BYTES / 8;
/** With less than this in the jack, in milliseconds, and nothing to follow, it is bridged to silence; above what the
 *  jack itself holds up (a third of its 60). */
const DRY_MS: i64 = 30;
const DRAIN_MS: i64 = 5;
/** What a host keeps at least in the ring, in milliseconds, and what the lowest fill is before that was there. */
const ENOUGH_MS: i32 = 350;
const UNTOLD_MS: i32 = 0xffff;
const NEVER: i64 = i64.MAX_VALUE;

const source = new StreamSource();
const message = memory.data(TEXT_BYTES + 2);

let stage: StreamStage | null = null;
let output: Output | null = null;
let state: State = State.None;
let isPaused = false;
/** The host's session that opened the stream, or was answered last. */
let session = 0;
let startMs = 0;
/** Pairs that the output had appended when the stream, or what follows a flush, began, and the frame that it began at. */
let beginMark: i64 = 0;
let beginFrame: i64 = 0;
let endMark: i64 = 0;
let flushes = 0;
let dry = 0;
let lowestMs = UNTOLD_MS;
let isEnough = false;
let underrunsBefore = 0;
/** Of the stream that ended last. */
let heardFrames: i64 = 0;

/** What is to be sent, in this order. */
let owesOpened = false;
let owesStatus = false;
let owesEnded = false;
let failure: LinkError = LinkError.None;
let failureText = '';
/** Whether what comes without a stream is passed over: the host knows, or could not know. */
let wasRefused = false;
let statusAt: i64 = 0;
let statusTaken: i64 = 0;

/** Where streams are played; without it none is. */
export function setStreamStage(to: StreamStage): void {
  stage = to;
}

/** Takes a message of the host. */
export function audioMessage(ptr: usize, bytes: i32): void {
  keepToSession();
  const op = bytes > 0 ? <i32>load<u8>(ptr) : 0;
  if (op === AudioOp.Open) {
    open(ptr, bytes);
    return;
  }
  if (state === State.None) {
    // What the host sent before it knew that the stream is over is no mistake.
    if (!wasRefused) refuse(LinkError.Message, 'no stream is open');
    return;
  }
  if (op === AudioOp.Data) {
    if (!source.waits) refuse(LinkError.Message, 'sound behind the end');
    else if (!source.put(ptr + 1, bytes - 1)) refuse(LinkError.Full, 'more was sent than there is room for');
  } else if (op === AudioOp.End) {
    source.end();
  } else if (op === AudioOp.Pause && bytes >= 2) {
    pause(load<u8>(ptr, 1) !== 0);
  } else if (op === AudioOp.Flush && bytes >= 5) {
    flush(<i64>load<u32>(ptr, 1));
  } else if (op === AudioOp.Close) {
    owesEnded = true;
    finish();
  } else {
    refuse(LinkError.Message, 'a message that makes no sense');
  }
}

function open(ptr: usize, bytes: i32): void {
  wasRefused = false;
  owesEnded = false;
  failure = LinkError.None;
  if (bytes < OPEN_BYTES) {
    refuse(LinkError.Message, 'a message that makes no sense');
    return;
  }
  const owner = stage;
  if (!owner) {
    refuse(LinkError.Off, 'this firmware plays no streams');
    return;
  }
  const format = <i32>load<u8>(ptr, 1);
  if (!source.begin(format, load<i32>(ptr, 5), <i32>load<u8>(ptr, 2))) {
    refuse(LinkError.Format, sourceErrorText(source.error));
    return;
  }
  const wanted = <i32>load<u16>(ptr, 3);
  // Some room is needed behind what is waited for, or it would never come.
  startMs = min(wanted, (source.mostMs * 3) >> 2);
  const out = state === State.None ? owner.lend() : output!;
  output = out;
  out.play(source, STREAM_TRACK);
  state = State.Waiting;
  isPaused = false;
  begin(0);
  flushes = 0;
  dry = 0;
  lowestMs = UNTOLD_MS;
  underrunsBefore = out.jack.underruns;
  owesOpened = true;
  owesStatus = true;
  statusTaken = 0;
  announce(format, ptr + OPEN_BYTES, bytes - OPEN_BYTES);
}

function announce(format: i32, name: usize, bytes: i32): void {
  print('from the line: ');
  printName(name, bytes);
  print('  ');
  printNumber(source.rateHz);
  print(source.channels === 1 ? ' Hz mono' : ' Hz stereo');
  if (format === AudioFormat.Qoa) print(' QOA');
  endLine();
}

/** What comes next is heard as this frame. */
function begin(frame: i64): void {
  beginMark = output!.mark;
  beginFrame = frame;
  isEnough = false;
}

function pause(on: bool): void {
  if (on && !isPaused) output!.jack.breakTrack();
  isPaused = on;
  owesStatus = true;
}

function flush(frame: i64): void {
  source.flush(frame);
  output!.jack.breakTrack();
  // One that had drained is no longer the output's.
  if (state === State.Draining) output!.play(source, STREAM_TRACK);
  state = State.Waiting;
  begin(frame);
  flushes++;
  owesStatus = true;
}

/** Says that something cannot be; a stream that is open ends. */
function refuse(error: LinkError, text: string): void {
  failure = error;
  failureText = text;
  wasRefused = true;
  owesEnded = false;
  finish();
}

/** Gives the output back. */
function finish(): void {
  owesOpened = false;
  owesStatus = false;
  if (state === State.None) return;
  heardFrames = framesHeard();
  state = State.None;
  wasRefused = true;
  stage!.takeBack();
}

function framesHeard(): i64 {
  const out = output!;
  const pairs = out.heardPairs - beginMark;
  return beginFrame + (pairs > 0 ? pairs / out.jack.repeat : 0);
}

/** Gives the jack what it has room for; returns the tick by which to call it again. */
export function pumpStream(): i64 {
  if (state === State.None || isPaused) return NEVER;
  const out = output!;
  if (state === State.Draining) return drain(out);
  if (state === State.Waiting) {
    source.isHeld = source.waits && (source.waitingMs < startMs || !source.isReady);
    if (!source.isHeld) state = State.Playing;
  }
  // Also when nothing is to be heard: the jack opens meanwhile.
  const pumped = out.pump();
  if (pumped === Pumped.NoJack) {
    refuse(LinkError.Format, 'the jack cannot be opened');
    return NEVER;
  }
  if (pumped === Pumped.Ended) {
    if (source.error !== SourceError.None) {
      refuse(LinkError.Format, sourceErrorText(source.error));
      return NEVER;
    }
    out.jack.breakTrack();
    endMark = out.mark;
    state = State.Draining;
    return drain(out);
  }
  if (source.isHeld || !source.waits) return NEVER;
  noteFill(source.waitingMs);
  return source.isReady || out.jack.state !== JackState.Open ? NEVER : runDry(out);
}

/** The lowest fill counts from when there was enough: a start with less, also behind a flush, is meant. */
function noteFill(ms: i32): void {
  isEnough = isEnough || ms >= ENOUGH_MS;
  if (isEnough) lowestMs = min(lowestMs, ms);
}

/** Nothing is there to follow: as long as the jack has enough something may still come. */
function runDry(out: Output): i64 {
  const jack = out.jack;
  const least = (<i64>jack.carrierHz * DRY_MS) / 1000;
  const fill = <i64>jack.fillPairs;
  if (fill > least) return ticks() + ((fill - least) * milliseconds(1000)) / jack.carrierHz;
  jack.breakTrack();
  source.isHeld = true;
  state = State.Waiting;
  dry++;
  owesStatus = true;
  return NEVER;
}

function drain(out: Output): i64 {
  if (!out.heard(endMark)) return ticks() + milliseconds(DRAIN_MS);
  owesEnded = true;
  finish();
  return NEVER;
}

/** A stream ends with its session: whoever has opened another one knows nothing of it. */
function keepToSession(): void {
  const now = linkSession();
  if (now === session) return;
  session = now;
  finish();
  owesEnded = false;
  wasRefused = false;
  failure = LinkError.None;
}

/** Sends what is to be said; returns the tick by which to call it again. */
export function serviceAudioStream(): i64 {
  keepToSession();
  if (state !== State.None && (ticks() >= statusAt || source.taken - statusTaken >= STATUS_SHARE)) owesStatus = true;
  if (!canSend()) return NEVER; // what makes room comes over the line
  // One a call: what was given to the link goes out with its next service, which is to come at once.
  if (owesOpened) sendOpened();
  else if (owesStatus) sendStatus();
  else if (owesEnded) sendEnded();
  else if (failure !== LinkError.None) sendFailed();
  else return state === State.None ? NEVER : statusAt;
  return 0;
}

function sendOpened(): void {
  const repeat = jackRepeat(source.rateHz);
  const pairs = <i64>jackRange(source.rateHz * repeat) * repeat;
  store<u8>(message, AudioOp.Opened);
  store<u32>(message, STREAM_BYTES, 1);
  store<u32>(message, <u32>((<i64>PWM_CLOCK_HZ * 1000 + pairs / 2) / pairs), 5);
  owesOpened = !sendMessage(Channel.Audio, message, OPENED_BYTES);
}

function sendStatus(): void {
  store<u8>(message, AudioOp.Status);
  store<u32>(message, <u32>source.taken, 1);
  store<u32>(message, source.waiting, 5);
  store<i64>(message, framesHeard(), 9);
  store<u16>(message, min(source.waitingMs, 0xffff), 17);
  store<u32>(message, output!.jack.underruns - underrunsBefore, 19);
  store<u32>(message, dry, 23);
  store<u16>(message, lowestMs, 27);
  store<u16>(message, flushes, 29);
  store<u8>(message, state === State.Waiting ? 1 : 0, 31);
  owesStatus = !sendMessage(Channel.Audio, message, STATUS_BYTES);
  if (owesStatus) return;
  statusAt = ticks() + milliseconds(STATUS_MS);
  statusTaken = source.taken;
}

function sendEnded(): void {
  store<u8>(message, AudioOp.Ended);
  store<i64>(message, heardFrames, 1);
  store<u32>(message, output!.jack.underruns - underrunsBefore, 9);
  store<u32>(message, dry, 13);
  store<u16>(message, lowestMs, 17);
  owesEnded = !sendMessage(Channel.Audio, message, ENDED_BYTES);
}

function sendFailed(): void {
  store<u8>(message, AudioOp.Failed);
  store<u8>(message, failure, 1);
  const length = min(failureText.length, TEXT_BYTES);
  for (let i = 0; i < length; i++) store<u8>(message + i, failureText.charCodeAt(i), 2);
  if (sendMessage(Channel.Audio, message, 2 + length)) failure = LinkError.None;
}
