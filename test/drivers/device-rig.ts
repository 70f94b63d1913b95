// The small drivers over models of their registers, in virtual time.

import { BoardModel } from '../support/board-model.js';
import { compileProgram, instantiate } from '../support/module.js';
import { DmaEngines } from './engine-model.js';
import { ClockGenerators, Gpio, Mailbox, Pl011, PowerManager } from './models.js';
import { PwmModel } from './pwm-model.js';

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
  startPwmClock(): number;
  stopClock(control: number): number;
  uartClockHz(): number;
  boardRevision(): bigint;
  serialNumber(): bigint;
  armMemoryBytes(): bigint;
  firmwareDate(): bigint;
  dmaChannels(): bigint;
  armEngine(wanted: number): number;
  clockRate(clock: number): bigint;
  clockMeasured(clock: number): bigint;
  clockMax(clock: number): bigint;
  setClockRate(clock: number, hz: number): bigint;
  temperature(): bigint;
  throttled(): bigint;
  uartClock(mailbox: bigint): number;
  uartDivisor(clockHz: number, baud: number): number;
  uartBaud(clockHz: number, divisor: number): number;
  setUartBaud(clockHz: number, before: number, baud: number): number;
  takeUartErrors(): number;
  resetCause(): number;
  armWatchdog(ms: number): void;
  feedWatchdog(ms: number): void;
  stopWatchdog(): void;
  restartNow(): void;
  restart(): void;
  powerOff(): void;
  end(status: number): void;
  microseconds(count: bigint): bigint;
  milliseconds(count: bigint): bigint;
  toMicroseconds(count: bigint): bigint;
  pause(us: bigint): void;
  controlBlock(channel: number, transfer: number, bytes: number, next: number): number;
  engineSetUp(channel: number): number;
  engineStart(address: number): void;
  engineStop(): number;
  engineTearDown(): number;
  pwmStart(range: number): void;
  pwmStop(): void;
  pwmFlags(): number;
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

export function rig(): {
  board: BoardModel;
  clocks: ClockGenerators;
  gpio: Gpio;
  power: PowerManager;
  uart: Pl011;
  mailbox: Mailbox;
  engines: DmaEngines;
  drivers: Drivers;
  memory: WebAssembly.Memory;
} {
  const clocks = new ClockGenerators();
  const gpio = new Gpio();
  const power = new PowerManager();
  const uart = new Pl011();
  const board = new BoardModel(clocks, gpio, power, uart);
  const mailbox = new Mailbox(board);
  const engines = new DmaEngines(board, () => undefined);
  for (const block of [mailbox, engines, new PwmModel(board, clocks)]) board.plug(block);
  const running = instantiate<Drivers>(wasm, (memory) => board.imports(memory));
  const { exports: drivers, memory } = running;
  return { board, clocks, gpio, power, uart, mailbox, engines, drivers, memory };
}
