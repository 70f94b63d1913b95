// Programs whose instructions are counted, in the emulator and by the meter: decoders, stages, a mixer, and the way
// from a file to DMA words. The RAM disk holds two lengths, a stereo QOA file and a stereo WAV file with IMA ADPCM.
// Prints `meter NAME ticks=… frames=…` lines.

import { Jack, JackSetting } from '../../drivers/jack';
import { copyIn, Exit, exit, info, Info, ticks } from '../../drivers/board';
import { Mixer } from '../../firmware/audio/mixer';
import { Output, Pumped } from '../../firmware/audio/output';
import { Source } from '../../firmware/audio/source';
import { Volume } from '../../firmware/audio/volume';
import { framesToWords } from '../../firmware/audio/words';
import { QoaSource } from '../../firmware/codecs/qoa';
import { WavSource } from '../../firmware/codecs/wav';
import { endLine, flushConsole, print, printNumber } from '../../firmware/console/console';
import { Part } from '../../firmware/storage/bytes';
import { RamDisk } from '../../firmware/storage/ram-disk';

const BLOCK: i32 = 512;
const RANGE: i32 = 2834;
const head = memory.data(8);
const frames = memory.data(BLOCK * 8, 16);
const disk = new RamDisk();
const qoa = new Part();
const ima = new Part();
const jack = new Jack();
const output = new Output(jack);
const volume = new Volume();
const player = new QoaSource();

let phase: i32 = 0;
let chainTicks: i64 = 0;
let bootTicks: i64 = 0;

function report(name: string, taken: i64, count: i64): void {
  print('meter ');
  print(name);
  print(' ticks=');
  printNumber(taken);
  print(' frames=');
  printNumber(count);
  endLine();
}

export function start(_generation: i32): void {
  bootTicks = ticks() - info(Info.EntryTicks);
  copyIn(<u32>info(Info.RamDiskBase), head, 8);
  const bytes = <i64>load<i32>(head);
  qoa.of(disk, 8, 8 + bytes);
  ima.of(disk, 8 + bytes, 8 + bytes + <i64>load<i32>(head, 4));
}

function decode(name: string, source: Source, file: Part): void {
  const before = ticks();
  source.open(file);
  let done: i64 = 0;
  for (let count = 1; count > 0; done += count) count = max(source.read(frames, BLOCK), 0);
  report(name, ticks() - before, done);
}

/** The volume on its way for some blocks, then at rest, and words of all of them. */
function stages(): void {
  const before = ticks();
  volume.setRate(44100);
  volume.setDb(-100);
  for (let i = 0; i < 12; i++) {
    volume.apply(frames, BLOCK, 2);
    framesToWords(frames, BLOCK, 2, RANGE, 1, frames);
  }
  report('stages', ticks() - before, 12 * BLOCK);
}

function mix(): void {
  const mixer = new Mixer();
  mixer.rateHz = 44100;
  mixer.play(qoa);
  mixer.play(ima);
  mixer.play(ima);
  const before = ticks();
  for (let i = 0; i < 4; i++) mixer.read(frames, BLOCK);
  report('mixer', ticks() - before, 4 * BLOCK);
}

/** Steps of a player that runs free; those that append a block of frames count, from before the pump to after it. */
function chain(): bool {
  const before = ticks();
  const pumped = output.pump();
  jack.service();
  if (pumped === Pumped.Frames) chainTicks += ticks() - before;
  return pumped !== Pumped.Ended && pumped !== Pumped.NoJack;
}

export function step(_events: i32): i64 {
  if (phase === 0) {
    report('boot', bootTicks, 0);
    decode('qoa', new QoaSource(), qoa);
    decode('ima', new WavSource(), ima);
    stages();
    mix();
    const before = ticks();
    jack.probe(JackSetting.Capture);
    jack.free = true;
    player.open(qoa);
    output.play(player, 0);
    report('start', ticks() - before, 1);
    phase = 1;
  } else if (phase === 1 && !chain()) {
    report('chain', chainTicks, output.appended);
    phase = 2;
  } else if (phase === 2) {
    if (flushConsole()) exit(Exit.End, 0);
  }
  return 0;
}
