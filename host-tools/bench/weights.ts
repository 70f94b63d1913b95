// Measures the weights of virtual-pi/cpu/weights.ts: what each operation of the interpreter and each import costs, in
// instructions of the processor.
//
// Loops of a few instructions (weights-loops.ts) run in QEMU. How often each operation is in each loop is counted by the
// meter itself, with the weight of that operation alone. The weights are what fits all loops best, in the sum of squares
// of relative errors.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { buildImage } from '../build/image.js';
import { findProgram } from '../emulator/find.js';
import { makeScratch, type Scratch } from '../emulator/scratch.js';
import { Problem } from '../problem.js';
import { CostCounter } from '../virtual-pi/cpu/cost-counter.js';
import { meter } from '../virtual-pi/cpu/meter.js';
import { BOOT, OPERATIONS, WEIGHTS, type OperationName, type Weights } from '../virtual-pi/cpu/weights.js';
import { leastSquares } from './least-squares.js';
import { NS_A_TICK, runOnBoard } from './on-board.js';
import { LOOPS, loopsModule, RESULTS_AT, type Loop } from './weights-loops.js';

const PAGES = 2;
const MORE_PAGES = 16;
/** How many of an operation are one in the counter, so that none is lost by rounding. */
const SCALE = 16;
/** What the loops say nothing of stays near what it was. */
const PULL = 1e-7;

export interface MeasuredLoop {
  name: string;
  /** Instructions of the whole loop, and what the fitted weights come to. */
  measured: number;
  fitted: number;
}

export interface MeasuredWeights {
  weights: Weights;
  boot: typeof BOOT;
  loops: MeasuredLoop[];
  /** Root of the mean of the squared relative errors. */
  residual: number;
}

/** Measures. Throws Problem: no QEMU, no wat2wasm, a run that failed. */
export async function measureWeights(): Promise<MeasuredWeights> {
  const scratch = makeScratch();
  try {
    const wasm = assemble(scratch, LOOPS, PAGES);
    const [entry = 0, behind = 0, ...measured] = await timesOf(scratch, wasm, LOOPS.length);
    const names = [
      ...OPERATIONS.map((name) => ({ kind: 'operations', name }) as const),
      ...Object.keys(WEIGHTS.imports).map((name) => ({ kind: 'imports', name }) as const),
      ...Object.keys(WEIGHTS.bytes).map((name) => ({ kind: 'bytes', name }) as const),
    ];
    const prior = names.map(({ kind, name }) => (WEIGHTS[kind] as Readonly<Record<string, number>>)[name] ?? 0);
    const counts = names.map((each) => count(wasm, only(each)));
    const rows = LOOPS.map((_, i) => counts.map((column) => (column[i] ?? 0) / (measured[i] ?? 1)));
    const fit = leastSquares(
      rows,
      LOOPS.map(() => 1),
      prior,
      PULL,
    );

    const loops = LOOPS.map(({ name }, i) => ({
      ...{ name, measured: measured[i] ?? 0 },
      fitted: counts.reduce((sum, column, j) => sum + (column[i] ?? 0) * (fit[j] ?? 0), 0),
    }));
    const squares = loops.map((loop) => (loop.fitted / loop.measured - 1) ** 2);
    const weights = { operations: {}, imports: {}, bytes: {} } as Record<keyof Weights, Record<string, number>>;
    for (const [j, { kind, name }] of names.entries()) weights[kind][name] = fit[j] ?? 0;
    return {
      boot: await measureBoot(scratch, wasm.length, entry, behind),
      weights: weights as unknown as Weights,
      loops,
      residual: Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length),
    };
  } finally {
    scratch.remove();
  }
}

function assemble(scratch: Scratch, loops: readonly Loop[], pages: number): Uint8Array {
  const program = findProgram('wat2wasm');
  if (program === undefined)
    throw new Problem('not-found', 'wat2wasm is needed', { hint: 'install wabt: scripts/setup.sh test does' });
  fs.writeFileSync(scratch.file('loops.wat'), loopsModule(loops, pages));
  execFileSync(program, [scratch.file('loops.wat'), '-o', scratch.file('loops.wasm')], { stdio: 'pipe' });
  return fs.readFileSync(scratch.file('loops.wasm'));
}

