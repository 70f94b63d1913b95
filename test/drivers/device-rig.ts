// Arithmetic of the drivers, and what they do at another tick rate than the board's; the rest is tested on the virtual Pi
// (test/virtual-pi/drivers.test.ts).

import { BoardModel } from '../support/board-model.js';
import { compileProgram, instantiate } from '../support/module.js';
import { Gpio } from './models.js';

interface Drivers {
  page(): number;
  nameOf(code: number): number;
  boardType(code: number): number;
  boardMemoryMiB(code: number): number;
  boardMinor(code: number): number;
  isSupported(code: number): number;
  setPinFunction(pin: number, kind: number): number;
  setPinPull(pin: number, pull: number): number;
  setPin(pin: number, high: boolean): number;
  pinLevel(pin: number): number;
  startLed(): void;
  setLed(on: boolean): void;
  microseconds(count: bigint): bigint;
  milliseconds(count: bigint): bigint;
  toMicroseconds(count: bigint): bigint;
  pause(us: bigint): void;
  bridgePairs(way: number, range: number, carrierHz: number): number;
  writeBridge(words: number, a: number, b: number, c: number, d: number, length: number, done: number, n: number): void;
  clockBegin(now: bigint, carrier: bigint, rate: bigint): void;
  clockPairs(now: bigint): bigint;
  clockTick(pairs: bigint): bigint;
}

let wasm: Uint8Array;

export async function compileDrivers(): Promise<void> {
  ({ wasm } = await compileProgram('test/drivers/assembly/drivers.ts'));
}

export function rig(): { board: BoardModel; gpio: Gpio; drivers: Drivers; memory: WebAssembly.Memory } {
  const gpio = new Gpio();
  const board = new BoardModel(gpio);
  const { exports: drivers, memory } = instantiate<Drivers>(wasm, (linear) => board.imports(linear));
  return { board, gpio, drivers, memory };
}
