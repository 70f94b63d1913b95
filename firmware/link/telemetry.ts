// The link's telemetry channel: a snapshot of pairs (u8 Metric, u32 value) each so many milliseconds, and
// behind them perhaps a name.
//
// What any program has is told here; what a program has beside that it adds by `Readings`.

import { Info, info, ticks } from '../../drivers/board';
import { temperature } from '../../drivers/mailbox';
import { milliseconds, tickRate, toMicroseconds } from '../../drivers/timer';
import { crashText, findCrash, forgetCrash } from './crash';
import { damagedFrames } from './deframer';
import { linkSession, refusedFrames, sendMessage } from './link';
import { Channel, Metric, TelemetryOp } from './protocol';
import { framesAgain } from './send-window';
import { lineErrorLooks, lookAtLine } from './line-errors';
import { TextSender } from './text-sender';

const SNAPSHOT_BYTES: i32 = 512;
const PAIR_BYTES: i32 = 5;
const LEAST_MS: i32 = 50;
const PAGE_BYTES: i32 = 65536;
/** The VideoCore is asked so often at most: each question waits for its answer. */
const TEMPERATURE_MS: i64 = 1000;

/** What a program tells of itself. One object, made before `start`. */
export abstract class Readings {
  /** Somebody looks from now on, or nobody does. */
  watch(_on: bool): void {}

  /** Puts its pairs by `putMetric`; `elapsed` ticks have passed since the last time, 0 the first time. */
  put(_elapsed: i64): void {}
}

const snapshot = memory.data(512);
let end: i32 = 0;
let readings: Readings | null = null;

/** The session that asked; 0: nobody looks. */
let watcher: i32 = 0;
let every: i64 = 0;
let dueAt: i64 = 0;
let lastAt: i64 = 0;
/** Whether a snapshot is made and had no room to be sent yet. */
let isPending = false;
const crash = new TextSender(Channel.Telemetry, TelemetryOp.CrashRecord);
let heat: i64 = -1;
let heatAt: i64 = 0;

/** Whose readings are told. */
export function setReadings(program: Readings): void {
  readings = program;
}

/** For `Readings.put`: one value. */
export function putMetric(key: Metric, value: i64): void {
  if (end > SNAPSHOT_BYTES - PAIR_BYTES) return;
  store<u8>(snapshot + end, key);
  store<u32>(snapshot + end, <u32>max<i64>(min<i64>(value, u32.MAX_VALUE), i32.MIN_VALUE), 1);
  end += PAIR_BYTES;
}

/** For `Readings.put`: the track's name, behind all else; the end of a long one is cut off. */
export function putName(ptr: usize, bytes: i32): void {
  bytes = min(bytes, SNAPSHOT_BYTES - end - 1);
  if (bytes < 0) return;
  store<u8>(snapshot + end, Metric.Name);
  memory.copy(snapshot + end + 1, ptr, bytes);
  end += bytes + 1;
}

/** For `Readings.put`: a share of the time that has passed, in 0.01 %. */
export function putShare(key: Metric, spent: i64, elapsed: i64): void {
  if (elapsed > 0) putMetric(key, (spent * 10_000) / elapsed);
}

/** A message of the telemetry channel. */
export function telemetryMessage(ptr: usize, bytes: i32): void {
  switch (<i32>load<u8>(ptr)) {
    case TelemetryOp.Every:
      if (bytes === 3) watch(<i32>load<u16>(ptr, 1));
      break;
    case TelemetryOp.Crash:
      crash.begin(crashText, findCrash());
      break;
    case TelemetryOp.Forget:
      forgetCrash();
      break;
    default:
      break;
  }
}

function watch(ms: i32): void {
  const program = readings;
  if (program) program.watch(ms > 0);
  isPending = false;
  watcher = ms ? linkSession() : 0;
  every = milliseconds(max(ms, LEAST_MS));
  dueAt = ticks();
  lastAt = 0;
}

/** Sends what is due; returns the tick by which to call it again. */
export function serviceTelemetry(): i64 {
  const due = crash.service();
  return min(due, serviceSnapshot());
}

function serviceSnapshot(): i64 {
  if (!watcher) return i64.MAX_VALUE;
  if (watcher !== linkSession()) {
    watch(0);
    return i64.MAX_VALUE;
  }
  const now = ticks();
  if (!isPending) {
    if (now < dueAt) return dueAt;
    make(now);
    // One that is late must not be followed by a heap of others.
    dueAt = max(dueAt + every, now + every / 2);
  }
  isPending = !sendMessage(Channel.Telemetry, snapshot, end);
  return isPending ? now + milliseconds(1) : dueAt;
}

function make(now: i64): void {
  store<u8>(snapshot, TelemetryOp.Snapshot);
  end = 1;
  putMetric(Metric.Uptime, (now - info(Info.EntryTicks)) / tickRate());
  putMetric(Metric.Generation, info(Info.Generation));
  putMetric(Metric.LongestStepUs, toMicroseconds(info(Info.LongestStep)));
  putMetric(Metric.UartLost, info(Info.UartLost));
  lookAtLine();
  putMetric(Metric.UartErrors, lineErrorLooks);
  putMetric(Metric.FramesDamaged, damagedFrames);
  putMetric(Metric.FramesRefused, refusedFrames);
  putMetric(Metric.FramesAgain, framesAgain);
  putMetric(Metric.ArenaUsed, info(Info.ArenaUsed));
  putMetric(Metric.ArenaBytes, info(Info.ArenaBytes));
  putMetric(Metric.HeapBytes, memory.size() * PAGE_BYTES);
  if (now >= heatAt) {
    heat = temperature();
    heatAt = now + milliseconds(TEMPERATURE_MS);
  }
  if (heat >= 0) putMetric(Metric.Temperature, heat / 100);
  const program = readings;
  if (program) program.put(lastAt ? now - lastAt : 0);
  lastAt = now;
}
