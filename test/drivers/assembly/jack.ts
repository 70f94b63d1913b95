// The ring by itself, and the jack, as exports.

import { DmaChannel } from '../../../drivers/dma';
import { Jack } from '../../../drivers/jack';
import { BlockKind } from '../../../drivers/jack-keys';
import { JackRing } from '../../../drivers/jack-ring';
import { Sink } from '../../../drivers/sink';

const buffer = memory.data(4096, 16);
const engine = new DmaChannel(5);
const ring = new JackRing(engine);

/** Where the words of an append are put. */
export function words(): usize {
  return buffer;
}

export function ringStart(fifo: u32): void {
  ring.start(fifo, 0);
}
export function ringAppend(pairs: i32): void {
  ring.append(BlockKind.Track, buffer, pairs, 0, 0);
}
export function ringRestart(): bool {
  return ring.restart();
}
export function ringDrained(): bool {
  return ring.drained;
}
export function ringPlayed(): u32 {
  return ring.played;
}
export function ringLast(): u32 {
  return ring.last;
}
export function ringEnd(number: u32): i64 {
  return ring.endOf(number);
}

const jack = new Jack();
const sink: Sink = jack;

export function probe(setting: i32): i32 {
  return jack.probe(setting);
}
export function signs(): i32 {
  return jack.signs;
}
export function disagree(): bool {
  return jack.disagree;
}
export function setFree(free: bool): void {
  jack.free = free;
}
export function setFillMs(ms: i32): void {
  jack.fillMs = ms;
}
export function open(rateHz: i32): i32 {
  return jack.open(rateHz);
}
export function range(): i32 {
  return sink.range;
}
export function repeat(): i32 {
  return sink.repeat;
}
export function middle(): i32 {
  return sink.middle;
}
export function rateHz(): i32 {
  return sink.rateHz;
}
export function carrierHz(): i32 {
  return jack.carrierHz;
}
export function state(): i32 {
  return jack.state;
}
export function room(): i32 {
  return sink.room();
}
export function append(pairs: i32): i32 {
  return sink.append(buffer, pairs);
}
export function breakTrack(): void {
  sink.breakTrack();
}
export function noteTrack(index: i32): void {
  jack.noteTrack(index);
}
export function close(): void {
  jack.close();
}
export function service(): i64 {
  return sink.service();
}
export function played(): i64 {
  return jack.played();
}
export function trackPairsPlayed(): i64 {
  return jack.trackPairsPlayed;
}
export function trackPairsAppended(): i64 {
  return jack.trackPairsAppended;
}
export function fillPairs(): i32 {
  return jack.fillPairs;
}
export function underruns(): i32 {
  return jack.underruns;
}
export function starvations(): i32 {
  return jack.watch.starvations;
}
export function writeErrors(): i32 {
  return jack.watch.writeErrors;
}
export function registerErrors(): i32 {
  return jack.watch.registerErrors;
}
export function engineErrors(): i32 {
  return jack.watch.engineErrors;
}
export function firstTrackTick(): i64 {
  return jack.firstTrackTick;
}
