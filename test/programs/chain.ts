// Goes to another kernel image: its length is the first word of the RAM disk, its bytes follow at 4 KiB. The second word
// tells how: 0 by the DMA window, 1 straight from the RAM disk, 2 with an address that is none, 3 with no length; 4 as 0,
// and the other image waits for a full stop from the console.

import { chain, copyIn, copyOut, exit, Exit, info, Info, Queue, take } from '../../drivers/board';
import { NEXT_IMAGE, windowAddress } from '../../drivers/window';
import { say } from './say';

const RAM_DISK: u32 = 0x10000000;
const IMAGE: u32 = RAM_DISK + 4096;
const PIECE: i32 = 16384;

const FULL_STOP: i32 = 0x2e;

const words = memory.data(8);
const piece = memory.data(16384);

export function start(generation: i32): void {
  copyIn(RAM_DISK, words, 8);
  say('build=', info(Info.BuildId));
  say('reason=', info(Info.BootReason));
  say('level=', info(Info.EntryLevel));
  say('g=', generation);
}

export function step(_events: i32): i64 {
  const how = load<i32>(words, 4);
  if (info(Info.BootReason)) {
    if (how !== 4 || isFullStopTyped()) exit(Exit.End, 5);
    return i64.MAX_VALUE;
  }
  const length = load<i32>(words);
  switch (how) {
    case 0:
    case 4:
      for (let at = 0; at < length; at += PIECE) {
        const bytes = min(PIECE, length - at);
        copyIn(IMAGE + at, piece, bytes);
        copyOut(windowAddress(NEXT_IMAGE) + at, piece, bytes);
      }
      chain(windowAddress(NEXT_IMAGE), length);
      break;
    case 1:
      chain(IMAGE, length);
      break;
    case 2:
      chain(0x80000, length);
      break;
    default:
      chain(IMAGE, 0);
  }
  return 0;
}

function isFullStopTyped(): bool {
  for (let bytes = take(Queue.Uart, piece, PIECE); bytes; bytes = take(Queue.Uart, piece, PIECE))
    for (let i = 0; i < bytes; i++) if (<i32>load<u8>(piece + i) === FULL_STOP) return true;
  return false;
}
