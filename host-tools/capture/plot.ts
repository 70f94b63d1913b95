// The plot as SVG: for each track the waveform and the spectrum of both channels.

import { Spectrum } from './fft.js';
import { trueRate } from './jack.js';
import type { Envelope, TrackPlot } from './plot-data.js';

const WIDTH = 1000;
const LEFT = 70;
const RIGHT = 20;
const INNER = WIDTH - LEFT - RIGHT;
const TITLE = 44;
const WAVE = 90;
const GAP = 24;
const AXIS = 46;
const SPECTRUM = 220;
const TRACK = TITLE + 2 * WAVE + GAP + AXIS + SPECTRUM + AXIS;
const FLOOR_DB = -120;
const TOP_DB = 0;
const LOWEST_HZ = 20;
const COLOURS = { left: '#1f6feb', right: '#d1622b' };

const xml = (text: string): string =>
  text
    .replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] ?? c)
    // Not allowed in XML at all.
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');
const n = (value: number): string => String(Math.round(value * 10) / 10);

function text(x: number, y: number, words: string, anchor = 'middle', extra = ''): string {
  return `<text x="${n(x)}" y="${n(y)}" text-anchor="${anchor}"${extra}>${xml(words)}</text>`;
}
const line = (x1: number, y1: number, x2: number, y2: number): string =>
  `<path class="grid" d="M${n(x1)} ${n(y1)}L${n(x2)} ${n(y2)}"/>`;

/** A step of 1, 2 or 5 times a power of ten that gives at most `count` ticks. */
function niceStep(span: number, count: number): number {
  const raw = span / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  return power * ([1, 2, 5, 10].find((step) => step * power >= raw) ?? 10);
}

function waveform(envelope: Envelope, frames: number, top: number, colour: string, name: string): string {
  const y = (sample: number): number => top + WAVE / 2 - (sample / 32768) * (WAVE / 2);
  const upper: string[] = [];
  const lower: string[] = [];
  for (let i = 0; i < envelope.columns; i++) {
    const x = n(LEFT + ((i + 0.5) * envelope.width * INNER) / Math.max(1, frames));
    upper.push(`${x} ${n(y(envelope.high[i] as number))}`);
    lower.unshift(`${x} ${n(y(envelope.low[i] as number))}`);
  }
  const shape =
    upper.length === 0
      ? ''
      : `<path fill="${colour}" stroke="${colour}" stroke-width="0.7" d="M${[...upper, ...lower].join('L')}Z"/>`;
  const ticks = [1, 0.5, 0, -0.5, -1].map(
    (value) =>
      line(LEFT, y(value * 32768), WIDTH - RIGHT, y(value * 32768)) +
      (Math.abs(value) === 0.5
        ? ''
        : text(LEFT - 8, y(value * 32768) + 4, value === 0 ? '0' : value > 0 ? '+1' : '−1', 'end')),
  );
  const label = text(18, top + WAVE / 2, name, 'middle', ` transform="rotate(-90 18 ${n(top + WAVE / 2)})"`);
  return ticks.join('') + shape + label;
}

function timeAxis(seconds: number, top: number, bottom: number): string {
  const step = niceStep(Math.max(seconds, 1e-3), 10);
  const out: string[] = [];
  for (let i = 0; i * step <= seconds * 1.0001; i++) {
    const x = LEFT + (i * step * INNER) / Math.max(seconds, 1e-3);
    out.push(line(x, top, x, bottom), text(x, bottom + 16, String(Number((i * step).toPrecision(6)))));
  }
  return out.join('') + text(LEFT + INNER / 2, bottom + 34, 'time in s (vertical: fraction of full scale)');
}

