// The time that the processor takes: instructions of the interpreter, each a fixed time, as the deterministic emulator
// has it. A program that was metered (meter.ts) counts its own; imports add theirs.

import { parseModule, SectionId } from '../../build/wasm-module.js';
import { SECOND, type Time } from '../time.js';
import type { Timeline } from '../timeline.js';
import { BOOT } from './weights.js';

/** Instructions a second: as QEMU's `-icount shift=0`; a Cortex-A72 at 1.5 GHz does about as many of wasm3's. */
export const INSTRUCTIONS_A_SECOND = 1_000_000_000;

/** How much of it a call of `preload` does behind the first. */
export const PRELOAD_INSTRUCTIONS = INSTRUCTIONS_A_SECOND / 512;

/** What boot/ and wasm3 do for a `reload`, with the module as it is: until it is linked, and to compile it. */
export function reloadInstructions(wasm: Uint8Array): { before: number; behind: number } {
  return {
    before: BOOT.byte * wasm.length + BOOT.page * (parseModule(wasm).memory?.minimum ?? 0),
    behind: BOOT.compiled * wasm.length,
  };
}

/** What boot/ and wasm3 do with a module before its `start`, and behind it. Names are not in the image. */
export function bootInstructions(wasm: Uint8Array): { before: number; behind: number } {
  const { sections, memory } = parseModule(wasm);
  const names = sections.reduce((sum, { id, bytes }) => (id === SectionId.Custom ? sum + bytes : sum), 0);
  const bytes = wasm.length - names;
  return {
    before: BOOT.fixed + BOOT.byte * bytes + BOOT.page * (memory?.minimum ?? 0),
    behind: BOOT.compiled * bytes,
  };
}

export class Cpu {
  /** Instructions since power on. */
  instructions = 0;
  /** Instructions that the running program has made since the last call; set by who instantiates it. */
  counted: () => number = () => 0;
  /** Until then the processor stands still: a fault on demand. */
  private stalledUntil: Time = 0;
  /** How far the processor's own time is behind the timeline, a fraction of a unit. */
  private rest = 0;

  constructor(
    private readonly timeline: Timeline,
    rate = INSTRUCTIONS_A_SECOND,
    private readonly unitsEach = SECOND / rate,
  ) {}

  /** Lets the time of `instructions` more pass, and of what the program has counted. */
  spend(instructions: number): void {
    const all = instructions + this.counted();
    this.instructions += all;
    this.rest += all * this.unitsEach;
    const whole = Math.floor(this.rest);
    this.rest -= whole;
    let until = this.timeline.now + whole;
    if (this.stalledUntil > this.timeline.now) {
      until += this.stalledUntil - this.timeline.now;
      this.stalledUntil = 0;
    }
    this.timeline.runTo(until);
  }

  /** The processor does nothing for a while, from now on, or as long as it was told before; interrupts are served. */
  stall(time: Time): void {
    this.stalledUntil = Math.max(this.stalledUntil, this.timeline.now + time);
  }
}
