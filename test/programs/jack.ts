// Plays numbered words through the jack: 441 blocks of 100 pairs at 44.1 kHz, a pause, one block at an extreme, close.
// The console gets what it cost, in ticks, and what the driver counted.

import { Exit, exit, ticks } from '../../drivers/board';
import { Jack, JackSetting, JackState } from '../../drivers/jack';
import { milliseconds } from '../../drivers/timer';
import { say } from './say';

const BLOCKS: i32 = 441;
const PAIRS: i32 = 100;
const PAUSE_MS: i64 = 200;

const jack = new Jack();
const words = memory.data(4096, 16);

let made: i32 = 0;
let pauseUntil: i64 = 0;
let closing: bool = false;
let appendTicks: i64 = 0;
let serviceTicks: i64 = 0;
let services: i32 = 0;

/** The word at `index` of the track; the host computes the same. */
function numbered(index: i32): u32 {
  return (((<u32>index + 1) * 2654435761) >> 8) % (<u32>jack.range + 1);
}

export function start(_generation: i32): void {
  jack.probe(JackSetting.Auto);
  say('open=', jack.open(44100));
  say('mode=', jack.mode);
  say('signs=', jack.signs);
  jack.noteTrack(1);
}

export function step(_events: i32): i64 {
  while (made < BLOCKS && jack.room() > 0) {
    for (let i = 0; i < PAIRS * 2; i++) store<u32>(words + ((<usize>i) << 2), numbered(made * PAIRS * 2 + i));
    const before = ticks();
    jack.append(words, PAIRS);
    if (made) appendTicks += ticks() - before; // the first has a bridge before it
    made++;
    if (made === BLOCKS) {
      jack.breakTrack();
      pauseUntil = ticks() + milliseconds(PAUSE_MS);
    }
  }
  if (pauseUntil && !closing && ticks() >= pauseUntil) {
    closing = true;
    store<u32>(words, 0);
    store<u32>(words, jack.range, 4);
    jack.append(words, 1);
    jack.breakTrack();
    jack.close();
  }
  if (closing && jack.state === JackState.Closed) {
    say('append=', appendTicks);
    say('service=', serviceTicks / services);
    say('underruns=', jack.underruns);
    say('played=', jack.trackPairsPlayed);
    say('first=', jack.firstTrackTick);
    exit(Exit.End, 0);
  }
  // The second is what a service costs when nothing is due.
  const first = jack.service();
  if (first === 0) return 0; // closed
  const before = ticks();
  const due = jack.service();
  serviceTicks += ticks() - before;
  services++;
  return pauseUntil && !closing ? min(due, pauseUntil) : due;
}
