// What a push takes, tells while it goes on, and reports at its end.

import type { Problem } from '../problem.js';
import type { LineChoice } from './line-choice.js';

export interface PushOptions {
  /** Payload bytes a second that the line carries; undefined: as fast as it takes them. */
  lineBytes?: number | undefined;
  /** What has to wait before it sounds, in milliseconds; default: by the line's speed. */
  startMs?: number | undefined;
  /** Ends as `end` does, but the report says so. */
  signal?: AbortSignal | undefined;
}

export type PushEvent =
  | { event: 'stream'; rateHz: number; jackHz: number; channels: number; choice: LineChoice }
  | { event: 'track'; index: number; count: number; name: string; rateHz: number; channels: number }
  | {
      event: 'progress';
      index: number;
      name: string;
      seconds: number;
      /** Undefined while its length is not known. */
      of: number | undefined;
      fillMs: number;
      /** Of a live source: parts in a million that it is fast. */
      ppm: number | undefined;
      isPaused: boolean;
      /** It is filled before it sounds. */
      isWaiting: boolean;
      underruns: number;
      dry: number;
    }
  /** It ran dry as it was: from here on it is sent as QOA. */
  | { event: 'fallback' }
  | { event: 'problem'; index: number; problem: Problem };

export interface PushReport {
  /** Tracks that were sent wholly or in part, and those that could not be opened. */
  tracks: number;
  failed: number;
  /** Times the jack had no word in time, and times that a stream ran dry. */
  underruns: number;
  dry: number;
  /** The least that waited on the device since 350 ms did; null when they never did. */
  lowestFillMs: number | null;
  interrupted: boolean;
}
