// A driver on the virtual Pi: the host asks, the program calls the driver, and what is asserted is what the chip did.

import assert from 'node:assert/strict';
import { DMA_WINDOW } from '../../../boot/memory-map.js';
import { formatFinding } from '../../../host-tools/virtual-pi/findings.js';
import type { PinRun } from '../../../host-tools/virtual-pi/pwm/pins.js';
import type { ProgramSource } from '../../../host-tools/virtual-pi/board/program.js';
import { MICROSECOND, type Time } from '../../../host-tools/virtual-pi/time.js';
import { VirtualPi, type PiEnd } from '../../../host-tools/virtual-pi/virtual-pi.js';
import { ANSWER, ARGUMENTS, CALL } from '../assembly/calls.js';

/** What a program is asked to do, and what has to come of it. */
export interface Exercise {
  readonly name: string;
  run(source: ProgramSource): void;
}

export type Exercises = Readonly<Record<string, (pi: Rig) => void>>;

/** How the virtual Pi of a run is changed before its program starts, for instance to leave a barrier out. */
let prepare: (pi: VirtualPi) => void = () => undefined;

/** Runs `work` with every virtual Pi changed by `change`. */
export function changing(change: (pi: VirtualPi) => void, work: () => void): void {
  prepare = change;
  try {
    work();
  } finally {
    prepare = () => undefined;
  }
}

/** A call that takes longer has hung. */
const CALL_MOST = 3_000_000 * MICROSECOND;

const ARGUMENTS_MOST = 7;

/** The program ended in a call. */
export class Ended extends Error {
  constructor(
    readonly end: PiEnd,
    readonly console: string,
  ) {
    super(`the program ended: ${JSON.stringify(end)}\n${console}`);
  }
}

export class Rig {
  readonly pi: VirtualPi;
  /** What has left the UART. */
  console = '';
  /** Periods of the jack's pins, two words each, and when each run of them began. */
  readonly runs: { start: Time; clock: number; range: number; output: string; words: number[] }[] = [];
  /** Blocks that the engine moved to the jack. */
  readonly blocks: { kind: number; words: number[]; micros: number }[] = [];
  /** What was told of the jack: offset and value. */
  readonly notes: [number, number][] = [];

  /** `poll`: how long a call may take until it is looked at again; 1 where the program steps without a pause. */
  constructor(
    source: ProgramSource,
    private readonly poll: Time = 1,
  ) {
    this.pi = new VirtualPi({
      program: source,
      onConsole: (bytes) => (this.console += new TextDecoder().decode(bytes)),
      pins: { run: (run) => this.keep(run) },
      words: {
        block: (words, kind, micros) => void this.blocks.push({ kind, words: [...words], micros }),
        register: (offset, value) => void this.notes.push([offset, value]),
      },
    });
    prepare(this.pi);
    // The program's start, and what is compiled behind it, are no part of a call.
    this.pi.runTo(this.pi.now + 1);
  }

  private keep({ start, clock, range, output, words }: PinRun): void {
    this.runs.push({ start, clock, range, output, words: [...words] });
  }

  /** Pairs of words on the pins so far. */
  get pinWords(): number[] {
    return this.runs.flatMap(({ words }) => words);
  }

  get now(): Time {
    return this.pi.now;
  }

  /** Lets the program make a call; its answer. Throws Ended. */
  wide(call: number, ...parameters: number[]): bigint {
    const { pi } = this;
    const { memory } = pi;
    const put = (offset: number, value: number): void => memory.storeWord(DMA_WINDOW + offset, value >>> 0);
    for (let i = 0; i < ARGUMENTS_MOST; i++) put(ARGUMENTS + i * 4, parameters[i] ?? 0);
    put(CALL, call);
    memory.barrier();
    const until = pi.now + CALL_MOST;
    while (memory.loadWord(DMA_WINDOW + CALL) !== 0) {
      pi.runTo(pi.now + this.poll);
      if (pi.ended) throw new Ended(pi.ended, this.console);
      assert.ok(pi.now < until, `call ${call} hangs`);
    }
    const low = BigInt(memory.loadWord(DMA_WINDOW + ANSWER));
    const high = BigInt(memory.loadWord(DMA_WINDOW + ANSWER + 4));
    return BigInt.asIntN(64, (high << 32n) | low);
  }

  call(call: number, ...parameters: number[]): number {
    return Number(this.wide(call, ...parameters));
  }

  /** How long a call took, in microseconds. */
  timed(call: number, ...parameters: number[]): { answer: number; us: number } {
    const before = this.now;
    const answer = this.call(call, ...parameters);
    return { answer, us: (this.now - before) / MICROSECOND };
  }

  /** How the program ends in a call. */
  ending(call: number, ...parameters: number[]): PiEnd {
    try {
      this.wide(call, ...parameters);
    } catch (error) {
      if (error instanceof Ended) return error.end;
      throw error;
    }
    throw new assert.AssertionError({ message: `call ${call} returned` });
  }

  /** Time passes without the program. */
  pass(us: number): void {
    this.pi.timeline.runTo(this.now + us * MICROSECOND);
    this.pi.runTo(this.now);
  }

  /** The program runs on. */
  run(us: number): void {
    this.pi.runTo(this.now + us * MICROSECOND);
    if (this.pi.ended) throw new Ended(this.pi.ended, this.console);
  }

  /** A register as it is, by its address. */
  peek(address: number): number {
    const device = this.pi.blocks.bus.find(address);
    assert.ok(device, `nothing at 0x${address.toString(16)}`);
    return device.peek(address - device.base) >>> 0;
  }

  /** A register write that is not the program's. */
  poke(address: number, value: number): void {
    const device = this.pi.blocks.bus.find(address);
    assert.ok(device, `nothing at 0x${address.toString(16)}`);
    device.write(address - device.base, value >>> 0);
  }

  /** Words in the DMA window that are there for everybody. */
  lay(offset: number, words: readonly number[]): void {
    words.forEach((word, i) => this.pi.memory.storeWord(DMA_WINDOW + offset + i * 4, word >>> 0));
    this.pi.memory.barrier();
  }

  /** Words of the DMA window as engines see them. */
  words(offset: number, count: number): number[] {
    return Array.from({ length: count }, (_, i) => this.pi.memory.engineRead(DMA_WINDOW + offset + i * 4) ?? -1);
  }

  /** The program has done nothing that the chip does not like. */
  clean(): void {
    const { list } = this.pi.findings;
    assert.equal(list.length, 0, list.map(formatFinding).join('\n'));
  }

  /** Takes the findings that the exercise brought about itself. */
  forgive(): void {
    this.pi.findings.list.length = 0;
  }
}

/** Runs `work` on a Pi of its own, and looks for findings at its end. */
export function exercisesOf(cases: Exercises, poll?: Time): Exercise[] {
  return Object.entries(cases).map(([name, work]) => ({
    name,
    run: (source) => {
      const rig = new Rig(source, poll);
      work(rig);
      rig.clean();
    },
  }));
}