/** Instructions from the kernel's entry to `start`, from there to the first `step`, and those that each loop took. */
async function timesOf(scratch: Scratch, wasm: Uint8Array, loops: number): Promise<number[]> {
  const { image } = await buildImage({ wasm });
  const sent = await runOnBoard(scratch, image, { deterministic: true });
  const results = sent.subarray(Math.max(0, sent.length - 8 * (loops + 2)));
  const ticks = Array.from({ length: loops + 2 }, (_, i) =>
    results.length < 8 * i + 8 ? 0 : Number(results.readBigInt64LE(8 * i)),
  );
  if (!ticks.every((each) => each > 0 && each < 1e9))
    throw new Problem('emulator-failed', 'the loops did not run', { cause: new Error(sent.toString('latin1')) });
  return ticks.map((each) => each * NS_A_TICK);
}

/** What a byte of a module and a page of its memory add until `start` and behind it, given the module of all loops. */
async function measureBoot(
  scratch: Scratch,
  bytes: number,
  instructions: number,
  behind: number,
): Promise<typeof BOOT> {
  const entry = async (
    loops: readonly Loop[],
    pages: number,
  ): Promise<{ bytes: number; instructions: number; behind: number }> => {
    const wasm = assemble(scratch, loops, pages);
    const [first = 0, second = 0] = await timesOf(scratch, wasm, loops.length);
    return { bytes: wasm.length, instructions: first, behind: second };
  };
  const few = await entry([], PAGES);
  const wide = await entry([], PAGES + MORE_PAGES);
  const byte = (instructions - few.instructions) / (bytes - few.bytes);
  const page = (wide.instructions - few.instructions) / MORE_PAGES;
  const compiled = (behind - few.behind) / (bytes - few.bytes);
  return { fixed: few.instructions - few.bytes * byte - PAGES * page, byte, page, compiled };
}

type Named =
  { kind: 'operations'; name: OperationName } | { kind: 'imports'; name: string } | { kind: 'bytes'; name: string };

/** Weights that count one thing only. */
function only({ kind, name }: Named): Weights {
  const none = (keys: readonly string[]): Record<string, number> => Object.fromEntries(keys.map((key) => [key, 0]));
  const weights = {
    operations: none(OPERATIONS),
    imports: none(Object.keys(WEIGHTS.imports)),
    bytes: none(Object.keys(WEIGHTS.bytes)),
  };
  weights[kind][name] = SCALE;
  return weights as unknown as Weights;
}

/** How often what `weights` count was executed in each loop. */
function count(wasm: Uint8Array, weights: Weights): number[] {
  const metered = new WebAssembly.Module(Uint8Array.from(meter(wasm, weights).wasm));
  const answer = (bytes: number, name: string): number => {
    counter.charge(bytes * (weights.bytes[name] ?? 0));
    return 0;
  };
  const board = {
    ticks: () => BigInt(counter.total),
    info: () => 0n,
    read32: () => 0,
    write32: () => undefined,
    probe32: () => 0n,
    take: () => 0,
    wait: () => 0,
    exit: () => undefined,
    readPort: (_address: number, _ptr: number, words: number) => void answer(4 * words, 'board.readPort'),
    writePort: (_address: number, _ptr: number, words: number) => void answer(4 * words, 'board.writePort'),
    copyIn: (_physical: number, _ptr: number, bytes: number) => answer(bytes, 'board.copyIn'),
    copyOut: (_physical: number, _ptr: number, bytes: number) => answer(bytes, 'board.copyOut'),
    crc32: (_ptr: number, bytes: number) => answer(bytes, 'board.crc32'),
    send: (_ptr: number, bytes: number) => answer(bytes, 'board.send'),
  };
  const { exports } = new WebAssembly.Instance(metered, { board });
  const counter = new CostCounter(exports);
  (exports['step'] as (events: number) => bigint)(0);
  const view = new DataView((exports['memory'] as WebAssembly.Memory).buffer);
  return LOOPS.map((_, i) => Number(view.getBigInt64(RESULTS_AT + 8 * i, true)) / SCALE);
}
