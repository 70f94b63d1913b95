// What `play` takes and what it tells on the way.

import type { Build } from '../build/program.js';
import type { Problem } from '../problem.js';
import type { FaultScript } from '../virtual-pi/faults/faults.js';
import type { FaultReport } from '../build/faults.js';
import type { Progress } from './played.js';
import type { PlayerRecord } from './records.js';

/** What plays: QEMU, or the virtual Pi. */
export type Target = 'emulator' | 'virtual';

export interface PlayOptions {
  /** Default: the emulator. */
  on?: Target;
  /** On the virtual Pi: whether instructions take time; default: yes. */
  metered?: boolean;
  /** On the virtual Pi: what goes wrong, and when. */
  faults?: FaultScript;
  /** Sound files; none: the firmware's own piece. */
  files: string[];
  /** One WAV for all tracks. Default: NAME.jack.wav for each, in `folder`. */
  capture?: string;
  /** Folder of default captures; default: the current one. */
  folder?: string;
  /** File for the words that carry tracks, 32 bits each, little-endian; replaced if it exists. */
  words?: string;
  /** SVG with waveform and spectrum; replaced if it exists. */
  plot?: string;
  /** Decibels, 0 or less; default 0. */
  volumeDb?: number;
  /** Words flow at the speed of sound; default: as fast as they are made. */
  realtime?: boolean;
  /** Send the sound to aplay, ffplay or sox's play. */
  listen?: boolean;
  /** Virtual time that counts instructions: the same run every time. */
  deterministic?: boolean;
  /** Pack decoded files as QOA. */
  qoa?: boolean;
  /** Another tree of wasm3's sources. */
  wasm3Dir?: string;
  /** Bytes for the device's console, when somebody is there to press keys. */
  keys?: AsyncIterable<Uint8Array>;
  /** A program that follows the player's records; default: the library's player. */
  program?: string;
  /** A build of it that is there already. */
  build?: Build;
  /** Ends the run early: what was played so far is kept. */
  signal?: AbortSignal;
  /**
   * Seconds after which the run is ended, real ones in the emulator and virtual ones on the virtual Pi; default: 300 and
   * three times the length of the tracks, none with `keys` or `listen`.
   */
  limitSeconds?: number;
}

export type PlayEvent =
  | { event: 'stage'; stage: 'packing' | 'building' | 'booting' | 'finishing' }
  | { event: 'packing'; file: string; index: number; count: number }
  | { event: 'built'; bytes: number; buildId: string }
  | { event: 'track'; index: number; name: string; rateHz: number; channels: number; frames: number }
  | ({ event: 'progress'; index: number; total: number } & Progress)
  | { event: 'console'; text: string }
  | { event: 'record'; record: PlayerRecord }
  | { event: 'note'; text: string }
  /** On the virtual Pi. */
  | { event: 'finding'; text: string }
  | { event: 'problem'; problem: Problem }
  | { event: 'fault'; report: FaultReport; build: Build }
  | { event: 'wrote'; file: string; what: 'capture' | 'words' | 'plot'; frames?: number; rateHz?: number };
