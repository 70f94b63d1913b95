// The plot as SVG: for each track the waveform and the spectrum of both channels, or of the one that a mono track has.
// Ramps and held level, which are not the track's, are shaded.

import { trueRate } from './jack.js';
import type { Envelope, Loudness, TrackPlot } from './plot-data.js';

const WIDTH = 1000;
const LEFT = 70;
const RIGHT = 28;
const INNER = WIDTH - LEFT - RIGHT;
const TITLE = 56;
const WAVE = 90;
const GAP = 30;
const AXIS = 46;
const SPECTRUM = 220;
const FLOOR_DB = -120;
const TOP_DB = 0;
const LOWEST_HZ = 20;
const COLOURS = { left: '#1f6feb', right: '#d1622b', ramp: '#eaeef2' };
/** Least distance of two numbers on the frequency axis, and what one needs of its width. */
const LABEL = 34;
const RAMP_LABEL = 34;
const MIDDLE_DOT = '\u00b7';

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

/** `−6.0`. */
const signed = (value: number): string => value.toFixed(1).replace('-', '−');
const dbfs = (fraction: number): string => (fraction === 0 ? 'silent' : `${signed(20 * Math.log10(fraction))} dBFS`);

/** Peak and RMS; of a full-scale square both are 0 dBFS. */
const levels = (channel: string, { peak, rms }: Loudness): string =>
  `${channel} ${MIDDLE_DOT} peak ${dbfs(peak)} ${MIDDLE_DOT} RMS ${dbfs(rms)}`;

/** Shades what is not the track's own, and says so once where there is room. */
function shading(plot: TrackPlot, top: number, bottom: number): string {
  const x = (frame: number): number => LEFT + (frame * INNER) / Math.max(1, plot.frames);
  const bands = plot.ramps.map(({ from, to }) => {
    const width = x(to) - x(from);
    const band = `<rect class="ramp" x="${n(x(from))}" y="${n(top)}" width="${n(Math.max(0.5, width))}" height="${n(bottom - top)}"/>`;
    return width < RAMP_LABEL ? band : band + text((x(from) + x(to)) / 2, top + 12, 'ramp', 'middle', ' opacity="0.6"');
  });
  return bands.join('');
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
  return (
    out.join('') +
    text(LEFT + INNER / 2, bottom + 34, 'time in s (vertical: fraction of full scale; shaded: ramps and held level)')
  );
}

/** Levels of the bins of both channels in dBFS, from 0 Hz to `highestHz`. */
export interface SpectrumPlot {
  left: Float64Array;
  right: Float64Array;
  highestHz: number;
  /** Only the left one is drawn. */
  mono: boolean;
}

function spectra(plot: SpectrumPlot, top: number): string {
  const bottom = top + SPECTRUM;
  const highest = plot.highestHz;
  const span = Math.log(highest / LOWEST_HZ);
  const x = (hz: number): number => LEFT + (Math.log(hz / LOWEST_HZ) / span) * INNER;
  const y = (db: number): number =>
    top + ((TOP_DB - Math.max(FLOOR_DB, Math.min(TOP_DB, db))) / (TOP_DB - FLOOR_DB)) * SPECTRUM;
  const out: string[] = [];
  for (let db = TOP_DB; db >= FLOOR_DB; db -= 20)
    out.push(line(LEFT, y(db), WIDTH - RIGHT, y(db)), text(LEFT - 8, y(db) + 4, String(db).replace('-', '−'), 'end'));
  for (const hz of frequencyTicks(highest, x))
    out.push(line(x(hz), top, x(hz), bottom), text(x(hz), bottom + 16, hz < 1000 ? String(hz) : `${hz / 1000}k`));
  for (const channel of plot.mono ? (['left'] as const) : (['right', 'left'] as const))
    out.push(
      `<path fill="none" stroke="${COLOURS[channel]}" stroke-width="1.2" d="${curve(plot[channel], highest, x, y)}"/>`,
    );
  out.push(text(LEFT + INNER / 2, bottom + 34, 'frequency in Hz'));
  out.push(
    text(18, (top + bottom) / 2, 'level in dBFS', 'middle', ` transform="rotate(-90 18 ${n((top + bottom) / 2)})"`),
  );
  if (!plot.mono)
    out.push(
      `<g font-weight="600">${text(WIDTH - RIGHT - 60, top + 18, 'left', 'end', ` fill="${COLOURS.left}"`)}${text(WIDTH - RIGHT - 10, top + 18, 'right', 'end', ` fill="${COLOURS.right}"`)}</g>`,
    );
  return out.join('');
}

