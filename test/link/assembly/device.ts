// The device's end of the link with a service of the test's own: the files channel gives back what comes, the audio
// channel swallows it. A test drives it step by step.

import { takeInput } from '../../../firmware/console/input';
import { print, serviceConsole } from '../../../firmware/console/console';
import { cobsDecode, cobsEncode } from '../../../firmware/link/cobs';
import { makeFrame } from '../../../firmware/link/frame';
import * as link from '../../../firmware/link/link';
import { Channel } from '../../../firmware/link/protocol';
import { bestPayload, framesAgain } from '../../../firmware/link/send-window';
import { surplusFrames } from '../../../firmware/link/receive-window';
import { damagedFrames } from '../../../firmware/link/deframer';
import { addInput } from '../../../firmware/console/input';

const buffer = memory.data(8192);
const pending = memory.data(65536);
let swallowed: i32 = 0;
/** Messages that wait to be given back: u16 bytes, bytes. */
let waitingBytes = 0;

export function bufferAt(): usize {
  return buffer;
}

/** One step of a program; the tick of the next. */
export function step(): i64 {
  let due = link.serviceLink();
  while (giveBack() && link.takeMessage()) {
    const bytes = link.messageBytes;
    if (link.messageChannel === Channel.Audio) swallowed += bytes;
    else if (link.messageChannel === Channel.Console) addInput(link.messagePtr, bytes);
    else if (link.messageChannel === Channel.Files) {
      memory.copy(pending, link.messagePtr, bytes);
      waitingBytes = bytes;
    }
  }
  due = min(due, serviceConsole());
  if (link.linkIsOpen()) due = min(due, link.serviceLink());
  return due;
}

/** False while a message waits that there is no room for. */
function giveBack(): bool {
  if (!link.linkIsOpen()) waitingBytes = 0;
  if (!waitingBytes) return true;
  if (!link.sendMessage(Channel.Files, pending, waitingBytes)) return false;
  waitingBytes = 0;
  return true;
}

export function swallowedBytes(): i32 {
  return swallowed;
}

/** Sends `bytes` of the buffer on the telemetry channel. */
export function sendBytes(bytes: i32): bool {
  return link.sendMessage(Channel.Telemetry, buffer, bytes);
}

/** Typed bytes to the buffer. */
export function typed(): i32 {
  return takeInput(buffer, 4096);
}

export function say(): void {
  print('The device says something. ');
}

export function isOpen(): bool {
  return link.linkIsOpen();
}

/** Frames that were damaged, refused, surplus, sent again. */
export function count(which: i32): i32 {
  switch (which) {
    case 0:
      return damagedFrames;
    case 1:
      return link.refusedFrames;
    case 2:
      return surplusFrames;
    default:
      return framesAgain;
  }
}

export function best(): i32 {
  return bestPayload();
}

/** Stuffs the first `bytes` of the buffer to its second half. */
export function stuff(bytes: i32): i32 {
  return cobsEncode(buffer, bytes, buffer + 4096);
}

export function unstuff(bytes: i32, most: i32): i32 {
  return cobsDecode(buffer, bytes, buffer + 4096, most);
}

/** A frame with the first `bytes` of the buffer, in its second half. */
export function frameOf(channel: i32, session: i32, sequence: i32, bytes: i32): i32 {
  return makeFrame(buffer + 4096, channel, session, sequence, buffer, bytes);
}
