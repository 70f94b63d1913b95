// A firmware module on the virtual Pi: instantiated with the board's imports, metered, its traps turned into what
// boot/ reports, and each place where it stands into a line of its source.

import { LINEAR_BYTES, MODULE_SLOT_BYTES } from '../../../boot/memory-map.js';
import { Reload } from '../../../drivers/board-keys.js';
import { parseModule, WasmFormatError } from '../../build/wasm-module.js';
import { sourceFrames } from '../../build/symbolize.js';
import { BoardChain, boardImports, BoardExit, BoardTrap, type Machine } from './board.js';
import type { Place } from '../findings.js';
import { SECOND, type Time } from '../time.js';
import { CostCounter } from '../cpu/cost-counter.js';
import { INSTRUCTIONS_A_SECOND } from '../cpu/cpu.js';
import { meter } from '../cpu/meter.js';

export interface ProgramSource {
  /** The module with its names, as it was compiled. */
  readonly wasm: Uint8Array;
  readonly sourceMap: string;
}

/** How a call into the program ended, when it did not return. */
export type Ending =
  | { readonly kind: 'exit'; readonly exit: number; readonly status: number }
  | { readonly kind: 'chain'; readonly image: Uint8Array }
  | {
      readonly kind: 'fault';
      /** The fields of the report's first line behind `fault kind=`. */
      readonly report: string;
      /** Offsets in the module, innermost first. */
      readonly frames: readonly number[];
    };

/** V8 and SpiderMonkey name a Wasm frame so in an error's stack. */
const WASM_FRAME = /wasm-function\[\d+\]:0x([0-9a-f]+)/g;
const INNERMOST_FRAME = /wasm-function\[\d+\]:0x([0-9a-f]+)/;
/** From a device's complaint back to the program there are fewer. */
const FRAMES_TO_PROGRAM = 50;
/** All of them, however deep: the outermost are told too. */
const STACK_FRAMES = Infinity;
const WASM_PAGE_BYTES = 65536;

const STACK_OVERFLOW = 'stack-overflow';

/** wasm3's words for the traps that engines name each in its own way. */
const TRAPS: readonly (readonly [RegExp, string])[] = [
  [/memory access|index out of bounds$/, 'out of bounds memory access'],
  [/divi(de|sion) by zero|remainder by zero/, 'integer divide by zero'],
  [/unrepresentable in integer|invalid conversion|float unrepresentable/, 'invalid conversion to integer'],
  [/divide result|integer overflow/, 'integer overflow'],
  [/table index|undefined element/, 'undefined element'],
  [/null function|signature mismatch|indirect call/, 'indirect call type mismatch'],
  [/unreachable/, 'unreachable executed'],
];

interface Exports {
  start(generation: number): void;
  step(events: number): bigint;
}

export class Program {
  private readonly exports: Exports;
  private readonly original: (offset: number) => number;
  private readonly counter: CostCounter | undefined;
  /** What of the counter the processor has been told. */
  private told = 0;

  /**
   * Throws what WebAssembly or the meter throws for a module that is none, and ModuleRefused. `metered` or not: then its
   * time costs nothing.
   */
  constructor(
    private readonly machine: Machine,
    private readonly source: ProgramSource,
    metered: boolean,
  ) {
    const made = metered ? meter(source.wasm) : undefined;
    this.original = made?.originalOffset ?? ((offset) => offset);
    const module = new WebAssembly.Module(Uint8Array.from(made?.wasm ?? source.wasm));
    const memory = (): WebAssembly.Memory => instance.exports['memory'] as WebAssembly.Memory;
    const instance = new WebAssembly.Instance(module, {
      board: boardImports(machine, memory),
    });
    for (const name of ['start', 'step'])
      if (typeof instance.exports[name] !== 'function') throw new ModuleRefused(`export of another type: ${name}`);
    this.exports = instance.exports as unknown as Exports;
    if (made) this.counter = new CostCounter(instance.exports);
  }

  /** It is the one that runs from now on. */
  takeOver(): void {
    const { cpu, chip } = this.machine;
    const { counter } = this;
    cpu.counted = () => {
      if (!counter) return 0;
      const fresh = counter.since - this.told;
      this.told = counter.since;
      return fresh;
    };
    chip.findings.where = () => this.places(this.offsets(new Error().stack));
    chip.findings.innermost = innermostFrame;
  }

  /** Calls `start`, which may take so long; how it ended if it did not return. */
  start(generation: number, limit: Time): Ending | undefined {
    return this.call(() => this.exports.start(generation), limit);
  }

  /** Calls `step`, which may take so long: its deadline, or how it ended. */
  step(events: number, limit: Time): bigint | Ending {
    let deadline = 0n;
    return this.call(() => (deadline = this.exports.step(events)), limit) ?? deadline;
  }

  private call(run: () => void, time: Time): Ending | undefined {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = STACK_FRAMES;
    this.counter?.begin((time / SECOND) * INSTRUCTIONS_A_SECOND);
    this.told = 0;
    try {
      run();
      this.machine.cpu.spend(0);
      return undefined;
    } catch (error) {
      this.machine.cpu.spend(0);
      return this.ending(error);
    } finally {
      Error.stackTraceLimit = limit;
    }
  }

