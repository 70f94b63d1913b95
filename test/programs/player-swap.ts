// The player, with a trigger of its own for swaps: the RAM disk has a plan 4 MiB behind its beginning. Words: bytes of the
// module, which follows at 4 KiB behind the plan; then for each generation the milliseconds after its start at which it
// swaps (0: never), and what it does then: 0 the swap, 1 a trap, 2 a hang.

import { copyIn, exit, Exit, reload, ticks } from '../../drivers/board';
import { milliseconds, tickRate } from '../../drivers/timer';
import { printLine, printNumber } from '../../firmware/console/console';
import { prepareSwap, startPlayer, stepPlayer } from '../../firmware/player/player';

const PLAN: u32 = 0x10000000 + (4 << 20);
const MODULE: u32 = PLAN + 4096;
const MODULE_BYTES: i32 = 512 * 1024;
const NEVER: i64 = i64.MAX_VALUE;

const words = memory.data(8);
const module = heap.alloc(MODULE_BYTES);
let length: i32 = 0;
let act: i32 = 0;
let at: i64 = NEVER;

export function start(generation: i32): void {
  copyIn(PLAN, words, 4);
  length = load<i32>(words);
  copyIn(PLAN + <u32>generation * 8 - 4, words, 8);
  act = load<i32>(words, 4);
  const ms = load<i32>(words);
  if (ms) at = ticks() + milliseconds(ms);
  startPlayer();
}

export function step(events: i32): i64 {
  const due = stepPlayer(events);
  if (ticks() < at) return min(due, at);
  if (act === 1) unreachable();
  while (act === 2) continue;
  if (!prepareSwap()) return 0;
  at = NEVER;
  copyIn(MODULE, module, min(length, MODULE_BYTES));
  const before = ticks();
  if (reload(module, length)) exit(Exit.End, 7);
  printNumber(((ticks() - before) * 1000000) / tickRate());
  printLine(' us for a reload');
  return 0;
}
