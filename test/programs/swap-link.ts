// Plays words that tell their place (as swap-jack.ts does) and serves the line, over which other variants of it come. The
// variant says what it does after a while. A typed `q` ends it: it says what was played.

import { exit, Exit, read32, ticks } from '../../drivers/board';
import { Jack, JackSetting, JackState } from '../../drivers/jack';
import { RingHeader } from '../../drivers/jack-keys';
import { milliseconds } from '../../drivers/timer';
import { JACK_HEADER, windowAddress } from '../../drivers/window';
import { aheadTicks, fillForSwap } from '../../firmware/audio/output-swap';
import { endLine, print, printNumber, serviceConsole } from '../../firmware/console/console';
import { takeInput } from '../../firmware/console/input';
import { openModules } from '../../firmware/link/modules';
import { serviceDevLine } from '../../firmware/link/dev-line';
import { SwapUser } from '../../firmware/link/swap-user';

export const enum Variant {
  Plain = 0,
  Trap = 1,
  Hang = 2,
  TrapInStart = 3,
  HangInStart = 4,
}

const RATE_HZ: i32 = 44100;
/** It plays so long, then acts. */
const PLAY_MS: i64 = 150;
const LOW: i32 = 1417;
const HEIGHT: i32 = 400;
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

const words = memory.data(4096, 16);
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

/** The word of a pair of the track, on both sides. */
function wordOf(pair: i64): u32 {
  const phase = <i32>(pair % (2 * HEIGHT));
  return LOW + (phase < HEIGHT ? phase : 2 * HEIGHT - phase);
}

function feed(): void {
  for (let room = jack.room(); room > 0; room = jack.room()) {
    const from = jack.trackPairsAppended;
    for (let i = 0; i < room; i++) {
      store<u32>(words + ((<usize>i) << 3), wordOf(from + i));
      store<u32>(words + ((<usize>i) << 3), wordOf(from + i), 4);
    }
    if (jack.append(words, room)) exit(Exit.End, 9);
  }
}

function spin(): void {
  while (ticks() > 0) continue;
}

export function start(generation: i32): void {
  if (VARIANT === Variant.TrapInStart) unreachable();
  if (VARIANT === Variant.HangInStart) spin();
  jack.probe(JackSetting.Auto);
  if (!jack.adopted) {
    if (jack.open(RATE_HZ)) exit(Exit.End, 8);
    jack.noteTrack(0);
  }
  feed();
  say('g', generation);
  say('variant', VARIANT);
  actAt = ticks() + milliseconds(PLAY_MS);
}

export function step(_events: i32): i64 {
  const linked = serviceDevLine();
  if (jack.state === JackState.Closed) exit(Exit.End, 0);
  if (jack.state === JackState.Open) feed();
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
