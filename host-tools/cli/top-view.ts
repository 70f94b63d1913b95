// The picture of `mirleft top`: lines of a snapshot, for a terminal of any size, without writing anywhere.

import type { Snapshot } from '../link/telemetry.js';
import {
  boardFacts,
  dbText,
  decibels,
  gaugesOf,
  LEAST_DB,
  lineFacts,
  memoryFacts,
  ringText,
  stagesOf,
  trackText,
  type Fact,
} from '../link/telemetry-words.js';
import { styleText } from './render-style.js';
import { columnsOf, fit, fitPath } from './render-text.js';

/** The highest level stays so long, then it falls. */
const HOLD_MS = 1500;
const FALL_DB_MS = 0.02;
/** Above it music has next to no room left. */
const LOUD_DB = -1;
const LABEL = 8;
const LEAST_BAR = 8;
const ENDS = 'q ends';
/** Less of a port's path is no use. */
const LEAST_PATH = 8;

/** The highest level of the last time, as a meter's upper mark. */
export class PeakHold {
  private db = -Infinity;
  private at = -Infinity;

  /** Takes a level in decibels at a time in milliseconds; the mark. */
  take(db: number, now: number): number {
    const fallen = this.db - Math.max(0, now - this.at - HOLD_MS) * FALL_DB_MS;
    if (db >= fallen) {
      this.db = db;
      this.at = now;
      return db;
    }
    return fallen;
  }
}

type Style = Parameters<typeof styleText>[0];
interface Piece {
  readonly text: string;
  readonly style?: Style | undefined;
}
type Line = readonly Piece[];

/** Cut to a width; colours do not count. */
function rendered(line: Line, width: number): string {
  let left = width;
  let text = '';
  for (const piece of line) {
    const cut = fit(piece.text, left);
    if (left <= 0) break;
    text += piece.style ? styleText(piece.style, cut) : cut;
    left -= columnsOf(cut);
  }
  return text;
}

export interface Headline {
  readonly port: string;
  readonly line: string;
  /** The firmware's build, where that is known. */
  readonly build?: string | undefined;
  /** What is wrong now. */
  readonly trouble?: string | undefined;
}

export class TopView {
  private readonly left = new PeakHold();
  private readonly right = new PeakHold();

  /** The lines of a screen, at most `rows`, none wider than `columns`. */
  lines(headline: Headline, snapshot: Snapshot | undefined, columns: number, rows: number, now: number): string[] {
    const all: Line[] = [headLine(headline, columns)];
    if (headline.trouble !== undefined) all.push([{ text: headline.trouble, style: 'yellow' }]);
    if (snapshot) all.push(...this.body(snapshot, columns, now));
    else if (headline.trouble === undefined) all.push([{ text: 'waiting for the first values', style: 'dim' }]);
    const fitting = all.length <= rows ? all : all.filter((line) => line.length > 0).slice(0, rows);
    return fitting.map((line) => rendered(line, columns));
  }

  private body(snapshot: Snapshot, columns: number, now: number): Line[] {
    return [
      [{ text: trackText(snapshot) }],
      [],
      this.meter('left', snapshot.levelLeft, this.left, columns, now),
      this.meter('right', snapshot.levelRight, this.right, columns, now),
      [],
      ...gaugesOf(snapshot).map(({ label, share, text }) => gauge(label, share, text, columns)),
      [],
      factLine(boardFacts(snapshot)),
      factLine(lineFacts(snapshot)),
      factLine(memoryFacts(snapshot)),
    ];
  }

