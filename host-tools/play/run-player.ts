// One run of the emulator with a jack capture: the console's text and records, the words, the faults, the end.
// Whatever goes wrong on the host's side ends the run; what was captured until then is whole.

import fs from 'node:fs';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { CAPTURE_RING, CAPTURE_RING_BYTES } from '../../boot/memory-map.js';
import type { JackCapture } from '../capture/jack.js';
import { RingReader } from '../capture/ring.js';
import type { MachineOptions } from '../emulator/arguments.js';
import { startBoard, type BootOptions } from '../emulator/board.js';
import { startEmulator, type Emulator, type EmulatorEnd, type EmulatorOptions } from '../emulator/emulator.js';
import { DESCRIPTOR, type GuestMemory } from '../emulator/memory.js';
import type { Scratch } from '../emulator/scratch.js';
import { Problem, systemReason } from '../problem.js';
import type { FaultReport } from '../build/faults.js';
import type { LineServer } from '../link/line-server.js';
import { DeviceConsole } from './device-console.js';
import type { PlayerRecord } from './records.js';
import type { VirtualReport } from './report.js';

const TICK_MS = 100;
/** How often words are looked for. */
const POLL_MS = 3;

/** What is booted. */
export interface BootImage extends Omit<BootOptions, 'kernel'> {
  /** kernel8.img, or an ELF file. */
  image: Uint8Array;
}

type Machine = Pick<MachineOptions, 'card' | 'cardSlot' | 'cardSnapshot' | 'resets' | 'undebugged' | 'deterministic'>;

export interface RunOptions extends BootImage, Machine {
  scratch: Scratch;
  /**
   * What boots when the guest has reset the board; may throw Problem, which ends the run. Default: the same again with
   * `resets`, else nothing.
   */
  nextBoot?: (() => BootImage) | undefined;
  /** Receives the words; without it they are not read. */
  capture?: JackCapture | undefined;
  /** Bytes of words that the emulator may be ahead of `capture`; default: some 30 MB. */
  ahead?: number | undefined;
  keys?: AsyncIterable<Uint8Array> | undefined;
  signal?: AbortSignal | undefined;
  limitSeconds?: number | undefined;
  /** An emulator that sends neither words nor text for so many real seconds hangs, and is ended; default: never. */
  silentSeconds?: number | undefined;
  /** Whether the console carries records. */
  records?: boolean | undefined;
  /** Offers the serial line to others; its frames are then kept from the console. */
  line?: LineServer | undefined;
}

export interface RunEvents {
  text(text: string): void;
  record(record: PlayerRecord): void;
  /** Ten times a second while it runs. */
  tick(): void;
  problem(problem: Problem): void;
  /** A fault's report, once it is complete. */
  fault?(report: FaultReport): void;
}

export interface RunEnd {
  emulator: EmulatorEnd;
  fault: FaultReport | undefined;
  /** By the signal. */
  interrupted: boolean;
  /** Whether keys were sent. */
  touched: boolean;
  /** Of a run on the virtual Pi. */
  virtual?: VirtualReport;
}

/** A run under way. */
export interface Run {
  ended: Promise<RunEnd>;
  /** Reads the words no further until `resume`: the emulator waits. */
  pause(): void;
  resume(): void;
  /** Ends it because of something that the caller has reported. */
  stop(): void;
}

/** Starts the emulator. Throws Problem. */
export async function startRun(options: RunOptions, events: RunEvents): Promise<Run> {
  const { nextBoot, scratch } = options;
  const boot = writeKernel(options, scratch);
  const machine: EmulatorOptions = { ...options, ...boot, capture: options.capture !== undefined };
  const emulator = await (nextBoot
    ? startBoard(machine, () => writeKernel(nextBoot(), scratch))
    : startEmulator(machine));
  return new RunState(options, events, emulator);
}

