// What a board tells of itself while it runs (docs/link.md, Telemetry).

import { Channel, Link as Numbers, Metric, PlayState, TelemetryOp } from '../../firmware/link/protocol.js';
import { pause } from '../play/aborted.js';
import { EventQueue } from '../play/queue.js';
import { Problem } from '../problem.js';
import type { Welcome } from './control.js';
import type { Link } from './link.js';
import { mayComeBack, startSession, type LinkOptions, type OpenPort } from './session.js';

/** Of a core, 0 to 1, since the snapshot before. */
export interface Shares {
  readonly decode: number | undefined;
  readonly output: number | undefined;
  readonly card: number | undefined;
  readonly link: number | undefined;
}

/** One snapshot; what a board does not tell is undefined. */
export interface Snapshot {
  /** Peaks since the snapshot before, 0 to 1. */
  readonly levelLeft: number | undefined;
  readonly levelRight: number | undefined;
  readonly ringMs: number | undefined;
  /** The least that was ahead since the start. */
  readonly ringLowestMs: number | undefined;
  readonly cpu: Shares;
  readonly longestStepMs: number | undefined;
  /** Degrees Celsius. */
  readonly temperature: number | undefined;
  readonly uartLost: number | undefined;
  readonly uartErrors: number | undefined;
  readonly framesDamaged: number | undefined;
  readonly framesRefused: number | undefined;
  readonly framesAgain: number | undefined;
  readonly underruns: number | undefined;
  readonly uptimeSeconds: number | undefined;
  /** From 0. */
  readonly track: number | undefined;
  readonly tracks: number | undefined;
  /** As the board tells it: perhaps cut off, and with anything in it. */
  readonly name: string | undefined;
  readonly positionSeconds: number | undefined;
  readonly lengthSeconds: number | undefined;
  readonly volumeDb: number | undefined;
  readonly state: PlayStateName | undefined;
  readonly arenaUsed: number | undefined;
  readonly arenaBytes: number | undefined;
  readonly heapBytes: number | undefined;
  readonly generation: number | undefined;
  readonly rateHz: number | undefined;
}

const STATES = {
  [PlayState.Opening]: 'opening',
  [PlayState.Playing]: 'playing',
  [PlayState.Paused]: 'paused',
  [PlayState.Ended]: 'ended',
  [PlayState.Lost]: 'lost',
  [PlayState.Aside]: 'aside',
} as const;
export type PlayStateName = (typeof STATES)[PlayState];
export const STATE_NAMES: readonly PlayStateName[] = Object.values(STATES);

const PAIR_BYTES = 5;
const MOST_LEVEL = 32767;
const LEAST_MS = 50;
const RETRY_MS = 500;

/** Reads a Snapshot; undefined where it is another message. Keys that are not known are passed over. */
export function readSnapshot(payload: Uint8Array): Snapshot | undefined {
  if (payload[0] !== Number(TelemetryOp.Snapshot)) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const told = new Map<number, number>();
  let at = 1;
  for (; at + PAIR_BYTES <= payload.length && payload[at] !== Number(Metric.Name); at += PAIR_BYTES)
    told.set(view.getUint8(at), view.getUint32(at + 1, true));
  const name = payload[at] === Number(Metric.Name) ? new TextDecoder().decode(payload.subarray(at + 1)) : undefined;
  const value = (key: Metric, unit = 1): number | undefined => {
    const found = told.get(key);
    return found === undefined ? undefined : found / unit;
  };
  const signed = (key: Metric, unit: number): number | undefined => {
    const found = told.get(key);
    return found === undefined ? undefined : (found | 0) / unit;
  };
  return {
    levelLeft: value(Metric.LevelLeft, MOST_LEVEL),
    levelRight: value(Metric.LevelRight, MOST_LEVEL),
    ringMs: value(Metric.RingUs, 1000),
    ringLowestMs: value(Metric.RingLowestUs, 1000),
    cpu: {
      decode: value(Metric.CpuDecode, 10_000),
      output: value(Metric.CpuOutput, 10_000),
      card: value(Metric.CpuCard, 10_000),
      link: value(Metric.CpuLink, 10_000),
    },
    longestStepMs: value(Metric.LongestStepUs, 1000),
    temperature: signed(Metric.Temperature, 10),
    uartLost: value(Metric.UartLost),
    uartErrors: value(Metric.UartErrors),
    framesDamaged: value(Metric.FramesDamaged),
    framesRefused: value(Metric.FramesRefused),
    framesAgain: value(Metric.FramesAgain),
    underruns: value(Metric.Underruns),
    uptimeSeconds: value(Metric.Uptime),
    track: value(Metric.Track),
    tracks: value(Metric.Tracks),
    name,
    positionSeconds: value(Metric.PositionMs, 1000),
    lengthSeconds: value(Metric.LengthMs, 1000),
    volumeDb: signed(Metric.Volume, 10),
    state: STATES[told.get(Metric.State) as PlayState] as PlayStateName | undefined,
    arenaUsed: value(Metric.ArenaUsed),
    arenaBytes: value(Metric.ArenaBytes),
    heapBytes: value(Metric.HeapBytes),
    generation: value(Metric.Generation),
    rateHz: value(Metric.RateHz),
  };
}

