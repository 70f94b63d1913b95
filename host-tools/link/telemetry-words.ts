// What a snapshot says to people, in a terminal as in a page.

import { printable } from '../problem.js';
import { clock, grouped } from '../words.js';
import type { Shares, Snapshot } from './telemetry.js';

/** Lower levels are silence. */
export const LEAST_DB = -60;
/** Of the ring: as much as its gauge shows. */
const RING_MS = 100;
/** From here on the chip slows itself down. */
const HOT = 80;

/** Decibels below full scale; -Infinity for silence. */
export const decibels = (level: number): number => 20 * Math.log10(level);

export const dbText = (db: number): string => (db < LEAST_DB ? '-inf' : db.toFixed(1));

export const percent = (share: number | undefined): string =>
  share === undefined ? 'not told' : `${(share * 100).toFixed(2)} %`;

export const ringText = (ms: number | undefined, lowest: number | undefined): string =>
  ms === undefined
    ? 'not told'
    : `${ms.toFixed(1)} ms${lowest === undefined ? '' : `, lowest ${lowest.toFixed(1)} ms`}`;

/** Whether it plays, what, how far, how loud. */
export function trackText(snapshot: Snapshot): string {
  const { state, track, tracks, name, positionSeconds, lengthSeconds, volumeDb, rateHz } = snapshot;
  const words: string[] = [state === 'aside' ? 'a push or a tone' : (state ?? 'running')];
  if (track !== undefined) words.push(`track ${track + 1}${!tracks ? '' : ` of ${tracks}`}`);
  if (name) words.push(printable(name));
  if (positionSeconds !== undefined)
    words.push(`${clock(positionSeconds)}${lengthSeconds === undefined ? '' : ` of ${clock(lengthSeconds)}`}`);
  if (volumeDb !== undefined) words.push(`${volumeDb.toFixed(1)} dB`);
  if (rateHz !== undefined) words.push(`${grouped(rateHz)} Hz`);
  return words.join('  ');
}

/** Something of which there is a part. */
export interface Gauge {
  readonly label: string;
  /** 0 to 1; undefined where the board does not tell it. */
  readonly share: number | undefined;
  readonly text: string;
}

/** The ring, and each stage's share of a core. */
export const gaugesOf = ({ ringMs, ringLowestMs, cpu }: Snapshot): Gauge[] => [
  {
    label: 'ring',
    share: ringMs === undefined ? undefined : ringMs / RING_MS,
    text: ringText(ringMs, ringLowestMs),
  },
  ...stagesOf(cpu),
];

/** Each stage's share of a core, under the name that it has for people. */
export const stagesOf = ({ decode, output, card, link }: Shares): Gauge[] =>
  Object.entries({ decode, output, card, line: link }).map(([label, share]) => ({
    label,
    share,
    text: percent(share),
  }));

export interface Fact {
  /** Short, among those of its line. */
  readonly label: string;
  /** Where it stands alone. */
  readonly name: string;
  readonly value: string;
  /** Whether something is wrong. */
  readonly isBad: boolean;
}

const NOT_TOLD = '-';

const fact = (label: string, value: string | undefined, { name = label, isBad = false } = {}): Fact => ({
  label,
  name,
  value: value ?? NOT_TOLD,
  isBad,
});

/** A count that should be 0. */
const count = (label: string, value: number | undefined, name = label): Fact =>
  fact(label, value === undefined ? undefined : grouped(value), { name, isBad: Boolean(value) });

const withUnit = (value: number | undefined, unit: string): string =>
  `${value === undefined ? NOT_TOLD : value.toFixed(1)} ${unit}`;

export const boardFacts = ({ underruns, temperature, longestStepMs, uptimeSeconds }: Snapshot): Fact[] => [
  count('underruns', underruns),
  fact('chip', withUnit(temperature, '°C'), { isBad: (temperature ?? 0) >= HOT }),
  fact('longest step', withUnit(longestStepMs, 'ms')),
  fact('up', uptimeSeconds === undefined ? undefined : clock(uptimeSeconds)),
];

export const lineFacts = (snapshot: Snapshot): Fact[] => [
  count('UART bytes lost', snapshot.uartLost),
  count('errors', snapshot.uartErrors, 'UART errors'),
  count('frames damaged', snapshot.framesDamaged),
  count('refused', snapshot.framesRefused, 'frames refused'),
  count('again', snapshot.framesAgain, 'frames sent again'),
];

export function memoryFacts({ arenaUsed, arenaBytes, heapBytes, generation }: Snapshot): Fact[] {
  const kib = (bytes: number | undefined): string => (bytes === undefined ? NOT_TOLD : grouped(bytes / 1024));
  return [
    fact('arena', `${kib(arenaUsed)} of ${kib(arenaBytes)} KiB`),
    fact('memory', `${kib(heapBytes)} KiB`),
    fact('module', generation?.toString()),
  ];
}
