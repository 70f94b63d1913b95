// Goes to another kernel image: its length is the first word of the RAM disk, its bytes follow at 4 KiB. The second word
// tells how: 0 by the DMA window, 1 straight from the RAM disk, 2 with an address that is none, 3 with no length.

import { chain, copyIn, copyOut, exit, Exit, info, Info } from '../../drivers/board';
import { NEXT_IMAGE, windowAddress } from '../../drivers/window';
import { say } from './say';

const RAM_DISK: u32 = 0x10000000;
const IMAGE: u32 = RAM_DISK + 4096;
const PIECE: i32 = 16384;

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
  if (info(Info.BootReason)) exit(Exit.End, 5);
  const length = load<i32>(words);
  switch (load<i32>(words, 4)) {
    case 0:
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
