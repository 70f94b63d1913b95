// Plays words that tell their place, and swaps by a plan while they play. The RAM disk is as for swap.ts; each generation
// says `g=GENERATION`, and with `held=` what the board has held.

import { copyIn, exit, Exit, info, Info, read32, reload, ticks } from '../../drivers/board';
import { Jack, JackState } from '../../drivers/jack';
import { RingHeader } from '../../drivers/jack-keys';
import { milliseconds } from '../../drivers/timer';
import { JACK_HEADER, windowAddress } from '../../drivers/window';
import { feedRamp, openRamp } from './ramp';
import { say } from './say';

const RAM_DISK: u32 = 0x10000000;
const TABLE: u32 = 128;
const MODULE_BYTES: i32 = 192 * 1024;
/** A generation plays so long, then acts. */
const PLAY_MS: i64 = 150;
const FULL_MS: i32 = 300;
/** How long a step is that is only late. */
const LATE_MS: i64 = 120;

export const enum Act {
  Reload = 0,
  Trap = 1,
  Hang = 2,
  HangInStart = 6,
  End = 8,
  /** A step that takes long, then the end. */
  Late = 10,
}

const word = memory.data(8);
const module = heap.alloc(MODULE_BYTES);
const jack = new Jack();
let act: i32 = 0;
let actAt: i64 = 0;
let endAt: i64 = 0;
let filling: bool = false;

function spin(until: i64): void {
  while (ticks() < until) continue;
}

function swap(): void {
  copyIn(RAM_DISK + TABLE, word, 8);
  const length = load<i32>(word, 4);
  copyIn(RAM_DISK + load<u32>(word), module, min(length, MODULE_BYTES));
  const before = ticks();
  const answer = reload(module, length);
  say('answer=', answer);
  say('us=', ((ticks() - before) * 1000000) / info(Info.TickRate));
  if (answer) exit(Exit.End, 7);
}

export function start(generation: i32): void {
  copyIn(RAM_DISK + <u32>(generation - 1) * 4, word, 4);
  act = load<u8>(word);
  say('g=', generation);
  if (act === Act.HangInStart) spin(i64.MAX_VALUE);
  openRamp(jack);
  say('underruns=', jack.underruns);
  feedRamp(jack);
  actAt = ticks() + milliseconds(PLAY_MS);
}

function doIt(): void {
  switch (act) {
    case Act.Reload:
      jack.aheadMs = FULL_MS;
      filling = true;
      break;
    case Act.Trap:
      unreachable();
      break;
    case Act.Hang:
      spin(i64.MAX_VALUE);
      break;
    case Act.Late:
      spin(ticks() + milliseconds(LATE_MS));
      endAt = ticks() + milliseconds(PLAY_MS);
      break;
    default:
      endAt = ticks();
  }
}

export function step(_events: i32): i64 {
  if (jack.state === JackState.Closed) exit(Exit.End, 0);
  const now = ticks();
  if (jack.state === JackState.Open) feedRamp(jack);
  if (actAt && now >= actAt) {
    actAt = 0;
    doIt();
  }
  if (endAt && now >= endAt) {
    endAt = 0;
    say('underruns=', jack.underruns);
    say('track=', jack.trackPairsAppended);
    say('held=', read32(windowAddress(JACK_HEADER) + RingHeader.Held));
    jack.breakTrack();
    jack.close();
  }
  if (filling && <i64>jack.fillPairs * 1000 >= <i64>jack.carrierHz * (FULL_MS - 20)) {
    filling = false;
    jack.service();
    swap();
    return 0;
  }
  const due = jack.service();
  const next = actAt ? actAt : endAt ? endAt : i64.MAX_VALUE;
  return filling ? 0 : min(due, next);
}
