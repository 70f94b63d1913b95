// The counter of a metered module (meter.ts) for whoever runs it: reads what was charged, sets the limit.

import { METER_GLOBALS } from './meter.js';

const WRAP = 2 ** 32;
/** A limit leaves room above it, so that no block goes over the counter's end unnoticed. */
const MOST = 0xf000_0000;

export class CostCounter {
  private readonly cost: WebAssembly.Global<'i32'>;
  private readonly limitAt: WebAssembly.Global<'i32'>;
  private readonly overAt: WebAssembly.Global<'i32'>;
  private before = 0;
  /** What was charged and is less than an instruction. */
  private fraction = 0;

  /** `exports` are those of an instance of a metered module. */
  constructor(exports: WebAssembly.Exports) {
    this.cost = exports[METER_GLOBALS.cost] as WebAssembly.Global<'i32'>;
    this.limitAt = exports[METER_GLOBALS.limit] as WebAssembly.Global<'i32'>;
    this.overAt = exports[METER_GLOBALS.over] as WebAssembly.Global<'i32'>;
  }

  /** Instructions since `begin`. */
  get since(): number {
    return this.cost.value >>> 0;
  }

  /** All instructions so far. */
  get total(): number {
    return this.before + (this.cost.value >>> 0);
  }

  /** Before a call of the module: its cost counts from 0, and above `limit` instructions it traps. */
  begin(limit = MOST): void {
    this.before += this.cost.value >>> 0;
    this.cost.value = 0;
    this.limitAt.value = Math.min(limit, MOST) | 0;
    this.overAt.value = 0;
  }

  /** Adds what an import has cost beside its call. */
  charge(instructions: number): void {
    const whole = this.fraction + instructions;
    const charged = Math.floor(whole);
    this.fraction = whole - charged;
    this.cost.value = (((this.cost.value >>> 0) + charged) % WRAP) | 0;
  }

  /** Whether the call that trapped did so because of its limit. */
  get over(): boolean {
    return this.overAt.value !== 0;
  }
}
