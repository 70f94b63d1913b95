// QOA encoder, for `--qoa`: a fifth of the size of 16-bit PCM, cheap to decode on the device.
//
// A file is `qoaf`, the number of samples a channel, then frames of up to 5120 samples a channel. A frame is an
// 8-byte header, the predictor's state of each channel (4 past samples, 4 weights), and slices of 8 bytes: 4 bits
// choose one of 16 scale factors, 20 times 3 bits choose one of 8 multiples of it, the difference between the sample
// and what the predictor expects. The predictor is a sign-sign LMS filter of 4 taps; encoder and decoder adapt it by
// the same decoded samples. Everything is big-endian.
// Source: the QOA file format specification 1.0 (qoaformat.org).
//
// The encoder tries all 16 scale factors for every slice, last slice's first, and keeps the one with the least
// squared error plus the specification's penalty for large weights; a try is given up as soon as it is worse.

export const SLICE = 20;
const FRAME_SLICES = 256;
export const FRAME = SLICE * FRAME_SLICES;
export const FILE_HEADER = 8;
export const FRAME_HEADER = 8;
export const STATE_BYTES = 16;
const MULTIPLES = [0.75, 2.5, 4.5, 7];

/** Magnitudes, 4 of each scale factor: round(scale * multiple), scale = round((index + 1) ^ 2.75). */
export const LEVELS = Int32Array.from({ length: 64 }, (_, i) => {
  const scale = Math.round(((i >> 2) + 1) ** 2.75);
  return Math.round(scale * (MULTIPLES[i & 3] as number));
});
/** The residual from which on the next larger magnitude is the nearest, 3 of each scale factor. */
const LIMITS = Int32Array.from({ length: 64 }, (_, i) =>
  (i & 3) === 3 ? 0 : ((LEVELS[i] as number) + (LEVELS[i + 1] as number) + 1) >> 1,
);

/** The predictor of one channel: 4 past samples, 4 weights, oldest first. */
type State = Int32Array;

/** How well a slice went: the squared error, the chosen scale factor and what the decoder's state is after it. */
interface Best {
  rank: number;
  high: number;
  low: number;
  scale: number;
  state: State;
}

/** Tries one scale factor; leaves its result in `best` if it is better. `state` is not changed. */
function trySlice(
  samples: Int16Array,
  from: number,
  to: number,
  stride: number,
  scale: number,
  state: State,
  best: Best,
): void {
  let h0 = state[0] as number;
  let h1 = state[1] as number;
  let h2 = state[2] as number;
  let h3 = state[3] as number;
  let w0 = state[4] as number;
  let w1 = state[5] as number;
  let w2 = state[6] as number;
  let w3 = state[7] as number;
  const base = scale << 2;
  const [limit1, limit2, limit3] = [LIMITS[base] as number, LIMITS[base + 1] as number, LIMITS[base + 2] as number];
  const limit = best.rank;
  let rank = 0;
  // 64 bits of a slice in two halves: shifting both is cheaper than a BigInt.
  let high = 0;
  let low = scale;
  for (let at = from; at < to; at += stride) {
    const sample = samples[at] as number;
    const sum = Math.imul(h0, w0) + Math.imul(h1, w1) + Math.imul(h2, w2) + Math.imul(h3, w3);
    const predicted = (sum | 0) >> 13;
    const residual = sample - predicted;
    const size = residual < 0 ? -residual : residual;
    const step = size < limit2 ? (size < limit1 ? 0 : 1) : size < limit3 ? 2 : 3;
    const level = LEVELS[base + step] as number;
    const dequantized = residual < 0 ? -level : level;
    let decoded = predicted + dequantized;
    if (decoded > 32767) decoded = 32767;
    else if (decoded < -32768) decoded = -32768;
    const error = sample - decoded;
    // Weights that grow far are on their way out of the 16 bits that the frame header has for them.
    const energy = (w0 * w0 + w1 * w1 + w2 * w2 + w3 * w3) / 0x40000 - 0x8ff;
    rank += error * error + (energy > 0 ? energy * energy : 0);
    if (rank >= limit) return;
    const delta = dequantized >> 4;
    w0 += h0 < 0 ? -delta : delta;
    w1 += h1 < 0 ? -delta : delta;
    w2 += h2 < 0 ? -delta : delta;
    w3 += h3 < 0 ? -delta : delta;
    h0 = h1;
    h1 = h2;
    h2 = h3;
    h3 = decoded;
    high = (high << 3) | (low >>> 29);
    low = (low << 3) | (step << 1) | (residual < 0 ? 1 : 0);
  }
  best.rank = rank;
  best.high = high;
  best.low = low;
  best.scale = scale;
  const s = best.state;
  s[0] = h0;
  s[1] = h1;
  s[2] = h2;
  s[3] = h3;
  s[4] = w0;
  s[5] = w1;
  s[6] = w2;
  s[7] = w3;
}

