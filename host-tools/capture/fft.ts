// The spectrum of a signal, averaged over its length (Welch's method): Hann windows that overlap by half.

const SIZE = 8192;
const HALF = SIZE / 2;

/** Radix-2 Fourier transform of a power of two of points. */
export class Fourier {
  private readonly cos: Float64Array;
  private readonly sin: Float64Array;
  /** Where each input goes: its index with the bits in reverse. */
  readonly reversed: Uint32Array;

  constructor(readonly size: number) {
    const step = (2 * Math.PI) / size;
    this.cos = Float64Array.from({ length: size / 2 }, (_, i) => Math.cos(step * i));
    this.sin = Float64Array.from({ length: size / 2 }, (_, i) => -Math.sin(step * i));
    this.reversed = Uint32Array.from({ length: size }, (_, i) => {
      let reversed = 0;
      for (let bit = 1, value = i; bit < size; bit <<= 1, value >>= 1) reversed = (reversed << 1) | (value & 1);
      return reversed;
    });
  }

  /** In place; the input is in the order of `reversed`. */
  transform(re: Float64Array, im: Float64Array): void {
    const { size, cos, sin } = this;
    for (let half = 1; half < size; half <<= 1) {
      const stride = size / 2 / half;
      for (let base = 0; base < size; base += half << 1) {
        for (let k = 0; k < half; k++) {
          const [c, s] = [cos[k * stride] as number, sin[k * stride] as number];
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
}

const WINDOW = Float64Array.from({ length: SIZE }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / SIZE));
const FOURIER = new Fourier(SIZE);

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
      const at = FOURIER.reversed[i] as number;
      const window = WINDOW[at] as number;
      re[i] = (left[at] as number) * window;
      im[i] = (right[at] as number) * window;
    }
    FOURIER.transform(re, im);
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
