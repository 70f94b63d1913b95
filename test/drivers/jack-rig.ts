// The jack in Node: the driver over models of a board, or of the emulator, in virtual time.

import { BoardModel } from '../support/board-model.js';
import { compileProgram, instantiate } from '../support/module.js';
import { DmaEngines } from './engine-model.js';
import { ClockGenerators, Gpio, Mailbox } from './models.js';
import { PwmModel } from './pwm-model.js';

export interface JackExports {
  words(): number;
  probe(setting: number): number;
  signs(): number;
  disagree(): number;
  setFree(free: boolean): void;
  setFillMs(ms: number): void;
  open(rateHz: number): number;
  range(): number;
  repeat(): number;
  middle(): number;
  rateHz(): number;
  carrierHz(): number;
  state(): number;
  room(): number;
  append(pairs: number): number;
  breakTrack(): void;
  noteTrack(index: number): void;
  close(): void;
  service(): bigint;
  played(): bigint;
  trackPairsPlayed(): bigint;
  trackPairsAppended(): bigint;
  fillPairs(): number;
  underruns(): number;
  starvations(): number;
  writeErrors(): number;
  registerErrors(): number;
  engineErrors(): number;
  firstTrackTick(): bigint;
}

/** One write to the emulator's stand-in. */
export interface Line {
  offset: number;
  value: number;
}

export const Setting = { auto: 0, pwm1: 1, capture: 2 } as const;
export const State = { closed: 0, open: 1, closing: 2 } as const;
/** What the jack is tested on. */
export const places = ['board', 'emulator'] as const;

const CAPTURE = 0xfe203000;
const NEVER = 2n ** 63n - 1n;

export async function compileJack(): Promise<Uint8Array> {
  return (await compileProgram('test/drivers/assembly/jack.ts')).wasm;
}

export class JackRig {
  readonly board = new BoardModel();
  readonly clocks = new ClockGenerators();
  readonly gpio = new Gpio();
  readonly pwm = new PwmModel(this.board, this.clocks);
  readonly mailbox = new Mailbox(this.board);
  /** The DMA channels that the VideoCore leaves to the ARM, as bits. */
  channels = 0x37f5;
  /** Lines of the capture, in order. */
  readonly lines: Line[] = [];
  readonly engines: DmaEngines;
  readonly jack: JackExports;
  /** Words that the track still has, as pairs of words; taken by `feed`. */
  queue: number[] = [];
  /** The track is late when the queue is empty, not at its end. */
  starves = false;
  private readonly memory: WebAssembly.Memory;
  private rate = 44100;

  constructor(
    wasm: Uint8Array,
    readonly place: 'board' | 'emulator',
  ) {
    this.engines = new DmaEngines(
      this.board,
      (address, value) => this.word(address, value),
      5,
      (_, tick) => this.microseconds(tick),
    );
    this.engines.lite = place === 'board';
    this.engines.immediate = place === 'emulator';
    this.engines.ticksFor = (words) => (BigInt(words / 2) * this.board.tickRate) / BigInt(this.rate);
    this.pwm.engines = this.engines;
    const lines = this.lines;
    const systemTimer = {
      base: 0xfe003000,
      bytes: 0x20,
      read: () => this.microseconds(this.board.now),
      write: () => undefined,
    };
    const capture = {
      base: CAPTURE,
      bytes: 0x100,
      read: () => 0,
      write: (offset: number, value: number) => void lines.push({ offset, value }),
    };
    // The engines come last, so that time reaches them before the PWM.
    this.mailbox.answer = (tag) => (tag === 0x00060001 ? [this.channels] : undefined);
    const quick = [this.pwm, this.clocks, this.gpio, this.mailbox, systemTimer, capture];
    for (const block of [...quick, this.engines]) this.board.plug(block);
    if (place === 'emulator') this.board.abortAt(0xfe20c000, 0x1000);
    const running = instantiate<JackExports>(wasm, (memory) => this.board.imports(memory));
    this.jack = running.exports;
    this.memory = running.memory;
  }

  private microseconds(tick: bigint): number {
    return Number((tick * 1_000_000n) / this.board.tickRate) >>> 0;
  }