/** Asks for a snapshot each `everyMs` milliseconds, 50 at least; 0: no more. Throws Problem when the session has ended. */
export function askSnapshots(link: Link, everyMs: number): Promise<void> {
  const ms = everyMs && Math.min(Math.max(Math.round(everyMs), LEAST_MS), 0xffff);
  return link.send(Channel.Telemetry, Uint8Array.of(TelemetryOp.Every, ms & 255, ms >> 8));
}

export type WatchEvent =
  /** What else is done over the session is done by `link`, which is not closed. */
  | { readonly kind: 'connected'; readonly link: Link; readonly welcome: Welcome; readonly again: boolean }
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot }
  /** The session is over, or none came about yet; it is tried again. */
  | { readonly kind: 'lost'; readonly problem: Problem };

export interface WatchOptions extends LinkOptions {
  everyMs: number;
  /** Ends the watch. */
  signal: AbortSignal;
}

/**
 * Watches a board, and goes on after a reset. Ends by `signal`; throws the Problem of a port that is gone, of a first
 * session that does not come about, and of another version.
 */
export async function* watchBoard(port: OpenPort, options: WatchOptions): AsyncGenerator<WatchEvent> {
  const { signal } = options;
  let again = false;
  while (!signal.aborted) {
    let link: Link;
    try {
      link = await startSession(port, options);
    } catch (error) {
      if (signal.aborted) return;
      if (!again || !mayComeBack(error)) throw error;
      yield { kind: 'lost', problem: error };
      await pause(RETRY_MS, signal);
      continue;
    }
    yield* watchSession(link, again, options);
    again = true;
    if (signal.aborted) return;
    if (port.transport.baud !== Number(Numbers.Baud)) await port.transport.setBaud(Numbers.Baud);
  }
}

async function* watchSession(
  link: Link,
  again: boolean,
  { everyMs, signal }: WatchOptions,
): AsyncGenerator<WatchEvent> {
  const events = new EventQueue<WatchEvent>();
  link.receive(Channel.Telemetry, (payload) => {
    const snapshot = readSnapshot(payload);
    if (snapshot) events.push({ kind: 'snapshot', snapshot });
  });
  const leave = (): void => void link.leave();
  signal.addEventListener('abort', leave, { once: true });
  if (signal.aborted) leave();
  void link.closed.then(() => events.close());
  try {
    yield { kind: 'connected', link, welcome: link.welcome, again };
    await askSnapshots(link, everyMs).catch(() => undefined); // `closed` tells why
    yield* events;
    const { kind, problem } = await link.closed;
    if (kind === 'closed') return;
    if (kind === 'gone') throw problem ?? new Problem('link-lost', 'the port is gone');
    yield { kind: 'lost', problem: problem ?? new Problem('link-lost', 'the board is silent') };
  } finally {
    signal.removeEventListener('abort', leave);
    if (link.isOpen) await link.leave();
  }
}
