// The jack with a track that the program makes itself, so that every word is known to the host (exercises/sound.ts).

import { read32, ticks, write32 } from '../../../drivers/board';
import { Jack } from '../../../drivers/jack';
import { MAX_PAIRS } from '../../../drivers/sink';
import { milliseconds } from '../../../drivers/timer';
import { windowAddress } from '../../../drivers/window';
import { ANSWER, ARGUMENTS, CALL, JackCall } from './calls';

/** Any odd numbers: neighbours and channels differ, and nothing comes again soon. */
const FIRST: u32 = 0x9e3779b1;
const SECOND: u32 = 0x85ebca6b;

const words = memory.data(4096, 16);
const jack = new Jack();
let left: i32 = 0;
let frame: i32 = 0;
let breaks: bool = true;
/** Step without the jack until then. */
let idleUntil: i64 = 0;

function arg(index: u32): i32 {
  return read32(windowAddress(ARGUMENTS) + index * 4);
}

function fill(frames: i32): i32 {
  const size = <u32>jack.range + 1;
  let at = words;
  for (let i = 0; i < frames; i++) {
    for (let j = 0; j < jack.repeat; j++) {
      store<u32>(at, (((<u32>frame + 1) * FIRST) >> 9) % size);
      store<u32>(at, (((<u32>frame + 1) * SECOND) >> 9) % size, 4);
      at += 8;
    }
    frame++;
  }
  return frames * jack.repeat;
}

function feed(): void {
  while (left > 0) {
    const frames = min(jack.room(), left);
    if (!frames) return;
    jack.append(words, fill(frames));
    left -= frames;
    if (!left && breaks) jack.breakTrack();
  }
}

function command(call: i32): i64 {
  switch (call) {
    case JackCall.Probe:
      return jack.probe(arg(0));
    case JackCall.Signs:
      return jack.signs;
    case JackCall.Disagree:
      return jack.disagree ? 1 : 0;
    case JackCall.Open:
      return jack.open(arg(0));
    case JackCall.Close:
      jack.close();
      return 0;
    case JackCall.Feed:
      left = arg(0);
      frame = arg(1);
      breaks = arg(2) === 0;
      return 0;
    case JackCall.BreakTrack:
      left = 0;
      jack.breakTrack();
      return 0;
    case JackCall.NoteTrack:
      jack.noteTrack(arg(0));
      return 0;
    case JackCall.SetFill:
      jack.fillMs = arg(0);
      return 0;
    case JackCall.Append:
      return jack.append(words, arg(0));
    case JackCall.State:
      return jack.state;
    case JackCall.Shape:
      return ((<i64>jack.range) << 32) | (jack.repeat << 24) | jack.middle;
    case JackCall.Idle:
      idleUntil = ticks() + milliseconds(arg(0));
      return 0;
    default:
      return count(call);
  }
}

function count(call: i32): i64 {
  switch (call) {
    case JackCall.Played:
      return jack.played();
    case JackCall.TrackPlayed:
      return jack.trackPairsPlayed;
    case JackCall.TrackAppended:
      return jack.trackPairsAppended;
    case JackCall.FillPairs:
      return jack.fillPairs;
    case JackCall.Underruns:
      return jack.underruns;
    case JackCall.Starvations:
      return jack.watch.starvations;
    case JackCall.WriteErrors:
      return jack.watch.writeErrors;
    case JackCall.RegisterErrors:
      return jack.watch.registerErrors;
    case JackCall.EngineErrors:
      return jack.watch.engineErrors;
    case JackCall.FirstTrackTick:
      return jack.firstTrackTick;
    default:
      return MAX_PAIRS;
  }
}

export function start(_generation: i32): void {}

export function step(_events: i32): i64 {
  const at = windowAddress(CALL);
  const call = read32(at);
  if (call) {
    const answer = command(call);
    write32(windowAddress(ANSWER), <u32>answer);
    write32(windowAddress(ANSWER) + 4, <u32>(answer >> 32));
    write32(at, JackCall.None);
  }
  const soon = ticks() + milliseconds(1);
  if (soon < idleUntil) return soon;
  feed();
  return min(soon, jack.service());
}
