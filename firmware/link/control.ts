// The device's part of the control channel: what it answers, one of each kind at a time. Whoever asked twice is
// answered once.

import { Info, info } from '../../drivers/board';
import { milliseconds, tickRate } from '../../drivers/timer';
import { lineBaud, lineUnpaced } from '../console/line';
import { askBaud, highestBaud, isBaudTried, keepBaud } from './baud';
import { makeFrame, payloadAt, WIRE_BYTES } from './frame';
import { linkBoot, linkSession } from './link';
import { Ability, Channel, Control, Link } from './protocol';
import { arrivalRoom, arrivedMask, nextMissing } from './receive-window';
import { acknowledge } from './send-window';

const ACK_BYTES: i32 = 11;
const WORD_BYTES: i32 = 5;
const PATTERN_BYTES: i32 = 257;
const UNKNOWN_MS: i64 = 100;
const WELCOME_TEXT: i32 = 33;

/** Bits of the kinds that are due: 1 << Control. */
let due: i32 = 0;
let pong: u32 = 0;
let unknown: i32 = 0;
let unknownAt: i64 = 0;
let asked: i32 = 0;
let made: i32 = 0;
let abilities: i32 = Ability.Modules;

/** What the host is told that the program can do; the line's own ability is found out. */
export function setAbility(ability: Ability, on: bool): void {
  abilities = on ? abilities | ability : abilities & ~ability;
}

/** An answer of that kind is to be sent. */
export function dueAnswer(kind: Control): void {
  due |= 1 << kind;
}

/** Whether an answer waits for `makeAnswer`. */
export function isAnswerDue(): bool {
  return due !== 0;
}

/** Forgets answers that wait: the session is over. */
export function clearAnswers(): void {
  due = 0;
}

/** A frame came of a session that is not there. */
export function unknownSession(session: i32, now: i64): void {
  if (now < unknownAt) return;
  unknownAt = now + milliseconds(UNKNOWN_MS);
  unknown = session;
  dueAnswer(Control.Unknown);
}

/** Does what a control frame of the session says; false when it makes no sense. */
export function obeyControl(ptr: usize, bytes: i32, now: i64): bool {
  const kind = <i32>load<u8>(ptr);
  if (kind === Control.Ack) {
    if (bytes !== ACK_BYTES) return false;
    acknowledge(load<u16>(ptr, 1), load<u32>(ptr, 3), load<i32>(ptr, 7), now);
    return true;
  }
  if (kind === Control.Pattern) {
    if (!isBaudTried() || !isPattern(ptr, bytes)) return false;
    dueAnswer(kind);
    return true;
  }
  if (bytes !== WORD_BYTES) return false;
  const word = load<i32>(ptr, 1);
  switch (kind) {
    case Control.Ping:
      pong = word;
      dueAnswer(Control.Pong);
      return true;
    case Control.Pong:
      return true;
    case Control.Baud:
      asked = word;
      made = askBaud(word);
      dueAnswer(Control.BaudAnswer);
      return true;
    case Control.BaudKeep:
      if (keepBaud(word)) dueAnswer(kind);
      return true;
    default:
      return false;
  }
}

/** Byte `i` of the pattern that a new rate is tried with. */
function patternByte(i: i32): i32 {
  return (i * 167 + 13) & 255;
}

function isPattern(ptr: usize, bytes: i32): bool {
  if (bytes !== PATTERN_BYTES) return false;
  for (let i = 1; i < PATTERN_BYTES; i++) if (<i32>load<u8>(ptr + i) !== patternByte(i - 1)) return false;
  return true;
}

/** Makes an Ack at `to`; returns how many bytes it takes on the line. */
export function makeAck(to: usize): i32 {
  store<u8>(payloadAt, Control.Ack);
  store<u16>(payloadAt, nextMissing(), 1);
  store<u32>(payloadAt, arrivedMask(), 3);
  // All of it fits into the board's receive queue of 64 KiB, with some left for control frames and keys.
  store<u32>(payloadAt, arrivalRoom() * WIRE_BYTES, 7);
  return makeFrame(to, Channel.Control, linkSession(), 0, payloadAt, ACK_BYTES);
}

/** Makes the next answer that is due at `to`; returns how many bytes it takes on the line. */
export function makeAnswer(to: usize): i32 {
  const kind = ctz(due);
  due &= due - 1;
  store<u8>(payloadAt, kind);
  let bytes = WORD_BYTES;
  switch (kind) {
    case Control.Welcome:
      bytes = putWelcome(payloadAt);
      break;
    case Control.Refuse:
      store<u8>(payloadAt, Link.Version, 1);
      store<u8>(payloadAt, Link.Version, 2);
      bytes = 3 + putText(payloadAt + 3, 'bring the card and this program to the same version');
      break;
    case Control.Pong:
      store<u32>(payloadAt, pong, 1);
      break;
    case Control.Unknown:
      store<u16>(payloadAt, unknown, 1);
      bytes = 3;
      break;
    case Control.BaudAnswer:
      store<u32>(payloadAt, asked, 1);
      store<u32>(payloadAt, made, 5);
      bytes = 9;
      break;
    case Control.Pattern:
      for (let i = 1; i < PATTERN_BYTES; i++) store<u8>(payloadAt + i, patternByte(i - 1));
      bytes = PATTERN_BYTES;
      break;
    default: // BaudKeep
      store<u32>(payloadAt, lineBaud, 1);
  }
  const isOutside = kind === Control.Refuse || kind === Control.Unknown;
  return makeFrame(to, Channel.Control, isOutside ? 0 : linkSession(), 0, payloadAt, bytes);
}

function putWelcome(at: usize): i32 {
  store<u8>(at, Link.Version, 1);
  store<u8>(at, abilities | (lineUnpaced ? Ability.Unpaced : 0), 2);
  store<u16>(at, Link.Window, 3);
  store<u32>(at, linkBoot(), 5);
  store<u32>(at, <u32>info(Info.Generation), 9);
  store<u64>(at, info(Info.BuildId), 13);
  store<u32>(at, lineBaud, 21);
  store<u32>(at, highestBaud(), 25);
  store<u32>(at, <u32>tickRate(), 29);
  return WELCOME_TEXT + putVersion(at + WELCOME_TEXT);
}

/** `package.json`'s version, given by the compiler: 0x000102 is 0.1.2. */
function putVersion(to: usize): i32 {
  const version: i32 = MIRLEFT_VERSION;
  let at = putNumber(to, version >> 16);
  store<u8>(at++, 0x2e);
  at = putNumber(at, (version >> 8) & 255);
  store<u8>(at++, 0x2e);
  return <i32>(putNumber(at, version & 255) - to);
}

/** A number below 1000 in decimal; returns where it ends. */
function putNumber(at: usize, value: i32): usize {
  if (value >= 100) store<u8>(at++, 0x30 + value / 100);
  if (value >= 10) store<u8>(at++, 0x30 + ((value / 10) % 10));
  store<u8>(at++, 0x30 + (value % 10));
  return at;
}

/** ASCII; returns how many bytes. */
export function putText(to: usize, text: string): i32 {
  for (let i = 0; i < text.length; i++) store<u8>(to + i, text.charCodeAt(i));
  return text.length;
}