const TICKS_HZ = [20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000, 80_000];

/** Frequencies that get a number: the highest always, so that the axis says where it ends. */
function frequencyTicks(highest: number, x: (hz: number) => number): number[] {
  const ticks: number[] = [];
  for (const hz of TICKS_HZ) if (x(hz) - x(ticks.at(-1) ?? 1) >= LABEL && x(highest) - x(hz) >= LABEL) ticks.push(hz);
  return [...ticks, highest];
}

/** Bins that fall into one column of the picture are drawn as their highest. */
function curve(levels: Float64Array, highestHz: number, x: (hz: number) => number, y: (db: number) => number): string {
  const points: string[] = [];
  let column = -1;
  let best = -Infinity;
  const put = (): void => {
    if (column >= 0) points.push(`${n(LEFT + column)} ${n(y(best))}`);
  };
  for (let bin = 1; bin < levels.length; bin++) {
    const hz = (bin * highestHz) / (levels.length - 1);
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

/** Height of one track's part. */
const heightOf = (plot: TrackPlot): number => TITLE + (plot.mono ? WAVE : 2 * WAVE + GAP) + AXIS + SPECTRUM + AXIS;

function headline(name: string, y: number): string {
  const shown = name.length > 60 ? `${name.slice(0, 59)}…` : name;
  return `<text x="${LEFT}" y="${n(y)}" font-size="16" font-weight="600">${xml(shown)}</text>`;
}

/** One track, from `start` down. */
function picture(plot: TrackPlot, given: string | undefined, start: number): string {
  const top = start + TITLE;
  const middle = top + WAVE + GAP;
  const bottom = plot.mono ? top + WAVE : middle + WAVE;
  const { trueRateHz, deviationPpm } = trueRate(plot.state);
  const facts = `${plot.state.rateHz} Hz (the board: ${trueRateHz.toFixed(2)} Hz, ${deviationPpm >= 0 ? '+' : '−'}${Math.abs(deviationPpm).toFixed(0)} ppm)`;
  const name = given ?? `track ${plot.track + 1}`;
  return [
    headline(name, top - 30),
    text(WIDTH - RIGHT, top - 30, facts, 'end'),
    shading(plot, top, bottom),
    timeAxis(plot.frames / plot.state.rateHz, top, bottom),
    text(WIDTH - RIGHT, top - 8, levels(plot.mono ? 'both channels' : 'left', plot.leftLevel), 'end'),
    waveform(plot.left, plot.frames, top, COLOURS.left, plot.mono ? 'mono' : 'left'),
    ...(plot.mono
      ? []
      : [
          text(WIDTH - RIGHT, middle - 8, levels('right', plot.rightLevel), 'end'),
          waveform(plot.right, plot.frames, middle, COLOURS.right, 'right'),
        ]),
    spectra({ ...plot.spectrum.levels(), highestHz: plot.state.rateHz / 2, mono: plot.mono }, bottom + AXIS),
  ].join('\n');
}

/** The whole picture; `names` are the tracks' by index. */
export function plotSvg(plots: TrackPlot[], names: (string | undefined)[]): string {
  let height = 0;
  const parts = plots.map((plot) => {
    const part = picture(plot, names[plot.track], height);
    height += heightOf(plot);
    return part;
  });
  return page(parts.length === 0 ? [text(WIDTH / 2, 60, 'No track was played.')] : parts, height);
}

/** Spectra below each other, each with its name and some facts about it. */
export function spectraSvg(plots: readonly (SpectrumPlot & { name: string; facts: string })[]): string {
  const height = TITLE + SPECTRUM + AXIS;
  const parts = plots.map((plot, i) => {
    const top = i * height + TITLE;
    return [headline(plot.name, top - 18), text(WIDTH - RIGHT, top - 18, plot.facts, 'end'), spectra(plot, top)].join(
      '\n',
    );
  });
  return page(parts, plots.length * height);
}

function page(parts: string[], filled: number): string {
  const height = Math.max(filled, 100) + 10;
  return `<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12" fill="#24292f">
<title>What came out of the jack</title>
<style>.grid{stroke:#d0d7de;stroke-width:1;fill:none}.ramp{fill:${COLOURS.ramp}}</style>
<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>
${parts.join('\n')}
</svg>
`;
}