function spectra(plot: TrackPlot, top: number): string {
  const bottom = top + SPECTRUM;
  const highest = plot.state.rateHz / 2;
  const span = Math.log(highest / LOWEST_HZ);
  const x = (hz: number): number => LEFT + (Math.log(hz / LOWEST_HZ) / span) * INNER;
  const y = (db: number): number =>
    top + ((TOP_DB - Math.max(FLOOR_DB, Math.min(TOP_DB, db))) / (TOP_DB - FLOOR_DB)) * SPECTRUM;
  const out: string[] = [];
  for (let db = TOP_DB; db >= FLOOR_DB; db -= 20)
    out.push(line(LEFT, y(db), WIDTH - RIGHT, y(db)), text(LEFT - 8, y(db) + 4, String(db).replace('-', '−'), 'end'));
  for (const hz of [20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000].filter((hz) => hz <= highest))
    out.push(line(x(hz), top, x(hz), bottom), text(x(hz), bottom + 16, hz < 1000 ? String(hz) : `${hz / 1000}k`));
  const levels = plot.spectrum.levels();
  for (const [channel, colour] of [
    ['right', COLOURS.right],
    ['left', COLOURS.left],
  ] as const)
    out.push(
      `<path fill="none" stroke="${colour}" stroke-width="1.2" d="${curve(levels[channel], plot.state.rateHz, x, y)}"/>`,
    );
  out.push(text(LEFT + INNER / 2, bottom + 34, 'frequency in Hz'));
  out.push(
    text(18, (top + bottom) / 2, 'level in dBFS', 'middle', ` transform="rotate(-90 18 ${n((top + bottom) / 2)})"`),
  );
  out.push(
    `<g font-weight="600">${text(WIDTH - RIGHT - 60, top + 18, 'left', 'end', ` fill="${COLOURS.left}"`)}${text(WIDTH - RIGHT - 10, top + 18, 'right', 'end', ` fill="${COLOURS.right}"`)}</g>`,
  );
  return out.join('');
}

/** Bins that fall into one column of the picture are drawn as their highest. */
function curve(levels: Float64Array, rateHz: number, x: (hz: number) => number, y: (db: number) => number): string {
  const points: string[] = [];
  let column = -1;
  let best = -Infinity;
  const put = (): void => {
    if (column >= 0) points.push(`${n(LEFT + column)} ${n(y(best))}`);
  };
  for (let bin = 1; bin < levels.length; bin++) {
    const hz = (bin * rateHz) / Spectrum.size;
    if (hz < LOWEST_HZ) continue;
    const next = Math.floor(x(hz) - LEFT);
    if (next !== column) {
      put();
      column = next;
      best = -Infinity;
    }
    best = Math.max(best, levels[bin] as number);
  }
  put();
  return points.length === 0 ? '' : `M${points.join('L')}`;
}

/** The whole picture; `names` are the tracks' by index. */
export function plotSvg(plots: TrackPlot[], names: (string | undefined)[]): string {
  const height = Math.max(1, plots.length) * TRACK + 10;
  const parts = plots.map((plot, row) => {
    const top = row * TRACK + TITLE;
    const middle = top + WAVE + GAP;
    const bottom = middle + WAVE;
    const { trueRateHz, deviationPpm } = trueRate(plot.state);
    const facts = `${plot.state.rateHz} Hz (the board: ${trueRateHz.toFixed(2)} Hz, ${deviationPpm >= 0 ? '+' : '−'}${Math.abs(deviationPpm).toFixed(0)} ppm)`;
    const name = names[plot.track] ?? `track ${plot.track + 1}`;
    return [
      `<text x="${LEFT}" y="${n(top - 18)}" font-size="16" font-weight="600">${xml(name.length > 60 ? `${name.slice(0, 59)}…` : name)}</text>`,
      text(WIDTH - RIGHT, top - 18, facts, 'end'),
      timeAxis(plot.frames / plot.state.rateHz, top, bottom),
      waveform(plot.left, plot.frames, top, COLOURS.left, 'left'),
      waveform(plot.right, plot.frames, middle, COLOURS.right, 'right'),
      spectra(plot, bottom + AXIS),
    ].join('\n');
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12" fill="#24292f">
<title>What came out of the jack</title>
<style>.grid{stroke:#d0d7de;stroke-width:1;fill:none}</style>
<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>
${parts.length === 0 ? text(WIDTH / 2, 60, 'No track was played.') : parts.join('\n')}
</svg>
`;
}
