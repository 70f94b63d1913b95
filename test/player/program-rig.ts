// A whole program in Node, as its board would call it: in virtual time, on the models of the emulator's devices, with
// keys that are typed at given times. What it prints and the words that reach the jack are kept.

import zlib from 'node:zlib';
import { Info } from '../../drivers/board-keys.js';
import { DmaEngines } from '../drivers/engine-model.js';
import { ClockGenerators, Gpio, Mailbox } from '../drivers/models.js';
import { BoardExit, BoardModel } from '../support/board-model.js';
import { compileProgram, instantiate } from '../support/module.js';

export { archive, ini, tone, wav16, wordsOf, type Member } from './program-input.js';

const CAPTURE = 0xfe203000;
const NEVER = 2n ** 63n - 1n;
const LED_PIN = 42;
/** Revision codes: a Pi 4 with 2 GiB as the emulator has it, and a Pi 3. */
export const Revision = { pi4: 0xb03115, pi3: 0xa02082 } as const;

interface ProgramExports {
  start(generation: number): void;
  step(events: number): bigint;
}

export interface Rec {
  event: string;
  [field: string]: unknown;
}

export interface Block {
  kind: number;
  /** The track that was noted last before it. */
  track: number;
  words: number[];
  ms: number;
}

export interface RigOptions {
  ramDisk?: Uint8Array;
  revision?: number;
  /** Whether DMA engine 7 calls itself a lite one, as a board's does. */
  lite?: boolean;
  /** Questions after which the VideoCore falls silent. */
  answers?: number;
  /** Bytes that the console takes a millisecond. */
  consoleBytesPerMs?: number;
  /** Virtual milliseconds that each step takes. */
  stepMs?: number;
}

/** Compiles one of the library's programs. */
export async function compileFirmware(name: string): Promise<Uint8Array> {
  return (await compileProgram(`firmware/programs/${name}/main.ts`, { board: true })).wasm;
}

export class ProgramRig {
  readonly board = new BoardModel();
  readonly blocks: Block[] = [];
  /** Notes and registers of the capture, in order: offset, value, words before it. */
  readonly notes: { offset: number; value: number; words: number }[] = [];
  /** Changes of the LED: tick and whether it is lit. */
  readonly led: { ms: number; lit: boolean }[] = [];
  ended: { kind: number; status: number } | undefined;
  steps = 0;
  /** The most words that one step sent to the jack. */
  longestStep = 0;
  private sent = Buffer.alloc(0);
  private typed = Buffer.alloc(0);
  private current: number[] = [];
  private total = 0;
  private track = -1;
  private consoleSince = 0n;
  private due = 0n;
  private readonly program: ProgramExports;
  private readonly stepMs: number;

  constructor(wasm: Uint8Array, options: RigOptions = {}) {
    const { board } = this;
    this.stepMs = options.stepMs ?? 0.01;
    board.ramDisk = Uint8Array.from(options.ramDisk ?? []);
    board.facts.set(Info.EntryLevel, 2n).set(Info.BuildId, 0x0123456789abcdefn);
    const engines = new DmaEngines(
      board,
      (address, value) => this.word(address - 0x7e203000, value),
      5,
      (_, tick) => Number((tick * 1_000_000n) / board.tickRate) >>> 0,
    );
    engines.lite = options.lite ?? false;
    engines.immediate = true;
    const mailbox = new Mailbox(board);
    let answers = options.answers ?? Infinity;
    mailbox.answer = (tag) => {
      mailbox.silent = --answers <= 0;
      return this.answer(tag, options.revision ?? Revision.pi4);
    };
    const gpio = new Gpio();
    const systemTimer = { base: 0xfe003000, bytes: 0x20, read: () => 0, write: () => undefined };
    const capture = {
      base: CAPTURE,
      bytes: 0x100,
      read: () => 0,
      write: (offset: number, value: number) => this.word(offset, value),
    };
    const led = {
      base: gpio.base,
      bytes: gpio.bytes,
      read: (offset: number) => gpio.read(offset),
      write: (offset: number, value: number) => {
        gpio.write(offset, value);
        const lit = ((gpio.outputs[1] >>> (LED_PIN - 32)) & 1) === 1;
        if (lit !== (this.led.at(-1)?.lit ?? false)) this.led.push({ ms: this.ms, lit });
      },
    };
    for (const block of [new ClockGenerators(), led, mailbox, systemTimer, capture, engines]) board.plug(block);
    board.abortAt(0xfe20c000, 0x1000);
    for (const controller of [0xfe300000, 0xfe340000]) board.abortAt(controller, 0x100);
    const running = instantiate<ProgramExports>(wasm, (memory) => ({
      ...board.imports(memory),
      take: (queue: number, ptr: number, max: number) => {
        const taken = queue === 0 ? this.typed.subarray(0, max) : Buffer.alloc(0);
        new Uint8Array(memory().buffer).set(taken, ptr);
        this.typed = this.typed.subarray(taken.length);
        return taken.length;
      },
      send: (ptr: number, length: number) => this.send(Buffer.from(memory().buffer, ptr, length), options),
      crc32: (ptr: number, length: number, seed: number) =>
        zlib.crc32(Buffer.from(memory().buffer, ptr, length), seed >>> 0) | 0,
    }));
    this.program = running.exports;
  }

