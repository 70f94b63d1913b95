// Programs of test/programs/ on a virtual Pi: console text, how it ended, and whatever a test does on the way.

import assert from 'node:assert/strict';
import path from 'node:path';
import { readReport } from '../support/firmware.js';
import { compileProgram, type TestModule } from '../support/module.js';
import { formatFrame, sourceFrames } from '../../host-tools/build/symbolize.js';
import type { ProgramSource } from '../../host-tools/virtual-pi/board/program.js';
import type { WordEvents } from '../../host-tools/capture/ring.js';
import { formatFinding } from '../../host-tools/virtual-pi/findings.js';
import { MILLISECOND, SECOND, type Time } from '../../host-tools/virtual-pi/time.js';
import { VirtualPi, type PiEnd, type VirtualPiOptions } from '../../host-tools/virtual-pi/virtual-pi.js';

export const BUILD_ID = 'fedcba9876543210';

export interface PiRun {
  console: string;
  ended: PiEnd;
  pi: VirtualPi;
}

export interface PiRunOptions extends Omit<VirtualPiOptions, 'program' | 'words' | 'onConsole'> {
  /** 32-bit words at the beginning of the RAM disk. */
  words?: readonly number[];
  jack?: WordEvents;
  /** Virtual milliseconds of a call of `runTo`; default: 1. */
  grainMs?: number;
  /** Virtual milliseconds after which a run that has not ended fails. */
  limitMs?: number;
  /** Whether the program may do what the chip does not like; default: it may not. */
  findings?: boolean;
  /** Called before the first step. */
  prepare?: (pi: VirtualPi) => void;
  /** Called with all console text so far, after each call of `runTo`. */
  onConsole?: (text: string, pi: VirtualPi) => void;
}

/** test/programs/`name`.ts; `optimize` 0 keeps every call a call. */
export const programOf = (name: string, optimize = 3): Promise<TestModule> =>
  compileProgram(`test/programs/${name}.ts`, { optimize, board: true });

/** Runs to the end. */
export function runPi(program: ProgramSource, given: PiRunOptions = {}): PiRun {
  const { words = [0], jack, limitMs = 20_000, grainMs = 1, findings = false, prepare, onConsole, ...options } = given;
  let text = '';
  const pi = new VirtualPi({
    ramDisk: new Uint8Array(Uint32Array.from(words).buffer),
    ...options,
    ...(jack ? { words: jack } : {}),
    program,
    buildId: BUILD_ID,
    onConsole: (bytes) => (text += Buffer.from(bytes).toString('latin1')),
  });
  prepare?.(pi);
  const limit = limitMs * MILLISECOND;
  while (!pi.ended) {
    if (pi.now > limit) throw new Error(`not ended after ${pi.now / SECOND} s: ${text}`);
    pi.runTo(pi.now + grainMs * MILLISECOND);
    onConsole?.(text, pi);
  }
  if (!findings) assert.deepEqual(pi.findings.list.map(formatFinding), []);
  return { console: text, ended: pi.ended, pi };
}

/** The console's lines `name=value`. */
export const pairsOf = ({ console }: PiRun): [string, string][] =>
  console
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('=') as [string, string]);

/** The report of a fault, its first line, and its frames as `file:line`. */
export function reportOf(run: PiRun, program: TestModule) {
  const report = readReport(run.console);
  const frames = sourceFrames(program.wasm, program.sourceMap, report.frames);
  const places = frames.map(({ place, ...frame }) =>
    place === undefined ? formatFrame(frame) : `${path.basename(place.file)}:${place.line}`,
  );
  return { ...report, line: report.lines[0] ?? '', places };
}

/** Something to do once at a virtual time. */
export function at(pi: VirtualPi, time: Time, act: () => void): void {
  pi.timeline.alarm(act).set(time);
}

/** The player with its settings and files. */
export const playerOf = (): Promise<TestModule> => compileProgram('firmware/programs/player/main.ts', { board: true });

/** What the jack's tap told, for comparison: every block with its kind and time, and a sum of the words. */
export class Told implements WordEvents {
  readonly blocks: [kind: number, pairs: number, micros: number][] = [];
  readonly registers: [offset: number, value: number][] = [];
  readonly track: number[] = [];

  block(words: Uint32Array, kind: number, micros: number): void {
    this.blocks.push([kind, words.length / 2, micros]);
    if (kind === 1) for (const word of words) this.track.push(word);
  }

  register(offset: number, value: number): void {
    this.registers.push([offset, value]);
  }
}
