// Test tones as a Source without an end: a sine of one frequency, or one that sweeps through what can be heard, on
// either channel or both.

import { Bytes } from '../storage/bytes';
import { phaseStep, sine, startSine } from './sine';
import { Source } from './source';

export const enum Channels {
  Left = 1,
  Right = 2,
  Both = 3,
}

/** The sweep: from 20 Hz to 20 kHz in ten seconds, an octave a second; then again. */
const SWEEP_FROM_HZ: f64 = 20.0;
const SWEEP_TO_HZ: f64 = 20000.0;
const SWEEP_SECONDS: f64 = 10.0;
const LN_SWEEP: f64 = 6.907755278982137;
/** The sweep's frequency changes every so many frames. */
const SWEEP_FRAMES: i32 = 32;

export class ToneSource extends Source {
  private channelMask: i32 = Channels.Both;
  private step: u32 = 0;
  private phase: u32 = 0;
  private sweeping: bool = false;
  private sweepHz: f64 = SWEEP_FROM_HZ;
  private sweepFactor: f64 = 1.0;

  /** Makes the table of the sine: call it in `start`. */
  constructor(rateHz: i32) {
    super();
    startSine();
    this.rateHz = rateHz;
    this.channels = 2;
    this.bits = 32;
    this.frames = i64.MAX_VALUE;
    const x = (LN_SWEEP * <f64>SWEEP_FRAMES) / (SWEEP_SECONDS * <f64>rateHz);
    this.sweepFactor = 1.0 + x + (x * x) / 2.0;
    this.tone(1000);
  }

  /** Plays `hz` from its rising zero. */
  tone(hz: i32): void {
    this.sweeping = false;
    this.phase = 0;
    this.step = phaseStep(<i64>hz * 1000, this.rateHz);
  }

  /** Plays the sweep from its beginning. */
  sweep(): void {
    this.sweeping = true;
    this.phase = 0;
    this.sweepHz = SWEEP_FROM_HZ;
  }

  /** Which channels sound; the others are silent. */
  on(channels: Channels): void {
    this.channelMask = channels;
    this.phase = 0;
  }

  /** There is no file to it. */
  open(_file: Bytes): bool {
    return true;
  }

  read(ptr: usize, maxFrames: i32): i32 {
    let at = ptr;
    let left = maxFrames;
    while (left > 0) {
      const count = min(left, SWEEP_FRAMES);
      if (this.sweeping) this.glide();
      this.render(at, count);
      at += count * 8;
      left -= count;
    }
    this.position += maxFrames;
    return maxFrames;
  }

  seek(_frame: i64): bool {
    return true;
  }

  private glide(): void {
    this.step = phaseStep(<i64>(this.sweepHz * 1000.0), this.rateHz);
    this.sweepHz *= this.sweepFactor;
    if (this.sweepHz > SWEEP_TO_HZ) this.sweepHz = SWEEP_FROM_HZ;
  }

  private render(ptr: usize, frames: i32): void {
    const left = this.channelMask & Channels.Left ? -1 : 0;
    const right = this.channelMask & Channels.Right ? -1 : 0;
    const step = this.step;
    const end = ptr + frames * 8;
    let phase = this.phase;
    for (let at = ptr; at < end; at += 8) {
      const sample = sine(phase);
      store<i32>(at, sample & left);
      store<i32>(at, sample & right, 4);
      phase += step;
    }
    this.phase = phase;
  }
}
