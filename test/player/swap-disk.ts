// The RAM disk of test/programs/player-swap.ts: an archive, and the plan behind it.

import { compileProgram, type TestModule } from '../support/module.js';
import { archive, ini, type Member } from './program-input.js';

const PLAN = 4 << 20;
const MODULE = PLAN + 4096;

export const PlayerAct = { swap: 0, trap: 1, hang: 2 } as const;

export const compilePlayerSwap = (): Promise<TestModule> =>
  compileProgram('test/programs/player-swap.ts', { board: true, memoryPages: 240 });

/** Without files there is no archive: then a card is looked for. `plan` has for each generation when it acts, in milliseconds from its start, and how. */
export function swapDisk(
  files: readonly Member[],
  wasm: Uint8Array,
  plan: readonly [ms: number, act?: number][],
  settings: readonly string[] = [],
): Uint8Array {
  const disk = new Uint8Array(MODULE + wasm.length);
  if (files.length > 0)
    disk.set(archive(ini('volume_db = 0', 'records = on', 'crc = on', 'at_end = exit', ...settings), ...files));
  new Uint32Array(disk.buffer, PLAN, 1)[0] = wasm.length;
  new Uint32Array(disk.buffer, PLAN + 4, plan.length * 2).set(plan.flatMap(([ms, act = 0]) => [ms, act]));
  disk.set(wasm, MODULE);
  return disk;
}