  private ending(error: unknown): Ending {
    if (error instanceof BoardExit) return { kind: 'exit', exit: error.kind, status: error.status };
    if (error instanceof BoardChain) return { kind: 'chain', image: error.image };
    if (!(error instanceof Error)) throw error;
    const report = this.report(error);
    if (report === undefined) throw error;
    const frames = this.offsets(error.stack);
    // The innermost stands at the entry of a function, which has no place in its source.
    return { kind: 'fault', report, frames: report === STACK_OVERFLOW ? frames.slice(1) : frames };
  }

  /** The first line's fields; undefined for an error of this program itself. */
  private report(error: Error): string | undefined {
    if (error instanceof BoardTrap) {
      const { kind, text, code, abort } = error;
      if (kind === 'hang') return 'hang';
      if (abort) return `data-abort vector=0 esr=0x960000${abort.write ? 5 : 1}0 far=0x${hex16(abort.address)}`;
      return `${kind}${code === undefined ? '' : ` code=${code >>> 0}`} text=${quoted(text)}`;
    }
    // V8's error, and Firefox's.
    if ((error instanceof RangeError && /call stack/.test(error.message)) || error.name === 'InternalError')
      return STACK_OVERFLOW;
    if (!(error instanceof WebAssembly.RuntimeError)) return undefined;
    if (this.counter?.over) return 'hang';
    const text = TRAPS.find(([pattern]) => pattern.test(error.message))?.[1] ?? error.message;
    return `trap text=${quoted(text)}`;
  }

  private offsets(stack = ''): number[] {
    return [...stack.matchAll(WASM_FRAME)].map(([, digits = '0']) => this.original(parseInt(digits, 16)));
  }

  private places(offsets: readonly number[]): Place[] {
    return sourceFrames(this.source.wasm, this.source.sourceMap, offsets).flatMap(({ near, place, ...frame }) => {
      const at = near ?? place;
      return at ? [{ ...at, ...(frame.function === undefined ? {} : { function: frame.function }) }] : [];
    });
  }
}

/** The module is not one for this board. */
class ModuleRefused extends Error {}

/** The last two: its start function trapped, there is no room for its memory. */
const REFUSALS = [
  ModuleRefused,
  WasmFormatError,
  WebAssembly.CompileError,
  WebAssembly.LinkError,
  WebAssembly.RuntimeError,
  RangeError,
];

/** The program, or the end that boot/ makes of a module that it refuses. */
export function loadProgram(machine: Machine, source: ProgramSource, metered: boolean): Program | Ending {
  try {
    return new Program(machine, source, metered);
  } catch (error) {
    if (!(error instanceof Error) || !REFUSALS.some((kind) => error instanceof kind)) throw error;
    return { kind: 'fault', report: `load text=${quoted(error.message)}`, frames: [] };
  }
}

/** A module that was not compiled here has no source map. */
const NO_SOURCE_MAP = '{"version":3,"sources":[],"names":[],"mappings":""}';

/**
 * A module that the running program has handed over, or what `reload` answers when it is none. What stands outside of its
 * functions is done now, not with `start`: where that fails the module is refused, which on a board would be a fault.
 */
export function loadSent(machine: Machine, source: ProgramSource, metered: boolean): Program | Reload {
  const { wasm } = source;
  if (wasm.length > MODULE_SLOT_BYTES) return Reload.Room;
  try {
    if (!WebAssembly.validate(Uint8Array.from(wasm))) return Reload.NotWasm;
    const { imports, exports, memory } = parseModule(wasm);
    const offered = boardImports(machine, () => new WebAssembly.Memory({ initial: 1 }));
    for (const { module, name, kind } of imports)
      if (module !== 'board' || kind !== 'function' || !(name in offered)) return Reload.Imports;
    if ((memory?.minimum ?? 0) * WASM_PAGE_BYTES > LINEAR_BYTES - WASM_PAGE_BYTES) return Reload.Room;
    for (const [name, type] of Object.entries(EXPORTS))
      if (!exports.some((each) => each.name === name && each.signature === type)) return Reload.Exports;
    return new Program(machine, { ...source, sourceMap: source.sourceMap || NO_SOURCE_MAP }, metered);
  } catch (error) {
    if (error instanceof RangeError) return Reload.Room;
    if (error instanceof BoardTrap) return Reload.NotWasm;
    if (!(error instanceof Error) || !REFUSALS.some((kind) => error instanceof kind)) throw error;
    return Reload.NotWasm;
  }
}

const EXPORTS = { start: '(i32)', step: '(i32) -> i64' } as const;

const hex16 = (value: number): string => value.toString(16).padStart(16, '0');

/** The offset of the innermost Wasm frame, as digits of the metered module; empty when there is none. */
function innermostFrame(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = FRAMES_TO_PROGRAM;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = limit;
  return INNERMOST_FRAME.exec(stack)?.[1] ?? '';
}

/** As boot/ prints a text: quotes and backslashes escaped, control characters as \xNN. */
function quoted(text: string): string {
  const escaped = text
    .replace(/["\\]/g, '\\$&')
    .replace(/[\x00-\x1f\x7f]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `"${escaped}"`;
}
