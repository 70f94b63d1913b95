// A board's telemetry in the text format of Prometheus (exposition formats, version 0.0.4): base units, `mirleft_`.

import type { Welcome } from './control.js';
import { STATE_NAMES, type Snapshot } from './telemetry.js';

/** What is known of a board. */
export interface BoardState {
  /** Of the session that lasts; undefined while there is none. */
  readonly welcome: Welcome | undefined;
  readonly snapshot: Snapshot | undefined;
  /** Sessions that were begun. */
  readonly sessions: number;
}

export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number | undefined];
/** A family: its name, what it tells, and its value or its samples. One whose name ends with `_total` is a counter. */
type Family = readonly [name: string, help: string, value: number | undefined | readonly Sample[]];

/** The page that is scraped. */
export function exposition({ welcome, snapshot, sessions }: BoardState): string {
  const families: Family[] = [
    ['up', 'Whether a session with the board lasts.', welcome ? 1 : 0],
    ['sessions_total', 'Sessions that were begun with the board.', sessions],
    ...(welcome ? ofBoard(welcome) : []),
    ...(welcome && snapshot ? ofSnapshot(snapshot) : []),
  ];
  return families.map(familyText).join('');
}

const ofBoard = ({ build, text, baud }: Welcome): Family[] => [
  ['info', 'The firmware that runs.', [[{ build, version: text }, 1]]],
  ['line_baud', 'Rate of the serial line at the beginning of the session, in bit/s.', baud],
];

function ofSnapshot(of: Snapshot): Family[] {
  const { state, track } = of;
  const seconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1000);
  const levels: Sample[] = [
    [{ channel: 'left' }, of.levelLeft],
    [{ channel: 'right' }, of.levelRight],
  ];
  const shares: Sample[] = [
    [{ stage: 'decode' }, of.cpu.decode],
    [{ stage: 'output' }, of.cpu.output],
    [{ stage: 'card' }, of.cpu.card],
    [{ stage: 'line' }, of.cpu.link],
  ];
  const states = STATE_NAMES.map((name): Sample => [{ state: name }, name === state ? 1 : 0]);
  return [
    ['level_ratio', 'Peak level of the last second, of full scale.', levels],
    ['ring_seconds', 'Sound that is ahead in the ring of the jack.', seconds(of.ringMs)],
    ['ring_lowest_seconds', 'The least that was ahead since the start.', seconds(of.ringLowestMs)],
    ['cpu_ratio', 'Share of a core that a stage took in the last second.', shares],
    ['step_longest_seconds', 'The longest step since power on.', seconds(of.longestStepMs)],
    ['temperature_celsius', 'Temperature of the chip.', of.temperature],
    ['underruns_total', 'Times that the jack ran out of sound.', of.underruns],
    ['uart_lost_bytes_total', 'Bytes received and lost.', of.uartLost],
    ['uart_errors_total', 'Looks at the UART that found an error.', of.uartErrors],
    ['frames_damaged_total', 'Frames that arrived damaged.', of.framesDamaged],
    ['frames_refused_total', 'Frames that were not for the session.', of.framesRefused],
    ['frames_resent_total', 'Frames that the board sent again.', of.framesAgain],
    ['uptime_seconds', 'Time since power on.', of.uptimeSeconds],
    ['state', 'What the player does: 1 for the state that it is in.', state === undefined ? undefined : states],
    ['track', 'Number of the track, from 1.', track === undefined ? undefined : track + 1],
    ['tracks', 'Tracks that there are.', of.tracks],
    ['track_position_seconds', 'What is heard of the track.', of.positionSeconds],
    ['track_length_seconds', 'Length of the track.', of.lengthSeconds],
    ['volume_decibels', 'Volume.', of.volumeDb],
    ['jack_rate_hertz', 'Frames a second of the jack.', of.rateHz],
    ['arena_used_bytes', "In use of the interpreter's arena.", of.arenaUsed],
    ['arena_bytes', "Size of the interpreter's arena.", of.arenaBytes],
    ['memory_bytes', 'Linear memory of the module.', of.heapBytes],
    ['module_generation', 'Modules started since power on.', of.generation],
  ];
}

/** A family without any value is left out. */
function familyText([name, help, told]: Family): string {
  const full = `mirleft_${name}`;
  const samples: readonly Sample[] = typeof told === 'object' ? told : [[{}, told]];
  const lines = samples.flatMap(([labels, value]) =>
    value === undefined ? [] : [`${full}${labelText(labels)} ${value}\n`],
  );
  if (lines.length === 0) return '';
  const kind = name.endsWith('_total') ? 'counter' : 'gauge';
  return `# HELP ${full} ${help}\n# TYPE ${full} ${kind}\n${lines.join('')}`;
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** What a board says of itself may hold anything. */
const escaped = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
