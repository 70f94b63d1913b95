// QOA by the letter of its specification (qoaformat.org, 1.0), slow and plain: an encoder that tries every scale
// factor, and a decoder with which the firmware's is compared. Nothing here is shared with the firmware.

import { pick } from './pick.js';

const FACTORS = Array.from({ length: 16 }, (_, s) => Math.round(Math.pow(s + 1, 2.75)));
const LEVELS = [0.75, -0.75, 2.5, -2.5, 4.5, -4.5, 7, -7];
/** Rounded to the nearest, halves away from zero. */
const awayFromZero = (x: number): number => Math.sign(x) * Math.floor(Math.abs(x) + 0.5);
const DEQUANTIZED = FACTORS.map((factor) => LEVELS.map((level) => awayFromZero(factor * level)));
const clamp = (x: number): number => Math.max(-32768, Math.min(32767, x));

class Lms {
  constructor(
    public history = [0, 0, 0, 0],
    public weights = [0, 0, -(1 << 13), 1 << 14],
  ) {}

  predict(): number {
    const sum = this.history.reduce((total, h, i) => (total + Math.imul(h, pick(this.weights, i))) | 0, 0);
    return sum >> 13;
  }

  update(sample: number, residual: number): void {
    const delta = residual >> 4;
    this.weights = this.weights.map((w, i) => (w + (pick(this.history, i) < 0 ? -delta : delta)) | 0);
    this.history = [...this.history.slice(1), sample];
  }

  copy(): Lms {
    return new Lms([...this.history], [...this.weights]);
  }
}

export interface QoaOptions {
  /** What the file header says; 0 is a streamed file. Default: the true number. */
  claimed?: number;
}

/** Encodes interleaved 16-bit samples. */
export function encodeQoa(pcm: Int16Array, channels: number, rateHz: number, options: QoaOptions = {}): Buffer {
  const samples = pcm.length / channels;
  const head = Buffer.alloc(8);
  head.write('qoaf', 'latin1');
  head.writeUInt32BE(options.claimed ?? samples, 4);
  const parts = [head];
  const states = Array.from({ length: channels }, () => new Lms());
  for (let from = 0; from < samples; from += 5120) {
    const count = Math.min(5120, samples - from);
    const slices = Math.ceil(count / 20);
    const frame = Buffer.alloc(8 + channels * (16 + slices * 8));
    frame.writeUInt32BE(((channels << 24) | rateHz) >>> 0, 0);
    frame.writeUInt16BE(count, 4);
    frame.writeUInt16BE(frame.length, 6);
    for (let c = 0; c < channels; c++) {
      // Weights that have left 16 bits could not be stored: such a predictor starts anew.
      if (pick(states, c).weights.some((w) => w !== (w << 16) >> 16)) states[c] = new Lms(pick(states, c).history);
      pick(states, c).history.forEach((h, i) => frame.writeInt16BE(h, 8 + c * 16 + i * 2));
      pick(states, c).weights.forEach((w, i) => frame.writeInt16BE(w, 16 + c * 16 + i * 2));
    }
    let at = 8 + channels * 16;
    for (let s = 0; s < slices; s++) {
      for (let c = 0; c < channels; c++) {
        const slice: number[] = [];
        for (let i = s * 20; i < Math.min(s * 20 + 20, count); i++) slice.push(pick(pcm, (from + i) * channels + c));
        const best = encodeSlice(slice, pick(states, c));
        states[c] = best.state;
        frame.writeBigUInt64BE(best.bits, at);
        at += 8;
      }
    }
    parts.push(frame);
  }
  return Buffer.concat(parts);
}

function encodeSlice(slice: number[], before: Lms): { bits: bigint; state: Lms } {
  let best = { error: Infinity, bits: 0n, state: before };
  for (let s = 0; s < 16; s++) {
    const state = before.copy();
    const residuals = pick(DEQUANTIZED, s);
    let bits = BigInt(s);
    let error = 0;
    for (let i = 0; i < 20 && error < best.error; i++) {
      let q = 0;
      if (i < slice.length) {
        const predicted = state.predict();
        const wanted = pick(slice, i) - predicted;
        for (let k = 1; k < 8; k++) {
          if (Math.abs(wanted - pick(residuals, k)) < Math.abs(wanted - pick(residuals, q))) q = k;
        }
        const sample = clamp(predicted + pick(residuals, q));
        error += (pick(slice, i) - sample) ** 2;
        state.update(sample, pick(residuals, q));
      }
      bits = (bits << 3n) | BigInt(q);
    }
    if (error < best.error) best = { error, bits, state };
  }
  return best;
}

/** Decodes a whole and valid file to interleaved 16-bit samples. */
export function decodeQoa(file: Buffer): Int16Array {
  const out: number[] = [];
  for (let at = 8; at < file.length;) {
    const channels = pick(file, at);
    const count = file.readUInt16BE(at + 4);
    at += 8;
    const states: Lms[] = [];
    for (let c = 0; c < channels; c++, at += 16) {
      const numbers = (from: number): number[] => [0, 2, 4, 6].map((i) => file.readInt16BE(from + i));
      states.push(new Lms(numbers(at), numbers(at + 8)));
    }
    for (let s = 0; s < count; s += 20) {
      const slices: number[][] = [];
      for (let c = 0; c < channels; c++, at += 8) slices.push(decodeSlice(file.readBigUInt64BE(at), pick(states, c)));
      for (let i = 0; i < Math.min(20, count - s); i++) {
        for (const slice of slices) out.push(pick(slice, i));
      }
    }
  }
  return Int16Array.from(out);
}

function decodeSlice(bits: bigint, state: Lms): number[] {
  const residuals = pick(DEQUANTIZED, Number(bits >> 60n));
  return Array.from({ length: 20 }, (_, i) => {
    const residual = pick(residuals, Number((bits >> BigInt(57 - 3 * i)) & 7n));
    const sample = clamp(state.predict() + residual);
    state.update(sample, residual);
    return sample;
  });
}
