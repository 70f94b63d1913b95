// What `measureJack` tells. Units are in the names; `schema` grows when a field changes its meaning.

import type { ErrorReport } from '../play/report.js';
import type { Problem } from '../problem.js';
import type { ToneAnalysis } from './analysis.js';
import type { Click } from './clicks.js';
import type { PinFacts } from './recorder.js';

export const JACK_SCHEMA = 1;

export interface TrackMeasure {
  /** `1000 Hz`, or the file's name. */
  name: string;
  /** Of the tone that was asked for; null for a file. */
  wantedHz: number | null;
  /** How far the tone is from it, in millionths; null for a file. */
  deviationPpm: number | null;
  /** Samples that were looked at. */
  samples: number;
  left: ToneAnalysis;
  right: ToneAnalysis;
}

export interface JackReport {
  schema: typeof JACK_SCHEMA;
  /** Null where the player was not built before the end was asked for. */
  buildId: string | null;
  /** Rate of the samples that were measured. */
  sampleRateHz: number;
  /** How the PWM ran; null if it never did. */
  pwm: PinFacts | null;
  /** Band of the numbers below, in Hz. */
  bandHz: [number, number];
  tracks: TrackMeasure[];
  /** All that is in the band while zeros are played; null where files are measured. */
  silence: { leftDbfs: number; rightDbfs: number } | null;
  /** How much of one channel's tone is in the other, against the tone; null where files are measured. */
  crosstalk: { toneHz: number; leftToRightDb: number; rightToLeftDb: number } | null;
  clicks: Click[];
  /** As the player counts them. */
  underruns: number;
  /** How often the PWM had no word while its level was not 0. */
  hardwareUnderruns: number;
  /** What the virtual Pi found that hardware forgives. */
  findings: string[];
  /** Files that were not measured. */
  errors: ErrorReport[];
  /** Whether it was ended early: what is here is then no whole measurement. */
  interrupted: boolean;
}

export type JackEvent =
  | { event: 'stage'; stage: 'building' | 'tones' | 'files' | 'session' | 'measuring' }
  | { event: 'progress'; virtualMs: number }
  | { event: 'track'; measure: TrackMeasure }
  | { event: 'click'; click: Click }
  | { event: 'error'; problem: Problem }
  | { event: 'wrote'; file: string };
