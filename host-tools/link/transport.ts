// What carries the bytes of a link: a serial port, an emulator's socket, a virtual Pi, a pair in memory.

import { Problem } from '../problem.js';
import type { Clock } from './clock.js';

export interface Transport {
  /** For people: a port's path, or what it leads to. */
  readonly name: string;
  /** Whether bytes leave here at a rate; where they do not they go as fast as the other end takes them. */
  readonly isPaced: boolean;
  /** The rate in bit/s. */
  readonly baud: number;
  /** The time that the line lives in; default: the process's. */
  readonly clock?: Clock | undefined;
  /** Bytes that have come; the array is the receiver's. */
  onBytes: (bytes: Uint8Array) => void;
  /** Nothing more comes; with a Problem when the other end went away by itself. */
  onClose: (problem?: Problem) => void;
  /** Takes bytes, in order; settles when there is room for more. Rejects with a Problem. */
  write(bytes: Uint8Array): Promise<void>;
  /** Changes the rate, after what was written has left. Rejects with a Problem when the port does not make it. */
  setBaud(baud: number): Promise<void>;
  close(): Promise<void>;
}

/** A port that is there no more: nothing can be tried again on it. */
export class PortGone extends Problem {
  constructor(name: string, cause?: unknown, what = 'the port is gone', hint = 'plug the adapter in again') {
    super('link-lost', what, { file: name, hint, cause });
  }
}
