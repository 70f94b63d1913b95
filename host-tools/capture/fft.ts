// The spectrum of a signal, averaged over its length (Welch's method): Hann windows that overlap by half.

const SIZE = 8192;
const HALF = SIZE / 2;

const WINDOW = Float64Array.from({ length: SIZE }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / SIZE));
const COS = Float64Array.from({ length: HALF }, (_, i) => Math.cos((2 * Math.PI * i) / SIZE));
const SIN = Float64Array.from({ length: HALF }, (_, i) => -Math.sin((2 * Math.PI * i) / SIZE));
const REVERSED = Uint32Array.from({ length: SIZE }, (_, i) => {
  let reversed = 0;
  for (let bit = 1, value = i; bit < SIZE; bit <<= 1, value >>= 1) reversed = (reversed << 1) | (value & 1);
  return reversed;
});

/** Radix-2 FFT of `SIZE` points in place; the input is in bit-reversed order. */
function transform(re: Float64Array, im: Float64Array): void {
  for (let half = 1; half < SIZE; half <<= 1) {
    const stride = HALF / half;
    for (let base = 0; base < SIZE; base += half << 1) {
      for (let k = 0; k < half; k++) {
        const [c, s] = [COS[k * stride] as number, SIN[k * stride] as number];
        const [i, j] = [base + k, base + k + half];
        const x = re[j] as number;
        const y = im[j] as number;
        const a = x * c - y * s;
        const b = x * s + y * c;
        re[j] = (re[i] as number) - a;
        im[j] = (im[i] as number) - b;
        re[i] = (re[i] as number) + a;
        im[i] = (im[i] as number) + b;
      }
    }
  }
}

/** Both channels in one complex transform. */
export class Spectrum {
  /** Frequency bins, 0 to half the rate. */
  static readonly bins = HALF + 1;
  static readonly size = SIZE;
  private readonly left = new Float64Array(SIZE);
  private readonly right = new Float64Array(SIZE);
  private readonly re = new Float64Array(SIZE);
  private readonly im = new Float64Array(SIZE);
  private readonly powerLeft = new Float64Array(HALF + 1);
  private readonly powerRight = new Float64Array(HALF + 1);
  private fill = 0;
  private windows = 0;

  /** Interleaved left and right. */
  push(samples: Int16Array): void {
    for (let i = 0; i + 1 < samples.length; i += 2) {
      this.left[this.fill] = (samples[i] as number) / 32768;
      this.right[this.fill] = (samples[i + 1] as number) / 32768;
      if (++this.fill === SIZE) {
        this.measure();
        this.left.copyWithin(0, HALF);
        this.right.copyWithin(0, HALF);
        this.fill = HALF;
      }
    }
  }

  private measure(): void {
    const { re, im, left, right } = this;
    for (let i = 0; i < SIZE; i++) {
      const at = REVERSED[i] as number;
      const window = WINDOW[at] as number;
      re[i] = (left[at] as number) * window;
      im[i] = (right[at] as number) * window;
    }
    transform(re, im);
    for (let k = 0; k <= HALF; k++) {
      const mirror = (SIZE - k) & (SIZE - 1);
      const [a, b] = [re[k] as number, im[k] as number];
      const [c, d] = [re[mirror] as number, im[mirror] as number];
      this.powerLeft[k] = (this.powerLeft[k] as number) + ((a + c) ** 2 + (b - d) ** 2) / 4;
      this.powerRight[k] = (this.powerRight[k] as number) + ((b + d) ** 2 + (c - a) ** 2) / 4;
    }
    this.windows++;
  }

  /** Level of each bin in dBFS: a full-scale sine in the middle of a bin is 0 dB. A short signal is padded with zeros. */
  levels(): { left: Float64Array; right: Float64Array } {
    if (this.windows === 0) {
      this.left.fill(0, this.fill);
      this.right.fill(0, this.fill);
      this.measure();
    }
    // The window's mean is 1/2, and a sine puts half its amplitude into its bin.
    const scale = (4 / SIZE) ** 2 / this.windows;
    const level = (power: number): number => 10 * Math.log10(Math.max(power * scale, 1e-20));
    return { left: this.powerLeft.map(level), right: this.powerRight.map(level) };
  }
}
