// A meter of the level with the highest of the last time as its mark.

import { LEAST_DB } from '../../link/telemetry-words.js';
import { byId, color, make, setText, sized } from './page.js';

/** Decibels a second that a meter falls, and how long it holds its peak. */
const FALL_DB = 24;
const HOLD_MS = 1500;

/** Makes meters of both sides in the element of that id; `whose` jack they show is said to who hears the page. */
export function makeMeters(id: string, whose: string): [Meter, Meter] {
  const host = byId(id);
  return [
    new Meter(host, 'L', `Left peak of ${whose} in decibels`, '--left'),
    new Meter(host, 'R', `Right peak of ${whose} in decibels`, '--right'),
  ];
}

/** One side. */
class Meter {
  private level = -Infinity;
  private peak = -Infinity;
  private peakAt = 0;
  private readonly bar: HTMLElement;
  private readonly canvas = make('canvas');
  private readonly text = make('output', { class: 'mono' }, '−∞');

  /** Appends itself to `host`; `fill` is a color of the style sheet. */
  constructor(
    host: HTMLElement,
    name: string,
    label: string,
    private readonly fill: string,
  ) {
    const range = { 'aria-valuemin': String(LEAST_DB), 'aria-valuemax': '0' };
    this.bar = make('div', { role: 'meter', 'aria-label': label, ...range }, this.canvas);
    host.append(make('div', { class: 'meter' }, make('span', { class: 'name' }, name), this.bar, this.text));
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
    this.bar.setAttribute('aria-valuenow', String(Math.round(Math.max(LEAST_DB, Math.min(0, this.peak)))));
    this.bar.setAttribute('aria-valuetext', `${shown} dB`);
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
