// Volume: a gain on frames, changed smoothly. The gain counts frames, not time, so every target makes the same samples:
// a change moves it by the same amount each frame, and from silence to full it takes 64 ms.

/** Full gain: a frame times this, shifted down by 30, is the frame. */
const UNITY: i32 = 1 << 30;
/** From silence to full. */
const SLEW_MS: i32 = 64;
/** From here down the gain is 0: a hundredth of a step of 16 bits. */
const SILENT_TENTHS: i32 = -1400;
/** 10^(-1/200): a tenth of a decibel down. */
const TENTH: f64 = 0.9885530946569389;

/** round(2^30 * 10^(tenths / 200)), for tenths of a decibel from SILENT_TENTHS (and below: 0) to 0 (and above: full). */
export function gainOf(tenths: i32): i32 {
  if (tenths <= SILENT_TENTHS) return 0;
  // By squaring: a power function would cost more bytes than all of this file.
  let gain = <f64>UNITY;
  let factor = TENTH;
  for (let n = tenths < 0 ? -tenths : 0; n; n >>= 1) {
    if (n & 1) gain *= factor;
    factor *= factor;
  }
  return <i32>Math.floor(gain + 0.5);
}


@inline
function scaled(sample: i64, gain: i64): i64 {
  return (sample * gain) >> 30;
}

/** The volume stage, in place. Silence until the first `settle`. */
export class Volume {
  /** Of the next frame; UNITY / 2^30 is 1. */
  gain: i32 = 0;
  private target: i32 = 0;
  /** By how much the gain changes in one frame. */
  private step: i32 = UNITY;

  /** The rate of the frames to come, in Hz. */
  setRate(rateHz: i32): void {
    const frames = max((rateHz * SLEW_MS) / 1000, 1);
    this.step = (UNITY + frames - 1) / frames;
  }

  /** Where the gain goes, in tenths of a decibel; above 0 is 0. Heard with the next frames, slewed. */
  setDb(tenths: i32): void {
    this.target = gainOf(tenths);
  }

  /** Goes there at once: before the first frame of a track, where nothing is heard yet. */
  settle(): void {
    this.gain = this.target;
  }

  /** Changes `frames` frames at `ptr`, each times the gain / 2^30, rounded down; at 0 dB they stay as they are. */
  apply(ptr: usize, frames: i32, channels: i32): void {
    let at = ptr;
    if (this.gain !== this.target) {
      const slewed = min(frames, (abs(this.target - this.gain) + this.step - 1) / this.step);
      this.slew(at, slewed, channels);
      at += (slewed * channels) << 2;
      frames -= slewed;
    }
    if (this.gain === UNITY) return;
    const gain = <i64>this.gain;
    const samples = frames * channels;
    for (const end = at + ((samples & ~7) << 2); at !== end; at += 32) {
      i64.store32(at, scaled(i64.load32_s(at), gain));
      i64.store32(at, scaled(i64.load32_s(at, 4), gain), 4);
      i64.store32(at, scaled(i64.load32_s(at, 8), gain), 8);
      i64.store32(at, scaled(i64.load32_s(at, 12), gain), 12);
      i64.store32(at, scaled(i64.load32_s(at, 16), gain), 16);
      i64.store32(at, scaled(i64.load32_s(at, 20), gain), 20);
      i64.store32(at, scaled(i64.load32_s(at, 24), gain), 24);
      i64.store32(at, scaled(i64.load32_s(at, 28), gain), 28);
    }
    for (const end = at + ((samples & 7) << 2); at !== end; at += 4) {
      i64.store32(at, scaled(i64.load32_s(at), gain));
    }
  }

  private slew(ptr: usize, frames: i32, channels: i32): void {
    const target = this.target;
    const step = this.step;
    let gain = this.gain;
    let at = ptr;
    for (; frames; frames--) {
      gain =
        gain < target ? (target - gain > step ? gain + step : target) : gain - target > step ? gain - step : target;
      i64.store32(at, scaled(i64.load32_s(at), gain));
      if (channels === 2) i64.store32(at, scaled(i64.load32_s(at, 4), gain), 4);
      at += channels << 2;
    }
    this.gain = gain;
  }
}
