// A program built, booted in QEMU or on the virtual Pi and watched, in one call: for tests of firmware.

import fs from 'node:fs';
import { buildProgram, finishBuild, type Build, type BuildOptions } from '../build/program.js';
import { symbolize, type SymbolizedFault } from '../build/symbolize.js';
import { JackCapture, type JackState } from '../capture/jack.js';
import { makeScratch } from '../emulator/scratch.js';
import type { Target } from '../play/options.js';
import { startRun } from '../play/run-player.js';
import { startVirtualRun } from '../play/run-virtual.js';
import { Problem } from '../problem.js';

export interface RunProgramOptions extends BuildOptions {
  /** A build that is there already, instead of `program`. */
  build?: Build;
  /** Default: the emulator. */
  on?: Target;
  /** A ustar archive for the RAM disk. */
  ramDisk?: string;
  /** Typed on the console from the start. */
  keys?: string;
  /** Virtual time that counts instructions, so that each run is like the one before; default true. */
  deterministic?: boolean;
  /** Asked whenever something new came: true ends the run. Without it the program has to end by itself. */
  until?: (so: Progress) => boolean;
  /** Seconds of real time after which the run fails; default 30. */
  limitSeconds?: number;
}

export interface Progress {
  /** All console text so far. */
  console: string;
  /** How many words of tracks came out of the jack so far. */
  words: number;
}

export interface ProgramRun {
  console: string;
  /** The words that carry tracks: duties from 0 to `jack.range`, in pairs for the right and the left channel. */
  words: Uint32Array;
  /** How the jack was open at the first of them; undefined when it stayed closed. */
  jack: JackState | undefined;
  /** The status that the program gave; undefined when `until` ended it. */
  status: number | undefined;
  fault: SymbolizedFault | undefined;
  /** On the virtual Pi: what the program did that a chip may punish, a line each; in the emulator empty. */
  findings: string[];
  build: Build;
}

/** Collects words, growing as needed. */
class WordList {
  private bytes = new Uint8Array(1 << 20);
  private length = 0;

  get count(): number {
    return this.length >> 2;
  }

  append(words: Uint8Array): void {
    while (this.length + words.length > this.bytes.length) {
      const larger = new Uint8Array(this.bytes.length * 2);
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.bytes.set(words, this.length);
    this.length += words.length;
  }

  toArray(): Uint32Array {
    return new Uint32Array(this.bytes.buffer.slice(0, this.length));
  }
}

async function* typed(keys: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(keys);
}

/**
 * Builds a program, boots it and watches it until `until` is true or the program ends. Throws what `buildProgram`
 * throws, and Problem when there is no QEMU, the time is over or the capture breaks. A fault does not throw.
 */
export async function runProgram(options: RunProgramOptions = {}): Promise<ProgramRun> {
  const build = options.build ?? (await finishBuild(buildProgram(options)));
  const { until } = options;
  const words = new WordList();
  const capture = new JackCapture([], [words], false);
  const ending = new AbortController();
  let text = '';
  let problem: Problem | undefined;
  const look = (): void => {
    if (until?.({ console: text, words: words.count })) ending.abort();
  };
  const scratch = makeScratch();
  try {
    const common = {
      capture,
      limitSeconds: options.limitSeconds ?? 30,
      records: false,
      signal: ending.signal,
      keys: options.keys === undefined ? undefined : typed(options.keys),
    };
    const events = {
      text(more: string): void {
        text += more;
        look();
      },
      record: () => undefined,
      tick: look,
      problem: (what: Problem) => void (problem ??= what),
    };
    const { ramDisk, deterministic = true } = options;
    const { buildId, image } = build;
    const disk = ramDisk === undefined ? undefined : fs.readFileSync(ramDisk);
    const run =
      options.on === 'virtual'
        ? startVirtualRun({ ...common, program: build, buildId, ramDisk: disk }, events)
        : await startRun({ ...common, scratch, image, ramDisk, deterministic }, events);
    const { emulator, fault, interrupted, virtual } = await run.ended;
    if (problem) throw problem;
    return {
      console: text,
      words: words.toArray(),
      jack: capture.trackStates.find((state) => state !== undefined),
      status: interrupted ? undefined : emulator.status,
      fault: fault && symbolize(fault, build),
      findings: virtual?.findings ?? [],
      build,
    };
  } finally {
    scratch.remove();
  }
}
