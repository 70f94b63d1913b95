// Plays words that tell their place (as swap-jack.ts does) and serves the line, over which other variants of it come. The
// variant says what it does after a while. A typed `q` ends it: it says what was played.

import { exit, Exit, read32, ticks } from '../../drivers/board';
import { Jack, JackState } from '../../drivers/jack';
import { RingHeader } from '../../drivers/jack-keys';
import { milliseconds } from '../../drivers/timer';
import { JACK_HEADER, windowAddress } from '../../drivers/window';
import { aheadTicks, fillForSwap } from '../../firmware/audio/output-swap';
import { endLine, print, printNumber, serviceConsole } from '../../firmware/console/console';
import { takeInput } from '../../firmware/console/input';
import { openModules } from '../../firmware/link/modules';
import { serviceDevLine } from '../../firmware/link/dev-line';
import { SwapUser } from '../../firmware/link/swap-user';
import { feedRamp, openRamp } from './ramp';

export const enum Variant {
  Plain = 0,
  Trap = 1,
  Hang = 2,
  TrapInStart = 3,
  HangInStart = 4,
}

/** It plays so long, then acts. */
const PLAY_MS: i64 = 150;
const Q: i32 = 0x71;

class User extends SwapUser {
  prepare(): bool {
    return fillForSwap(jack);
  }
  stay(): void {
    jack.aheadMs = 0;
  }
  aheadTicks(): i64 {
    return aheadTicks(jack);
  }
}

const typed = memory.data(8);
const jack = new Jack();
openModules(new User());
let actAt: i64 = 0;

function say(name: string, value: i64): void {
  print(name);
  print('=');
  printNumber(value);
  endLine();
}

function spin(): void {
  while (ticks() > 0) continue;
}

export function start(generation: i32): void {
  if (VARIANT === Variant.TrapInStart) unreachable();
  if (VARIANT === Variant.HangInStart) spin();
  openRamp(jack);
  feedRamp(jack);
  say('g', generation);
  say('variant', VARIANT);
  actAt = ticks() + milliseconds(PLAY_MS);
}

export function step(_events: i32): i64 {
  const linked = serviceDevLine();
  if (jack.state === JackState.Closed) exit(Exit.End, 0);
  if (jack.state === JackState.Open) feedRamp(jack);
  if (ticks() >= actAt) {
    if (VARIANT === Variant.Trap) unreachable();
    if (VARIANT === Variant.Hang) spin();
    actAt = i64.MAX_VALUE;
  }
  if (takeInput(typed, 1) && load<u8>(typed) === Q) {
    say('underruns', jack.underruns);
    say('track', jack.trackPairsAppended);
    say('held', read32(windowAddress(JACK_HEADER) + RingHeader.Held));
    jack.breakTrack();
    jack.close();
  }
  return min(min(linked, actAt), min(jack.service(), serviceConsole()));
}