  private meter(label: string, level: number | undefined, hold: PeakHold, columns: number, now: number): Line {
    if (level === undefined) return gauge(label, undefined, 'not told', columns);
    const db = decibels(level);
    const mark = hold.take(db, now);
    const width = barWidth(columns);
    const at = (value: number): number => Math.round(Math.max(0, Math.min(1, (value - LEAST_DB) / -LEAST_DB)) * width);
    const full = at(db);
    const markAt = Math.max(at(mark), 1) - 1;
    const style: Style = mark > LOUD_DB ? 'yellow' : 'green';
    const pieces: Piece[] = [{ text: label.padEnd(LABEL) }];
    if (width > 0) {
      const shown = mark > LEAST_DB && markAt >= full;
      pieces.push({ text: '━'.repeat(full), style });
      if (shown) {
        pieces.push(
          { text: '─'.repeat(markAt - full), style: 'dim' },
          { text: '│', style },
          { text: '─'.repeat(Math.max(0, width - markAt - 1)), style: 'dim' },
        );
      } else pieces.push({ text: '─'.repeat(width - full), style: 'dim' });
      pieces.push({ text: ' ' });
    }
    pieces.push({ text: `${dbText(db)}, peak ${dbText(mark)} dBFS` });
    return pieces;
  }
}

/** Of the port's path what there is room for, the build where there is. */
function headLine({ port, line, build }: Headline, columns: number): Line {
  const room = columns - columnsOf(`${line}${ENDS}`) - 4;
  const buildText = build === undefined ? '' : `build ${build}  `;
  const hasBuild = room - buildText.length >= Math.min(LEAST_PATH, columnsOf(port));
  const path = fitPath(port, hasBuild ? room - buildText.length : room);
  return [
    { text: path === '' ? '' : `${path}  `, style: 'bold' },
    { text: `${line}  ${hasBuild ? buildText : ''}` },
    { text: ENDS, style: 'dim' },
  ];
}

/** Room for what stands behind a bar. */
const VALUE = 30;
const barWidth = (columns: number): number => {
  const width = columns - LABEL - VALUE - 1;
  return width < LEAST_BAR ? 0 : width;
};

function gauge(label: string, share: number | undefined, value: string, columns: number): Line {
  const width = barWidth(columns);
  const full = Math.round(Math.max(0, Math.min(1, share ?? 0)) * width);
  const bars: Piece[] =
    width === 0
      ? []
      : [{ text: '━'.repeat(full), style: 'cyan' }, { text: '─'.repeat(width - full), style: 'dim' }, { text: ' ' }];
  return [{ text: label.padEnd(LABEL) }, ...bars, { text: value }];
}

const factLine = (facts: readonly Fact[]): Line =>
  facts.map(({ label, value, isBad }) => ({ text: `${label} ${value}  `, style: isBad ? 'red' : undefined }));

/**
 * A snapshot for programs: the track counts from 1, and the stages are called as they are shown. What the board does not
 * tell is left out, so that the first one has no shares.
 */
export function snapshotJson({ cpu, track, ...told }: Snapshot): object {
  const stages = stagesOf(cpu);
  const shares = Object.fromEntries(stages.map(({ label, share }) => [label, share]));
  const isTold = stages.some(({ share }) => share !== undefined);
  return { ...told, ...(track === undefined ? {} : { track: track + 1 }), ...(isTold ? { cpu: shares } : {}) };
}

/** A snapshot as one line, for what is no terminal. */
export function plainLine(snapshot: Snapshot): string {
  const { levelLeft, levelRight, ringMs, ringLowestMs, cpu, temperature, underruns, uartLost } = snapshot;
  const words = [trackText(snapshot)];
  if (levelLeft !== undefined && levelRight !== undefined)
    words.push(`level ${dbText(decibels(levelLeft))} ${dbText(decibels(levelRight))} dBFS`);
  if (ringMs !== undefined) words.push(`ring ${ringText(ringMs, ringLowestMs)}`);
  const stages = stagesOf(cpu).filter(({ share }) => share !== undefined);
  if (stages.length > 0) words.push(stages.map(({ label, text }) => `${label} ${text}`).join(' '));
  if (temperature !== undefined) words.push(`${temperature.toFixed(1)} °C`);
  if (underruns !== undefined) words.push(`underruns ${underruns}`);
  if (uartLost !== undefined) words.push(`UART lost ${uartLost}`);
  return words.join('  ');
}
