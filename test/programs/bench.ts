// What `mirleft bench` runs in the emulator. The RAM disk holds a length and a stereo QOA file of up to a second.
// Prints `bench NAME ticks=… frames=…` lines: the file decoded on wasm3, by the reference in C and by the same
// decoder through wasm2c, then the way from the file to DMA words.

import { Jack, JackSetting } from '../../drivers/jack';
import { copyIn, crc32, Exit, exit, info, Info, ticks } from '../../drivers/board';
import { Output, Pumped } from '../../firmware/audio/output';
import { endLine, flushConsole, print, printHex, printLine, printNumber } from '../../firmware/console/console';
import { decodeAll, fileAddress, openFile, outAddress } from './bench-decoder';


@external('board', 'native')
declare function native(which: i32, file: usize, bytes: i32, out: usize): i64;

const head = memory.data(4);
const jack = new Jack();
const output = new Output(jack);

let bytes: i32 = 0;
let phase: i32 = 0;
let chainTicks: i64 = 0;

export function start(_generation: i32): void {
  copyIn(<u32>info(Info.RamDiskBase), head, 4);
  bytes = load<i32>(head);
  copyIn(<u32>info(Info.RamDiskBase) + 4, fileAddress(), bytes);
}

function report(name: string, taken: i64, frames: i64): void {
  print('bench ');
  print(name);
  print(' ticks=');
  printNumber(taken);
  print(' frames=');
  printNumber(frames);
}

/** The same with a sum of the frames, which all decoders must agree on. */
function reportDecoder(name: string, taken: i64, frames: i32): void {
  report(name, taken, frames);
  print(' crc=');
  printHex(crc32(outAddress(), frames * 8, 0), 8);
  endLine();
}

function decoders(): void {
  const before = ticks();
  const frames = decodeAll(bytes);
  reportDecoder('wasm3', ticks() - before, frames);
  memory.fill(outAddress(), 0, frames * 8);
  reportDecoder('c', native(0, fileAddress(), bytes, outAddress()), frames);
  memory.fill(outAddress(), 0, frames * 8);
  reportDecoder('wasm2c', native(1, fileAddress(), bytes, outAddress()), frames);
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
    decoders();
    jack.probe(JackSetting.Capture);
    jack.free = true;
    output.play(openFile(bytes), 0);
    phase = 1;
  } else if (phase === 1 && !chain()) {
    report('chain', chainTicks, output.appended);
    endLine();
    printLine('bench end');
    phase = 2;
  } else if (phase === 2) {
    if (flushConsole()) exit(Exit.End, 0);
  }
  return 0;
}