/** What a file of so many frames takes. */
export function qoaBytes(frames: number, channels: number): number {
  const frameCount = Math.ceil(frames / FRAME);
  const sliceCount = Math.ceil(frames / SLICE);
  return FILE_HEADER + frameCount * (FRAME_HEADER + STATE_BYTES * channels) + sliceCount * channels * 8;
}

/** Interleaved 16-bit samples to a QOA file. At least one frame; `rateHz` below 2^24, up to 8 channels. */
export function encodeQoa(samples: Int16Array, rateHz: number, channels: number): Buffer {
  const encoder = new QoaEncoder(rateHz, channels);
  encoder.push(samples);
  return Buffer.concat(encoder.finish());
}

/** Encodes samples as they come, and keeps what is encoded until it is taken, and less than one frame of samples. */
export class QoaEncoder {
  private readonly pieces: Buffer[] = [];
  private readonly states: State[];
  private readonly scales: Int32Array;
  private readonly best: Best = { rank: 0, high: 0, low: 0, scale: 0, state: new Int32Array(8) };
  /** Samples that wait for the rest of their frame. */
  private readonly waiting: Int16Array;
  private fill = 0;
  private encoded = 0;

  /** `rateHz` below 2^24, up to 8 channels. */
  constructor(
    readonly rateHz: number,
    readonly channels: number,
  ) {
    this.states = Array.from({ length: channels }, () => Int32Array.of(0, 0, 0, 0, 0, 0, -8192, 16384));
    this.scales = new Int32Array(channels);
    this.waiting = new Int16Array(FRAME * channels);
  }

  /** Samples a channel so far. */
  get frames(): number {
    return this.encoded + this.fill / this.channels;
  }

  /** Takes interleaved samples of whole frames; the buffer stays the caller's. */
  push(samples: Int16Array): void {
    for (let at = 0; at < samples.length;) {
      const count = Math.min(this.waiting.length - this.fill, samples.length - at);
      this.waiting.set(samples.subarray(at, at + count), this.fill);
      this.fill += count;
      at += count;
      if (this.fill === this.waiting.length) this.flush();
    }
  }

  /** What is encoded so far and was not taken before; its first byte follows the 8 of the header. */
  take(): Buffer[] {
    return this.pieces.splice(0);
  }

  /** The file's header, and what was not taken of the rest; nothing can be pushed any more. */
  finish(): Buffer[] {
    this.flush();
    const header = Buffer.alloc(FILE_HEADER);
    header.write('qoaf', 'latin1');
    header.writeUInt32BE(this.encoded, 4);
    return [header, ...this.take()];
  }

  /** Encodes what waits as one frame. */
  private flush(): void {
    const { channels, waiting, states, scales, best } = this;
    const length = Math.floor(this.fill / channels);
    this.fill = 0;
    if (length === 0) return;
    const out = Buffer.alloc(qoaBytes(length, channels) - FILE_HEADER);
    out[0] = channels;
    out.writeUIntBE(this.rateHz, 1, 3);
    out.writeUInt16BE(length, 4);
    out.writeUInt16BE(out.length, 6);
    let at = FRAME_HEADER;
    for (const state of states) at = writeState(out, at, state);
    for (let slice = 0; slice < length; slice += SLICE) {
      const count = Math.min(SLICE, length - slice);
      for (let channel = 0; channel < channels; channel++) {
        const state = states[channel] as State;
        const from = slice * channels + channel;
        const to = from + count * channels;
        best.rank = Infinity;
        for (let i = 0; i < 16; i++)
          trySlice(waiting, from, to, channels, ((scales[channel] as number) + i) & 15, state, best);
        scales[channel] = best.scale;
        state.set(best.state);
        at = writeSlice(out, at, best, count);
      }
    }
    this.pieces.push(out);
    this.encoded += length;
  }
}

/** Writes a predictor's state; the encoder goes on from what was written, as the decoder will. */
function writeState(out: Buffer, at: number, state: State): number {
  for (let i = 0; i < 8; i++, at += 2) {
    const value = Math.max(-32768, Math.min(32767, state[i] as number));
    state[i] = value;
    out.writeInt16BE(value, at);
  }
  return at;
}

/** A slice of fewer than 20 samples is filled up with zeros at its end. */
function writeSlice(out: Buffer, at: number, best: Best, count: number): number {
  let { high, low } = best;
  for (let i = count; i < SLICE; i++) {
    high = (high << 3) | (low >>> 29);
    low <<= 3;
  }
  out.writeUInt32BE(high >>> 0, at);
  out.writeUInt32BE(low >>> 0, at + 4);
  return at + 8;
}