function writeKernel({ image, ramDisk, extra }: BootImage, scratch: Scratch): BootOptions {
  const kernel = scratch.file('kernel8.img');
  try {
    fs.writeFileSync(kernel, image);
  } catch (error) {
    throw new Problem('write-failed', `cannot be written (${systemReason(error)})`, { file: kernel, cause: error });
  }
  return { kernel, ramDisk, extra };
}

class RunState implements Run {
  readonly ended: Promise<RunEnd>;
  private readonly console: DeviceConsole;
  private interrupted = false;
  private touched = false;
  private over = false;
  private heard = Date.now();
  private paused = false;
  /** What was thrown where nobody could catch it. */
  private bug: unknown;

  constructor(
    private readonly options: RunOptions,
    private readonly events: RunEvents,
    private readonly emulator: Emulator,
  ) {
    this.console = new DeviceConsole(events, options.records, options.line);
    if (options.line) options.line.onBytes = (bytes) => void emulator.keys.write(bytes);
    this.ended = this.follow();
  }

  pause(): void {
    this.paused = !this.over;
  }

  resume(): void {
    this.paused = false;
    this.heard = Date.now();
  }

  stop(): void {
    this.over = true;
    this.paused = false;
    void this.emulator.stop();
  }

  private fail(problem: Problem): void {
    if (this.over) return;
    this.events.problem(problem);
    this.stop();
  }

  private async follow(): Promise<RunEnd> {
    const { signal, silentSeconds = Infinity } = this.options;
    const abort = (): void => {
      this.interrupted = true;
      this.stop();
    };
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort);
    const timer = setInterval(() => {
      this.events.tick();
      if (!this.paused && Date.now() - this.heard > silentSeconds * 1000)
        this.fail(
          new Problem('emulator-silent', `QEMU has said nothing for ${silentSeconds} s and was ended`, {
            hint: 'run it again with --deterministic to see whether it always happens',
          }),
        );
    }, TICK_MS);
    void this.sendKeys();
    try {
      const consoleDone = this.readConsole();
      const wordsDone = this.readWords();
      const emulator = await this.emulator.ended;
      await Promise.all([consoleDone, wordsDone]);
      if (this.bug !== undefined) throw this.bug;
      if (emulator.overtime && !this.over)
        this.events.problem(
          new Problem('time-limit', `QEMU was ended after ${Math.ceil(this.options.limitSeconds ?? 0)} s`),
        );
      return { emulator, fault: this.console.fault, interrupted: this.interrupted, touched: this.touched };
    } finally {
      clearInterval(timer);
      signal?.removeEventListener('abort', abort);
    }
  }

  private readConsole(): Promise<void> {
    const stream = this.emulator.console;
    return new Promise((resolve) => {
      stream.on('data', (chunk: Buffer) => {
        this.heard = Date.now();
        this.console.push(chunk);
      });
      stream.once('close', () => {
        this.console.end();
        resolve();
      });
    });
  }

  private async readWords(): Promise<void> {
    const { memory } = this.emulator;
    const { capture } = this.options;
    if (!memory || !capture) return;
    let ended = false;
    const end = (): void => void (ended = true);
    this.emulator.ended.then(end, end);
    try {
      const reader = this.readerOf(memory, capture);
      for (;;) {
        // What was written before the end is read after it.
        const last = ended;
        const taken = this.paused ? 0 : reader.read();
        if (taken > 0) this.heard = Date.now();
        else if (last && !this.paused) return;
        await (taken > 0 ? setImmediate() : sleep(POLL_MS));
      }
    } catch (error) {
      if (error instanceof Problem) this.fail(error);
      else {
        this.bug = error;
        this.stop();
      }
    } finally {
      memory.close();
    }
  }

  private readerOf({ file }: GuestMemory, capture: JackCapture): RingReader {
    return new RingReader({ file, descriptor: DESCRIPTOR, base: CAPTURE_RING, bytes: CAPTURE_RING_BYTES }, capture);
  }

  private async sendKeys(): Promise<void> {
    for await (const bytes of this.options.keys ?? []) {
      if (this.over) return;
      this.touched = true;
      this.emulator.keys.write(bytes);
    }
  }
}
