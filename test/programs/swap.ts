// Swaps by a plan. The RAM disk begins with a word for each generation (test/support/swap-plan.ts): what it does, and the
// module that it asks for. Each generation says `g=GENERATION fault=LASTFAULT`, the answer of `reload`, and what it ends by.

import {
  copyIn,
  exit,
  Exit,
  fault,
  Fault,
  info,
  Info,
  preload,
  read32,
  reload,
  Reload,
  ticks,
  wait,
} from '../../drivers/board';
import { say } from './say';

const RAM_DISK: u32 = 0x10000000;
const TABLE: u32 = 128;
const NOT_THERE: u32 = 0xfc000000;
const MODULE_BYTES: i32 = 1024 * 1024 + 64;

export const enum Act {
  /** Asks for the module, tells the answer, and ends when it is refused. */
  Reload = 0,
  Trap = 1,
  Hang = 2,
  Abort = 3,
  BusAbort = 4,
  TrapInStart = 5,
  HangInStart = 6,
  /** Waits for 400 ms, more than a step may take on probation, and asks for the module. */
  Wait = 7,
  End = 8,
  HangInWait = 9,
  /** Preloads the module in as many steps as that takes, and then asks for it. */
  Preload = 11,
  /** The same, but what lies there has changed before it asks. */
  PreloadOther = 12,
  /** Preloads a part and traps. */
  PreloadTrap = 13,
}

const word = memory.data(8);
const module = heap.alloc(MODULE_BYTES);
let act: i32 = 0;
let index: i32 = 0;
let parts: i32 = 0;
/** Of this instance: a second one begins anew. */
let starts: i32 = 0;

function fetch(): i32 {
  copyIn(RAM_DISK + TABLE + <u32>index * 8, word, 8);
  const length = load<i32>(word, 4);
  copyIn(RAM_DISK + load<u32>(word), module, min(length, MODULE_BYTES));
  return length;
}

/** Whether all is loaded. */
function isPreloaded(): bool {
  if (!parts) fetch();
  const answer = preload(module, load<i32>(word, 4));
  parts++;
  if (answer === Reload.More) return false;
  say('parts=', parts > 8 ? 9 : min(parts, 2));
  say('loaded=', answer);
  if (answer) exit(Exit.End, 7);
  return true;
}

function ask(): void {
  const length = fetch();
  const before = ticks();
  const answer = reload(module, length);
  say('answer=', answer);
  if (answer) exit(Exit.End, 7);
  say('ticks=', ticks() - before);
}

function spin(): void {
  while (ticks() > 0) continue;
}

export function start(generation: i32): void {
  copyIn(RAM_DISK + <u32>(generation - 1) * 4, word, 4);
  act = load<u8>(word);
  index = load<u8>(word, 1);
  say('g=', generation);
  say('fault=', info(Info.LastFault));
  say('starts=', ++starts);
  if (act === Act.TrapInStart) unreachable();
  if (act === Act.HangInStart) spin();
}

export function step(_events: i32): i64 {
  switch (act) {
    case Act.Wait:
      wait(ticks() + (info(Info.TickRate) * 4) / 10, 0);
      ask();
      break;
    case Act.Reload:
      ask();
      break;
    case Act.Preload:
      if (!isPreloaded()) return 0;
      ask();
      break;
    case Act.PreloadOther:
      if (!isPreloaded()) return 0;
      index = 0;
      ask();
      break;
    case Act.PreloadTrap:
      isPreloaded();
      unreachable();
      break;
    case Act.Trap:
      unreachable();
      break;
    case Act.Hang:
      spin();
      break;
    case Act.HangInWait:
      wait(i64.MAX_VALUE, 0);
      break;
    case Act.Abort:
      fault(Fault.Panic, word, 0);
      break;
    case Act.BusAbort:
      read32(NOT_THERE);
      break;
    case Act.End:
      exit(Exit.End, 0);
  }
  return i64.MAX_VALUE;
}
