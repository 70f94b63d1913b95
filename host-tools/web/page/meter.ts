// A meter of the level with the highest of the last time as its mark.

import { LEAST_DB } from '../../link/telemetry-words.js';
import { byId, color, setText, sized } from './page.js';

/** Decibels a second that a meter falls, and how long it holds its peak. */
const FALL_DB = 24;
const HOLD_MS = 1500;

/** One side. */
export class Meter {
  private level = -Infinity;
  private peak = -Infinity;
  private peakAt = 0;
  private readonly host: HTMLElement;
  private readonly canvas: HTMLCanvasElement;
  private readonly text: HTMLElement;

  /** `side` is what the ids in index.html end with; `fill` a color of the style sheet. */
  constructor(
    side: string,
    private readonly fill: string,
  ) {
    this.host = byId(`meter-${side}`);
    this.canvas = this.host.querySelector('canvas') as HTMLCanvasElement;
    this.text = byId(`peak-${side}`);
  }

  /** Shows a level of full scale, -Infinity for silence, at a time and so long after the one before, in milliseconds. */
  show(decibels: number, now: number, passedMs: number): void {
    this.level = Math.max(decibels, this.level - (FALL_DB * passedMs) / 1000);
    if (decibels >= this.peak || now - this.peakAt > HOLD_MS) {
      this.peak = decibels;
      this.peakAt = now;
    }
    this.draw();
    const shown = this.peak <= -90 ? '−∞' : this.peak.toFixed(1).replace('-', '−');
    setText(this.text, shown);
    this.host.setAttribute('aria-valuenow', String(Math.round(Math.max(LEAST_DB, Math.min(0, this.peak)))));
    this.host.setAttribute('aria-valuetext', `${shown} dB`);
  }

  private draw(): void {
    const { context, width, height } = sized(this.canvas);
    const at = (decibels: number): number => Math.max(0, Math.min(1, 1 - decibels / LEAST_DB)) * width;
    context.fillStyle = color('--track');
    context.fillRect(0, 0, width, height);
    const level = at(this.level);
    context.fillStyle = color(this.fill);
    context.fillRect(0, 0, Math.min(level, at(-6)), height);
    if (level > at(-6)) {
      context.fillStyle = color('--loud');
      context.fillRect(at(-6), 0, level - at(-6), height);
    }
    context.fillStyle = color('--panel');
    for (let decibels = LEAST_DB + 6; decibels < 0; decibels += 6) context.fillRect(at(decibels), 0, 1, height);
    if (this.peak > LEAST_DB) {
      context.fillStyle = color('--text');
      context.fillRect(at(this.peak) - 1, 0, 2, height);
    }
  }
}
