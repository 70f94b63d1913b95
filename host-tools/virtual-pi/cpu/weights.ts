// What code costs on the board, in instructions of its processor (AArch64).
//
// Measured by host-tools/bench/weights.ts: 316 loops in QEMU 10.0.2 under `-icount shift=0`, wasm3 as
// host-tools/build/interpreter.ts compiles it, clang 14. To measure again, where wasm3, its flags, clang or boot/ have
// changed: node --import tsx host-tools/bench/print-weights.ts. The numbers fit all loops best; the root of the mean
// squared relative error is 3.9 %, most of it from division and conversions, whose kinds are taken together. What
// takes a local or a constant as an operand costs nothing for it: see interpreter.ts.

/**
 * The interpreter's operations. `.r`: an operand was in a register; `.s`: all were in slots; `64`: of 8 bytes; `-16`:
 * what 16 bytes add, of locals and constants at the entry of a function, of what is copied or filled.
 */
export const WEIGHTS = {
  operations: {
    'i32.unary.r': 2.88,
    'i32.unary.s': 6.05,
    'i64.unary.r': 3.24,
    'i64.unary.s': 6.83,
    'i32.binary.r': 6.41,
    'i32.binary.s': 9.16,
    'i64.binary.r': 7.31,
    'i64.binary.s': 11.36,
    'divide.r': 10.75,
    'divide.s': 13.54,
    'float.unary.r': 3.94,
    'float.unary.s': 8.86,
    'float.binary.r': 8.51,
    'float.binary.s': 11.22,
    'float.extreme.r': 29.88,
    'float.extreme.s': 31.61,
    'convert.r': 3.79,
    'convert.s': 7.57,
    'truncate.r': 12.75,
    'truncate.s': 18.22,
    'load.r': 12.15,
    'load.s': 15.2,
    'store.r': 14.84,
    'store.s': 17.17,
    set: 5.3,
    set64: 5.57,
    copy: 8.1,
    copy64: 10.02,
    'keep-set': 8.79,
    'keep-set64': 10.67,
    'keep-copy': 10.95,
    'keep-copy64': 14.03,
    fetch: 7.31,
    const: 6.17,
    'select.r': 11.06,
    'select.s': 12.74,
    'global.get': 8.2,
    'global.set.r': 3.04,
    'global.set.s': 8.05,
    branch: 3.01,
    'branch-if.r': 5.16,
    'branch-if.s': 6.46,
    'branch-table': 12.05,
    return: 0.67,
    loop: 8.67,
    continue: 11.3,
    'continue-if': 0,
    call: 40.69,
    entry: 57.67,
    'entry-16': 5.01,
    'call-indirect': 62.98,
    'memory.size': 3.74,
    'memory.grow': 8,
    'memory.copy': 45.73,
    'memory.copy-16': 5,
    'memory.fill': 45.73,
    'memory.fill-16': 4,
  },
  /** A call of an import, with all that it does for no byte. '' stands for those that are not listed. */
  imports: {
    '': 90,
    'board.ticks': 78.06,
    'board.info': 84.9,
    'board.read32': 85.76,
    'board.write32': 87.82,
    'board.probe32': 89.9,
    'board.take': 113.58,
    'board.wait': 114.72,
    'board.readPort': 104.88,
    'board.writePort': 104.88,
    'board.copyIn': 112.65,
    'board.copyOut': 112.65,
    'board.crc32': 96.74,
    'board.send': 133.61,
  } as Readonly<Record<string, number>> & { readonly '': number },
  /** What each byte adds; the board's import charges it (`spend` in board.ts). */
  bytes: {
    'board.readPort': 0.5,
    'board.writePort': 0.5,
    'board.copyIn': 0.31,
    'board.copyOut': 0.31,
    'board.crc32': 0.63,
    'board.send': 16.01,
  } as Readonly<Record<string, number>>,
};

export type OperationName = keyof typeof WEIGHTS.operations;
export const OPERATIONS = Object.keys(WEIGHTS.operations) as OperationName[];

export interface Weights {
  readonly operations: Readonly<Record<OperationName, number>>;
  readonly imports: Readonly<Record<string, number>> & { readonly '': number };
  readonly bytes: Readonly<Record<string, number>>;
}

/**
 * From the kernel's entry to `start`: what boot/ does in any case, and what loading and linking add for each byte of the
 * module as it lies in the image, and clearing for each page of linear memory. Behind `start`: what compiling the rest
 * adds for each byte.
 */
export const BOOT = { fixed: 195_000, byte: 40, page: 5120, compiled: 196 };
