// What the page and its workers say to each other.

import type { QoaFile } from '../../media/qoa-decode.js';
import type { ProblemData } from '../../problem.js';
import type { Register } from '../../virtual-pi/registers.js';

/** The program that the server has built. */
export interface PageProgram {
  /** As the project calls it; `player` gets a player.ini. */
  name: string;
  buildId: string;
  version: string;
}

export type ToMachine =
  | {
      type: 'power';
      /** Tells the machine's messages from those of the one before. */
      generation: number;
      wasm: Uint8Array;
      sourceMap: string;
      buildId: string;
      ramDisk: Uint8Array | undefined;
      rateHz: number;
      ring: SharedArrayBuffer;
      /** Whether it stands still at first. */
      paused: boolean;
    }
  | { type: 'off' }
  /** `clicked`: how many samples had been written when the person clicked. */
  | { type: 'type'; bytes: Uint8Array; clicked: number }
  | { type: 'drive'; pin: number; level: boolean | undefined; clicked: number }
  | { type: 'pause'; paused: boolean }
  | { type: 'step'; what: 'millisecond' | 'program' }
  /** Whose registers are wanted. */
  | { type: 'watch'; device: string | undefined }
  /** What makes time pass: the samples that the audio thread takes, or, where no sound comes out, the clock. */
  | { type: 'pace'; by: 'sound' | 'clock' };

export interface PinShown {
  level: boolean;
  /** FSEL: 0 input, 1 output, others are alternate functions. */
  kind: number;
  /** 0 none, 1 up, 2 down. */
  pull: number;
}

export interface FindingShown {
  rule: string;
  text: string;
  places: { file: string; line: number; column: number; name: string | undefined }[];
}

export interface Status {
  virtualMs: number;
  /** Calls of the program's `step`. */
  steps: number;
  /** Brightness, 0 to 1. */
  led: number;
  /** GPIO 0 to 27. */
  pins: PinShown[];
  /** Sound in the firmware's ring; undefined before the jack was open. */
  fillMs: number | undefined;
  fillRangeMs: [number, number] | undefined;
  hardwareUnderruns: number;
  /** From the last click to the first word that it changed. */
  clickMs: number | undefined;
  findings: FindingShown[];
  findingCount: number;
  ended: { kind: 'exit' | 'fault' | 'chain'; status: number } | undefined;
}

export interface DeviceShown {
  name: string;
  base: number;
  registers: Register[];
}

export type FromMachine = { generation: number } & MachineMessage;

export type MachineMessage =
  | { type: 'on'; devices: DeviceShown[] }
  | { type: 'console'; bytes: Uint8Array }
  | {
      type: 'status';
      status: Status;
      paused: boolean;
      /** Virtual time over the time that it took, while it runs. */
      speed: number | undefined;
      /** How far ahead of the audio thread the worker keeps. */
      aheadMs: number;
    }
  | { type: 'registers'; device: string; values: number[] }
  /** The page's own machinery is broken. */
  | { type: 'failed'; text: string };

export interface ToPacker {
  files: File[];
  /** Contents of player.ini; none for programs that take none. */
  settings: string | undefined;
  /** Whether files that are no sound are taken as they are. */
  anything: boolean;
}

export type FromPacker =
  | { type: 'packing'; name: string; index: number; count: number }
  /** A file that was left out, or something about one that was not. */
  | { type: 'refused' | 'remark'; name: string; text: string }
  | { type: 'packed'; archive: Uint8Array; names: string[] }
  | { type: 'failed'; text: string };

export interface ToDecoder {
  id: number;
  file: File;
}

export type FromDecoder = { id: number } & DecoderMessage;

/** First `sound` or `failed`; behind a sound its samples, and its end. */
export type DecoderMessage =
  /** `qoa`: its frames, where the file is one. */
  | { type: 'sound'; rateHz: number; channels: number; qoa: Pick<QoaFile, 'frames' | 'samples'> | undefined }
  | { type: 'samples'; samples: Int16Array }
  /** `problem`: why it ends before its file does, or what is odd about it. */
  | { type: 'end'; problem: ProblemData | undefined }
  | { type: 'failed'; problem: ProblemData };

/** The answer is the number, after so many milliseconds. */
export interface ToTimer {
  id: number;
  ms: number;
}

/** The global scope of a dedicated worker, as far as it is used. */
export interface WorkerScope<Incoming, Outgoing> {
  onmessage: ((event: MessageEvent<Incoming>) => void) | null;
  postMessage(message: Outgoing, transfer?: Transferable[]): void;
}
