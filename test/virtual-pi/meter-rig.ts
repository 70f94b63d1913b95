// A metered program in Node on the emulator's devices, its time made of what it was charged.

import { Info } from '../../drivers/board-keys.js';
import { CostCounter } from '../../host-tools/virtual-pi/cpu/cost-counter.js';
import { WEIGHTS } from '../../host-tools/virtual-pi/cpu/weights.js';
import { DmaEngines } from '../drivers/engine-model.js';
import { ClockGenerators, Gpio, Mailbox } from '../drivers/models.js';
import { BoardExit, BoardModel } from '../support/board-model.js';
import { instantiate } from '../support/module.js';

/** Instructions in a tick of the emulator's timer: a nanosecond each, 62.5 MHz. */
export const INSTRUCTIONS_A_TICK = 16;
const MOST_STEPS = 20_000;

interface Program {
  start(generation: number): void;
  step(events: number): bigint;
}

/** Runs a metered program until it exits; what it printed. */
export function runMetered(wasm: Uint8Array, ramDisk: Uint8Array): string {
  const board = new BoardModel();
  board.ramDisk = Uint8Array.from(ramDisk);
  board.tickRate = 62_500_000n;
  board.facts.set(Info.EntryLevel, 2n);
  const engines = new DmaEngines(
    board,
    () => undefined,
    5,
    (_, tick) => Number((tick * 1_000_000n) / board.tickRate) >>> 0,
  );
  engines.immediate = true;
  const nothing = (base: number): { base: number; bytes: number; read(): number; write(): void } => ({
    ...{ base, bytes: 0x100, read: () => 0, write: () => undefined },
  });
  for (const block of [
    new ClockGenerators(),
    new Gpio(),
    new Mailbox(board),
    nothing(0xfe003000),
    nothing(0xfe203000),
    engines,
  ])
    board.plug(block);
  board.abortAt(0xfe20c000, 0x1000);

  let waited = 0n;
  let text = '';
  const bytes = (name: string, length: number): void => counter.charge(length * (WEIGHTS.bytes[name] ?? 0));
  const running = instantiate<Program & WebAssembly.Exports>(wasm, (memory) => {
    const imports = board.imports(memory);
    const call = (name: string, ...parameters: (number | bigint)[]): unknown =>
      (imports[name] as (...each: (number | bigint)[]) => unknown)(...parameters);
    const now = (): bigint => waited + BigInt(Math.floor(counter.total / INSTRUCTIONS_A_TICK));
    return {
      ...imports,
      ticks: () => {
        board.advanceTo(now());
        return board.now;
      },
      wait: (until: bigint) => {
        if (until > now()) waited += until - now();
        board.advanceTo(now());
        return 0;
      },
      copyIn: (physical: number, ptr: number, length: number) => {
        bytes('board.copyIn', length);
        return call('copyIn', physical, ptr, length);
      },
      copyOut: (physical: number, ptr: number, length: number) => {
        bytes('board.copyOut', length);
        return call('copyOut', physical, ptr, length);
      },
      send: (ptr: number, length: number) => {
        bytes('board.send', length);
        text += Buffer.from(memory().buffer, ptr, length).toString('latin1');
        return length;
      },
    };
  });
  const counter = new CostCounter(running.exports);
  const { start, step } = running.exports;
  try {
    start(1);
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      counter.begin();
      step(0);
    }
  } catch (error) {
    if (error instanceof BoardExit) return text;
    throw error;
  }
  throw new Error(`the program did not end: ${text}`);
}
