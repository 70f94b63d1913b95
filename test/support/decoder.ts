// The firmware's decoders in Node: a file goes in as bytes, frames come out.

import assert from 'node:assert/strict';
import { runProgram, type Running } from './module.js';
import { pick } from './pick.js';

const BASE = 0x10000000;
/** Written around every read, to see a decoder that writes beside its buffer. */
const CANARY = 0x5aa5c33c | 0;
const GUARD = 16;

interface Exports {
  buffer: WebAssembly.Global;
  open(size: number): number;
  read(offset: number, frames: number): number;
  seek(frame: number): number;
  rateHz(): number;
  channels(): number;
  bits(): number;
  frames(): number;
  position(): number;
  error(): number;
  errorOffset(): number;
  warning(): number;
  warningOffset(): number;
}

export interface Opened {
  error: number;
  errorOffset: number;
  warning: number;
  rateHz: number;
  channels: number;
  bits: number;
  frames: number;
}

export class Decoder {
  /** From this byte of the file on the medium fails. */
  failsFrom = Infinity;
  private file: Uint8Array = new Uint8Array();
  private running!: Running<Exports>;

  static async load(): Promise<Decoder> {
    const decoder = new Decoder();
    decoder.running = await runProgram<Exports>('test/codecs/assembly/decoders.ts', (memory) => ({
      info: (key: number) => (key === 7 ? BigInt(BASE) : 1n << 28n),
      copyIn(physical: number, ptr: number, bytes: number) {
        const from = (physical >>> 0) - BASE;
        assert(bytes > 0 && from >= 0 && from + bytes <= decoder.file.length, `read outside the file at ${from}`);
        if (from + bytes > decoder.failsFrom) return -1;
        new Uint8Array(memory().buffer).set(decoder.file.subarray(from, from + bytes), ptr >>> 0);
        return 0;
      },
    }));
    return decoder;
  }

  open(file: Uint8Array): Opened {
    this.file = file;
    const { exports } = this.running;
    exports.open(file.length);
    return this.state();
  }

  state(): Opened {
    const { exports } = this.running;
    return {
      error: exports.error(),
      errorOffset: exports.errorOffset(),
      warning: exports.warning(),
      rateHz: exports.rateHz(),
      channels: exports.channels(),
      bits: exports.bits(),
      frames: exports.frames(),
    };
  }

  get position(): number {
    return this.running.exports.position();
  }

  seek(frame: number): boolean {
    return this.running.exports.seek(frame) !== 0;
  }

  /** Reads once: the samples, or undefined after an error. */
  read(frames: number): Int32Array | undefined {
    const { exports, memory } = this.running;
    const channels = Math.max(exports.channels(), 1);
    const words = new Int32Array(memory.buffer, Number(exports.buffer.value), frames * channels + 2 * GUARD);
    words.fill(CANARY);
    const got = exports.read(GUARD * 4, frames);
    assert(got >= -1 && got <= frames, `read ${frames} frames, got ${got}`);
    const end = GUARD + Math.max(got, 0) * channels;
    assert(
      words.subarray(0, GUARD).every((x) => x === CANARY),
      'wrote before its buffer',
    );
    assert(
      words.subarray(GUARD + frames * channels).every((x) => x === CANARY),
      'wrote behind its buffer',
    );
    return got < 0 ? undefined : words.slice(GUARD, end);
  }

  /** Reads to the end, in pieces of the sizes given in turn. The error, if any, is in `state()`. */
  readAll(sizes: number[] = [512]): Int32Array {
    const parts: Int32Array[] = [];
    for (let i = 0; ; i++) {
      const part = this.read(pick(sizes, i % sizes.length));
      if (!part?.length) break;
      parts.push(part);
    }
    const all = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}

/** Names of SourceError, for messages of tests; the numbers are firmware/audio/source.ts's. */
export const ErrorCode = {
  None: 0,
  NotAudio: 1,
  Truncated: 2,
  BadHeader: 3,
  UnsupportedFormat: 4,
  NoFrames: 5,
  AbsurdRate: 6,
  BrokenFrame: 7,
  Rf64: 8,
  DataBeforeFmt: 9,
  BadChannels: 10,
  ReadFailed: 11,
  UnknownLength: 12,
  BadArchive: 13,
} as const;

/** A generator of numbers that is the same in every run (xorshift32); `below(n)` is 0 to n - 1. */
export function random(seed: number): { next(): number; below(n: number): number } {
  let x = seed | 0 || 1;
  const next = (): number => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
  return { next, below: (n) => next() % n };
}
