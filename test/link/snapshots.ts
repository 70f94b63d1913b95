// Snapshots as a board tells them.

import assert from 'node:assert/strict';
import { Metric, PlayState, TelemetryOp } from '../../firmware/link/protocol.js';
import { readSnapshot, type Snapshot } from '../../host-tools/link/telemetry.js';

export const VALUES: readonly (readonly [Metric, number])[] = [
  [Metric.LevelLeft, 16384],
  [Metric.LevelRight, 0],
  [Metric.RingUs, 62_500],
  [Metric.RingLowestUs, 41_000],
  [Metric.CpuDecode, 2500],
  [Metric.CpuOutput, 300],
  [Metric.CpuCard, 0],
  [Metric.CpuLink, 12],
  [Metric.LongestStepUs, 1500],
  [Metric.Temperature, 453],
  [Metric.UartLost, 0],
  [Metric.UartErrors, 2],
  [Metric.Underruns, 0],
  [Metric.Uptime, 3723],
  [Metric.Track, 2],
  [Metric.Tracks, 12],
  [Metric.PositionMs, 62_000],
  [Metric.LengthMs, 225_000],
  [Metric.Volume, -200],
  [Metric.State, PlayState.Playing],
  [Metric.RateHz, 44_100],
];

export function snapshotOf(name = '', values = VALUES): Snapshot {
  const bytes = Buffer.alloc(1 + 5 * values.length);
  bytes[0] = TelemetryOp.Snapshot;
  values.forEach(([key, value], i) => {
    bytes[1 + 5 * i] = key;
    bytes.writeInt32LE(value, 2 + 5 * i);
  });
  const named = name === '' ? [] : [Metric.Name, ...Buffer.from(name)];
  const snapshot = readSnapshot(Buffer.concat([bytes, Buffer.from(named)]));
  assert.ok(snapshot);
  return snapshot;
}
