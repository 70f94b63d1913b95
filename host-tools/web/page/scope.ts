// What is heard, drawn: peak meters, the waveform, the spectrum. All of it looks back at the ring that the audio
// thread reads, so it shows what sounds now.

import { decibels } from '../../link/telemetry-words.js';
import { makeMeters } from './meter.js';
import { SpectrumView } from './spectrum.js';
import { byId, canvasFont, color, sized } from './page.js';
import type { SoundRing } from './sound-ring.js';

const WINDOW = 8192;
const WAVE_MS = 20;
/** The spectrum is drawn so often, in milliseconds; the rest each time. */
const SPECTRUM_MS = 66;

const peakOf = (samples: Float32Array): number => samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);

export class Scope {
  private readonly left = new Float32Array(WINDOW);
  private readonly right = new Float32Array(WINDOW);
  private readonly meters = makeMeters('jack-meters', 'the jack');
  private readonly spectrum = new SpectrumView(byId<HTMLCanvasElement>('spectrum'));
  private readonly waveform = byId<HTMLCanvasElement>('waveform');
  private drawnAt = 0;
  private spectrumAt = 0;
  private read = -1;

  constructor(private readonly ring: SoundRing) {}

  /** Draws what was heard last; returns how loud it is, 0 to 1. */
  draw(now: number, rateHz: number): number {
    const { ring } = this;
    const passed = Math.min(250, now - this.drawnAt);
    this.drawnAt = now;
    const { read } = ring;
    if (read !== this.read) ring.last(this.left, this.right);
    else {
      // Nothing was played since: silence.
      this.left.fill(0);
      this.right.fill(0);
    }
    this.read = read;
    const recent = Math.min(WINDOW, Math.ceil((rateHz * Math.max(passed, 16)) / 1000));
    const [left, right] = [this.left.subarray(WINDOW - recent), this.right.subarray(WINDOW - recent)];
    const [mostLeft, mostRight] = [peakOf(left), peakOf(right)];
    this.meters[0].show(decibels(mostLeft), now, passed);
    this.meters[1].show(decibels(mostRight), now, passed);
    this.drawWaveform(rateHz);
    if (now - this.spectrumAt >= SPECTRUM_MS) {
      this.spectrumAt = now;
      this.spectrum.draw(this.left, this.right, rateHz);
    }
    return Math.max(mostLeft, mostRight);
  }

  private drawWaveform(rateHz: number): void {
    const { context, width, height } = sized(this.waveform);
    const count = Math.round((rateHz * WAVE_MS) / 1000);
    const from = this.trigger(count);
    const most = Math.max(this.most(this.left, from, count), this.most(this.right, from, count));
    // In steps of 6 dB, so that it does not breathe.
    const scale = most > 0.001 ? 2 ** Math.min(6, Math.max(0, Math.floor(-Math.log2(most)))) : 1;
    context.strokeStyle = color('--line');
    context.lineWidth = 1;
    context.beginPath();
    for (const part of [0.25, 0.5, 0.75]) {
      context.moveTo(0, Math.round(height * part) + 0.5);
      context.lineTo(width, Math.round(height * part) + 0.5);
      context.moveTo(Math.round(width * part) + 0.5, 0);
      context.lineTo(Math.round(width * part) + 0.5, height);
    }
    context.stroke();
    for (const [samples, name] of [
      [this.right, '--right'],
      [this.left, '--left'],
    ] as const) {
      context.strokeStyle = color(name);
      context.lineWidth = 1.5;
      context.lineJoin = 'round';
      context.beginPath();
      for (let i = 0; i < count; i++) {
        const y = height / 2 - (samples[from + i] as number) * scale * (height / 2 - 2);
        context.lineTo((i * width) / (count - 1), y);
      }
      context.stroke();
    }
    context.fillStyle = color('--faint');
    context.font = canvasFont();
    context.textAlign = 'right';
    context.fillText(scale === 1 ? '× 1' : `× ${scale}`, width - 6, 14);
  }

  private most(samples: Float32Array, from: number, count: number): number {
    let most = 0;
    for (let i = from; i < from + count; i++) most = Math.max(most, Math.abs(samples[i] as number));
    return most;
  }

  /** The latest place to begin at where both sides together rise through 0. */
  private trigger(count: number): number {
    const { left, right } = this;
    const sum = (i: number): number => (left[i] as number) + (right[i] as number);
    const last = WINDOW - count;
    for (let i = last; i > Math.max(1, last - 2 * count); i--) if (sum(i - 1) < 0 && sum(i) >= 0) return i;
    return last;
  }
}
