// Which basic blocks a function has, and what each costs.

import { Interpreter } from './interpreter.js';
import { Op, type Code, type CodeBody } from './wasm-code.js';
import type { Weights } from './weights.js';

/** What is charged before an instruction. */
export interface Charge {
  /** Instructions of the board's processor; not rounded. */
  cost: number;
  /** Whether the limit is looked at: at the entry of a function and in each turn of a loop. */
  check: boolean;
}

export interface Charges {
  /** By position in the code. */
  blocks: Map<number, Charge>;
  /** By position of an instruction that also costs by the length on top of the stack: what 16 bytes cost. */
  lengths: Map<number, number>;
}

const ENTRY_UNIT = 16;

/** After these the next instruction begins a block, or is never reached. */
const ENDS_BLOCK = new Set<number>([
  ...[Op.Loop, Op.If, Op.Else, Op.BrIf, Op.End, Op.Br, Op.BrTable, Op.Return, Op.Unreachable],
]);

/** Finds the blocks of a function, and their costs by `weights`. */
export function chargesOf(wasm: Uint8Array, code: Code, body: CodeBody, weights: Weights): Charges {
  const { operations, imports } = weights;
  const entry: Charge = { cost: operations.entry, check: true };
  const charges: Charges = { blocks: new Map([[0, entry]]), lengths: new Map() };
  let block = entry;
  const interpreter = new Interpreter(wasm, body, code.functions, code.types, code.globals, (operation, count) => {
    block.cost += operations[operation] * count;
  });
  for (const [position, instruction] of body.code.entries()) {
    const { op, index } = instruction;
    const { live } = interpreter;
    interpreter.step(instruction);
    let imported = false;
    if (live && op === Op.Call) {
      const name = code.imported[index];
      imported = name !== undefined;
      block.cost += name === undefined ? operations.call : (imports[name] ?? imports['']);
    }
    if (live && (op === Op.MemoryCopy || op === Op.MemoryInit))
      charges.lengths.set(position, operations['memory.copy-16']);
    if (live && op === Op.MemoryFill) charges.lengths.set(position, operations['memory.fill-16']);
    if (!interpreter.live) continue;
    // An import looks at the time: what comes behind it is not to be charged before.
    if (imported || ENDS_BLOCK.has(op)) {
      block = { cost: op === Op.Loop ? operations.continue : 0, check: op === Op.Loop };
      charges.blocks.set(position + 1, block);
    }
  }
  entry.cost += (operations['entry-16'] * interpreter.entryBytes) / ENTRY_UNIT;
  return charges;
}