  /** Virtual milliseconds since the beginning. */
  get ms(): number {
    return (Number(this.board.now) * 1000) / Number(this.board.tickRate);
  }

  private answer(tag: number, revision: number): number[] | undefined {
    if (tag === 0x00010002) return [revision];
    if (tag === 0x00010005) return [0, 960 * 2 ** 20];
    if (tag === 0x00030002) return [0, 700_000_000];
    if (tag === 0x00030006) return [0, 48_300];
    return undefined;
  }

  private send(bytes: Buffer, { consoleBytesPerMs = Infinity }: RigOptions): number {
    const passed = Number(this.board.now - this.consoleSince) / Number(this.board.ms(1));
    const allowed = Math.min(bytes.length, Math.floor(passed * consoleBytesPerMs));
    if (allowed > 0) this.consoleSince = this.board.now;
    this.sent = Buffer.concat([this.sent, Uint8Array.from(bytes.subarray(0, allowed))]);
    return allowed;
  }

  private word(offset: number, value: number): void {
    if (offset === 0x18) {
      this.current.push(value);
      this.total++;
      return;
    }
    if (offset === 0x68) this.track = value;
    if (offset === 0x40 || offset === 0x44) {
      this.blocks.push({ kind: (offset - 0x40) / 4, track: this.track, words: this.current, ms: this.ms });
      this.current = [];
    } else {
      this.notes.push({ offset, value, words: this.total });
    }
  }

  type(keys: string): void {
    this.typed = Buffer.concat([this.typed, Buffer.from(keys, 'latin1')]);
  }

  private call(run: () => void): void {
    const before = this.total;
    try {
      run();
    } catch (error) {
      if (!(error instanceof BoardExit)) throw error;
      this.ended = { kind: error.kind, status: error.status };
    }
    this.longestStep = Math.max(this.longestStep, this.total - before);
  }

  start(): this {
    this.call(() => this.program.start(1));
    return this;
  }

  /** Runs steps at their deadlines for some virtual milliseconds, or until the program ends or `done` says so. */
  run(ms: number, done: () => boolean = () => false): this {
    const until = this.board.now + this.board.ms(ms);
    while (this.board.now < until && !this.ended && !done()) {
      this.call(() => {
        this.due = this.program.step(this.typed.length ? 1 : 0);
      });
      this.steps++;
      const earliest = this.board.now + this.board.ms(this.stepMs);
      // Bytes that were not taken keep their event set.
      const due = this.typed.length ? earliest : this.due === NEVER ? until : this.due;
      this.board.advanceTo(due < earliest ? earliest : due > until ? until : due);
    }
    return this;
  }

  /** Types, and lets the program act for some milliseconds. */
  press(keys: string, ms = 5): this {
    this.type(keys);
    return this.run(ms);
  }

  /** Runs to the program's end, at most a minute. */
  finish(): this {
    return this.run(60_000);
  }

  /** What was printed without the records. */
  get text(): string {
    return this.sent.toString('utf8').replace(/\x1e[^\n]*\n/g, '');
  }

  /** The lines printed since the last call. */
  lines(): string[] {
    const lines = this.text.split('\r\n').filter((line) => line !== '');
    const fresh = lines.slice(this.shown);
    this.shown = lines.length;
    return fresh;
  }
  private shown = 0;

  get records(): Rec[] {
    return [...this.sent.toString('utf8').matchAll(/\x1e([^\n]*)\n/g)].map(
      (match) => JSON.parse(match[1] ?? '') as Rec,
    );
  }

  recordsOf(event: string): Rec[] {
    return this.records.filter((record) => record.event === event);
  }

  /** All words, and those of tracks. */
  get words(): number[] {
    return this.blocks.flatMap(({ words }) => words);
  }

  trackWords(track?: number): number[] {
    return this.blocks
      .filter((block) => block.kind === 1 && (track === undefined || block.track === track))
      .flatMap(({ words }) => words);
  }
}
