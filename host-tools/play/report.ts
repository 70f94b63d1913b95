// What a run tells at its end, also as JSON. Units are in the names; `schema` grows when a field changes its meaning.

import { Problem, type ProblemCode } from '../problem.js';
import type { FaultKind } from '../virtual-pi/faults/faults.js';

export const SCHEMA = 1;

export interface TrackReport {
  /** Base name of the file. */
  name: string;
  rateHz: number;
  channels: number;
  /** Frames of it that came out of the jack, 2 words each (times the jack's repeat): also those played again. */
  frames: number;
  /** CRC-32 of the decoded frames before the volume, 8 hex digits; null unless all were played once and in order. */
  pcmCrc32: string | null;
  /** Frames a second that the PWM clock gives, and how far that is off. */
  trueRateHz: number;
  deviationPpm: number;
  /** The WAV that has it; null without a capture. */
  capture: string | null;
}

/** A fault as a script has it: virtual milliseconds from power on, the kind, and beside them all fields of the kind. */
export interface FaultReport {
  atMs: number;
  fault: FaultKind;
  [field: string]: number | string | boolean;
}

/** What only the virtual Pi can tell. */
export interface VirtualReport {
  /** How often the PWM's FIFO was empty at a word above 0, so that the pins fell: each is a click. */
  hardwareUnderruns: number;
  /** Sound ahead in the ring while tracks were under way, in milliseconds; null when none was. */
  ringFillMs: { lowest: number; highest: number } | null;
  /** What the program did that a chip may punish, a line each. */
  findings: string[];
  /** The faults that have happened, in their order: time, kind and all its fields (docs/play.md). */
  faults: FaultReport[];
  /** How many of a script did not come, as the run was over before; 0 for faults of chance. */
  faultsLeft: number;
  /** Virtual milliseconds from power on to the end. */
  virtualMs: number;
}

export interface ErrorReport {
  code: ProblemCode;
  file: string | null;
  message: string;
  offset: number | null;
  hint: string | null;
}

export interface PlayReport {
  schema: typeof SCHEMA;
  tracks: TrackReport[];
  /** Words that carry tracks; ramps and held level are left out. */
  words: number;
  /** SHA-256 of these words as little-endian 32-bit values. */
  wordsSha256: string;
  underruns: number;
  /** Virtual time from kernel entry to the first frame of a track at the jack; only where time is virtual. */
  firstSampleMs?: number;
  /** Only of a run on the virtual Pi. */
  virtual?: VirtualReport;
  kernelBytes: number;
  buildId: string;
  /** Files that were not played, and whatever else went wrong. */
  errors: ErrorReport[];
  /** Whether the run was ended before its end. */
  interrupted: boolean;
}

export const errorReport = (problem: Problem): ErrorReport => ({
  code: problem.code,
  file: problem.file ?? null,
  message: problem.message,
  offset: problem.offset ?? null,
  hint: problem.hint ?? null,
});

/** Any error as a problem; one that nothing announces is `unexpected`. */
const asProblem = (error: unknown): Problem =>
  error instanceof Problem
    ? error
    : new Problem('unexpected', error instanceof Error ? error.message : String(error), { cause: error });

/** The report of a run that could not begin, or that a bug ended. */
export const failedReport = (error: unknown): PlayReport => ({
  schema: SCHEMA,
  tracks: [],
  words: 0,
  wordsSha256: '',
  underruns: 0,
  kernelBytes: 0,
  buildId: '',
  errors: [errorReport(asProblem(error))],
  interrupted: false,
});
