// The spectrum of what is heard, from 20 Hz to 20 kHz on a logarithmic scale.

import { Spectrum } from '../../capture/fft.js';
import { canvasFont, color, sized } from './page.js';

const LOWEST_HZ = 20;
const HIGHEST_HZ = 20_000;
const TOP_DB = 0;
const BOTTOM_DB = -120;
const LINES_HZ = [50, 100, 200, 500, 1000, 2000, 5000, 10_000];
const NAMES = new Map([
  [100, '100'],
  [1000, '1k'],
  [10_000, '10k'],
]);

export class SpectrumView {
  private readonly interleaved = new Int16Array(Spectrum.size * 2);
  private left: Float64Array | undefined;
  private right: Float64Array | undefined;

  constructor(private readonly canvas: HTMLCanvasElement) {}

  /** Draws the spectrum of `Spectrum.size` samples. */
  draw(left: Float32Array, right: Float32Array, rateHz: number): void {
    const { interleaved } = this;
    for (let i = 0; i < Spectrum.size; i++) {
      interleaved[2 * i] = Math.round((left[i] as number) * 32767);
      interleaved[2 * i + 1] = Math.round((right[i] as number) * 32767);
    }
    const spectrum = new Spectrum();
    spectrum.push(interleaved);
    const levels = spectrum.levels();
    this.left = eased(this.left, levels.left);
    this.right = eased(this.right, levels.right);
    this.paint(rateHz);
  }

  private paint(rateHz: number): void {
    const { context, width, height } = sized(this.canvas);
    const floor = height - 14;
    const x = (hz: number): number => (Math.log(hz / LOWEST_HZ) / Math.log(HIGHEST_HZ / LOWEST_HZ)) * width;
    const y = (decibels: number): number =>
      Math.min(floor, ((TOP_DB - Math.max(BOTTOM_DB, decibels)) / (TOP_DB - BOTTOM_DB)) * floor);
    context.font = canvasFont();
    context.lineWidth = 1;
    context.strokeStyle = color('--line');
    context.fillStyle = color('--faint');
    context.beginPath();
    for (const hz of LINES_HZ) {
      context.moveTo(Math.round(x(hz)) + 0.5, 0);
      context.lineTo(Math.round(x(hz)) + 0.5, floor);
      const name = NAMES.get(hz);
      context.textAlign = 'center';
      if (name) context.fillText(name, x(hz), height - 2);
    }
    for (let decibels = TOP_DB - 30; decibels > BOTTOM_DB; decibels -= 30) {
      context.moveTo(0, Math.round(y(decibels)) + 0.5);
      context.lineTo(width, Math.round(y(decibels)) + 0.5);
      context.textAlign = 'left';
      context.fillText(String(decibels).replace('-', '−'), 4, y(decibels) - 3);
    }
    context.stroke();
    for (const [levels, name] of [
      [this.right, '--right'],
      [this.left, '--left'],
    ] as const) {
      if (!levels) continue;
      context.strokeStyle = color(name);
      context.lineWidth = 1.25;
      context.lineJoin = 'round';
      context.beginPath();
      // One point a column: the loudest bin in it.
      for (let column = 0; column <= width; column++) {
        const hz = LOWEST_HZ * (HIGHEST_HZ / LOWEST_HZ) ** (column / width);
        const next = LOWEST_HZ * (HIGHEST_HZ / LOWEST_HZ) ** ((column + 1) / width);
        const bin = (hz * Spectrum.size) / rateHz;
        const end = (next * Spectrum.size) / rateHz;
        context.lineTo(column, y(loudest(levels, bin, end)));
      }
      context.stroke();
    }
  }
}

/** Of the bins between two places; where there is none, between its neighbours. */
function loudest(levels: Float64Array, from: number, to: number): number {
  const first = Math.ceil(from);
  if (first >= to) {
    const whole = Math.floor(from);
    const part = from - whole;
    return (levels[whole] ?? BOTTOM_DB) * (1 - part) + (levels[whole + 1] ?? BOTTOM_DB) * part;
  }
  let most = -Infinity;
  for (let bin = first; bin < to; bin++) most = Math.max(most, levels[bin] ?? BOTTOM_DB);
  return most;
}

/** Rises at once and falls slowly, so that the eye can follow. */
function eased(before: Float64Array | undefined, now: Float64Array): Float64Array {
  if (!before) return now;
  return before.map((level, bin) => {
    const fresh = Math.max(BOTTOM_DB, now[bin] as number);
    return fresh > level ? fresh : level + (fresh - level) * 0.25;
  });
}
