// What came out of the jack, made of its blocks of words: words of tracks hashed and kept, frames handed on to whoever wants them.

import crypto from 'node:crypto';
import { FrameMaker } from './frames.js';
import type { WordEvents } from './ring.js';
import { BlockKind, PWM_CLOCK_HZ, JackRegister } from '../../drivers/jack-keys.js';

/** How the jack is open: the stream's own notes. */
export interface JackState {
  /** The track's rate. */
  rateHz: number;
  /** PWM period in clocks. */
  range: number;
  /** Pairs of words a frame. */
  repeat: number;
}

/** Takes the frames. Arrays are only valid during the call. */
export interface FrameSink {
  /** Frames of `track` (index in the archive) follow; `rateHz` is that of all of them. */
  open(track: number, state: JackState): void;
  /** Interleaved left and right. `kind` tells ramps and held level from the track's own frames. */
  frames(samples: Int16Array, kind: BlockKind): void;
}

/** Takes the words that carry tracks. The array is only valid during the call. */
export interface WordSink {
  append(words: Uint8Array): void;
}

/** What the run's words come to. */
export interface JackTotals {
  /** Words that carry tracks. */
  words: number;
  /** SHA-256 of them, as little-endian 32-bit values, in hex. */
  wordsSha256: string;
  /** All words, ramps and held level included. */
  allWords: number;
}

/** Rate that the PWM clock really gives, and how far that is off. */
export function trueRate(state: JackState): { trueRateHz: number; deviationPpm: number } {
  const trueRateHz = PWM_CLOCK_HZ / (state.range * state.repeat);
  return { trueRateHz, deviationPpm: (trueRateHz / state.rateHz - 1) * 1e6 };
}

/** Level that comes before the first track is kept for its file, but not for ever. */
const PENDING_SAMPLES = 2_000_000;

/** A reader of words tells it what comes. */
export class JackCapture implements WordEvents {
  private readonly maker = new FrameMaker();
  private readonly hash = crypto.createHash('sha256');
  private words = 0;
  /** How many words came so far. */
  allWords = 0;
  private rateHz = 0;
  private repeat = 1;
  /** The track whose frames are under way, and whether the sinks know it. */
  private track: number | undefined;
  private opened = false;
  private openedRate = 0;
  private pending: Int16Array[] = [];
  private pendingSamples = 0;
  /** Frames of each track that passed the jack; the index is the track's. */
  readonly trackFrames: number[] = [];
  /** The jack's state at each track's first frame. */
  readonly trackStates: (JackState | undefined)[] = [];

  /** `noted`: the program names its tracks; otherwise everything is track 0. */
  constructor(
    private readonly frameSinks: FrameSink[],
    private readonly wordSinks: WordSink[] = [],
    private readonly noted = true,
  ) {
    if (!noted) this.track = 0;
  }

  totals(): JackTotals {
    return { words: this.words, wordsSha256: this.hash.copy().digest('hex'), allWords: this.allWords };
  }

  block(words: Uint32Array, kind: number): void {
    const isTrack = (kind as BlockKind) === BlockKind.Track;
    this.allWords += words.length;
    if (isTrack) {
      const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
      this.words += words.length;
      this.hash.update(bytes);
      for (const sink of this.wordSinks) sink.append(bytes);
    }
    const samples = this.maker.frames(words);
    if (this.track === undefined) {
      this.hold(samples);
      return;
    }
    if (!this.opened) this.open(this.track);
    if (isTrack) this.trackFrames[this.track] = (this.trackFrames[this.track] ?? 0) + samples.length / 2;
    for (const sink of this.frameSinks) sink.frames(samples, isTrack ? BlockKind.Track : BlockKind.Level);
  }

  register(offset: number, value: number): void {
    switch (offset as JackRegister) {
      case JackRegister.Range1:
        this.maker.range[0] = value;
        break;
      case JackRegister.Range2:
        this.maker.range[1] = value;
        break;
      case JackRegister.NoteRepeat:
        this.repeat = value;
        this.maker.setRepeat(value);
        break;
      case JackRegister.NoteRate:
        this.rateHz = value;
        // The jack was opened at another rate: what follows belongs to a track that is still to be named.
        if (this.opened && value !== this.openedRate) this.leaveTrack();
        break;
      case JackRegister.NoteTrack:
        if (!this.noted) break;
        if (value !== this.track) this.opened = false;
        this.track = value;
        break;
      default:
        break;
    }
  }

  private leaveTrack(): void {
    this.track = this.noted ? undefined : 0;
    this.opened = false;
    this.pending = [];
    this.pendingSamples = 0;
  }

  private hold(samples: Int16Array): void {
    if (this.pendingSamples + samples.length > PENDING_SAMPLES) return;
    this.pending.push(samples.slice());
    this.pendingSamples += samples.length;
  }

  private open(track: number): void {
    const state: JackState = { rateHz: this.rateHz, range: this.maker.range[0], repeat: this.repeat };
    this.opened = true;
    this.openedRate = this.rateHz;
    this.trackStates[track] ??= state;
    for (const sink of this.frameSinks) {
      sink.open(track, state);
      for (const samples of this.pending) sink.frames(samples, BlockKind.Level);
    }
    this.pending = [];
    this.pendingSamples = 0;
  }
}