  private word(address: number, value: number): void {
    if (address === 0x7e20c818) this.pwm.push(value);
    else this.lines.push({ offset: address - 0x7e203000, value });
  }

  /** Probes and opens. */
  open(rateHz: number, setting: number = Setting.auto): number {
    this.jack.probe(setting);
    return this.reopen(rateHz);
  }

  reopen(rateHz: number): number {
    this.rate = rateHz * Math.max(1, Math.ceil(32000 / rateHz));
    return this.jack.open(rateHz);
  }

  /** Appends what the queue has and the jack has room for; at its end the track ends, unless it `starves`. */
  feed(): void {
    while (this.queue.length) {
      const frames = this.jack.room();
      if (!frames) return;
      this.appendNow(Math.min(frames * this.jack.repeat(), this.queue.length / 2));
      if (!this.queue.length && !this.starves) this.jack.breakTrack();
    }
  }

  /** Appends the next `pairs` pairs of the queue, whether there is room or not. */
  appendNow(pairs: number): number {
    new Uint32Array(this.memory.buffer, this.jack.words(), pairs * 2).set(this.queue.slice(0, pairs * 2));
    const result = this.jack.append(pairs);
    if (result === 0) this.queue.splice(0, pairs * 2);
    return result;
  }

  /** One step of a program; the tick at which it wants the next. */
  step(): bigint {
    this.feed();
    return this.jack.service();
  }

  /** Runs steps at their deadlines for some milliseconds; each step itself takes `stepMs`. */
  run(ms: number, stepMs = 0.01): void {
    const until = this.board.now + this.board.ms(ms);
    while (this.board.now < until) {
      const due = this.step();
      const earliest = this.board.now + this.board.ms(stepMs);
      const next = due > earliest ? due : earliest;
      this.board.advanceTo(next > until || next === NEVER ? until : next);
    }
  }

  /** Closes and runs until it is closed. */
  close(): void {
    this.jack.close();
    for (let i = 0; i < 1000 && this.jack.state() !== State.closed; i++) this.run(1);
  }

  /** All words that reached the jack. */
  output(): number[] {
    if (this.place === 'board') return this.pwm.pins;
    return this.lines.filter(({ offset }) => offset === 0x18).map(({ value }) => value);
  }

  /** Of a capture, the words by the kind of their block. */
  blocks(): { kind: number; words: number[] }[] {
    const blocks: { kind: number; words: number[] }[] = [];
    let words: number[] = [];
    for (const { offset, value } of this.lines) {
      if (offset === 0x18) words.push(value);
      if (offset === 0x40 || offset === 0x44) {
        blocks.push({ kind: (offset - 0x40) / 4, words });
        words = [];
      }
    }
    return blocks;
  }

  /** Words of tracks in a capture. */
  trackWords(): number[] {
    return this.blocks()
      .filter(({ kind }) => kind === 1)
      .flatMap(({ words }) => words);
  }

  violations(): string[] {
    return [this.clocks, this.gpio, this.pwm, this.mailbox, this.engines].flatMap((block) => block.violations);
  }
}

/** Pairs of one level. */
export function constant(first: number, second: number, pairs: number): number[] {
  return Array.from({ length: pairs * 2 }, (_, i) => (i & 1 ? second : first));
}

/** The largest step of either channel (from 0 at first), and where it is. */
export function largestStep(words: number[]): { step: number; at: number } {
  let step = words.length ? Math.max(words[0] as number, words[1] as number) : 0;
  let at = 0;
  for (let i = 2; i < words.length; i++) {
    const change = Math.abs((words[i] as number) - (words[i - 2] as number));
    if (change > step) [step, at] = [change, i];
  }
  return { step, at };
}

/** The steepest step of the bias ramp: a smoothstep from 0 to half the range in 64 ms of the carrier. */
export function rampStep(range: number, carrierHz: number): number {
  return Math.ceil((1.5 * ((range + 1) >> 1)) / (0.064 * carrierHz));
}

/** Words that tell where they come from. */
export function numbered(pairs: number, range: number): number[] {
  return Array.from({ length: pairs * 2 }, (_, i) => (Math.imul(i + 1, 2654435761) >>> 8) % (range + 1));
}
