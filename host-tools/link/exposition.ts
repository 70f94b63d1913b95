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
type Kind = 'gauge' | 'counter';

/** The page that is scraped. */
export function exposition({ welcome, snapshot, sessions }: BoardState): string {
  const families = [
    family('up', 'gauge', 'Whether a session with the board lasts.', welcome ? 1 : 0),
    family('sessions_total', 'counter', 'Sessions that were begun with the board.', sessions),
    ...(welcome ? ofBoard(welcome) : []),
    ...(welcome && snapshot ? ofSnapshot(snapshot) : []),
  ];
  return families.join('');
}

const ofBoard = ({ build, text, baud }: Welcome): string[] => [
  labelled('info', 'gauge', 'The firmware that runs.', [[{ build, version: text }, 1]]),
  family('line_baud', 'gauge', 'Rate of the serial line at the beginning of the session, in bit/s.', baud),
];

function ofSnapshot(of: Snapshot): string[] {
  const seconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1000);
  return [
    labelled('level_ratio', 'gauge', 'Peak level of the last second, of full scale.', [
      [{ channel: 'left' }, of.levelLeft],
      [{ channel: 'right' }, of.levelRight],
    ]),
    family('ring_seconds', 'gauge', 'Sound that is ahead in the ring of the jack.', seconds(of.ringMs)),
    family('ring_lowest_seconds', 'gauge', 'The least that was ahead since the start.', seconds(of.ringLowestMs)),
    labelled('cpu_ratio', 'gauge', 'Share of a core that a stage took in the last second.', [
      [{ stage: 'decode' }, of.cpu.decode],
      [{ stage: 'output' }, of.cpu.output],
      [{ stage: 'card' }, of.cpu.card],
      [{ stage: 'line' }, of.cpu.link],
    ]),
    family('step_longest_seconds', 'gauge', 'The longest step since power on.', seconds(of.longestStepMs)),
    family('temperature_celsius', 'gauge', 'Temperature of the chip.', of.temperature),
    family('underruns_total', 'counter', 'Times that the jack ran out of sound.', of.underruns),
    family('uart_lost_bytes_total', 'counter', 'Bytes received and lost.', of.uartLost),
    family('uart_errors_total', 'counter', 'Looks at the UART that found an error.', of.uartErrors),
    family('frames_damaged_total', 'counter', 'Frames that arrived damaged.', of.framesDamaged),
    family('frames_refused_total', 'counter', 'Frames that were not for the session.', of.framesRefused),
    family('frames_resent_total', 'counter', 'Frames that the board sent again.', of.framesAgain),
    family('uptime_seconds', 'gauge', 'Time since power on.', of.uptimeSeconds),
    labelled(
      'state',
      'gauge',
      'What the player does: 1 for the state that it is in.',
      of.state === undefined ? [] : STATE_NAMES.map((state): Sample => [{ state }, state === of.state ? 1 : 0]),
    ),
    family('track', 'gauge', 'Number of the track, from 1.', of.track === undefined ? undefined : of.track + 1),
    family('tracks', 'gauge', 'Tracks that there are.', of.tracks),
    family('track_position_seconds', 'gauge', 'What is heard of the track.', of.positionSeconds),
    family('track_length_seconds', 'gauge', 'Length of the track.', of.lengthSeconds),
    family('volume_decibels', 'gauge', 'Volume.', of.volumeDb),
    family('jack_rate_hertz', 'gauge', 'Frames a second of the jack.', of.rateHz),
    family('arena_used_bytes', 'gauge', "In use of the interpreter's arena.", of.arenaUsed),
    family('arena_bytes', 'gauge', "Size of the interpreter's arena.", of.arenaBytes),
    family('memory_bytes', 'gauge', 'Linear memory of the module.', of.heapBytes),
    family('module_generation', 'gauge', 'Modules started since power on.', of.generation),
  ];
}

const family = (name: string, kind: Kind, help: string, value: number | undefined): string =>
  labelled(name, kind, help, [[{}, value]]);

/** A family without any value is left out. */
function labelled(name: string, kind: Kind, help: string, samples: readonly Sample[]): string {
  const full = `mirleft_${name}`;
  const lines = samples.flatMap(([labels, value]) =>
    value === undefined ? [] : [`${full}${labelText(labels)} ${value}\n`],
  );
  if (lines.length === 0) return '';
  return `# HELP ${full} ${help}\n# TYPE ${full} ${kind}\n${lines.join('')}`;
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** What a board says of itself may hold anything. */
const escaped = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
